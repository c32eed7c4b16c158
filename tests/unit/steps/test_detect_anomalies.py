from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from finopsguard.models.costs import CostRow
from finopsguard.models.report import JudgedWith
from finopsguard.models.run import Period, Run
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import make_run
from tests.unit.incidents.reports import ACCOUNT, END, judged, steady

LATE = make_run().scheduled_time + timedelta(days=3)
WEEKLY = make_run(scheduled_time=LATE)
DAILY = replace(WEEKLY, report="daily", period=Period(END - timedelta(days=1), END))


def test_steady_cost_raises_no_alert_and_is_expected() -> None:
    report = judged({"Amazon EC2": steady()}, WEEKLY)
    assert report.anomalies == ()
    assert report.totals.expected is not None
    assert abs(report.totals.expected - report.totals.period) < report.totals.period / 20


def test_a_spike_is_told_with_its_account_dollars_and_days() -> None:
    costs = steady()
    costs[-3] += 400
    (line,) = judged({"Amazon EC2": costs}, WEEKLY).anomalies
    assert (line.account_name, line.service, line.direction, line.kind) == (
        "shop-prod",
        "Amazon EC2",
        1,
        "spike",
    )
    assert line.day == END - timedelta(days=3)
    assert 380 < line.impact < 420
    assert len(line.daily) == 28
    assert line.daily[-3] == Decimal(str(round(costs[-3], 2)))


def test_a_daily_report_judges_the_newest_days_and_a_weekly_one_its_week() -> None:
    costs = steady()
    costs[-6] += 400
    assert len(judged({"Amazon EC2": costs}, WEEKLY).anomalies) == 1
    assert judged({"Amazon EC2": costs}, DAILY).anomalies == ()


def test_a_day_half_billed_is_not_a_drop() -> None:
    costs = steady()
    costs[-1] *= 0.05
    early = replace(WEEKLY, scheduled_time=make_run().scheduled_time)
    report = judged({"Amazon EC2": costs}, early)
    assert report.coverage.provisional_days == (date(2026, 11, 22),)
    assert report.anomalies == ()


def test_what_a_provisional_day_still_lacks_is_neither_compared_nor_expected() -> None:
    costs = steady()
    costs[-1] *= 0.05
    report = judged({"Amazon EC2": costs}, replace(WEEKLY, scheduled_time=make_run().scheduled_time))
    assert report.comparison is not None
    assert len(report.comparison.days) == 6
    assert report.totals.expected == report.comparison.expected is not None
    assert abs((report.comparison.current or 0) - report.comparison.expected) < 5
    by_day = {day.date: day.expected or 0 for day in report.daily}
    assert report.comparison.expected == sum(by_day[day] for day in report.comparison.days)


def test_a_drop_on_complete_days_is_told() -> None:
    costs = steady()
    costs[-5:-1] = [0.5] * 4
    lines = judged({"Amazon EC2": costs, "Amazon RDS": steady(5000)}, WEEKLY).anomalies
    assert [(line.service, line.direction) for line in lines] == [("Amazon EC2", -1)]


def test_taxes_fees_and_credits_never_raise_an_alert() -> None:
    charges = [
        CostRow(END - timedelta(days=2), ACCOUNT, None, record_type, Decimal(amount), "USD")
        for record_type, amount in (
            ("Tax", "9000"),
            ("Support", "500"),
            ("Credit", "-4000"),
            ("Refund", "-100"),
        )
    ]
    report = judged({"Amazon EC2": steady()}, WEEKLY, charges=charges)
    assert report.anomalies == ()
    assert report.comparison is not None
    assert report.totals.expected is not None
    assert abs((report.comparison.current or 0) - report.totals.expected) < 100, "usage with usage"


def test_the_dollar_gate_is_the_customer_s() -> None:
    costs = steady()
    costs[-2] += 60
    assert len(judged({"Amazon EC2": costs}, WEEKLY).anomalies) == 1
    assert (
        judged({"Amazon EC2": costs}, WEEKLY, env={"FINOPSGUARD_ANOMALY_MIN_IMPACT": "100"}).anomalies == ()
    )


def test_nothing_below_the_customer_s_dollars_is_told_however_large_its_share() -> None:
    """From $200 a tenth of the cost is enough, and $20 for a fall: neither where the customer asks for more."""
    rise, fall = steady(), steady()
    rise[-3] += 400
    fall[-5:-1] = [0.5] * 4
    costs = {"Amazon EC2": rise, "Amazon RDS": fall, "Amazon Redshift": steady(5000)}
    assert len(judged(costs, WEEKLY).anomalies) == 2
    assert len(judged(costs, WEEKLY, env={"FINOPSGUARD_ANOMALY_MIN_IMPACT": "300"}).anomalies) == 1
    assert judged(costs, WEEKLY, env={"FINOPSGUARD_ANOMALY_MIN_IMPACT": "500"}).anomalies == ()


def test_sensitivity_and_services_that_are_never_judged_are_the_customer_s_and_are_said() -> None:
    costs = steady()
    costs[-3] += 24
    by_default = judged({"Amazon EC2": costs}, WEEKLY)
    assert by_default.anomalies == ()
    assert by_default.judged_with == JudgedWith(Decimal(1), Decimal(10), Decimal(20), 14, (), "UnblendedCost")
    env = {"FINOPSGUARD_SENSITIVITY": "1.75", "FINOPSGUARD_QUIET_DAYS": "7"}
    report = judged({"Amazon EC2": costs}, WEEKLY, env=env)
    assert [line.service for line in report.anomalies] == ["Amazon EC2"]
    unjudged = {**env, "FINOPSGUARD_UNJUDGED_SERVICES": "Amazon EC2"}
    report = judged({"Amazon EC2": costs}, WEEKLY, env=unjudged)
    assert report.anomalies == ()
    assert report.totals.usage == by_default.totals.usage, "reported all the same"
    services = ("Amazon EC2",)
    assert report.judged_with == JudgedWith(
        Decimal("1.75"), Decimal(10), Decimal(20), 7, services, "UnblendedCost"
    )


def test_a_young_history_is_not_called_expected() -> None:
    report = judged({"Amazon EC2": [100.0] * 3}, WEEKLY)
    assert report.totals.expected is None
    assert all(day.expected is None for day in report.daily)
    assert report.notes == ("history_short",)


def test_no_cost_at_all_is_a_report_too() -> None:
    report = judged({}, WEEKLY)
    assert report.totals.period == 0
    assert report.anomalies == ()


def daily_run(end: date) -> Run:
    return replace(
        DAILY,
        run_id=f"daily-{end - timedelta(days=1)}",
        period=Period(end - timedelta(days=1), end),
        previous_period=Period(end - timedelta(days=2), end - timedelta(days=1)),
        history_start=end - timedelta(days=98),
        scheduled_time=DAILY.scheduled_time - (END - end),
    )


def test_an_incident_is_new_once_and_resolved_when_the_cost_is_back() -> None:
    costs = steady(days=110)
    costs[-10] += 400
    costs[-9] += 400
    store = MemoryStore()
    statuses = []
    for back in range(9, 1, -1):
        end = END - timedelta(days=back)
        found = judged(
            {"Amazon EC2": costs[: len(costs) - back][-98:]}, daily_run(end), store=store
        ).anomalies
        statuses.append([line.status for line in found])
    assert statuses[0] == ["new"]
    assert ["new"] not in statuses[1:]
    assert ["resolved"] in statuses
    assert statuses[-1] == []
    assert all(len(each) <= 1 for each in statuses), "one story, one line"


def test_a_re_run_tells_the_same_again() -> None:
    costs = steady()
    costs[-2] += 400
    store = MemoryStore()
    first = judged({"Amazon EC2": costs}, DAILY, store=store)
    assert judged({"Amazon EC2": costs}, DAILY, store=store) == first
    assert [line.status for line in first.anomalies] == ["new"]


def test_one_cause_across_services_is_one_line_with_the_part_of_each() -> None:
    lambda_costs, logs_costs = steady(), steady(20)
    lambda_costs[-2] += 300
    logs_costs[-2] += 100
    (line,) = judged({"AWS Lambda": lambda_costs, "AmazonCloudWatch": logs_costs}, WEEKLY).anomalies
    assert line.service == "AWS Lambda"
    assert [(cause.dimension, cause.value) for cause in line.causes] == [
        ("service", "AWS Lambda"),
        ("service", "AmazonCloudWatch"),
    ]
    assert sum(cause.impact for cause in line.causes) == line.impact
    assert 380 < line.impact < 420
    assert line.daily[-2] == round(Decimal(lambda_costs[-2] + logs_costs[-2]), 2)
    assert abs(line.actual - line.expected - line.impact) < 5
