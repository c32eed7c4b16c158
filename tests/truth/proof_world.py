"""A small company whose answers can be spoilt, for the proofs of a report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from finopsguard import contracts
from finopsguard.engine.embedded import run_embedded
from finopsguard.engine.execution import Event, Execution
from finopsguard.models.report import Check, Report
from finopsguard.models.run import Period
from tests.standins import AccountRecord, Charge, Costs, StandIns

END = date(2026, 11, 16)
FIRST = END - timedelta(days=98)
WEEK = Period(END - timedelta(days=7), END)
SATURDAY = END - timedelta(days=2)
WEEKLY = {"report": "weekly", "scheduled_time": "2026-11-16T08:00:00Z"}
NEXT_WEEK = {"report": "weekly", "scheduled_time": "2026-11-23T08:00:00Z"}
MANAGEMENT, SHOP, DATA, LEAVER = (f"1111000000{n:02}" for n in range(4))
LISTED = [
    AccountRecord(MANAGEMENT, "management"),
    AccountRecord(SHOP, "shop"),
    AccountRecord(DATA, "data"),
]
STAYS, LEFT = Decimal("9985.39"), Decimal("3327.55")


def usual(day: date) -> list[Charge]:
    """What the three listed accounts cost on a day: 9,985.39 in the week of the report."""
    last = Decimal("526.51") if day == END - timedelta(days=1) else Decimal("526.48")
    amounts = {MANAGEMENT: Decimal(500), SHOP: Decimal(400), DATA: last}
    return [
        Charge(account, day, "Amazon Relational Database Service", "Usage", amount)
        for account, amount in amounts.items()
    ]


def with_leaver(day: date) -> list[Charge]:
    """One more account, which leaves the Organization on Wednesday evening."""
    amount = Decimal("1109.19") if day == WEEK.start + timedelta(days=2) else Decimal("1109.18")
    gone = [Charge(LEAVER, day, "Amazon Relational Database Service", "Usage", amount)]
    return usual(day) + (gone if day <= WEEK.start + timedelta(days=2) else [])


class World:
    """One Organization, its store, and what was posted."""

    def __init__(self, standins: StandIns, state: Path) -> None:
        self.standins = standins
        self.events: list[Event] = []
        self.state = state

    def run(self, request: Mapping[str, Any] = WEEKLY, **options: Any) -> Execution:
        return run_embedded(request, wait_scale=0, on_event=self.events.append, **options)

    def redrive(self, count: int = 1) -> Execution:
        held = [it for it in self.events if it.type.endswith("Entered") and it.state == "HoldForRedrive"]
        return self.run(
            json.loads(held[-1].payload or "null"), start_at="HoldForRedrive", redrive_count=count
        )

    def report(self, run_id: str = "weekly-2026-11-09") -> Report:
        return contracts.decode(Report, (self.state / "runs" / run_id / "report.json").read_bytes())

    def page(self, run_id: str = "weekly-2026-11-09") -> str:
        return (self.state / "runs" / run_id / "report.html").read_text("utf-8")

    @property
    def posts(self) -> list[str]:
        """What was posted, without the marks that keep text from becoming a link."""
        messages = self.standins.workflows.messages()
        return [json.dumps(post, ensure_ascii=False).replace("\u200b", "") for post in messages]


@contextmanager
def standing_in(monkeypatch: pytest.MonkeyPatch, state: Path, **settings: str) -> Iterator[StandIns]:
    """The three accounts at AWS's stand-ins, which runs of this process meet with these settings."""
    with StandIns(accounts=LISTED, costs=Costs(usual)) as standins:
        env = {
            **standins.environ(),
            "FINOPSGUARD_STATE_DIR": str(state),
            "FINOPSGUARD_LANGUAGE": "en",
            **settings,
        }
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        yield standins


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    # The three accounts in three reads, so that one can fail alone.
    with standing_in(monkeypatch, tmp_path, FINOPSGUARD_ACCOUNTS_PER_FETCH="1") as standins:
        yield World(standins, tmp_path)


def check(report: Report, name: str) -> Check:
    return next(check for check in report.coverage.checks if check.name == name)


def denied(world: World) -> None:
    world.standins.organizations.fail("AccessDeniedException", "no", times=None)
