"""Ten owners' channels through the days, one of which cannot be posted to: `python -m tests.faults.owners [DAYS]`.

The real machine with the real steps; AWS and Teams are stand-ins. Prints a table of what was held, which docs/routes.md
has of sixty days. The suite has four days of it (tests/workflow/test_owners.py).
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

from finopsguard import wiring
from finopsguard.accounts import tags
from finopsguard.engine.embedded import run_embedded
from finopsguard.engine.execution import Event, Execution
from finopsguard.models.report import Report
from finopsguard.models.route import Route, Routed, Routes
from finopsguard.store import documents, keys, routes
from finopsguard.store.directory import DirectoryStore
from tests.standins import StandIns
from tests.standins.costs import Costs, sample_accounts

FIRST = date(2026, 9, 8)
OWNERS = tuple(f"team-{number}" for number in range(1, 10))
"""Nine that the tag names; the tenth channel has the remainder."""
CHANNELS = len(OWNERS) + 1
DOWN, DOWN_DAYS = "team-3", 3
MOVED = "111100000001"
"""The account whose tag changes its owner in the middle."""


@dataclass
class Held:
    """What was held over the days."""

    reports: int = 0
    cards: int = 0
    pages: int = 0
    foreign: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    moved: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[tuple[str, str]]:
        """As docs/routes.md has it."""
        yield "reports (executions)", str(self.reports)
        yield "owners' cards read", str(self.cards)
        yield "owners' pages read", str(self.pages)
        yield "foreign names, ids or owners in them", str(len(self.foreign))
        yield "reports whose parts do not add up to the cent", str(len(self.apart))
        yield "cards posted twice", str(len(self.twice))
        yield "cards missing after the redrives", str(len(self.missing))
        yield "reports that failed first", ", ".join(f"{n} {name}" for name, n in self.errors.items()) or "0"


class Days:
    """The world: twenty accounts of ten owners, two of each, and a store of its own; or fewer, but of team-5 on."""

    def __init__(self, state: Path, channels: int = CHANNELS) -> None:
        self.owners = OWNERS[: channels - 1]
        listed = [
            replace(each, tags={"team": owner} if (owner := (*self.owners, "")[place % channels]) else {})
            for place, each in enumerate(sample_accounts(2 * channels))
        ]
        self.standins = StandIns(accounts=listed)
        self.names = {each.id: each.name for each in listed}
        self.state, self.store, self.held = state, DirectoryStore(state), Held()

    @contextmanager
    def begun(self) -> Iterator[Days]:
        """With its stand-ins, variables and route file."""
        more = {
            "FINOPSGUARD_STATE_DIR": str(self.state),
            "FINOPSGUARD_HISTORY_DAYS": "45",
            "FINOPSGUARD_LANGUAGE": "en",
            "FINOPSGUARD_OWNER_TAG": "team",
            "FINOPSGUARD_ROUTES": "true",
            "FINOPSGUARD_PAGE_LINK": "none",
            "POWERTOOLS_METRICS_DISABLED": "true",
            "POWERTOOLS_TRACE_DISABLED": "true",
            "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        }
        with self.standins, patch.dict(os.environ, {**self.standins.environ(), **more}):
            self._of = {name: f"{self.standins.webhook_secret_arn}-{name}" for name in (*self.owners, "rest")}
            for arn in self._of.values():
                self.standins.secrets_manager.secrets[arn] = self.standins.webhook_url
            made = [Route(name, owners=(name,), webhook_secret_arn=self._of[name]) for name in self.owners]
            made.append(Route("rest", remainder=True, webhook_secret_arn=self._of["rest"]))
            routes.put(self.store, Routes(tuple(made)))
            # Each morning's tags are read anew: the days here are minutes apart.
            with patch.object(tags, "FRESH", timedelta(0)):
                yield self

    def live(self, days: int) -> Held:
        """Each morning's report; the channel that is down is posted to when it is there again."""
        down = range(days // 2, days // 2 + DOWN_DAYS)
        left: list[Mapping[str, Any]] = []
        gone = self._of[DOWN]
        for number in range(days):
            day = FIRST + timedelta(days=number)
            if number == down.start:
                self.standins.secrets_manager.secrets.pop(gone)
                self._move(MOVED, "team-5")
            if number == down.stop:
                self._back(gone, left)
            left += self._morning(day, burst=number % 6 == 1)
        self._back(gone, left)
        self._judge_posts(days)
        return self.held

    def _move(self, account: str, owner: str) -> None:
        found = self.standins.organizations.accounts
        place = next(place for place, each in enumerate(found) if each.id == account)
        found[place] = replace(found[place], tags={"team": owner})

    def _back(self, arn: str, left: list[Mapping[str, Any]]) -> None:
        self.standins.secrets_manager.secrets[arn] = self.standins.webhook_url
        wiring._wiring.cache_clear()
        for held in left:
            resumed = run_embedded(held, wait_scale=0, start_at="HoldForRedrive", redrive_count=1)
            assert resumed.status == "SUCCEEDED", resumed.cause
        left.clear()

    def _morning(self, day: date, *, burst: bool) -> list[Mapping[str, Any]]:
        """Makes the report; what is to be redriven, if it failed."""
        if burst:
            usual, hit = self.standins.cost_explorer.costs, day - timedelta(days=2)
            self.standins.cost_explorer.costs = Costs(
                lambda each: [
                    replace(row, amount=row.amount * 9) if each == hit and row.record_type == "Usage" else row
                    for row in usual.on(each)
                ]
            )
        wiring._wiring.cache_clear()  # a morning's functions are new ones
        events: list[Event] = []
        request = {"report": "daily", "scheduled_time": f"{day}T08:00:00Z"}
        done: Execution = run_embedded(request, wait_scale=0, on_event=events.append)
        self.held.reports += 1
        self._judge(day)
        if done.status == "SUCCEEDED":
            return []
        self.held.errors[str(done.error)] += 1
        held = [it for it in events if it.type.endswith("StateEntered") and it.state == "HoldForRedrive"]
        return [json.loads(held[-1].payload or "null")]

    def _judge(self, day: date) -> None:
        """The newest report's parts, messages and pages."""
        key = max(self.store.list(keys.ROUTED.below(source="aws", report="daily")))
        routed = documents.read(self.store, key, Routed)
        whole = documents.read(self.store, keys.REPORT.key(run_id=routed.run_id), Report)
        parts = {
            part.channel: documents.read(
                self.store, keys.PART.key(run_id=routed.run_id, channel=part.channel), Report
            )
            for part in routed.parts
        }
        self._judge_sums(day, whole, list(parts.values()))
        for part in routed.parts:
            if MOVED in part.accounts:
                self.held.moved.append(part.channel)
            bodies = list((self.state / "runs" / routed.run_id / "messages").rglob(f"{part.channel}.json"))
            self.held.cards += len(bodies)
            pages = list((self.state / "runs" / routed.run_id / "pages").glob(f"{part.channel}.html"))
            self.held.pages += len(pages)
            mine = set(part.accounts)
            others = [word for each, name in self.names.items() if each not in mine for word in (each, name)]
            others += [each for each in (*self.owners, "rest") if each != part.channel]
            found = re.compile("|".join(rf"(?<![\w-]){re.escape(word)}(?![\w-])" for word in others))
            for body in (*bodies, *pages):
                self.held.foreign += [
                    f"{day} {part.channel} {word}" for word in found.findall(body.read_text())
                ]

    def _judge_sums(self, day: date, whole: Report, parts: list[Report]) -> None:
        read = whole.comparison
        for of, total in (
            ("period", whole.totals.period),
            ("current", read and read.current),
            ("previous", read and read.previous),
        ):
            amounts = [
                part.totals.period if of == "period" else getattr(part.comparison, of) for part in parts
            ]
            known = [each for each in amounts if each is not None]
            if abs((total or Decimal(0)) - sum(known, Decimal(0))) >= Decimal("0.005"):
                self.held.apart.append(f"{day} {of}")

    def _judge_posts(self, days: int) -> None:
        """Each report once in each channel, as Teams has seen it."""
        posted = Counter(
            found[0]
            for body in self.standins.workflows.posts
            if (found := re.findall(r"Daily AWS cost · [a-z0-9-]+\"|Daily AWS cost\"", body.decode()))
            and "failed" not in body.decode()[:400]
        )
        for channel in (*self.owners, "rest"):
            count = posted[f'Daily AWS cost · {channel}"']
            self.held.twice += [channel] * max(0, count - days)
            self.held.missing += [channel] * max(0, days - count)


def main(arguments: list[str]) -> int:
    """Lives through the days and prints what was held; 1 if something was not."""
    with tempfile.TemporaryDirectory() as folder, Days(Path(folder)).begun() as world:
        held = world.live(int(arguments[0]) if arguments else 60)
    for row in held.rows():
        print(f"| {' | '.join(row)} |")
    wrong = [*held.foreign, *held.apart, *held.twice, *held.missing]
    print("\n".join(wrong[:20]), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
