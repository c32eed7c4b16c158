"""Schemas, golden events and dataclasses say the same."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from jsonschema import Draft7Validator

from finopsguard import contracts, machine, resources
from finopsguard.errors import InvalidInput
from finopsguard.models import anomaly, cause, messages, run
from finopsguard.models import report as report_nouns
from finopsguard.models.cause import Explained
from finopsguard.models.checkup import Checkup
from finopsguard.models.event import IncidentEvent, SentEvent
from finopsguard.models.forecast import BudgetsTold
from finopsguard.models.history import ExportRead, HeldMonth, KeptUsage, SliceRead
from finopsguard.models.incident import IncidentLife, IncidentLifeV1
from finopsguard.models.ledger import (
    Alert,
    CoveredDays,
    DeliveryAttempt,
    DeliveryDecision,
    FailedReport,
    OpinionScore,
    Told,
)
from finopsguard.models.messages import (
    Deliveries,
    FetchedCosts,
    RunRequest,
)
from finopsguard.models.report import Report
from finopsguard.models.route import Routed, Routes
from finopsguard.models.run import AccountList, Accounts
from finopsguard.models.telling import IncidentsTold
from finopsguard.models.verdict import Verdict
from finopsguard.runtime import input_contract
from tests.contracts import chain
from tests.template import stack

RUNS: dict[str, Callable[..., Any]] = {
    step: import_module(f"finopsguard.steps.{step}").run for step in chain.steps()
}
INPUT_OF: dict[str, type] = {step: input_contract(each) for step, each in RUNS.items()}
OUTPUT_OF: dict[str, type] = {step: get_type_hints(each)["return"] for step, each in RUNS.items()}
# What flows between steps, what the machine ends with, and what is kept in the store.
CONTRACTS: tuple[type, ...] = tuple(
    dict.fromkeys(
        (
            *INPUT_OF.values(),
            *OUTPUT_OF.values(),
            Deliveries,
            Report,
            Accounts,
            AccountList,
            DeliveryAttempt,
            DeliveryDecision,
            Verdict,
            Alert,
            FailedReport,
            IncidentLife,
            IncidentLifeV1,
            CoveredDays,
            Told,
            BudgetsTold,
            IncidentsTold,
            Checkup,
            HeldMonth,
            SliceRead,
            ExportRead,
            KeptUsage,
            Explained,
            IncidentEvent,
            SentEvent,
            OpinionScore,
            Routes,
            Routed,
        )
    )
)
NAMES = sorted(contracts.contract_name(contract) for contract in CONTRACTS)


def event(step: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((chain.EVENTS / f"{step}.json").read_text("utf-8"))
    return loaded


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema behind its `$ref`, `allOf` or `oneOf` with null."""
    if "$ref" in schema:
        name, _, pointer = schema["$ref"].partition("#/")
        found: Any = contracts.load_schema(name.removesuffix(".schema.json"))
        for part in filter(None, pointer.split("/")):
            found = found[part]
        return resolved(found)
    for combined in ("allOf", "oneOf"):
        for option in schema.get(combined, ()):
            if option != {"type": "null"}:
                return resolved(option)
    return schema


def nested(hint: Any) -> Iterator[type]:
    """The dataclasses in a type, at any depth of tuples, mappings and unions."""
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
    for argument in get_args(hint):
        yield from nested(argument)


def test_every_contract_has_a_schema_and_every_schema_a_contract() -> None:
    files = {path.name.removesuffix(".schema.json") for path in resources.folder("schemas").glob("*.json")}
    assert files == {*NAMES, "common"}


@pytest.mark.parametrize("name", [*NAMES, "common"])
def test_schemas_are_draft_07_and_describe_themselves(name: str) -> None:
    schema = contracts.load_schema(name)
    Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["$id"] == f"{name}.schema.json"
    assert schema["title"]


@pytest.mark.parametrize("contract", CONTRACTS, ids=contracts.contract_name)
def test_dataclasses_and_schemas_have_the_same_fields(contract: type) -> None:
    pairs = [(contract, contracts.load_schema(contracts.contract_name(contract)))]
    while pairs:
        cls, schema = pairs.pop()
        shape = resolved(schema)
        names = {field.name: field for field in fields(cls)}
        assert set(shape["properties"]) == set(names), cls.__name__
        assert shape["additionalProperties"] is False, cls.__name__
        required = {
            name
            for name, field in names.items()
            if field.default is MISSING and field.default_factory is MISSING
        }
        assert set(shape["required"]) == required, cls.__name__
        for name, hint in get_type_hints(cls).items():
            inner = resolved(shape["properties"][name])
            while deeper := [
                inner[each] for each in ("items", "additionalProperties") if isinstance(inner.get(each), dict)
            ]:
                inner = resolved(deeper[0])
            pairs.extend((each, inner) for each in nested(hint))


@pytest.mark.parametrize(
    "name",
    [
        "DataSource",
        "DeliveryStatus",
        "AnomalyKind",
        "AnomalyStatus",
        "Ending",
        "CauseKind",
        "WhoGrade",
        "Unread",
        "ChargeKind",
        "Language",
    ],
)
def test_literals_and_enums_have_the_same_values(name: str) -> None:
    report = contracts.load_schema("report")["properties"]
    line = report["anomalies"]["items"]["properties"]
    enums = {
        "DataSource": report["data_source"]["enum"],
        "DeliveryStatus": contracts.load_schema("common")["definitions"]["delivery_status"]["enum"],
        "AnomalyKind": line["kind"]["enum"],
        "AnomalyStatus": line["status"]["enum"],
        "Ending": [each for each in line["ended"]["enum"] if each],
        "CauseKind": [each for each in line["causes"]["items"]["properties"]["kind"]["enum"] if each],
        "WhoGrade": line["who"]["items"]["properties"]["grade"]["enum"],
        "Unread": contracts.load_schema("explained")["properties"]["unread"]["items"]["enum"],
        "ChargeKind": list(resolved(report["charges"])["properties"]),
        "Language": report["language"]["enum"],
    }
    places = (run, messages, anomaly, cause, report_nouns)
    literal = next(getattr(each, name) for each in places if hasattr(each, name))
    assert sorted(get_args(literal)) == sorted(enums[name])


def test_there_is_a_golden_event_for_every_step() -> None:
    assert {path.stem for path in chain.EVENTS.glob("*.json")} == set(chain.steps())


@pytest.mark.parametrize("step", INPUT_OF)
def test_an_event_goes_through_its_dataclass_unchanged(step: str) -> None:
    def agrees(given: Any, made: Any) -> bool:
        """What was given is kept as it was; only defaults are added."""
        if isinstance(given, dict):
            return all(key in made and agrees(value, made[key]) for key, value in given.items())
        if isinstance(given, list):
            return len(given) == len(made) and all(map(agrees, given, made))
        return bool(given == made)

    data = event(step)
    made = contracts.to_json(contracts.from_json(INPUT_OF[step], data))
    assert agrees(data, made)
    assert contracts.to_json(contracts.from_json(INPUT_OF[step], made)) == made


@pytest.mark.parametrize("step", INPUT_OF)
def test_unknown_keys_are_tolerated_on_input_at_every_depth(step: str) -> None:
    def add(node: Any) -> Any:
        if isinstance(node, dict):
            return {**{key: add(value) for key, value in node.items()}, "added_later": [1]}
        return [add(item) for item in node] if isinstance(node, list) else node

    data = event(step)
    if step in ("notify_failure", "hold_for_redrive"):
        data["added_later"] = [1]
    else:
        data = add(data)
    contracts.from_json(INPUT_OF[step], data)


@pytest.mark.parametrize("step", INPUT_OF)
def test_a_missing_field_is_refused_by_its_name(step: str) -> None:
    for name in contracts.load_schema(contracts.contract_name(INPUT_OF[step]))["required"]:
        data = event(step)
        del data[name]
        with pytest.raises(InvalidInput, match=f"'{name}' is a required property"):
            contracts.from_json(INPUT_OF[step], data)


def test_unknown_keys_are_refused_on_output() -> None:
    class RunRequest(messages.RunRequest):
        pass

    made = contracts.from_json(messages.RunRequest, event("resolve_accounts"))
    wrong = copy.copy(made)
    object.__setattr__(wrong, "report", "hourly")
    with pytest.raises(InvalidInput, match="run_request: report: 'hourly'"):
        contracts.to_json(wrong)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"report": "yearly"},
            r"run_request: report: 'yearly' is not one of \['daily', 'weekly', 'monthly'\]",
        ),
        (
            {"scheduled_time": "yesterday"},
            "scheduled_time: 'yesterday' is not of this form: ISO 8601.*2026-11-23T",
        ),
        ({"scheduled_time": "2026-11-23T08:00:00"}, "run_request: scheduled_time"),
        ({"scheduled_time": "2026-02-30T08:00:00Z"}, "run_request: day is out of range"),
        ({"scheduled_time": 7}, "run_request: scheduled_time: 7 is not of type 'string'"),
    ],
)
def test_bad_input_is_named_by_its_field(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        contracts.from_json(RunRequest, {**event("resolve_accounts"), **change})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unread": ["years"]}, "years"),
        ({"causes": [{"dimension": "usage_type", "value": "x", "impact": ""}]}, "ConversionSyntax"),
        ({"causes": [7]}, "int"),
        ({"causes": 7}, "int"),
    ],
)
def test_what_is_none_of_a_document_s_is_refused_where_its_schema_was_checked_before(
    change: dict[str, Any], said: str
) -> None:
    explained = {"incident_id": "a", "causes": [], "requests": 1, "unread": [], **change}
    with pytest.raises(InvalidInput, match=said):
        contracts.decode(Explained, json.dumps(explained).encode(), checked=True)


def test_a_table_that_is_none_is_refused_where_its_schema_was_checked_before() -> None:
    accounts = {"accounts": [], "read_now": [1]}
    with pytest.raises(InvalidInput, match="items"):
        contracts.decode(Accounts, json.dumps(accounts).encode(), checked=True)


def test_a_field_deep_inside_is_named_by_its_path() -> None:
    data = event("aggregate_costs")
    data["batches"][0]["total"] = "1e5"
    with pytest.raises(InvalidInput, match=r"fetched_costs: batches\[0\]\.total"):
        contracts.from_json(FetchedCosts, data)


def test_the_events_are_what_the_steps_say_today(tmp_path: Path) -> None:
    """`python -m tests.contracts.chain` writes them anew."""
    made = chain.events(str(tmp_path))
    for step, data in made.items():
        golden = event(step)
        # The card's look and the detector's judgement have tests of their own.
        elsewhere = {"anomalies", "impact", "explain", "explanations"}
        assert data.keys() == golden.keys()
        for shape in (data, golden):
            for posted in (shape.get("message", {}), *shape.get("deliveries", ())):
                posted.pop("bytes", None)
        assert all(data[key] == golden[key] for key in data.keys() - elsewhere), f"events/{step}.json"


def test_every_event_can_be_pasted_into_its_function(tmp_path: Path) -> None:
    """A console re-run: the golden events in order, each into its own handler, on an empty store."""
    for state in machine.deployed().steps:
        step = stack.snake(state)
        if step == "explain_anomalies":
            for incident in event("build_card")["explain"]:
                chain.call(step, {**event(step), "incident": incident}, str(tmp_path))
        elif step == "fetch_costs":
            read = [each for each in event("aggregate_costs")["batches"] if each["status"] == "ok"]
            for each in read:
                chain.call(step, {**event(step), "batch": {"id": each["batch_id"]}}, str(tmp_path))
        elif step != "post_to_teams":
            chain.call(step, event(step), str(tmp_path))
    delivered = chain.call("post_to_teams", event("post_to_teams"), str(tmp_path))
    assert delivered["status"] == "not_configured"
    assert chain.call("notify_failure", event("notify_failure"), str(tmp_path))["status"] == "not_configured"
    assert chain.call("hold_for_redrive", event("hold_for_redrive"), str(tmp_path)) == event(
        "hold_for_redrive"
    )


@pytest.mark.parametrize("amount", ["1E+3", "0E-10", "-0", "-0.00", "1234.5000", "0.0000000001"])
def test_money_is_plain_notation_and_never_minus_zero(amount: str) -> None:
    from decimal import Decimal

    text = contracts.decimal_string(Decimal(amount))
    assert "E" not in text
    assert text != "-0"
    assert Decimal(text) == Decimal(amount)
