"""The mock data: one story on every date, reproducible to the last decimal, and readable by the detector."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from finopsguard.accounts.mock import OUTSIDE_ACCOUNT_ROLE_ARN, MockOrganization
from finopsguard.accounts.mock_company import PLANTED, Planted
from finopsguard.config import PlanSettings
from finopsguard.costs import periods
from finopsguard.costs.charges import charge_kind
from finopsguard.costs.sources.mock import MOCK_HISTORY_DAYS, MockCosts
from finopsguard.detection import Anomaly, detect
from finopsguard.errors import RoleNotAssumable
from finopsguard.models.anomaly import AnomalyKind
from finopsguard.models.costs import CostRow
from finopsguard.models.messages import RunRequest
from finopsguard.models.metrics import USAGE_RECORD_TYPES
from finopsguard.models.run import Batch, Period, ReportName, Run
from finopsguard.ports import CostSource, Organization
from finopsguard.values import UNIT
from tests.sweeps import sampled

ORGANIZATION: Organization = MockOrganization()
COSTS: CostSource = MockCosts()
LISTED = ORGANIZATION.accounts() or []
NAMES = {account.id: account.name for account in LISTED}
# How a rise is named is the detector's own business (tests/unit/detection); that it is a rise is not.
RISES: set[AnomalyKind] = {"spike", "shift", "drift"}
WINDOWS: dict[ReportName, int] = {"daily": 3, "weekly": 7}

END = date(2026, 11, 23)
ENDS = [
    END,
    date(2026, 1, 1),
    date(2026, 3, 2),  # the newest day is the first of a month
    date(2026, 3, 30),  # daylight saving time began in Europe the day before
    date(2026, 10, 26),  # and ended
    date(2028, 2, 29),
    date(2028, 3, 1),  # the newest day is a leap day
    date(2027, 5, 8),  # a Saturday
]


def run_ending(end: date, report: ReportName = "weekly", *, history: int = 98, hours_later: int = 6) -> Run:
    length = timedelta(days=1 if report == "daily" else 7)
    return Run(
        run_id=f"{report}-{end - length}-mock",
        report=report,
        scheduled_time=datetime.combine(end, time(), UTC) + timedelta(hours=hours_later),
        period=Period(end - length, end),
        previous_period=Period(end - 2 * length, end - length),
        history_start=end - timedelta(days=history),
        time_zone="Europe/Madrid",
        language="es",
        cost_metric="UnblendedCost",
        data_source="mock",
        execution="",
    )


def fetch(run: Run, *names: str) -> list[CostRow]:
    return list(fetched(run, *names))


@cache
def fetched(run: Run, *names: str) -> tuple[CostRow, ...]:
    """Made once: many tests look at the same 20,000 rows, which are the same whenever they are made (below)."""
    ids = tuple(account.id for account in LISTED if not names or account.name in names)
    return tuple(row for row in COSTS.fetch(run, Batch("b001", ids), run.window).rows if row.seller is None)


def usage_of(rows: list[CostRow]) -> dict[tuple[str, str, date], Decimal]:
    """Usage by account, service and day; a second row for the same cell would be lost, so it is refused."""
    usage: dict[tuple[str, str, date], Decimal] = {}
    for row in rows:
        if row.service is not None:
            cell = (row.account_id, row.service, row.date)
            assert cell not in usage
            usage[cell] = row.amount
    return usage


def anomalies(run: Run) -> list[Anomaly]:
    matrix: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0] * run.window.days)
    for (account, service, day), amount in usage_of(fetch(run)).items():
        matrix[account, service][(day - run.history_start).days] = float(amount)
    return detect(
        np.array(list(matrix.values())),
        run.history_start,
        accounts=[account for account, _ in matrix],
        services=[service for _, service in matrix],
        window=WINDOWS[run.report],
        complete_until=run.period.end - timedelta(days=2),
    )


# ---- the Organization ------------------------------------------------------------------------------------------------


def test_about_forty_accounts_with_ids_names_and_states_as_organizations_gives_them() -> None:
    assert len(LISTED) == 40
    assert len({account.id for account in LISTED}) == len({account.name for account in LISTED}) == 40
    assert all(len(account.id) == 12 and account.id.isdigit() for account in LISTED)
    assert any(account.id.startswith("0") for account in LISTED)
    assert any(not account.name.isascii() for account in LISTED)
    states = [account.state for account in LISTED]
    assert (states.count("SUSPENDED"), states.count("CLOSED"), states.count("ACTIVE")) == (1, 1, 38)
    assert ORGANIZATION.own_account() in NAMES


def test_organizational_units_are_valid_nested_and_known_even_when_empty() -> None:
    roots = {account.ou_ids[0] for account in LISTED}
    assert len(roots) == 1
    assert all(UNIT.fullmatch(unit) and ORGANIZATION.unit_exists(unit) for a in LISTED for unit in a.ou_ids)
    assert max(len(account.ou_ids) for account in LISTED) == 3
    assert all(UNIT.fullmatch(unit) and unit.startswith("ou-") for a in LISTED for unit in a.ou_ids[1:])
    assert ORGANIZATION.unit_exists("ou-mr01-policies")
    assert not any("ou-mr01-policies" in account.ou_ids for account in LISTED)
    assert not ORGANIZATION.unit_exists("ou-mr01-elsewhere")


# ---- rows ------------------------------------------------------------------------------------------------------------


def test_the_same_run_has_the_same_costs_and_they_are_these() -> None:
    run = run_ending(END)
    rows = fetch(run)
    again = MockCosts().fetch(run, Batch("again", tuple(NAMES)), run.window).rows
    assert rows == [row for row in again if row.seller is None]
    (offer,) = (row for row in again if row.seller is not None)
    assert (offer.service, offer.record_type) == ("Anchoa Data Loader (invented)", "Fee")
    assert offer.amount == 1150
    # Pinned: another process, machine or Python must not change them.
    usage = usage_of(rows)
    (booking,) = (account for account, name in NAMES.items() if name == "booking-prod")
    service = "Amazon Relational Database Service"
    assert usage[booking, service, date(2026, 11, 15)] == Decimal("79.1705098039")
    assert usage[booking, service, date(2026, 11, 22)] == Decimal("49.4286769704")


@pytest.mark.parametrize("size", [1, 7, 50])
def test_rows_do_not_depend_on_how_accounts_are_batched(size: int) -> None:
    run, ids = run_ending(END), list(NAMES)
    parts = [
        row
        for start in range(0, len(ids), size)
        for row in COSTS.fetch(run, Batch(f"b{start}", tuple(ids[start : start + size])), run.window).rows
        if row.seller is None
    ]
    assert Counter(parts) == Counter(fetch(run))


def test_the_story_is_the_same_whatever_the_report_and_the_zone_of_its_scheduled_time() -> None:
    weekly, daily = run_ending(END, "weekly"), run_ending(END, "daily")
    local = replace(weekly, scheduled_time=weekly.scheduled_time.astimezone(ZoneInfo("Europe/Madrid")))
    assert fetch(weekly) == fetch(daily) == fetch(local)


def test_a_daily_report_tells_the_story_of_the_weekly_one_of_that_morning() -> None:
    morning = datetime(2026, 11, 23, 9, tzinfo=UTC)
    settings = PlanSettings.from_env({"FINOPSGUARD_USE_MOCK_DATA": "true"})
    daily, weekly = (periods.plan_run(RunRequest(report, morning), settings, morning) for report in WINDOWS)
    assert (daily.period.end, daily.window.end) == (weekly.period.end - timedelta(days=1), weekly.window.end)
    known = [row for row in fetch(daily) if row.date in weekly.window]
    assert known == fetch(weekly)


def test_a_batch_costs_nothing_and_holds_its_own_accounts_only() -> None:
    one = LISTED[3].id
    costs = COSTS.fetch(run_ending(END), Batch("b001", (one,)), run_ending(END).window)
    assert costs.requests == 0
    assert {row.account_id for row in costs.rows} == {one}


@sampled("35", "365")
@pytest.mark.parametrize("history", [35, 98, MOCK_HISTORY_DAYS, 365])
def test_rows_lie_inside_the_window_and_go_back_120_days_at_most(history: int) -> None:
    run = run_ending(END, history=history)
    days = {row.date for row in fetch(run)}
    assert days == set(run.window.dates()[-MOCK_HISTORY_DAYS:])


@sampled(every=4)
@pytest.mark.parametrize("end", ENDS)
def test_usage_record_types_add_up_to_usage_by_service_to_the_last_decimal(end: date) -> None:
    by_service: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    by_type: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for row in fetch(run_ending(end, history=MOCK_HISTORY_DAYS)):
        assert (row.service is None) != (row.record_type is None)
        assert row.unit == "USD"
        exponent = row.amount.as_tuple().exponent
        assert isinstance(exponent, int)
        assert -10 <= exponent <= 0
        if row.service:
            by_service[row.account_id, row.date] += row.amount
        elif row.record_type in USAGE_RECORD_TYPES:
            by_type[row.account_id, row.date] += row.amount
    assert by_service == by_type


def test_twelve_services_a_believable_bill_and_some_amounts_of_exactly_zero() -> None:
    run = run_ending(date(2026, 11, 1), history=31, hours_later=24 * 4)
    rows = fetch(run)
    assert len({row.service for row in rows if row.service}) == 12
    assert 60_000 < sum(row.amount for row in rows if row.record_type) < 95_000
    assert any(row.amount == 0 for row in rows)


def test_accounts_without_spend_have_no_rows_and_closed_ones_cost_a_little() -> None:
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for row in fetch(run_ending(END, history=30)):
        if row.record_type:
            costs[row.account_id] += row.amount
    silent = [account for account in LISTED if account.id not in costs]
    assert [(account.name, account.state) for account in silent] == [("disaster-recovery", "ACTIVE")]
    for account in LISTED:
        if account.state != "ACTIVE":
            assert 0 < costs[account.id] < 200


def test_weekends_are_quieter_where_people_work_and_not_where_disks_spin() -> None:
    rows = fetch(run_ending(END, hours_later=24 * 4), "search-dev")
    weekday: dict[str, list[Decimal]] = defaultdict(list)
    weekend: dict[str, list[Decimal]] = defaultdict(list)
    for (_, service, day), amount in usage_of(rows).items():
        (weekend if day.weekday() >= 5 else weekday)[service].append(amount)
    ratio = {service: median(weekend[service]) / median(weekday[service]) for service in weekday}
    assert ratio["Amazon Elastic Compute Cloud - Compute"] < Decimal("0.5")
    assert Decimal("0.97") < ratio["Amazon Relational Database Service"] < Decimal("1.03")


# ---- charges ---------------------------------------------------------------------------------------------------------


@sampled(every=4)
@pytest.mark.parametrize("end", ENDS)
def test_month_start_charges_come_on_the_first_and_credits_and_refunds_are_negative(end: date) -> None:
    run = run_ending(end, history=MOCK_HISTORY_DAYS)
    days: dict[str, set[date]] = defaultdict(set)
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    for row in fetch(run):
        if row.record_type:
            days[row.record_type].add(row.date)
            amounts[row.record_type].append(row.amount)
    firsts = {day for day in run.window.dates() if day.day == 1}
    assert days["Tax"] == days["Support"] == days["Recurring"] == firsts
    assert days["SavingsPlanRecurringFee"] == set(run.window.dates())
    assert all(amount < 0 for amount in amounts["Credit"] + amounts["Refund"])
    assert len(amounts["Refund"]) == 1
    assert days["Refund"] <= set(run.period.dates())
    assert sum(amounts["SavingsPlanCoveredUsage"]) == -sum(amounts["SavingsPlanNegation"]) > 0
    assert "other" not in {charge_kind(record_type) for record_type in days}


# ---- days that are still being billed --------------------------------------------------------------------------------


def test_the_newest_days_are_billed_in_part_and_older_ones_are_complete() -> None:
    run = run_ending(END)
    now = usage_of(fetch(run))
    later = usage_of(fetch(replace(run, scheduled_time=run.scheduled_time + timedelta(days=9))))
    newest, before, older = (END - timedelta(days=back) for back in (1, 2, 3))
    shares: dict[date, list[Decimal]] = defaultdict(list)
    for cell, amount in now.items():
        if amount:
            shares[cell[2]].append(amount / later[cell])
    close = Decimal("1e-6")
    assert all(Decimal("0.55") - close <= share <= Decimal("0.75") + close for share in shares[newest])
    assert max(shares[newest]) - min(shares[newest]) > Decimal("0.1")
    assert all(Decimal("0.97") - close <= share <= 1 for share in shares[before])
    assert all(Decimal("0.99") - close <= share <= 1 for share in shares[older])
    assert min(shares[before]) < Decimal("0.98")
    assert all(share == 1 for day in run.window.dates()[:-3] for share in shares[day])
    absent = {account for account, _, day in later if day == newest}
    absent -= {account for account, _, day in now if day == newest}
    assert {NAMES[account] for account in absent} == {
        "mobile-staging",
        "media-dev",
        "backup",
        "sandbox-iñaki",
    }
    assert not {planted.account_id for planted in PLANTED} & absent


@sampled("71-False", "72-True")
@pytest.mark.parametrize(
    ("hours", "complete"), [(0, False), (23, False), (47, False), (71, False), (72, True)]
)
def test_a_day_is_complete_72_hours_after_its_end(hours: int, complete: bool) -> None:
    newest = END - timedelta(days=1)
    rows, final = (
        [row for row in fetch(run_ending(END, hours_later=later)) if row.date == newest]
        for later in (hours, 24 * 30)
    )
    assert (rows == final) is complete


# ---- the unreadable account ------------------------------------------------------------------------------------------


def test_the_account_outside_the_organization_is_never_readable_and_the_error_says_what_to_do() -> None:
    outside = OUTSIDE_ACCOUNT_ROLE_ARN.split(":")[4]
    assert outside not in NAMES
    assert 100 / (len(NAMES) + 1) < 10
    remedy = r"cannot be assumed .* trust policy.*FINOPSGUARD_ACCOUNT_ROLE_ARNS"
    with pytest.raises(RoleNotAssumable, match=remedy) as error:
        COSTS.fetch(
            run_ending(END), Batch("b999", (outside,), OUTSIDE_ACCOUNT_ROLE_ARN), run_ending(END).window
        )
    assert "\n" not in str(error.value)


def test_an_account_that_a_setting_brought_in_costs_something() -> None:
    visitor = "222233334444"
    rows = COSTS.fetch(
        run_ending(END),
        Batch("b1", (visitor,), f"arn:aws:iam::{visitor}:role/Reader"),
        run_ending(END).window,
    ).rows
    assert {row.account_id for row in rows} == {visitor}
    assert sum(row.amount for row in rows) > 0


# ---- planted anomalies -----------------------------------------------------------------------------------------------


def test_there_is_something_of_every_kind() -> None:
    told = {planted.kind for planted in PLANTED if planted.alerts and planted.last < WINDOWS["daily"]}
    assert told == {"spike", "shift", "new", "drop", "drift"}
    assert sum(not planted.alerts for planted in PLANTED) == 2
    assert len({(planted.account_id, planted.service) for planted in PLANTED}) == len(PLANTED)


@sampled(every=5)
@pytest.mark.parametrize("planted", PLANTED, ids=lambda p: f"{NAMES[p.account_id]}-{p.kind}")
@pytest.mark.parametrize("end", ENDS)
def test_a_planted_anomaly_is_in_the_numbers_on_its_days(planted: Planted, end: date) -> None:
    run = run_ending(end, history=MOCK_HISTORY_DAYS, hours_later=24 * 4)
    usage = usage_of(fetch(run, NAMES[planted.account_id]))
    series = (planted.account_id, planted.service)
    cost = {day: float(usage.get((*series, day), 0)) for day in run.window.dates()}
    days = planted.period(end)
    for day in days.dates():
        before = [cost[other] for other in cost if other < days.start and other.weekday() == day.weekday()]
        usual = median(before[-6:])
        grown = ((day - days.start).days + 1) / days.days if planted.kind == "drift" else 1
        expected = usual * (1 + (planted.factor - 1) * grown) + planted.usd
        assert cost[day] == pytest.approx(expected, rel=0.2)
        assert abs(cost[day] - usual) > 0.3 * usual or grown < 0.4


def test_the_anomaly_that_must_not_alert_stays_below_two_dollars() -> None:
    (small,) = (planted for planted in PLANTED if not planted.alerts and planted.kind == "spike")
    usage = usage_of(fetch(run_ending(END), NAMES[small.account_id]))
    amount = usage[small.account_id, small.service, small.period(END).start]
    assert Decimal("1.5") < amount < 2


@sampled(every=10)
@pytest.mark.parametrize("report", WINDOWS)
@pytest.mark.parametrize("end", ENDS)
def test_the_detector_tells_what_is_planted_and_little_else(end: date, report: ReportName) -> None:
    told = anomalies(run_ending(end, report))
    found = {(anomaly.account_id, anomaly.service): anomaly for anomaly in told}
    for planted in PLANTED:
        anomaly = found.pop((planted.account_id, planted.service), None)
        assert (anomaly is not None) == (planted.alerts and planted.last < WINDOWS[report]), planted
        if anomaly is not None:
            assert anomaly.day in planted.period(end)
            assert anomaly.direction == (-1 if planted.kind == "drop" else 1)
            assert anomaly.kind in (RISES if planted.kind in RISES else {planted.kind})
    assert len(found) <= 1
