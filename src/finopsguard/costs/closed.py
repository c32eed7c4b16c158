"""Closed days are what they were: what delivered reports told, held to what is read now.

Settled days that cost another amount are named (the check `closed_days`). A report whose headline they change by more
than 1 % and more than the anomaly gate's dollars is to be corrected, once. Only readings of one scope are compared: an
account that cannot be read now is no fall, and one that could not be read then is no restatement but a gap of then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from finopsguard.costs.charges import charge_kind
from finopsguard.costs.checks import first_of
from finopsguard.costs.comparison import percent
from finopsguard.costs.completeness import age_hours
from finopsguard.costs.table import CostTable
from finopsguard.models.ledger import Earlier, Told, ToldDay
from finopsguard.models.messages import FetchedCosts
from finopsguard.models.money import CENT
from finopsguard.models.report import UNKNOWN, Check, Correction, ReadSince, Report, RestatedDay
from finopsguard.models.run import Accounts, Basis, Period

WRONG_SHARE = Decimal("0.01")
"""A headline that was wrong by no more than this is not corrected."""
CORRECTED_DAYS = 14
"""Reports that end so many days before the newest day read are not corrected any more; their days are named."""

_NOISE_SHARE = Decimal("0.0001")
_ZERO = Decimal(0)
_WHOLE = "all-"
# Where these differ, what was read now is not sure enough to call an earlier report wrong.
_SURE = ("usage_matches_charges", "control_total")


def to_tell(report: Report, fetched: FetchedCosts, plan: Accounts, table: CostTable) -> Told:
    """What the report says, and all settled days of its reading."""
    run = fetched.run
    unsettled = {*report.coverage.provisional_days, *report.coverage.late_days}
    by_day = table.by_day(run.window)
    settled = tuple(
        ToldDay(day, *by_day.get(day, (_ZERO, _ZERO)))
        for day in run.window.dates()
        if day not in unsettled and age_hours(day, run.scheduled_time) >= run.settle_hours
    )
    compared = report.comparison
    return Told(
        run_id=run.run_id,
        report=run.report,
        end=run.period.end,
        cost_metric=run.cost_metric,
        currency=report.currency,
        basis=run.basis,
        days=compared.days if compared else (),
        current=compared.current if compared else None,
        previous=compared.previous if compared else None,
        accounts_expected=report.coverage.accounts_expected,
        accounts_reported=report.coverage.accounts_reported,
        missing=tuple(sorted(account.id for account in report.coverage.missing)),
        scope=_scope(plan, whole=plan.whole),
        list_source=plan.changes.source if plan.changes else "listed",
        billed_known="billed_accounts_unknown" not in report.notes,
        settled=settled,
    )


def _scope(plan: Accounts, *, whole: bool) -> str:
    """The same for the same accounts; for a whole Organization also where accounts come and go: their past stays."""
    ids = plan.outside if whole else sorted(account.id for account in plan.accounts)
    return (_WHOLE if whole else "part-") + hashlib.sha256(",".join(ids).encode()).hexdigest()[:16]


# ---- the check -------------------------------------------------------------------------------------------------------


def closed_days(now: Told, earlier: Sequence[Earlier]) -> Check | None:
    """Holds each settled day to the newest report (they come newest first) that read the same accounts.

    None where there is no such report: nothing was compared, and nothing is claimed.
    """
    known: dict[date, ToldDay] = {}
    for told in (each.told for each in earlier):
        if _comparable(told, now) and told.missing == now.missing and not _list_unread(told, now):
            for day in told.settled:
                known.setdefault(day.date, day)
    compared = [(known[day.date], day) for day in now.settled if day.date in known]
    if not compared:
        return None
    # A credit can change what is billed and not what is used, or the other way round.
    both = (
        (RestatedDay(new.date, old.cost, new.cost), RestatedDay(new.date, old.usage, new.usage))
        for old, new in compared
    )
    restated = _largest(max(pair, key=_apart) for pair in both)
    if not restated:
        return Check("closed_days", "ok", f"{len(compared)} days as they were told")
    named = [f"{day.date} {_signed(day.now - day.then)} {now.currency}" for day in restated]
    return Check("closed_days", "warn", first_of(named))


def restated(now: Told, earlier: Sequence[Earlier], period: Period) -> list[RestatedDay]:
    """The settled days of a period that cost another amount than the first report told that read the same accounts."""
    first: dict[date, ToldDay] = {}
    for told in (each.told for each in earlier):
        if _comparable(told, now) and told.missing == now.missing and not _list_unread(told, now):
            first.update({day.date: day for day in told.settled})
    return _largest(
        RestatedDay(day.date, first[day.date].cost, day.cost)
        for day in now.settled
        if day.date in period and day.date in first
    )


# ---- corrections -----------------------------------------------------------------------------------------------------


def corrections(
    report: Report, now: Told, earlier: Sequence[Earlier], table: CostTable, least: Decimal
) -> tuple[Correction, ...]:
    """What earlier reports said of their settled days and is wrong, the most dollars first.

    `report` has its checks; where this reading is not sure itself, nothing is corrected by it. `now` is what it tells;
    a difference of `least` dollars or less is none.
    """
    if not all(
        check.status == "ok" or check.detail == UNKNOWN
        for check in report.coverage.checks
        if check.name in _SURE
    ):
        return ()
    newest = max((day.date for day in now.settled), default=now.end)
    found = (
        _correction(report, now, each, table)
        for each in earlier
        if each.told.end > newest - timedelta(days=CORRECTED_DAYS)
        and (each.told.report, each.told.end) != (now.report, now.end)  # this report takes its place
    )
    wrong = [each for each in found if each and _apart(each) > max(least, WRONG_SHARE * abs(each.then))]
    return tuple(sorted(wrong, key=lambda each: (-_apart(each), each.run_id)))


def replaced(report: Report, now: Told, earlier: Sequence[Earlier], table: CostTable) -> Correction | None:
    """What the report of the same days said before this revision of it; None where there is none to compare with."""
    if report.revision == 1:
        return None
    same = (each for each in earlier if (each.told.report, each.told.end) == (now.report, now.end))
    return next((made for each in same if (made := _correction(report, now, each, table))), None)


def _correction(report: Report, now: Told, earlier: Earlier, table: CostTable) -> Correction | None:
    told = earlier.told
    then_by_day = {day.date: _on(told.basis, day) for day in told.settled}
    now_by_day = {day.date: _on(told.basis, day) for day in now.settled}
    if told.current is None or not _comparable(told, now) or not now_by_day.keys() >= set(told.days):
        return None
    if any(then_by_day.get(day) and not now_by_day[day] for day in told.days):
        return None  # a day that has nothing any more was not read
    total = sum((now_by_day[day] for day in told.days), _ZERO)
    since = _read_since(told, set(told.missing).difference(now.missing), table)
    names = {account.id: account.name for account in report.accounts if account.id in told.missing}
    amounts = {each: sum((part.get(each, _ZERO) for part in since.values()), _ZERO) for each in names}
    list_unread = _list_unread(told, now)
    days = (
        RestatedDay(day, then_by_day.get(day, _ZERO), now_by_day[day] - sum(since[day].values(), _ZERO))
        for day in (() if list_unread else told.days)
    )
    return Correction(
        run_id=told.run_id,
        report=told.report,
        told_at=earlier.at,
        days=told.days,
        basis=told.basis,
        then=told.current,
        now=total,
        change_pct=percent(total - told.current, told.current),
        accounts_then=told.accounts_reported,
        accounts_now=now.accounts_reported,
        list_unread=list_unread,
        restated=tuple(_largest(days)),
        read_since=tuple(
            ReadSince(each, names[each], amount)
            for each, amount in sorted(amounts.items(), key=lambda item: (-abs(item[1]), item[0]))
            if amount
        ),
        channels=earlier.channels,
    )


def _read_since(
    told: Told, accounts: Collection[str], table: CostTable
) -> Mapping[date, Mapping[str, Decimal]]:
    """What accounts that could not be read then cost on the told days, by day and account."""
    found: dict[date, dict[str, Decimal]] = {day: {} for day in told.days}
    for day in told.days if accounts else ():
        for account, record_type, amount in table.charges_on([day]):
            if account in accounts and (told.basis == "billed" or charge_kind(record_type) == "usage"):
                found[day][account] = found[day].get(account, _ZERO) + amount
    return found


# ---- what can be compared --------------------------------------------------------------------------------------------


def _comparable(told: Told, now: Told) -> bool:
    """True if all that was read then is read now, by the same measure."""
    same = (told.cost_metric, told.currency) == (now.cost_metric, now.currency)
    whole_now = told.list_source == "own_account" and now.scope.startswith(_WHOLE)
    return (
        same
        and (told.scope == now.scope or whole_now)
        and set(now.missing) <= set(told.missing)
        and (now.billed_known or not told.billed_known)
    )


def _list_unread(told: Told, now: Told) -> bool:
    """True if accounts may have been unknown then that are known now."""
    unread = told.list_source in ("last_list", "own_account") or (now.billed_known and not told.billed_known)
    return unread and told.accounts_expected != now.accounts_expected


def _on(basis: Basis, day: ToldDay) -> Decimal:
    return day.usage if basis == "usage" else day.cost


def _apart(pair: RestatedDay | Correction) -> Decimal:
    return abs(pair.now - pair.then)


def _largest(days: Iterable[RestatedDay]) -> list[RestatedDay]:
    """Those that are more than noise apart, the largest difference first."""
    restated = (day for day in days if _apart(day) > max(CENT, _NOISE_SHARE * abs(day.then)))
    return sorted(restated, key=lambda day: (-_apart(day), day.date))


def _signed(amount: Decimal) -> str:
    return f"{amount.quantize(CENT):+f}"
