"""What a step is given: anything that its schema allows, and anything that it does not, through its own handler."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard import contracts
from finopsguard.costs.table import CostTable
from finopsguard.errors import FinOpsGuardError, InvalidInput
from finopsguard.models.run import Period
from tests.contracts.test_contracts import CONTRACTS, INPUT_OF, OUTPUT_OF
from tests.fuzz.golden import golden, invoke, ports_over
from tests.fuzz.held import outcome, tries
from tests.fuzz.shapes import from_schema, json_values, redrawn, spoiled

STEPS = sorted(INPUT_OF)


def schema_of(step: str) -> dict[str, Any]:
    return contracts.load_schema(contracts.contract_name(INPUT_OF[step]))


def is_held(step: str, event: Any) -> None:
    """The step's result satisfies its contract and adds up, or it is a named error, or the gate's original one."""
    objects = golden().before[step]
    ports = ports_over(objects)
    sent = json.loads(json.dumps(event))
    found = outcome(lambda: invoke(step, sent, ports), original=original_of(event))
    if isinstance(found, FinOpsGuardError):
        return
    made: object = contracts.from_json(OUTPUT_OF[step], found)
    assert contracts.to_json(made) == found
    if step == "aggregate_costs":
        adds_up(event, found, objects)


def original_of(event: Any) -> str:
    """The name under which the gate raises the failure that it was given."""
    failure = event.get("failure") if isinstance(event, dict) else None
    if not isinstance(failure, dict):
        return ""
    # As the gate is given it: half of a pair of surrogates is a question mark, and no name has a NUL.
    return str(failure.get("error", "")).replace("\0", "").encode("utf-8", "replace").decode() or "Unknown"


def adds_up(event: Any, found: Any, objects: Any) -> None:
    """The total is what lies in the files that the batches name, each counted once."""
    period = contracts.converter().structure(event["run"]["period"], Period)
    total = Decimal(0)
    for key in {each["key"] for each in event["batches"] if each["status"] == "ok" and each.get("key")}:
        with CostTable([objects[key]]) as table:
            by_day = table.total_by_day()
        total += sum((amount for day, amount in by_day.items() if day in period), Decimal(0))
    assert Decimal(found["total"]) == total


@pytest.mark.parametrize("step", STEPS)
def test_valid_input_has_a_valid_result_or_a_named_error(step: str) -> None:
    @tries(2)
    @given(event=st.one_of(redrawn(schema_of(step), golden().events[step]), from_schema(schema_of(step))))
    def holds(event: Any) -> None:
        is_held(step, event)

    holds()


@pytest.mark.parametrize("step", STEPS)
def test_spoiled_input_has_a_valid_result_or_a_named_error(step: str) -> None:
    @tries(2)
    @given(event=spoiled(st.just(golden().events[step])))
    def holds(event: Any) -> None:
        is_held(step, event)

    holds()


@pytest.mark.parametrize("contract", CONTRACTS, ids=contracts.contract_name)
def test_every_contract_comes_back_as_it_was_sent_or_is_refused_by_its_name(contract: type) -> None:
    schema = contracts.load_schema(contracts.contract_name(contract))

    @tries(1)
    @given(data=st.one_of(from_schema(schema), spoiled(from_schema(schema)), json_values))
    def holds(data: Any) -> None:
        made = outcome(lambda: contracts.from_json(contract, json.loads(json.dumps(data))))
        if isinstance(made, FinOpsGuardError):
            assert isinstance(made, InvalidInput)
            assert str(made).startswith(f"{contracts.contract_name(contract)}: ")
            return
        sent = contracts.to_json(made)
        assert contracts.to_json(contracts.from_json(contract, sent)) == sent

    holds()
