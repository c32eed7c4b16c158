"""Proof of reading: what was read is held to itself, to its own past, and to what the payer is billed.

Each check says what it found; docs/trust.md has their names. What is missing in the days that a report is about refuses
the report (`Proof.refusal`); what is smaller goes out with it, and its first notice tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from finopsguard.costs.completeness import WEEKS_BEFORE, age_hours
from finopsguard.costs.table import CostTable
from finopsguard.models.money import CENT
from finopsguard.models.report import UNKNOWN, Check, CheckStatus, Report
from finopsguard.models.run import AccountChanges, Accounts, Period, Run, in_a_row

_ZERO = Decimal(0)
# A day without any cost is a hole where at least this share of the same weekdays has some.
_REGULAR_SHARE = 0.75
# A smaller part of the compared days' money does not refuse a report.
_REFUSED_SHARE = Decimal("0.01")
_NAMED = 3


@dataclass(frozen=True)
class Proof:
    """The checks of one run. `refusal`: what is missing in the days that the report is about; empty if nothing is."""

    checks: tuple[Check, ...]
    refusal: str


@dataclass(frozen=True)
class _Days:
    """A run's days: all, those old enough to be settled, and those that its numbers and comparison are about."""

    window: Sequence[date]
    settled: frozenset[date]
    period: frozenset[date]
    at_stake: frozenset[date]

    @classmethod
    def of(cls, run: Run, report: Report) -> _Days:
        window = run.window.dates()
        settled = frozenset(day for day in window if age_hours(day, run.scheduled_time) >= run.settle_hours)
        # A period that is as young as that is all there is to judge.
        period = frozenset(settled.intersection(run.period.dates()) or run.period.dates())
        compared = report.comparison
        before = compared.previous_days if compared else run.previous_period.dates()
        about = period.union(compared.days if compared else ())
        return cls(window, settled, period, about | settled.intersection(before))


def prove(report: Report, run: Run, plan: Accounts, table: CostTable) -> Proof:
    """Checks what was read, and what is held; `plan.billed` is what the payer is billed by day."""
    days, control = _Days.of(run, report), plan.billed
    by_batch = table.days_with_cost({account.id: account.batch_id or "" for account in plan.accounts})
    everybody = {day for found in by_batch.values() for day in found}
    reads = table.total_by_day(plan.outside)
    apart = {day: control.get(day, _ZERO) - reads.get(day, _ZERO) for day in days.window} if control else {}
    present, lost = _days_present(days, everybody, by_batch, apart)
    matching, unequal = _usage_matches_charges(days, table, report.currency)
    newest, zero = _yesterday_not_zero(days, everybody, reads, report.currency)
    checks = [present, matching, newest]
    if plan.whole:
        checks.append(_control_total(days, report, control, apart))
    checks.append(_accounts_listed(plan))
    return Proof(tuple(checks), "; ".join(filter(None, (lost or zero, unequal))))


def refusal(proof: Proof) -> str:
    """What the operator is told of a report that is refused."""
    return (
        f"Cost Explorer's data are not complete: {proof.refusal}. No report was made of them."
        " Redrive in some hours: everything is read again."
    )


def proven(report: Report, proof: Proof, closed: Check | None) -> Report:
    """The report with its checks and, if any were compared, that of closed days."""
    found = (*proof.checks, *((closed,) if closed else ()))
    return replace(report, coverage=replace(report.coverage, checks=found))


# ---- every day -------------------------------------------------------------------------------------------------------


def _days_present(
    days: _Days,
    everybody: set[date],
    by_batch: Mapping[str, Mapping[date, int]],
    apart: Mapping[date, Decimal],
) -> tuple[Check, str]:
    judged = days.settled | days.period
    if not everybody & judged:
        # Nothing before today's unfinished days: a new customer, or a lost history.
        return Check(
            "days_present", "warn", _days_named([day for day in days.window if day not in everybody])
        ), ""
    holes = [day for day in _holes(days.window, everybody) if day in judged]
    lost = [day for day in holes if day in days.at_stake]
    # Where the total is what was billed, a batch without cost has none. One account alone may end any day.
    partly = sorted(
        {
            day
            for found in by_batch.values()
            if max(found.values()) > 1
            for day in _holes(days.window, found.keys())
            if day in days.settled and day in everybody and (day not in apart or abs(apart[day]) >= CENT)
        }
    )
    if holes or partly:
        status: CheckStatus = "failed" if lost else "warn"
        return Check("days_present", status, _days_named(sorted({*holes, *partly}))), _no_costs(lost)
    known = sum(day >= min(everybody) for day in days.window)
    return Check("days_present", "ok", f"{known} of {known} days since the first cost"), ""


def _yesterday_not_zero(
    days: _Days, everybody: set[date], reads: Mapping[date, Decimal], currency: str
) -> tuple[Check, str]:
    zero = [day for day in sorted(days.period) if day not in everybody and _usual(day, everybody)]
    if zero:
        return Check("yesterday_not_zero", "failed", _days_named(zero)), _no_costs(zero)
    newest = max(days.period)
    amount = _money(reads.get(newest, _ZERO), currency)
    return Check("yesterday_not_zero", "ok", f"{newest}: {amount}"), ""


def _usual(day: date, present: set[date]) -> bool:
    """True if the same weekday always had cost in the four weeks before, as far as there is history."""
    first = min(present, default=day)
    before = [day - timedelta(weeks=week) for week in range(1, WEEKS_BEFORE + 1)]
    known = [past for past in before if past >= first]
    return bool(known) and all(past in present for past in known)


def _holes(window: Sequence[date], present: Iterable[date]) -> list[date]:
    """Days without cost, from the first cost on, whose weekday has cost in nearly every other week."""
    found = set(present)
    known = [day for day in window if day >= min(found)]
    return [day for day in known if day not in found and _is_regular(day, known, found)]


def _is_regular(day: date, known: Sequence[date], found: set[date]) -> bool:
    others = [other for other in known if other.weekday() == day.weekday() and other != day]
    return bool(others) and sum(other in found for other in others) >= _REGULAR_SHARE * len(others)


def _no_costs(days: Sequence[date]) -> str:
    return f"there is no cost on {_days_named(days)}, where there always was some" if days else ""


# ---- to the cent -----------------------------------------------------------------------------------------------------


def _usage_matches_charges(days: _Days, table: CostTable, currency: str) -> tuple[Check, str]:
    found = table.usage_apart(CENT)
    apart = _by_day((day, abs(amount)) for day, _, amount in found)
    usage = table.usage_by_day()
    charged = {day: both[1] for day, both in table.by_day(_all(days)).items()}
    base = {day: max(abs(usage.get(day, _ZERO)), abs(charged.get(day, _ZERO))) for day in days.window}
    if not _worth_telling(apart, base, days):
        return Check("usage_matches_charges", "ok", f"{len(days.window)} days, to the cent"), ""
    accounts = list(dict.fromkeys(account_id for _, account_id, _ in found))
    detail = (
        f"{_money(sum(apart.values(), _ZERO), currency)}: {_days_named(sorted(apart))}; {first_of(accounts)}"
    )
    if _share(apart, base, days.at_stake & days.settled) > _REFUSED_SHARE:
        why = f"usage by service and the charges are {detail} apart"
        return Check("usage_matches_charges", "failed", detail), why
    return Check("usage_matches_charges", "warn", detail), ""


def _control_total(
    days: _Days, report: Report, control: Mapping[date, Decimal] | None, apart: Mapping[date, Decimal]
) -> Check:
    if control is None:
        return Check("control_total", "warn", UNKNOWN)
    different = {day: amount for day, amount in apart.items() if abs(amount) >= CENT}
    total = sum((control.get(day, _ZERO) for day in days.window), _ZERO)
    base = {day: abs(amount) for day, amount in control.items()}
    if not _worth_telling({day: abs(amount) for day, amount in different.items()}, base, days):
        return Check("control_total", "ok", f"{_money(total, report.currency)} in {len(days.window)} days")
    # The newer days too, which the card shows as "so far"; of older ones only where these are whole.
    shown = {day: amount for day, amount in different.items() if day >= report.period.start}
    told = shown or different
    detail = f"{_money(sum(told.values(), _ZERO), report.currency)}: {_days_named(sorted(told))}"
    large = (
        _share({day: abs(amount) for day, amount in different.items()}, base, days.at_stake) > _REFUSED_SHARE
    )
    # Accounts that could not be read are told by themselves, and are in the total.
    return Check("control_total", "failed" if large and not report.coverage.missing else "warn", detail)


def _worth_telling(apart: Mapping[date, Decimal], base: Mapping[date, Decimal], days: _Days) -> bool:
    """False for what a refresh between two queries does to days that are still being billed."""
    young = [day for day in apart if day not in days.settled]
    return len(young) < len(apart) or _share(apart, base, young) > _REFUSED_SHARE


def _share(apart: Mapping[date, Decimal], base: Mapping[date, Decimal], days: Iterable[date]) -> Decimal:
    """How much of the days' money is apart; all of it where there is nothing else."""
    judged = list(days)
    different = sum((apart.get(day, _ZERO) for day in judged), _ZERO)
    whole = sum((base.get(day, _ZERO) for day in judged), _ZERO)
    return different / whole if whole else Decimal(different > 0)


# ---- who -------------------------------------------------------------------------------------------------------------


def _accounts_listed(plan: Accounts) -> Check:
    found = plan.changes or AccountChanges("listed")
    count = str(len(plan.accounts))
    if found.source in ("last_list", "own_account"):
        return Check("accounts_listed", "failed", count)
    signs = (
        ("-", found.gone),
        ("+", found.new),
        ("~", found.renamed),
        ("~", found.moved),
        ("~", found.closed),
        ("!", found.left),
    )
    named = [f"{sign}{first_of(accounts)}" for sign, accounts in signs if accounts]
    return Check("accounts_listed", "warn" if found.gone else "ok", "; ".join(named) or count)


# ---- words -----------------------------------------------------------------------------------------------------------


def _by_day(amounts: Iterable[tuple[date, Decimal]]) -> dict[date, Decimal]:
    sums: dict[date, Decimal] = {}
    for day, amount in amounts:
        sums[day] = sums.get(day, _ZERO) + amount
    return sums


def _all(days: _Days) -> Period:
    return Period(days.window[0], days.window[-1] + timedelta(days=1))


def _money(amount: Decimal, currency: str) -> str:
    return f"{amount.quantize(CENT):f} {currency}"


def first_of(names: Sequence[str]) -> str:
    """`111111111111, 222222222222, 333333333333 +4`."""
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" +{rest}" if rest > 0 else "")


def _days_named(days: Sequence[date]) -> str:
    """`2026-11-02..2026-11-10, 2026-11-15`."""
    named = [
        str(run.start) if run.days == 1 else f"{run.start}..{run.end - timedelta(days=1)}"
        for run in in_a_row(days)
    ]
    return first_of(named)
