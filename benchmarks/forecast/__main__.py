"""Forecasts generated months, and prints our error and the run rate's side by side, and how often the band is right.

The run rate is what is billed so far, by the days passed, times the days of the month. AWS's own GetCostForecast has no
column: nothing generated can stand for it. A file of forecasts that were recorded on a real account (`--recorded`) is
held to its bills instead; none is at hand.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.forecast import recorded
from benchmarks.forecast.worlds import HISTORY, KINDS, World, charge_rows, make
from finopsguard.costs.series import DailySeries
from finopsguard.detection import detect
from finopsguard.forecast.month import Known, MonthAhead, month_of
from finopsguard.models.run import Period

ON_DAYS = (5, 10, 15, 20)
SEEDS = range(101, 109)
SCOPES, ALL = ("organization", "unit", "account"), "all"
WITH_CHARGES = {kind for kind, traits in KINDS.items() if traits.charges}
GOAL_BAND = (0.75, 0.85)
GOAL_DAY, GOAL_RATIO = 10, 0.7
LEAST_USD = Decimal(100)
"""Scopes that cost less in the month are left out of the table."""


class Case(NamedTuple):
    """One forecast: errors in parts of what the month cost in the end; `inside` is None where none was given."""

    kind: str
    day: int
    scope: str
    ours: float
    run_rate: float
    inside: bool | None


def cases(world: World, kind: str, day: int) -> list[Case]:
    """The forecasts of a world's Organization, units (five accounts each) and accounts on a day of its month."""
    month = month_of(Period(world.month, world.month + timedelta(days=1)))
    start = (world.month - world.first_day).days
    until, end = start + day, start + month.days
    first = until - HISTORY
    charges = world.seen(until)
    accounts = sorted(set(world.accounts))
    truth = _sums(world, world.charges, start, end)
    billed = _sums(world, charges, start, until)
    first_day = world.first_day + timedelta(days=first)
    series = DailySeries(
        world.accounts, world.services, first_day, world.usage[:, first:until]
    ).since_first_cost()
    settled = world.month + timedelta(days=day)
    known = Known(
        month=month,
        settled=settled,
        series=series,
        charges=charge_rows(charges, world.first_day),
        billed={account: Decimal(repr(round(amount, 6))) for account, amount in billed.items()},
        accounts=accounts,
        open_changes=_open_changes(series),
    )
    ahead = MonthAhead(known)
    scopes = [("organization", accounts)]
    scopes += [("unit", accounts[number : number + 5]) for number in range(0, len(accounts), 5)]
    scopes += [("account", [account]) for account in accounts]
    found = []
    for scope, members in scopes:
        total = sum(truth[each] for each in members)
        if total < LEAST_USD:
            continue
        run_rate = sum(billed[each] for each in members) / day * month.days
        end_of_month = ahead.of(members)
        inside = None
        if end_of_month.low is not None and end_of_month.high is not None:
            inside = float(end_of_month.low) <= total <= float(end_of_month.high)
        ours = float(ahead.point(members))
        found.append(Case(kind, day, scope, abs(ours - total) / total, abs(run_rate - total) / total, inside))
    return found


def _sums(
    world: World, charges: dict[tuple[str, str], np.ndarray], start: int, stop: int
) -> dict[str, float]:
    sums = dict.fromkeys(sorted(set(world.accounts)), 0.0)
    for row, account in enumerate(world.accounts):
        sums[account] += float(world.usage[row, start:stop].sum())
    for (account, _), days in charges.items():
        sums[account] += float(days[start:stop].sum())
    return sums


def _open_changes(series: DailySeries) -> list[tuple[str, date, float]]:
    """What the detector tells of the newest day, as the report's open incidents are."""
    found = detect(
        series.costs,
        series.first_day,
        accounts=series.accounts,
        services=series.services,
        window=7,
        complete_until=series.end,
    )
    return [
        (each.account_id, each.start, each.excess_by_day[-1][1])
        for each in found
        if each.excess_by_day[-1][0] == series.last_day
    ]


def table(found: Sequence[Case], kinds: Sequence[str]) -> list[str]:
    """Lines of the table: a row for each scope, kind (and `all`) and day, and for all scopes together."""
    names = ("world", "day", "scope", "n", "ours", "run rate", "ratio", "given", "in band")
    lines = ["{:12} {:>4} {:13} {:>5} {:>7} {:>9} {:>6} {:>6} {:>8}".format(*names)]
    rows = [(kind, scope) for scope in SCOPES for kind in (*kinds, ALL)]
    lines += [_line(kind, str(day), scope, found) for kind, scope in (*rows, (ALL, ALL)) for day in ON_DAYS]
    return [*lines, _line(ALL, ALL, ALL, found)]


def _line(kind: str, day: str, scope: str, found: Sequence[Case]) -> str:
    """Errors are means over the forecasts that are given."""
    some = [
        each
        for each in found
        if kind in (each.kind, ALL) and day in (str(each.day), ALL) and scope in (each.scope, ALL)
    ]
    given = [each for each in some if each.inside is not None]
    ours, run_rate, inside = np.mean(
        [(each.ours, each.run_rate, float(bool(each.inside))) for each in given] or [(np.nan,) * 3], axis=0
    ).tolist()
    return (
        f"{kind:12} {day:>4} {scope:13} {len(some):5} {ours:7.2%} {run_rate:9.2%} {ours / run_rate:6.2f}"
        f" {len(given) / max(len(some), 1):6.0%} {inside:8.1%}"
    )


def main(arguments: Sequence[str]) -> int:
    """Prints the table; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--kinds", nargs="+", default=[*KINDS, "holding"])
    parser.add_argument("--recorded", type=Path, help="a CSV file of recorded forecasts (docs/forecast.md)")
    asked = parser.parse_args(arguments)
    if asked.recorded:
        return _of_recorded(asked.recorded)
    started = time.process_time()
    found = [
        case
        for kind in asked.kinds
        for seed in asked.seeds
        for world in [make(kind, seed)]
        for day in ON_DAYS
        for case in cases(world, kind, day)
    ]
    print("\n".join(table(found, asked.kinds)))
    given = [each for each in found if each.inside is not None]
    on_goal_day = [each for each in given if each.day == GOAL_DAY]
    band = float(np.mean([bool(each.inside) for each in given]))
    ratio = sum(each.ours for each in on_goal_day) / sum(each.run_rate for each in on_goal_day)
    print(f"\n80 % band covers {band:.1%} (goal {GOAL_BAND[0]:.0%} to {GOAL_BAND[1]:.0%})")
    print(f"error on day {GOAL_DAY}: {ratio:.2f} of the run rate's (goal {GOAL_RATIO} at most)")
    usage_alone = [each for each in on_goal_day if each.kind not in WITH_CHARGES]
    alone = sum(each.ours for each in usage_alone) / sum(each.run_rate for each in usage_alone)
    print(f"the same in worlds without charges: {alone:.2f}")
    print("GetCostForecast: nothing is recorded, no column (--recorded FILE)")
    print(f"{time.process_time() - started:.0f} s of CPU")
    return 0 if GOAL_BAND[0] <= band <= GOAL_BAND[1] and ratio <= GOAL_RATIO else 1


def _of_recorded(path: Path) -> int:
    try:
        print("\n".join(recorded.lines(recorded.read(path))))
    except (recorded.NotRecorded, OSError, UnicodeDecodeError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
