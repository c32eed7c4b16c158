"""The worlds of benchmarks/who through an Organization trail: whom the event history names, and in a control nobody."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from benchmarks.who.__main__ import named, names, run_of
from benchmarks.who.worlds import World, control, incident
from finopsguard.accounts.organization_trail import OrganizationTrail
from finopsguard.aws.athena import Execution, Table
from finopsguard.costs.scanned import Limit, TrailMeter
from finopsguard.incidents import who
from finopsguard.models.cause import Act
from finopsguard.ports import Place
from finopsguard.store.memory import MemoryStore
from tests.standins import trail_table
from tests.standins.cloudtrail import Act as Done
from tests.sweeps import sampled, share

SEED = 1


class Bucket(MemoryStore):
    """A store that is a bucket."""

    def place(self, key: str) -> Place:
        return Place("aws", "us-east-1", "own", key)


class Asked:
    """Of `aws.athena.Athena` what the trail uses: the statement is executed at once, over what was done in a world."""

    database, name = trail_table.DATABASE, trail_table.TABLE

    def __init__(self, acts: list[Done], store: Bucket) -> None:
        self._acts = acts
        self._store = store

    def table(self) -> Table:
        template = f"s3://{trail_table.BUCKET}/{trail_table.TEMPLATE}"
        return Table(dict.fromkeys(trail_table.COLUMNS, "string"), trail_table.PARTITIONS, "", template)

    def start(self, text: str, _token: str, answers: str) -> str:
        key = f"{answers.removeprefix('s3://own/')}1.csv"
        self._store.objects[key] = trail_table.answered(text, self._acts)
        return f"s3://own/{key}"

    def execution(self, answer: str) -> Execution:
        return Execution("succeeded", 1, answer=answer)


def by_trail(world: World, *, listed: bool) -> tuple[Act, ...]:
    """Who is named; `listed`: the resources that the event history lists stand in each record."""
    account, store = world.line.account_id, Bucket()
    acts = [
        Done(
            account,
            record["awsRegion"],
            datetime.fromisoformat(record["eventTime"]),
            _with(record, resources),
        )
        for record, resources in world.records
        for resources in [resources if listed else ()]
    ]
    asked: Any = Asked(acts, store)
    limit = Limit(1, Decimal(1))
    trail = OrganizationTrail(
        lambda: asked,
        lambda *_: 1,
        lambda run: TrailMeter(store, run, limit),
        store,
        shorten=True,
        sleep=lambda _: None,
    )
    return who.asked(world.line, world.explained, run_of(), trail).who


def _with(record: Any, resources: tuple[str, ...]) -> dict[str, Any]:
    parameters = {**(record.get("requestParameters") or {}), "listed": list(resources)}
    return {**record, "requestParameters": parameters}


@sampled(every=4)
@pytest.mark.parametrize("number", range(0, 40, 10))
def test_it_names_whom_the_event_history_names_and_nobody_in_a_control(number: int) -> None:
    world = incident(SEED, number)
    assert by_trail(world, listed=True) == named(world)
    assert by_trail(control(SEED, number), listed=True) == ()


def test_a_record_alone_names_nobody_else() -> None:
    worlds = [incident(SEED, number) for number in share((2, 12), every=2)]
    told = [(each, by_trail(each, listed=False)) for each in worlds]
    _, wrong = names(told)
    assert wrong == 0
