"""A week of daily reports, step by step on one store: told, muted, come through, expected, planned; and its ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from finopsguard.incidents import ledger as looks
from finopsguard.incidents.giving import About, Book, Who
from finopsguard.incidents.records import records
from finopsguard.models.costs import NOTHING_HELD, Costs, HeldRows
from finopsguard.models.run import Batch, Period, Run
from finopsguard.ports import Meter, unmetered
from finopsguard.report import facts, said_text
from finopsguard.report.story import Story
from finopsguard.store import ledger, verdicts
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import both_kinds
from tests.unit.store.mornings import ACCOUNTS, Mornings, Restating

MONDAY = date(2026, 11, 16)
SHOP, LAB = ACCOUNTS
EC2 = "Amazon EC2"
ABOVE = {
    SHOP: {MONDAY: 400, MONDAY + timedelta(days=1): 400}
    | {MONDAY + timedelta(days=day): 1500 for day in range(2, 9)},
    LAB: {MONDAY + timedelta(days=day): 2000 for day in (4, 5)},
}
"""What each account costs above 500 a day: the shop since Monday, three times as much since Wednesday; a load test of
the lab on Friday.
"""


class Rising(Restating):
    """Steady costs, and what comes on top."""

    def fetch(
        self, run: Run, batch: Batch, days: Period, paid: Meter = unmetered, held: HeldRows = NOTHING_HELD
    ) -> Costs:
        if batch.by_region:
            return super().fetch(run, batch, days, paid, held)
        paid()
        self.fetched.append(batch)
        rows = [
            row
            for day in days.dates()
            for account in batch.accounts
            for row in both_kinds(
                day, account, EC2, str(Decimal(500 + day.day % 3) + ABOVE[account].get(day, 0))
            )
        ]
        return Costs(rows, 1)

    def cost(self, day: date) -> str:
        return str(500 + day.day % 3)


class Week(Mornings):
    """Daily reports from Tuesday on, and what people say in the afternoons."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        super().__init__(store.objects if store else None)
        self.source = Rising()

    def on(self, back: int) -> Story:
        """The report of the morning so many days after Monday."""
        day = MONDAY + timedelta(days=back)
        assert self.report(day) is None
        assert self.made is not None
        return Story(self.told(self.made.run.run_id))

    def say(self, back: int, what: Callable[[Book, Who], object]) -> None:
        """Somebody says something in that afternoon."""
        at = datetime.combine(MONDAY + timedelta(days=back), time(15), UTC)
        what(Book(self.store, "aws"), Who("julia", at))


def listed(story: Story) -> list[str]:
    return [f"{line.status} {line.ended}" for line in facts.open_anomalies(story.report)] + [
        f"{line.status} {line.ended}" for line in facts.resolved_anomalies(story.report)
    ]


def test_a_week_of_verdicts() -> None:
    week = Week()
    tuesday = week.on(1)
    assert listed(tuesday) == ["new None"]
    name = tuesday.report.anomalies[0].id
    week.say(1, lambda book, who: book.mute(About(name), MONDAY + timedelta(days=20), "a migration", who))

    wednesday = week.on(2)
    assert listed(wednesday) == []
    (line,) = said_text.quiet(wednesday)
    assert line.startswith("1 muted: ")
    assert "until 6 Dec 2026" in line
    assert "“a migration”" in line
    assert line in json.dumps(json.loads(week.channel.posts[-1]), ensure_ascii=False)
    assert wednesday.report.verdicts[0].state == "in_force"
    assert "julia" not in week.channel.posts[-1].decode()

    again = Week(week.store)
    again.say(2, lambda book, who: book.withdraw(About(name), "a mistake", who))
    assert again.on(2).report.anomalies == wednesday.report.anomalies, (
        "a report that is repeated tells the same"
    )

    thursday = week.on(3)
    assert listed(thursday) == ["growing None"]
    (grown,) = facts.open_anomalies(thursday.report)
    assert grown.said is not None
    assert grown.said.released == "beyond"
    assert thursday.report.verdicts[0].state == "beyond"
    week.say(3, lambda book, who: book.judge(name, "expected", "it is the new shop", who))
    first, last = MONDAY + timedelta(days=4), MONDAY + timedelta(days=5)
    week.say(3, lambda book, who: book.plan(About(None, LAB, EC2), first, last, "a load test", who))

    friday = week.on(4)
    assert listed(friday) == ["resolved accepted"]
    said = {(each.verdict, each.state) for each in friday.report.verdicts}
    assert said == {("plan", "ahead"), ("expected", "in_force")}
    saturday = week.on(5)
    assert listed(saturday) == []
    (planned,) = said_text.quiet(saturday)
    assert planned.startswith("1 as planned: ")
    assert "“a load test”" in planned

    told, given = ledger.told(week.store, "aws").told, verdicts.given(week.store, "aws").verdicts
    shop, lab = sorted(
        records(told, looks.newest(week.store, "aws")[1].incidents, given), key=lambda each: each.account_id
    )
    assert shop.first_told is not None
    assert (shop.id, shop.first_told.run_id, shop.first_told.channels) == (
        name,
        "daily-2026-11-15",
        ("teams",),
    )
    assert [each.run_id for each in shop.grown] == ["daily-2026-11-17"]
    assert (shop.state, shop.ended, shop.ended_on) == ("closed", "accepted", MONDAY + timedelta(days=4))
    assert [each.verdict for each in shop.verdicts] == ["mute", "expected"]
    assert (lab.state, lab.first_told) == ("planned", None)
