"""The real machine on a data export: the same report as from Cost Explorer, to the cent, in both forms."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from finopsguard.engine.embedded import run_embedded
from finopsguard.engine.execution import Execution
from finopsguard.store import keys
from tests.standins import StandIns
from tests.standins.athena import AthenaStandIn
from tests.standins.costs import Charge, Costs, sample_accounts
from tests.standins.exports import ExportsStandIn, Form, Line
from tests.standins.s3 import BUCKET as S3_BUCKET
from tests.sweeps import exhaustive, sampled, share

WEEKLY = {"report": "weekly", "scheduled_time": "2026-11-16T08:00:00Z"}
START, END = date(2026, 9, 1), date(2026, 11, 16)
# FOCUS bills what a Savings Plan covers at nothing, and has no line that takes it away again.
CANCEL = ("SavingsPlanCoveredUsage", "SavingsPlanNegation")
# What says where the costs are from.
OF_THE_SOURCE = ("data_source", "cost_explorer", "execution")


EC2 = "Amazon Elastic Compute Cloud - Compute"
LOST = date(2026, 11, 12)


def charges_of(day: date) -> Iterable[Charge]:
    """A Savings Plan that ended, a service in a Region where it never was, and one whose price is another; and machines
    in a new Region, hidden by as many fewer elsewhere.
    """
    weekday = Decimal("0.8") if day.weekday() >= 5 else Decimal(1)
    plan = "SavingsPlanCoveredUsage", "SavingsPlanNegation"
    account, hours = "111100000001", 600 * weekday
    box = Charge(account, day, EC2, "Usage", hours, "BoxUsage:m5.xlarge", "eu-west-1", quantity=hours)
    covered = replace(box, record_type=plan[0], spread=hours * Decimal("0.6"))
    yield replace(box, amount=hours / 5, quantity=hours / 5)
    yield from (
        [box]
        if day >= LOST
        else [covered, replace(box, amount=-hours, record_type=plan[1], spread=Decimal(0))]
    )
    requests = Charge(
        "111100000003",
        day,
        "AWS Lambda",
        "Usage",
        120 * weekday,
        "Lambda-GB-Second-ARM",
        "eu-south-2",
        operation="Invoke",
        quantity=9_000_000 * weekday,
        unit="Second",
    )
    yield requests
    yield replace(requests, usage_type="Request-ARM", amount=30 * weekday, unit="Requests")
    moved = Decimal(90) if day >= LOST else Decimal(0)
    for region, amount in (("us-east-1", 500 - moved), ("me-south-1", moved)):
        yield Charge("111100000003", day, EC2, "Usage", amount, "BoxUsage:c5.large", region, quantity=amount)
    if day >= date(2026, 11, 14):
        yield replace(requests, region="ap-east-1", amount=Decimal("777.125"), quantity=Decimal(123456789))
        yield replace(
            requests, usage_type="Request-ARM", amount=Decimal("0.3"), unit="Requests", operation="Other"
        )


def with_incidents(standins: StandIns) -> None:
    """Two anomalies that have several causes, and one of a Region."""
    usual = standins.cost_explorer.costs
    standins.cost_explorer.costs = Costs(lambda day: [*usual.on(day), *charges_of(day)])


class World:
    """Stand-ins with an export, and a state directory for each source."""

    def __init__(self, standins: StandIns, folder: Path, environment: pytest.MonkeyPatch) -> None:
        self.standins = standins
        self._folder = folder
        self._environment = environment

    def run(self, source: str) -> Execution:
        variables = {
            "FINOPSGUARD_STATE_DIR": str(self._folder / source),
            "FINOPSGUARD_COST_SOURCE": source,
            "FINOPSGUARD_EXPORT_ENGINE": "",
            "FINOPSGUARD_BUCKET": "",
        }
        if source != "cost_explorer":
            variables |= {**self.standins.exports.variables, "AWS_ENDPOINT_URL_S3": self.standins.endpoint}
        if source == "athena":
            variables |= {**self.standins.athena.variables, "FINOPSGUARD_BUCKET": S3_BUCKET}
        for name, value in variables.items():
            self._environment.setenv(name, value)
        return run_embedded(WEEKLY, wait_scale=0)

    def report(self, source: str) -> dict[str, Any]:
        key = keys.REPORT.key(run_id="weekly-2026-11-09")
        kept = (
            self.standins.s3.objects[key]
            if source == "athena"
            else (self._folder / source / key).read_bytes()
        )
        found = json.loads(kept)
        return {name: value for name, value in found.items() if name not in (*OF_THE_SOURCE, "_seal")}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with StandIns(accounts=sample_accounts(4)) as standins:
        with_incidents(standins)
        for name, value in {**standins.environ(), "FINOPSGUARD_HISTORY_DAYS": "45"}.items():
            monkeypatch.setenv(name, value)
        yield World(standins, tmp_path, monkeypatch)


def on_a_later_bill(line: Line) -> Iterable[Line]:
    """AWS puts some usage of a month's last days on the next bill."""
    late = line.charge.day.day >= 28 and line.begins.hour == 23 and line.bill.month < 11
    yield replace(line, bill=line.bill.replace(month=line.bill.month + 1)) if late else line


@sampled("cur")
@pytest.mark.parametrize("form", ["cur", "focus"])
def test_an_export_gives_the_report_of_cost_explorer_whatever_reads_it(world: World, form: Form) -> None:
    exports, athena = world.standins.exports, world.standins.athena
    exports.form, exports.line = form, on_a_later_bill
    exports.deliver(START, END)
    athena.looks = 0
    assert world.run("cost_explorer").status == "SUCCEEDED"
    known = world.report("cost_explorer")
    assert kinds_of(known) == {"commitment_ended", "new_region", "changed"}
    assert known.pop("export") is None
    assert [(line["scope"], line["region"], line["new"]) for line in known["anomalies"]] == [
        ("account_service", "ap-east-1", "region"),
        ("account_service", None, None),
        ("service_region", "me-south-1", "region"),
    ]
    assert accounts_of(known["anomalies"][-1]) == ["111100000003"]
    if form == "focus":
        lines = known["charge_lines"]
        known["charge_lines"] = [line for line in lines if line["name"] not in CANCEL]
        gone = [Decimal(line["amount"]) for line in lines if line["name"] in CANCEL]
        assert len(gone) == 2
        assert sum(gone) == 0
    asked = world.standins.cost_explorer.requests
    for engine in share(("athena", "data_export"), every=2):
        assert world.run(engine).status == "SUCCEEDED"
        told = world.report(engine)
        used = scanned(exports, athena) if engine == "athena" else downloaded(exports)
        assert told.pop("export") == used
        assert told == known, engine
        checks = told["coverage"]["checks"]
        assert [each["status"] for each in checks] == ["ok"] * len(checks)
    assert world.standins.cost_explorer.requests == asked, "an export takes no request of Cost Explorer"


def accounts_of(line: dict[str, Any]) -> list[str]:
    """Whose usage of a Region it is, which is asked for once it is told."""
    return [cause["value"] for cause in line["causes"] if cause["dimension"] == "account"]


def kinds_of(report: dict[str, Any]) -> set[str]:
    """What the report explains; nothing of it without quantities, record types and Regions."""
    return {cause["kind"] for line in report["anomalies"] for cause in line["causes"] if cause["kind"]}


def downloaded(exports: ExportsStandIn) -> dict[str, Any]:
    """What the report says of files that were downloaded: each once for all steps."""
    files = sorted(key for key in exports.objects if "/data/" in key)
    assert sorted(key for key in exports.gets if "/data/" in key) == files
    size = sum(len(exports.objects[key][0]) for key in files)
    return {"engine": "duckdb", "readings": 3, "bytes": size, "usd": "0"}


def scanned(exports: ExportsStandIn, athena: AthenaStandIn, begun: int = 3) -> dict[str, Any]:
    """What it says of Athena: a statement for each bill, which no step begins again, and no file is downloaded."""
    assert [key for key in exports.gets if "/data/" in key] == []
    assert (athena.count("StartQueryExecution"), len(athena.queries)) == (begun, 3)
    size = sum(query.scanned for query in athena.queries.values())
    return {"engine": "athena", "readings": 3, "bytes": size, "usd": "0.00015"}


@exhaustive(
    beside="tests/unit/costs/sources/data_export/test_athena.py::test_a_statement_that_never_ends_is_waited_for_so_long_and_found_by_the_next_attempt"
)
def test_statements_that_take_longer_than_an_attempt_are_found_by_the_next_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And by a run that failed and is started again: each is begun and paid once."""
    exports, athena = world.standins.exports, world.standins.athena
    exports.deliver(START, END)
    monkeypatch.setattr("finopsguard.costs.sources.data_export.athena.WAITS", ())
    athena.looks = 10**6
    failed = world.run("athena")
    assert (failed.status, failed.error) == ("FAILED", "AthenaUnfinished")
    for query in athena.queries.values():
        query.looks = 1
    assert world.run("athena").status == "SUCCEEDED"
    told = world.report("athena")["export"]
    assert told == scanned(exports, athena, begun=athena.count("StartQueryExecution"))


def test_a_report_that_may_scan_too_much_begins_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.standins.exports.deliver(START, END)
    monkeypatch.setattr("finopsguard.costs.scanned.GB", 10)
    failed = world.run("athena")
    assert (failed.status, failed.error) == ("FAILED", "BudgetExceeded")
    assert world.standins.athena.queries == {}
    assert b"FINOPSGUARD_MAX_ATHENA_GB" in world.standins.workflows.posts[-1]
