"""The history: which days of which accounts are held, which are to be read again, and what a new reading replaces.

No day is bought twice, but for three reasons: it was read while AWS was still billing it (its usage then only where its
charges are others now, `costs/unchanged.py`); AWS restates days long after, so the newest five weeks are read again
each week, and a month on the 8th and the 15th after its close; and a total that has changed since says that something
has. Days are held for each account, for accounts come and go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from finopsguard.costs.periods import LATE_HOURS
from finopsguard.models.history import DayReading, HeldDay, HeldMonth
from finopsguard.models.money import CENT
from finopsguard.models.run import REGIONS, Period, Run

FRESH = timedelta(hours=12)
"""A reading so shortly before counts as read now. AWS refreshes costs at least once in 24 hours (documented)."""
RESTATED_DAYS = 35
"""The newest days, which are read again once a week, by the first report of it."""
CLOSES = (8, 15)
"""The days of the next month on which a month is read once more: invoices are issued in its first days."""

_DAY = timedelta(days=1)

ReadAt = Mapping[date, datetime]
"""When each day was read that is held."""


@dataclass(frozen=True)
class Alike:
    """Accounts of which the same days are held, read at the same times."""

    accounts: tuple[str, ...]
    read_at: ReadAt


@dataclass(frozen=True)
class Reading:
    """A reading that goes into the history: each account's days, the time, and what the payer was billed by day."""

    days: Mapping[str, Sequence[Period]]
    at: datetime
    billed: Mapping[date, Decimal] | None


# ---- what is held ----------------------------------------------------------------------------------------------------


def alike(months: Sequence[HeldMonth], accounts: Sequence[str]) -> list[Alike]:
    """The accounts in groups by what is held of them; an account of which nothing is held is in one too."""
    lists: dict[str, list[tuple[int, int]]] = {account: [] for account in accounts}
    for month, held in enumerate(months):
        for number, ids in enumerate(held.lists):
            for account in ids:
                if account in lists:
                    lists[account].append((month, number))
    groups: dict[tuple[tuple[int, int], ...], list[str]] = {}
    for account, member in lists.items():
        groups.setdefault(tuple(member), []).append(account)
    return [Alike(tuple(ids), _read_at(months, frozenset(member))) for member, ids in groups.items()]


def _read_at(months: Sequence[HeldMonth], member: frozenset[tuple[int, int]]) -> ReadAt:
    return {
        day.date: reading.at
        for number, month in enumerate(months)
        for day in month.days
        for reading in day.readings
        if (number, reading.accounts) in member
    }


def held_of(month: HeldMonth, day: HeldDay) -> set[str]:
    """Of whom the month holds the day: accounts, and what stands for the Regions of all."""
    return {each for reading in day.readings for each in month.lists[reading.accounts]}


def newest_held(months: Sequence[HeldMonth]) -> set[str]:
    """The accounts of which the newest day is held that is held of any."""
    found: dict[date, set[str]] = {}
    for month in months:
        for day in month.days:
            found.setdefault(day.date, set()).update(only_accounts(held_of(month, day)))
    return next((found[day] for day in sorted(found, reverse=True) if found[day]), set())


def only_accounts(ids: Iterable[str]) -> set[str]:
    """Without the ids that stand for the Regions of all accounts."""
    return {each for each in ids if not each.startswith(REGIONS)}


def moment(months: Sequence[HeldMonth], now: datetime) -> datetime:
    """When a reading is made that is planned on these months: later than all that they hold, whatever the clocks say.

    Stored times have no parts of a second, and two readings of one time count as one.
    """
    latest = max((each.at for month in months for day in month.days for each in day.readings), default=None)
    return now if latest is None else max(now, latest + timedelta(seconds=1))


# ---- what is to be read ----------------------------------------------------------------------------------------------


class Due(NamedTuple):
    """The days that are to be read of these accounts; those that are `young` may be as they were."""

    accounts: Sequence[str]
    days: Sequence[date]
    young: Collection[date] = ()


def due(
    months: Sequence[HeldMonth], accounts: Sequence[str], run: Run, changed: frozenset[date], now: datetime
) -> list[Due]:
    """What is to be read of all accounts.

    What was read at other times may be due on the same days, and is read together then: whole, where one needs that.
    """
    found: dict[tuple[date, ...], list[tuple[Sequence[str], frozenset[date]]]] = {}
    for group in alike(months, accounts):
        days, young = due_days(group.read_at, run, changed, now)
        found.setdefault(tuple(days), []).append((group.accounts, young))
    return [
        Due(
            tuple(sorted(each for ids, _ in groups for each in ids)),
            list(days),
            frozenset.intersection(*(young for _, young in groups)),
        )
        for days, groups in found.items()
    ]


def due_days(
    read_at: ReadAt, run: Run, changed: frozenset[date], now: datetime
) -> tuple[list[date], frozenset[date]]:
    """The days of the run's window that are to be read, and which of them only because AWS was still billing them.

    `changed` are those whose total is another than it was. A report that is made later than it was due, `now`, is made
    of what can be known by then. One that looks back takes what is held, whenever it was read.
    """
    window = run.window.dates()
    if run.looks_back:
        return [day for day in window if day not in read_at or day in changed], frozenset()
    newest = frozenset(window[-RESTATED_DAYS:])
    why = {
        day: _why(day, read_at[day], run.scheduled_time, now, changed=day in changed, newest=day in newest)
        for day in window
        if day in read_at
    }
    days = [day for day in window if day not in read_at or why[day]]
    return days, frozenset(day for day in days if why.get(day) == "young")


def _why(
    day: date, read: datetime, at: datetime, now: datetime, *, changed: bool, newest: bool
) -> Literal["young", "again"] | None:
    over = read >= _midnight(day + _DAY) + timedelta(hours=LATE_HOURS)
    if changed and over:
        return "again"
    if is_fresh(read, max(at, now)):
        return None
    marks = [*_closes(day), _monday(at)] if newest else _closes(day)
    if any(read < mark <= at for mark in marks):
        return "again"
    return None if over else "young"


def is_fresh(read: datetime | None, now: datetime) -> bool:
    """True if what was read then counts as read now; None: it is not known when that was."""
    return read is not None and read > now - FRESH


def _monday(at: datetime) -> datetime:
    return _midnight(at.astimezone(UTC).date() - timedelta(days=at.astimezone(UTC).weekday()))


def _closes(day: date) -> list[datetime]:
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return [_midnight(following.replace(day=number)) for number in CLOSES]


def changed_days(months: Sequence[HeldMonth], billed: Mapping[date, Decimal] | None) -> frozenset[date]:
    """The held days for which the payer is billed another amount now; none where either amount is not known."""
    if billed is None:
        return frozenset()
    return frozenset(
        day.date
        for month in months
        for day in month.days
        if day.billed is not None and abs(billed.get(day.date, Decimal(0)) - day.billed) >= CENT
    )


def billed_then(months: Sequence[HeldMonth], window: Period) -> Mapping[date, Decimal] | None:
    """What the payer was billed by day when the days were read; None where that is not known of each."""
    billed = {day.date: day.billed for month in months for day in month.days if day.billed is not None}
    return {day: billed[day] for day in window.dates()} if billed.keys() >= set(window.dates()) else None


# ---- what a reading replaces -----------------------------------------------------------------------------------------


def months_of(periods: Iterable[Period]) -> list[Period]:
    """The calendar months that have days of the periods, oldest first."""
    firsts = sorted({day.replace(day=1) for period in periods for day in period.dates()})
    return [Period(first, month_after(first)) for first in firsts]


def month_after(first: date) -> date:
    """The first day of the month after that of `first`."""
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def with_reading(held: HeldMonth, month: Period, reading: Reading) -> HeldMonth:
    """What a month holds after a reading: of each account and day, what was read later.

    A day that the history has from a later reading than this one stays as it is (`replaced` says which do not). What
    the payer was billed for a day is known anew where all of its accounts were read.
    """
    readings: dict[date, dict[datetime, set[str]]] = {
        day.date: _accounts_by_time(held, day) for day in held.days
    }
    for account, day in _account_days(held, month, reading):
        at = readings.setdefault(day, {})
        for others in at.values():
            others.discard(account)
        at.setdefault(reading.at, set()).add(account)
    lists: dict[tuple[str, ...], int] = {}
    billed = {day.date: day.billed for day in held.days}
    days = []
    for day, at in sorted(readings.items()):
        # Where an account was read at another time, the total of that time stays: a change since is seen by it.
        read = {moment for moment, ids in at.items() if only_accounts(ids)}
        if reading.billed is not None and read == {reading.at}:
            billed[day] = reading.billed.get(day, Decimal(0))
        found = tuple(
            DayReading(lists.setdefault(tuple(sorted(ids)), len(lists)), moment)
            for moment, ids in sorted(at.items())
            if ids
        )
        days.append(HeldDay(day, found, billed.get(day)))
    return HeldMonth(tuple(lists), tuple(days))


def replaced(held: HeldMonth, month: Period, reading: Reading) -> dict[str, list[date]]:
    """The days of each account that the reading brings, but for those that the month has from a later one."""
    found: dict[str, list[date]] = {}
    for account, day in _account_days(held, month, reading):
        found.setdefault(account, []).append(day)
    return found


def _account_days(held: HeldMonth, month: Period, reading: Reading) -> list[tuple[str, date]]:
    later = {
        (account, day.date)
        for day in held.days
        for each in day.readings
        if each.at >= reading.at
        for account in held.lists[each.accounts]
    }
    return [
        (account, day)
        for account, periods in reading.days.items()
        for period in periods
        for day in period.dates()
        if day in month and (account, day) not in later
    ]


def _accounts_by_time(held: HeldMonth, day: HeldDay) -> dict[datetime, set[str]]:
    return {each.at: set(held.lists[each.accounts]) for each in day.readings}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
