"""A report held to its world: equal to the cent, or refused where the world gives reason, or what is not sure is named.

Everything here is worked out from the world's own bill; nothing asks the product what it holds for right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from finopsguard import errors
from finopsguard.models.report import UNKNOWN, Report
from finopsguard.models.run import Period
from tests.standins.costs import Charge
from tests.truth.reading import Reading
from tests.truth.words_world import Told

CENT = Decimal("0.01")
NOTHING = Decimal(0)
# What each fault may be refused as; a refusal under another name is a bug.
REFUSALS = (
    errors.CostsIncomplete,
    errors.TooManyAccountsMissing,
    errors.CostExplorerIncomplete,
    errors.CostExplorerThrottled,
    errors.CostExplorerPagesChanged,
    errors.OrganizationsUnavailable,
)
USED = ("Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation")
# What a refresh between two queries does to days that are young is not told below this share of their money.
_REFRESH = Decimal("0.01")
# A day of which less than this is billed must be seen: it is short against its own past, wherever that is steady.
_CERTAINLY_LATE = Decimal("0.8")
_LATE_HOURS = 72
# A company that rests on every third Monday is no surprise.
_REGULAR = 0.75
_STEADY_DAYS = 35

Where = Callable[[Charge], bool]


def is_held(found: Reading) -> None:
    """Raises AssertionError for a report that its world does not bear out, or a refusal without a reason."""
    if found.refused is not None:
        _refused_with_reason(found)
        return
    assert found.told is not None
    _reports_what_was_read(found, found.told)
    _tells_late_days(found, found.told)


# ---- refused


def _refused_with_reason(found: Reading) -> None:
    assert isinstance(found.refused, REFUSALS), found.refused
    if isinstance(found.refused, errors.CostsIncomplete):
        assert found.asked.faults or _days_without_cost(found), found.refused
    else:
        assert found.asked.faults, found.refused


def _days_without_cost(found: Reading) -> list[date]:
    """Days that are old enough to be settled and cost nothing, where other weeks' same weekday cost something."""
    assert found.plan is not None
    window = found.plan.run.window
    costly = {charge.day for charge in found.world.bill if charge.amount and charge.day in window}
    weekdays = {day.weekday() for day in costly}
    return [
        day
        for day in window.dates()
        if day not in costly and day.weekday() in weekdays and day >= min(costly) and _is_settled(found, day)
    ]


# ---- reported


def _reports_what_was_read(found: Reading, told: Told) -> None:
    report = told.report
    missing = {account.id for account in report.coverage.missing}
    reported = {account.id for account in report.accounts}
    # An account that is neither reported nor missing must be named by a check.
    forgotten = {charge.account_id for charge in found.world.bill if charge.amount} - missing - reported
    named = _named_days(report)
    unsure = [
        check for check in report.coverage.checks if check.name == "control_total" and check.status != "ok"
    ]
    if unsure:
        # What is apart in the period is told, and of the days before only where the period is whole; all is unsure
        # where there was no total to hold it to.
        unknown = unsure[0].detail == UNKNOWN
        named.update(day.date for day in report.daily if unknown or day.date < report.period.start)
    sure = Sums(found, lambda charge: charge.account_id not in missing | forgotten)
    whole = Sums(found, lambda charge: charge.account_id not in missing)
    if forgotten:
        assert not _accounts_are_sure(report), forgotten
    apart = {day.date: whole([day.date]) - day.cost for day in report.daily}
    for day, difference in apart.items():
        if abs(difference) >= CENT:
            known = day in named or forgotten or _refreshed(found, apart) or _cannot_be_known(found, day)
            assert known, (day, difference)
    _control_is_named(found, report, apart, missing)
    if not named and not any(apart.values()) and not _lost_what_credits_cover(found, sure, report):
        _parts_are(report, sure, faulty=bool(found.asked.faults))
        _charges_are(report, sure)
    if not found.asked.faults and _has_settled_cost(found) and not _days_without_cost(found):
        # A world in which nothing is wrong raises no doubt, or nobody believes the doubts.
        doubts = [check for check in report.coverage.checks if check.status != "ok"]
        assert not doubts and not missing, doubts
        assert report.cost_explorer.requests == found.requests


def _parts_are(report: Report, sure: Sums, *, faulty: bool) -> None:
    """Every number of totals, accounts, services and days, to the last digit."""
    days = report.period.dates()
    month = Period(days[-1].replace(day=1), report.period.end).dates()
    assert report.totals.period == sure(days)
    assert report.totals.usage == sure(days, _is_used)
    assert report.totals.month_to_date == sure(month)
    for account in report.accounts:
        assert account.cost == sure(days, _where(account_id=account.id))
    for service in report.services:
        used = sum((sure(days, _where(service=service.name, record_type=kind)) for kind in USED), NOTHING)
        # Usage by service is held to the charges to the cent for each account and day.
        assert abs(service.cost - used) <= (len(days) * len(report.accounts) * CENT if faulty else 0)
    for day in report.daily:
        assert day.cost == sure([day.date])
        assert day.usage == sure([day.date], _is_used)


def _charges_are(report: Report, sure: Sums) -> None:
    """The way from usage to billed, and the comparison on its basis."""
    compared = report.comparison
    assert compared is not None
    days = compared.days or report.period.dates()
    assert sum((line.amount for line in report.charge_lines), NOTHING) == sure(days)
    for line in report.charge_lines:
        assert line.amount == sure(days, _where(record_type=line.name))
    if compared.current is not None:
        assert compared.current == (sure(days) if compared.basis == "billed" else sure(days, _is_used))


def _control_is_named(
    found: Reading, report: Report, apart: dict[date, Decimal], missing: Container[str]
) -> None:
    """The amount that `control_total` names is what the payer is billed and the report does not have."""
    detail = {check.name: check.detail for check in report.coverage.checks if check.status != "ok"}
    told = re.match(r"(-?[\d.]+) \w+: ", detail.get("control_total", ""))
    if not told or any(
        fault.kind in ("no total", "empty days", "no results") for fault in found.asked.faults
    ):
        return
    shown = {day.date for day in report.daily}
    days = [day for day in _days_in(detail["control_total"]) if day in shown]
    lost = sum((apart[day] for day in days), NOTHING)
    lost += Sums(found, lambda charge: charge.account_id in missing)(days)
    if (
        days
        and "+" not in detail["control_total"]
        and all(day in shown for day in _days_in(detail["control_total"]))
    ):
        assert abs(Decimal(told.group(1)) - lost) <= CENT, (told.group(1), lost)


def _accounts_are_sure(report: Report) -> bool:
    """False where a check, or the note that says so of accounts that left, names that some may be missing."""
    if "billed_accounts_unknown" in report.notes:
        return False
    status = {check.name: check.status for check in report.coverage.checks}
    return status["accounts_listed"] == "ok" and status.get("control_total") == "ok"


def _refreshed(found: Reading, apart: dict[date, Decimal]) -> bool:
    """True if all that is apart and not named is little, and of days that are not settled."""
    young = [day for day in apart if not _is_settled(found, day)]
    billed = Sums(found)
    whole = sum((abs(billed([day])) for day in young), NOTHING)
    return all(abs(apart[day]) < CENT or day in young for day in apart) and (
        sum((abs(apart[day]) for day in young), NOTHING) <= whole * _REFRESH
    )


def _has_settled_cost(found: Reading) -> bool:
    """False where what is read costs nothing, nothing before yesterday, or less than the cent that is proven: that may
    be, and may be a lost history.
    """
    assert found.plan is not None
    window = found.plan.run.window
    return any(
        abs(charge.amount) >= CENT and charge.day in window and _is_settled(found, charge.day)
        for charge in found.world.bill
    )


def _cannot_be_known(found: Reading, day: date) -> bool:
    """True for a day that is empty in every answer, where too few of its weekdays have cost (docs/trust.md)."""
    empty = [(fault.first, fault.last) for fault in found.asked.faults if fault.kind == "empty days"]

    def is_emptied(each: date) -> bool:
        return any(first <= each <= last for first, last in empty)

    if not _is_settled(found, day):
        return is_emptied(day)
    assert found.plan is not None
    window = found.plan.run.window.dates()
    costly = {charge.day for charge in found.world.bill if charge.amount and not is_emptied(charge.day)}
    weeks = [each for each in window if each.weekday() == day.weekday() and each != day]
    known = [each for each in weeks if costly and each >= min(costly)]
    # Where all that is settled is empty the report says so; where only its beginning is, nobody can tell.
    before = any(_is_settled(found, each) for each in costly) and day < min(costly)
    return is_emptied(day) and (
        before or sum(each in costly for each in known) < max(1, len(known) * _REGULAR)
    )


def _named_days(report: Report) -> set[date]:
    return {
        day
        for check in report.coverage.checks
        if check.status != "ok" and check.name != "accounts_listed"
        for day in _days_in(check.detail)
    }


def _days_in(detail: str) -> set[date]:
    """`2026-11-02..2026-11-10, 2026-11-15`; with `+2` more runs of days than are written, any day."""
    if re.search(r" \+\d+$", detail.partition(";")[0]):
        return {date(2026, 1, 1) + timedelta(days=offset) for offset in range(400)}
    found: set[date] = set()
    for first, last in re.findall(r"(\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?", detail):
        start = date.fromisoformat(first)
        end = date.fromisoformat(last or first)
        found.update(start + timedelta(days=offset) for offset in range((end - start).days + 1))
    return found


# ---- late


def _tells_late_days(found: Reading, told: Told) -> None:
    """A day that is short everywhere is in no comparison, where a steady past shows that it is short."""
    if found.asked.faults or not _is_steady(found):
        return
    for (day, account), share in found.world.late.items():
        if account == "" and share <= _CERTAINLY_LATE and _hours(found, day) < _LATE_HOURS:
            assert day not in told.compared.days, (day, share)


def _is_steady(found: Reading) -> bool:
    """Every account's usage of the last weeks, when it is all billed, is what it was a week before, within a tenth."""
    sums: dict[tuple[str, str], dict[date, Decimal]] = {}
    for (account, service), amounts in found.world.usage.items():
        days = sums.setdefault((account, service), {})
        for back, amount in enumerate(reversed(amounts)):
            days[found.world.last_day - timedelta(days=back)] = Decimal(str(amount))
    shown = [found.world.last_day - timedelta(days=back) for back in range(_STEADY_DAYS)]
    week = timedelta(days=7)
    total = [sum((days.get(day, NOTHING) for days in sums.values()), NOTHING) for day in shown]
    extra = any(charge.record_type in USED for charge in found.world.charges)
    return (
        not extra
        and min(total) > CENT
        and all(
            min(days.values()) >= 0
            and abs(days.get(day, NOTHING) - days.get(day - week, NOTHING)) <= days.get(day, NOTHING) / 10
            for days in sums.values()
            for day in shown[:-7]
        )
    )


# ---- the world's own sums


class Sums:
    """What was billed, by day; `counted` are the charges that count."""

    def __init__(self, found: Reading, counted: Where = lambda charge: True) -> None:
        self._days: dict[date, list[Charge]] = {}
        assert found.plan is not None
        for charge in found.world.bill:
            if charge.amount and charge.day in found.plan.run.window and counted(charge):
                self._days.setdefault(charge.day, []).append(charge)

    def accounts(self, day: date) -> set[str]:
        """Who was billed anything on a day."""
        return {charge.account_id for charge in self._days.get(day, ())}

    def __call__(self, days: Iterable[date], where: Where = lambda charge: True) -> Decimal:
        """The sum of the days' charges that are `where`."""
        found = (charge.amount for day in days for charge in self._days.get(day, ()) if where(charge))
        return sum(found, NOTHING)


def _lost_what_credits_cover(found: Reading, sure: Sums, report: Report) -> bool:
    """True for usage that credits cover to the cent and both queries lost: it is in no total (docs/trust.md)."""
    lost = any(fault.kind in ("lost account", "empty days", "lost pages") for fault in found.asked.faults)
    return lost and any(_is_covered(sure, day.date) for day in report.daily)


def _is_covered(sure: Sums, day: date) -> bool:
    """True if an account's usage of a day is set off by its other charges."""
    accounts = sure.accounts(day)
    return any(
        abs(sure([day], _where(account_id=account))) < CENT
        and sum((sure([day], _where(account_id=account, record_type=kind)) for kind in USED), NOTHING) != 0
        for account in accounts
    )


def _where(**wanted: str) -> Where:
    return lambda charge: all(getattr(charge, name) == value for name, value in wanted.items())


def _is_used(charge: Charge) -> bool:
    return charge.record_type in USED


def _is_settled(found: Reading, day: date) -> bool:
    return _hours(found, day) >= found.asked.settle_hours


def _hours(found: Reading, day: date) -> float:
    ended = datetime.combine(day + timedelta(days=1), time(), UTC)
    return (found.asked.at - ended).total_seconds() / 3600
