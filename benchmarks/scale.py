"""What reading costs, by the number of accounts: the first report, the next day's, a week's and a month's.

Plans alone, without Cost Explorer: the batches and slices that ResolveAccounts would make on each of thirty mornings,
and the pages of their answers: the fewest where a page has 5,000 groups and what was read the day before has not
changed, the most where it has 500 and all of it has (AWS documents neither the size nor how long it goes on). Beside
it what the same month would cost if every report read all of its days, as daily and weekly reports each did before
there was a history.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from finopsguard.accounts.scope import Scope
from finopsguard.config import PlanSettings
from finopsguard.costs import budget, history, periods, reads
from finopsguard.costs.batches import GROUPS_OF_A_PAGE, pages, plan_batches, regions_of
from finopsguard.costs.paid import PRICE_OF_A_REQUEST
from finopsguard.models.messages import RunRequest
from finopsguard.models.run import AccountChanges, Batch, ReportName
from finopsguard.ports import ListedAccount

ACCOUNTS = (10, 100, 1_000, 10_000)
DAYS = 30
FIRST = date(2026, 11, 2)


class Pages(NamedTuple):
    """The fewest and the most pages."""

    few: int
    many: int

    def __add__(self, other: object) -> Pages:
        assert isinstance(other, Pages)
        return Pages(self.few + other.few, self.many + other.many)


class Scale(NamedTuple):
    """The pages of some reports of an Organization; `anew` is a month of reports that read everything.

    `since` are those of the next day where none, one, two or all of the three days that AWS was still billing have
    changed since: with pages of 5,000 groups and of 500.
    """

    accounts: int
    first: Pages
    next_day: Pages
    weekly_again: Pages
    month: Pages
    anew: Pages
    since: tuple[Pages, ...]


@cache
def scale(accounts: int) -> Scale:
    """Thirty mornings with a daily report, and a weekly one after it on Mondays."""
    settings = PlanSettings.from_env({})
    listed = tuple(ListedAccount(f"{number:012}", "x", "ACTIVE", ()) for number in range(accounts))
    held: dict[date, datetime] = {}
    daily: list[Pages] = []
    weekly: list[Pages] = []
    anew: list[Pages] = []
    since: list[Pages] = []
    reports: tuple[tuple[ReportName, list[Pages]], ...] = (("daily", daily), ("weekly", weekly))
    for back in range(DAYS):
        morning = datetime.combine(FIRST + timedelta(days=back), datetime.min.time(), UTC) + timedelta(
            hours=7
        )
        for report, found in reports:
            if report == "weekly" and morning.weekday():
                continue
            at = morning + timedelta(hours=report == "weekly")
            run = periods.plan_run(RunRequest(report, at, continues=False), settings, at)
            scope = Scope(run, listed, {}, (), True, (), AccountChanges("listed"), None, 0)
            days, young = history.due_days(held, run, frozenset(), at)
            due = history.Due([account.id for account in listed], days, young)
            found.append(_pages(scope, settings, due, known=bool(held)))
            anew.append(_pages(scope, settings, due._replace(days=run.window.dates(), young=()), known=False))
            if back == 1:
                since = [
                    _since(scope, settings, due._replace(young=sorted(young)[: len(young) - each]))
                    for each in range(len(young) + 1)
                ]
            held.update(dict.fromkeys(days, at))
    return Scale(accounts, daily[0], daily[1], weekly[1], _sum([*daily, *weekly]), _sum(anew), tuple(since))


def _pages(scope: Scope, settings: PlanSettings, due: history.Due, *, known: bool) -> Pages:
    planned, proof = _planned(scope, settings, due, known=known)
    return Pages(*budget.estimate(planned)) + Pages(proof, proof)


def _since(scope: Scope, settings: PlanSettings, due: history.Due) -> Pages:
    """Where those of its days that are young have not changed."""
    planned, proof = _planned(scope, settings, due, known=True)
    few, many = (pages(planned, groups, unchanged=True) for groups in GROUPS_OF_A_PAGE)
    return Pages(few, many) + Pages(proof, proof)


def _planned(
    scope: Scope, settings: PlanSettings, due: history.Due, *, known: bool
) -> tuple[Sequence[Batch], int]:
    """And a page for the total of all that is billed, one for who was billed where the batches do not show it."""
    by_region = [(each, due.days) for each in regions_of(scope)]
    planned = plan_batches(scope, settings, "", [due], 1, by_region)
    if known and reads.shows_who(planned, frozenset()):
        return planned, 1
    return plan_batches(scope, settings, "", [due], 0, by_region), 2


def _sum(each: Sequence[Pages]) -> Pages:
    return sum(each, Pages(0, 0))


def usd(requests: int) -> str:
    """`$12.34`."""
    return f"${requests * PRICE_OF_A_REQUEST:,.2f}"


def row(found: Scale) -> list[str]:
    """As it is printed, and as docs/history.md has it."""
    taken = (found.first, found.next_day, found.weekly_again, found.month)
    dollars = f"{usd(found.month.few)} to {usd(found.month.many)}"
    share = Decimal(found.month.few) / found.anew.few
    return [
        f"{found.accounts:,}",
        *(f"{each.few:,} to {each.many:,}" for each in taken),
        dollars,
        f"{share:.0%}",
    ]


def main() -> int:
    """Prints the table."""
    form = "{:>9} {:>15} {:>15} {:>13} {:>18} {:>24} {:>12}"
    print(
        form.format(
            "accounts", "first report", "the next day", "weekly after", "a month", "USD", "of all anew"
        )
    )
    for accounts in ACCOUNTS:
        began = time.perf_counter()
        print(form.format(*row(scale(accounts))), f" ({time.perf_counter() - began:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
