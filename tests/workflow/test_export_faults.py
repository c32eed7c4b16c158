"""What goes wrong with an export and with Athena while a report is made: waited for, said, or refused by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from finopsguard.store import keys
from tests.standins import StandIns
from tests.standins.costs import sample_accounts
from tests.standins.exports import NAME, PREFIX
from tests.sweeps import exhaustive, sampled
from tests.workflow.test_data_export import END, START, World, kinds_of, with_incidents

FILE = f"{PREFIX}/{NAME}/data/BILLING_PERIOD=2026-10/{NAME}-00001.snappy.parquet"
NEWER = timedelta(hours=1)
_DELIVERED: dict[str, tuple[bytes, datetime]] = {}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with StandIns(accounts=sample_accounts(4)) as standins:
        with_incidents(standins)
        for name, value in {**standins.environ(), "FINOPSGUARD_HISTORY_DAYS": "45"}.items():
            monkeypatch.setenv(name, value)
        if not _DELIVERED:
            standins.exports.deliver(START, END)
            _DELIVERED.update(standins.exports.objects)
        standins.exports.objects = dict(_DELIVERED)
        standins.athena.looks = 0
        yield World(standins, tmp_path, monkeypatch)


def denied(standins: StandIns) -> None:
    standins.exports.denied = True


def cut(standins: StandIns) -> None:
    data, at = standins.exports.objects[FILE]
    standins.exports.objects[FILE] = (data[: len(data) // 2], at)


def newer(standins: StandIns) -> None:
    data, at = standins.exports.objects[FILE]
    standins.exports.objects[FILE] = (data, at + NEWER)


def refusing(standins: StandIns) -> None:
    standins.athena.ends = [("FAILED", "SYNTAX_ERROR: line 3:1", False)] * 100


REFUSED: tuple[tuple[str, Callable[[StandIns], None], str], ...] = (
    ("data_export", denied, "ExportAccessDenied"),
    ("data_export", cut, "ExportRejected"),
    ("data_export", newer, "ExportIncomplete"),
    ("athena", refusing, "AthenaRejected"),
)


@sampled(every=4)
@pytest.mark.parametrize(("source", "fault", "error"), REFUSED)
def test_what_lasts_ends_the_report_under_its_name_and_one_without_it_is_right(
    world: World, source: str, fault: Callable[[StandIns], None], error: str
) -> None:
    exports = world.standins.exports
    whole = dict(exports.objects)
    fault(world.standins)
    failed = world.run(source)
    assert (failed.status, failed.error) == ("FAILED", error)
    assert len(world.standins.workflows.posts) == 1, "an alert, and no card"
    exports.denied, exports.objects = False, whole
    world.standins.athena.ends.clear()
    world.standins.athena.heal()
    assert world.run(source).status == "SUCCEEDED"
    told = world.report(source)
    assert told["coverage"]["missing"] == []
    assert told["notes"] == []


# ---- survived --------------------------------------------------------------------------------------------------------


@exhaustive(
    beside="tests/unit/costs/sources/data_export/test_source.py::test_an_update_under_way_is_no_reading"
)
def test_an_update_under_way_is_waited_for(world: World) -> None:
    """The first attempt finds a file that is newer than the manifest; then AWS has delivered the manifest."""
    exports = world.standins.exports
    usual = exports.objects[FILE]

    def delivered(key: str) -> None:
        exports.objects[FILE] = (usual[0], usual[1] + NEWER) if FILE not in exports.gets else usual

    exports.before_answer = delivered
    assert world.run("data_export").status == "SUCCEEDED"
    assert exports.gets.count(FILE) == 2
    assert world.report("data_export")["notes"] == []


def _is(wanted: str, operation: str, _: Any) -> bool:
    return operation == wanted


@exhaustive(
    beside="tests/unit/costs/sources/data_export/test_athena_faults.py::test_a_statement_that_failed_is_followed_by_another"
)
def test_a_refusal_that_passes_is_not_seen(world: World) -> None:
    athena = world.standins.athena
    for operation in ("StartQueryExecution", "GetQueryExecution", "GetTable"):
        athena.fail("TooManyRequestsException", times=1, when=partial(_is, operation))
    athena.ends = [("FAILED", "GENERIC_INTERNAL_ERROR: a node was lost", True)]
    assert world.run("athena").status == "SUCCEEDED"
    told = world.report("athena")
    assert (told["notes"], kinds_of(told)) == ([], {"commitment_ended", "new_region", "changed"})
    assert len(athena.queries) == 4, "one that failed and its second attempt"


@exhaustive(
    beside="tests/unit/costs/sources/data_export/test_usage.py::test_a_part_that_cannot_be_read_is_unknown"
)
def test_usage_that_is_lost_leaves_a_report_that_says_which_causes_it_lacks(world: World) -> None:
    """Its costs are right all the same, and told."""
    objects = world.standins.s3.objects

    def lose() -> None:
        for key in [key for key in objects if keys.UNLOADED.matches(key) and "part=costs" not in key]:
            del objects[key]

    world.standins.athena.before_run = lose
    assert world.run("athena").status == "SUCCEEDED"
    told = world.report("athena")
    (note,) = told["notes"]
    assert note.startswith("causes_missing:UsageIncomplete:")
    assert (len(told["anomalies"]), kinds_of(told)) == (3, set())
    assert told["coverage"]["missing"] == []
