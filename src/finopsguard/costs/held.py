"""All that the history holds, as a series: what a backtest judges without asking AWS anything.

A day of an account that is not held is unknown, not without cost: before the account was first read, after it was last
read, and where a state cannot be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from finopsguard.costs import archive, history
from finopsguard.costs.archive import Month, States
from finopsguard.costs.series import DailySeries
from finopsguard.costs.sources.files.gaps import fill
from finopsguard.costs.table import CostTable, Past
from finopsguard.errors import InvalidInput
from finopsguard.models.run import Period
from finopsguard.ports import Store
from finopsguard.store import keys

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Held:
    """The history of one question: its series, its currency, and the keys of states that cannot be read."""

    question: str
    series: DailySeries
    accounts: int
    currency: str
    unreadable: tuple[str, ...]


def held(store: Store, asked: str) -> Held:
    """What is held of the question that is `asked`, or of the only one that there is.

    Raises InvalidInput where nothing is held, where several other questions are, and where more than one currency is;
    and what ports.Store raises.
    """
    found = archive.questions(store, "aws")
    question = _question(found, asked)
    states = States(store, "aws", question)
    months = [month for each in found[question] if (month := states.newest(each))]
    days = _days_by_account(months)
    if not days:
        raise InvalidInput(
            f"Of {keys.HISTORY.below(source='aws', question=question)} no state can be read. Run a report with"
            " --refresh, which buys these days again."
        )
    window = Period(min(map(min, days.values())), max(map(max, days.values())) + _DAY)
    with CostTable((), Past([month.parquet for month in months], list(days), window, {})) as table:
        series, units = table.judged_series(window, archive.metric_of(question)), table.units()
    if len(units) > 1:
        raise InvalidInput(f"The history has costs in {', '.join(units)}, which cannot be added.")
    if not series.labels:
        raise InvalidInput(f"No account has any usage in the {window.days} days that are held.")
    series = _with_gaps(series, days)
    return Held(question, series, len(days), units[0], tuple(states.unreadable))


def _question(found: Mapping[str, object], asked: str) -> str:
    if asked in found:
        return asked
    if len(found) == 1:
        return next(iter(found))
    if found:
        raise InvalidInput(
            f"The store holds costs of {len(found)} questions ({', '.join(sorted(found))}), and none is of the metric,"
            f" the role and the billing view that are set ({asked}). Set these as the reports have them."
        )
    raise InvalidInput(
        "The store holds no history: no report of real costs was made with it. Run one, or give files of costs."
    )


def _days_by_account(months: Sequence[Month]) -> dict[str, set[date]]:
    days: dict[str, set[date]] = {}
    for month in months:
        for day in month.held.days:
            for reading in day.readings:
                for account in history.only_accounts(month.held.lists[reading.accounts]):
                    days.setdefault(account, set()).add(day.date)
    return days


def _with_gaps(series: DailySeries, days: Mapping[str, set[date]]) -> DailySeries:
    dates = [series.first_day + index * _DAY for index in range(series.days)]
    lacks: dict[str, NDArray[np.bool_]] = {
        account: np.array([day not in held for day in dates]) for account, held in days.items()
    }
    unknown = np.stack([lacks[account] for account in series.accounts])
    if not unknown.any():
        return series
    costs = series.costs.copy()
    fill(costs, unknown)
    return replace(series, costs=costs, unknown=unknown)
