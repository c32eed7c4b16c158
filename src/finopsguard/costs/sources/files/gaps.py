"""From cells to the detector's series: what a row that cannot be read may belong to is unknown, never zero.

A row without an amount makes its account's service unknown on its day; without a service, all services of its account
on that day; without a day, its series on all days, and such a series is not judged. What is unknown stands in the
series as its weekday usually costs, so that nothing is learned from it, and is marked in `DailySeries.unknown`, so
that nothing is told of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
from numpy.typing import NDArray

from finopsguard.costs.series import DailySeries
from finopsguard.costs.sources.files import bounds
from finopsguard.costs.sources.files.bounds import SMALLER
from finopsguard.costs.sources.files.cells import REJECTED, names_of
from finopsguard.errors import InvalidInput

_GAPS_NAMED = 5
_WEEK, _WEEKS = 7, 4
_USAGE = f"kind = 'usage' AND NOT {REJECTED}"
_LABELS = f"SELECT DISTINCT account, service FROM cells WHERE {_USAGE} ORDER BY ALL"  # noqa: S608
_SUMS = f"""
    SELECT account, service, date - $1::DATE AS day, sum(amount)::DOUBLE AS amount
    FROM cells WHERE {_USAGE} GROUP BY account, service, date
"""  # noqa: S608
_UNKNOWN = (
    f"SELECT DISTINCT date, account, service FROM cells WHERE kind = 'usage' AND {REJECTED} ORDER BY ALL"  # noqa: S608
)

Label = tuple[int, int]
"""Numbers of an account and a service."""
Unknown = tuple[date | None, int | None, int | None]
"""(day, account, service) of a row that cannot be read, None for what it does not say."""


@dataclass(frozen=True)
class Found:
    """The series, and how many were left out because a row of theirs names no day."""

    series: DailySeries
    left_out: int


def series_of(database: duckdb.DuckDBPyConnection, what: str, *, missing_are_zero: bool) -> Found:
    """The usage of a file. Raises InvalidInput for none, for days without a row, and for more than can be held."""
    labels: list[Label] = database.execute(_LABELS).fetchall()
    unknown: list[Unknown] = database.execute(_UNKNOWN).fetchall()
    days = _days(database, what, unknown, missing_are_zero=missing_are_zero)
    if len(labels) * len(days) > bounds.MOST_AMOUNTS:
        raise InvalidInput(
            f"{what} has {len(labels):,} series of {len(days)} days, too many for memory. {SMALLER}"
        )
    sums = database.execute(_SUMS, [days[0]]).fetchnumpy()
    costs = np.zeros((len(labels), len(days)))
    costs[_rows(labels, sums["account"], sums["service"]), sums["day"]] = sums["amount"]
    mask = _mask(unknown, labels, days)
    if mask is None:
        return Found(DailySeries(*_names(database, labels), days[0], costs), 0)
    kept: NDArray[np.bool_] = ~np.all(mask, axis=1)
    if not kept.any():
        raise InvalidInput(
            f"{what} has a row that cannot be read and names neither its day nor its account: it may be of every"
            " series, and nothing can be judged. Correct or remove it."
        )
    costs, mask = costs[kept], mask[kept]
    fill(costs, mask)
    names = _names(database, [label for label, keep in zip(labels, kept, strict=True) if keep])
    known = mask if mask.any() else None
    return Found(DailySeries(*names, days[0], costs, known), int((~kept).sum()))


def fill(costs: NDArray[np.float64], unknown: NDArray[np.bool_]) -> None:
    """Puts in place of unknown amounts, (series, days), what their weekday costs in the weeks before, else after."""
    for row, day in np.argwhere(unknown):
        known = ~unknown[row]
        before = [each for each in range(day - _WEEK, -1, -_WEEK) if known[each]][:_WEEKS]
        after = [each for each in range(day + _WEEK, costs.shape[1], _WEEK) if known[each]][:_WEEKS]
        like = before or after or np.flatnonzero(known)
        costs[row, day] = np.median(costs[row, like])


# Parquet has days that Python has no date for.
_OF_A_BILL = "BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'"


def _days(
    database: duckdb.DuckDBPyConnection, what: str, unknown: Sequence[Unknown], *, missing_are_zero: bool
) -> list[date]:
    """From the first day of usage to the last. A day that has rows, if only such as cannot be read, is no missing
    one.
    """
    ((far,),) = database.execute(f"SELECT count(*) FROM cells WHERE NOT date {_OF_A_BILL}").fetchall()  # noqa: S608
    if far:
        raise InvalidInput(f"{far:,} of the rows of {what} have a day that no calendar has. Correct them.")
    usage = [day for (day,) in database.execute(f"SELECT DISTINCT date FROM cells WHERE {_USAGE}").fetchall()]  # noqa: S608
    present = {
        day
        for (day,) in database.execute("SELECT DISTINCT date FROM cells WHERE date IS NOT NULL").fetchall()
    }
    if not usage:
        raise InvalidInput(
            f"{what} has no row of daily usage. Give one with a cost for each day and service."
        )
    of_usage = [*usage, *(day for day, *_ in unknown if day is not None)]
    first, last = min(of_usage), max(of_usage)
    if (last - first).days >= bounds.MOST_HISTORY:
        raise InvalidInput(
            f"{what} has days from {first} to {last}, more than {bounds.MOST_HISTORY}. Correct its dates, or leave old"
            " days out."
        )
    days = [first + timedelta(days=index) for index in range((last - first).days + 1)]
    missing = [str(day) for day in days if day not in present]
    if missing and not missing_are_zero:
        named = ", ".join(missing[:_GAPS_NAMED]) + (", ..." if len(missing) > _GAPS_NAMED else "")
        undated = any(day is None for day, *_ in unknown)
        offered = "" if undated else ", or say --missing-days-are-zero"
        raise InvalidInput(
            f"{what} has no row for {len(missing)} of its {len(days)} days ({named}). A day that was not exported"
            f" would look like a drop: add it{offered}."
        )
    if missing and any(day is None for day, *_ in unknown):
        raise InvalidInput(
            f"{what} has no row for {', '.join(missing[:_GAPS_NAMED])}, and rows whose day cannot be read: these days"
            " are not known to be zero. Correct those rows."
        )
    return days


def _rows(
    labels: Sequence[Label], accounts: NDArray[np.int32], services: NDArray[np.int32]
) -> NDArray[np.int64]:
    """The row of each account and service; `labels` are sorted."""
    most = max(service for _, service in labels) + 1
    known = np.array([account * most + service for account, service in labels])
    asked = accounts.astype(np.int64) * most + services
    return np.searchsorted(known, asked).astype(np.int64)


def _names(database: duckdb.DuckDBPyConnection, labels: Sequence[Label]) -> tuple[list[str], list[str]]:
    accounts, services = names_of(database, "accounts"), names_of(database, "services")
    return [accounts[account] for account, _ in labels], [services[service] for _, service in labels]


def _mask(
    unknown: Sequence[Unknown], labels: Sequence[Label], days: Sequence[date]
) -> NDArray[np.bool_] | None:
    """Which amounts are unknown, (series, days); None where none is."""
    if not unknown:
        return None
    mask = np.zeros((len(labels), len(days)), np.bool_)
    row_of = {label: row for row, label in enumerate(labels)}
    accounts, services = (np.array([label[place] for label in labels]) for place in (0, 1))
    for day, account, service in unknown:
        column = slice(None) if day is None else (day - days[0]).days
        if account is not None and service is not None:
            if (account, service) in row_of:
                mask[row_of[account, service], column] = True
            continue
        where = np.ones(len(labels), np.bool_)
        if account is not None:
            where &= accounts == account
        if service is not None:
            where &= services == service
        mask[where, column] = True
    return mask
