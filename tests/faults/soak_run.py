"""The days of a soak: the schedule's runs, an operator who looks after them, and a bucket whose objects expire.

What happens is kept as the stand-ins saw it, execution by execution; tests/faults/soak_held.py judges it.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from finopsguard.channels import decisions, standings
from finopsguard.engine.embedded import run_embedded
from finopsguard.engine.execution import Event, Execution
from finopsguard.ports import Clock, Store
from finopsguard.store import keys
from finopsguard.wiring import wiring_for
from tests.faults.run import WAIT_SCALE, Place, place, surroundings
from tests.faults.soak_chance import SHARE, Chance
from tests.faults.soak_world import FIRST, NAMES, Company
from tests.truth.days import DAY, due


class Rhythm(NamedTuple):
    """When a report is due, how long before that its newest day began, and how many days it has; None: that varies."""

    is_due: Callable[[date], bool]
    newest: timedelta
    days: int | None


REPORTS: Mapping[str, Rhythm] = {
    "daily": Rhythm(lambda day: True, 2 * DAY, 1),
    "weekly": Rhythm(lambda day: day.weekday() == 0, DAY, 7),
}
"""A new report is one line."""
RETENTION = 30 * DAY
"""The shortest that the template allows: within a soak the oldest objects expire."""
_ZONE = "Europe/Madrid"
_AT = time(9)
# Of a state machine's retries, each a while after the one before.
_RETRY = timedelta(seconds=40)
_WITHOUT_A_REDRIVE = ("InvalidInput", "ObjectMissing")
_REDRIVES = 3
# Seconds until a call is given up: longer than in a cell, for a call without a fault must never be.
_PATIENCE = 0.6
# What an operator does about a failed report: of a hundred so many are left, run again or redriven.
_LEFT, _RUN_AGAIN, _LATER = 30, 45, 60
_TWICE_STARTED = 5


@dataclass(frozen=True)
class Ran:
    """One execution as the stand-ins saw it.

    `how`: scheduled, started twice, redriven, run again. The ranges are of the border's posts, published texts and
    writes. `unseen` and `at_store` as in `Chance`; `held` is what HoldForRedrive was given, for a redrive.
    """

    report: str
    scheduled: datetime
    morning: date
    how: str
    execution: Execution
    posts: range
    published: range
    writes: range
    unseen: int
    at_store: frozenset[str]
    held: Mapping[str, Any] | None = None

    @property
    def failed(self) -> bool:
        """True for one that did not succeed."""
        return self.execution.status != "SUCCEEDED"


@dataclass
class _Open:
    """A failed report, and how often it was redriven."""

    ran: Ran
    redrives: int = 0
    left: bool = False


@dataclass
class Soak:
    """All that happened. `growth` is what the bucket held on each evening, by prefix: objects and bytes; `asked` how
    many pages Cost Explorer had been asked for by then.
    """

    seed: int
    days: int
    at: Place
    company: Company
    chance: Chance
    ran: list[Ran] = field(default_factory=list)
    resolved: Counter[str] = field(default_factory=Counter)
    growth: list[Mapping[str, tuple[int, int]]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    _open: list[_Open] = field(default_factory=list)
    _written: dict[str, datetime] = field(default_factory=dict)
    _seen: int = 0
    _random: Random = field(default_factory=Random)

    def mornings(self) -> Iterator[tuple[date, datetime]]:
        """Each morning and when its reports are due; the last one is calm."""
        days = [FIRST + number * DAY for number in range(self.days + 1)]
        yield from zip(days, due(days, _AT, _ZONE), strict=True)

    def run(self) -> None:
        """All days; on the last morning, without a fault, each report is made once more."""
        self._random = Random(f"operator {self.seed}")
        for morning, scheduled in self.mornings():
            self._wake_up(morning)
            last = morning == FIRST + self.days * DAY
            if last:
                self.at.border.faults.clear()
                self.at.border.s3.damages.clear()
            for report, rhythm in REPORTS.items():
                if rhythm.is_due(morning) or last:
                    self._scheduled(report, scheduled)
            self.at.now = datetime.combine(morning, time(13), ZoneInfo(_ZONE)).astimezone(UTC)
            self._operate(morning)
            self._expire()
            self.growth.append(self._held())
            self.asked.append(len(self.at.border.cost_explorer.calls))

    def _wake_up(self, morning: date) -> None:
        border = self.at.border
        border.cost_explorer.costs = self.company.costs(morning)
        border.cost_explorer.today = morning
        border.organizations.accounts = self.company.accounts(morning)

    def _scheduled(self, report: str, scheduled: datetime) -> None:
        self.at.now = scheduled + timedelta(minutes=1)
        request = {"report": report, "scheduled_time": scheduled.isoformat()}
        self._execute(request, report, scheduled, "scheduled")
        if self._random.randrange(100) < _TWICE_STARTED:
            self.at.now += timedelta(minutes=10)
            self._execute(request, report, scheduled, "started twice")

    # ---- the operator

    def _operate(self, morning: date) -> None:
        """Answers for what is uncertain, and redrives, runs again or leaves what failed."""
        self._answer()
        for each in list(self._open):
            if each.left or self._random.randrange(100) < _LEFT:
                each.left = True
            elif each.redrives and self._random.randrange(100) < _LATER:
                continue  # another day
            elif (
                each.ran.execution.error in _WITHOUT_A_REDRIVE
                or self._random.randrange(100) < _RUN_AGAIN - _LEFT
            ):
                self._open.remove(each)
                request = {"report": each.ran.report, "scheduled_time": each.ran.scheduled.isoformat()}
                self._execute(request, each.ran.report, each.ran.scheduled, "run again")
            else:
                self._redrive(each)
            self.at.now += timedelta(minutes=20)
            # An alert that asks is answered before anything else is done.
            self._answer()
        self._open = [each for each in self._open if not each.left and each.redrives < _REDRIVES]

    def _redrive(self, each: _Open) -> None:
        self._open.remove(each)
        ran = each.ran
        count = each.redrives + 1
        again = self._execute(
            ran.held or {},
            ran.report,
            ran.scheduled,
            "redriven",
            start_at="HoldForRedrive",
            redrive_count=count,
        )
        if again.failed:
            self._open[-1].redrives = count

    def _answer(self) -> None:
        """`finopsguard deliveries list`, a look into the channel, and `deliveries resolve`."""
        with self._calm(), surroundings(self.at.settings(), lambda: self.at.now):
            wiring = wiring_for(os.environ)
            store, clock = wiring.get(Store), wiring.get(Clock)
            for standing in standings.standings(store, clock()):
                if standing.state != "uncertain":
                    continue
                posted = self._is_shown(standing.run_id, correction=standing.correction)
                decisions.resolve(
                    store, standing.id, posted, reason="Looked into the channel.", clock=clock, version="0"
                )
                self.resolved["posted" if posted else "not-posted"] += 1

    def _is_shown(self, run_id: str, *, correction: bool) -> bool:
        """True if the channel has a card of the report, or its correction."""
        shown = set(self.at.border.workflows.posts)
        kind, name = (keys.CORRECTION, "corrected") if correction else (keys.MESSAGE, "run_id")
        return any(
            body in shown
            for key, body in self.at.border.s3.puts
            if (parts := kind.parts(key)) and parts[name] == run_id
        )

    @contextmanager
    def _calm(self) -> Iterator[None]:
        s3 = self.at.border.s3
        faults, self.at.border.faults = self.at.border.faults, []
        damages, s3.damages = s3.damages, []
        yield
        self.at.border.faults, s3.damages = faults, damages

    # ---- an execution

    def _execute(
        self, request: Mapping[str, Any], report: str, scheduled: datetime, how: str, **options: Any
    ) -> Ran:
        border = self.at.border
        self.chance.begin(f"{len(self.ran)}")
        held: list[Mapping[str, Any]] = []

        def on_event(event: Event) -> None:
            self.at.now += _RETRY * event.retry
            if event.type.endswith("Entered") and event.state == "HoldForRedrive":
                held.append(json.loads(event.payload or "{}"))

        sent, published, puts = border.workflows.posts, border.sns.published, border.s3.puts
        first = len(sent), len(published), len(puts)
        with surroundings(self.at.settings(), lambda: self.at.now, hasty="AWS and Teams", patience=_PATIENCE):
            execution = run_embedded(request, wait_scale=WAIT_SCALE, on_event=on_event, **options)
        ran = Ran(
            report, scheduled, self.at.now.date(), how, execution,
            range(first[0], len(sent)), range(first[1], len(published)), range(first[2], len(puts)),
            self.chance.unseen, frozenset(self.chance.at_store), held[-1] if held else None,
        )  # fmt: skip
        self.ran.append(ran)
        if ran.failed:
            self._open.append(_Open(ran))
        return ran

    # ---- the bucket

    def _expire(self) -> None:
        """Its lifecycle rules: what was written so long ago is gone."""
        s3 = self.at.border.s3
        for key, _ in s3.puts[self._seen :]:
            self._written[key] = self.at.now
        self._seen = len(s3.puts)
        for key in [key for key in s3.objects if self._written[key] < self.at.now - RETENTION]:
            del s3.objects[key]

    def _held(self) -> Mapping[str, tuple[int, int]]:
        found: dict[str, tuple[int, int]] = {}
        for key, data in self.at.border.s3.objects.items():
            prefix = f"{key.partition('/')[0]}/"
            count, size = found.get(prefix, (0, 0))
            found[prefix] = (count + 1, size + len(data))
        return dict(sorted(found.items()))


@contextmanager
def soaked(seed: int, days: int, share: float = SHARE) -> Iterator[Soak]:
    """A soak that has run."""
    with place() as at:
        at.env = {
            **at.env,
            "FINOPSGUARD_TIMEZONE": _ZONE,
            "FINOPSGUARD_ALERT_TOPIC_ARN": at.border.topic_arn,
        }
        at.border.cost_explorer.names = dict(NAMES)
        soak = Soak(seed, days, at, Company(seed, days), Chance(seed, share))
        at.border.faults.append(soak.chance)
        at.border.s3.damages.append(soak.chance.damage)
        soak.run()
        yield soak
