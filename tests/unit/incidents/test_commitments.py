"""Commitments: usage is judged at amortized cost, so a Savings Plan that begins or ends is told as what it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest

from finopsguard.costs.table import CostTable, to_parquet
from finopsguard.models.costs import CostRow
from finopsguard.models.report import Comparison, Report
from finopsguard.report import facts, verdict, verdict_text
from finopsguard.report.story import Story
from tests.unit.fakes import make_run
from tests.unit.incidents.reports import ACCOUNT, END, judged, steady

LATE = make_run().scheduled_time + timedelta(days=3)
WEEKLY = make_run(scheduled_time=LATE)
SERVICE = "Amazon EC2"
DAYS = 5
"""For so many days it has been so."""
WEIGHT = 60
"""What is used is as steady as `steady` makes it, times this."""


def both(back: int, amount: float, amortized: float, service: str = SERVICE) -> list[CostRow]:
    """A day's usage by service and by record type, at both costs."""
    day, cost, spread = END - timedelta(days=back), Decimal(f"{amount:.4f}"), Decimal(f"{amortized:.4f}")
    return [
        CostRow(day, ACCOUNT, service, None, cost, "USD", amortized=spread),
        CostRow(day, ACCOUNT, None, "Usage", cost, "USD", amortized=spread),
    ]


def report_of(used: Sequence[float], covered_now: bool) -> Report:
    """EC2 that a plan covers until it ends DAYS ago, or from then on: covered hours cost 0.54 of it, amortized."""
    rows = [
        row
        for back, cost in enumerate(reversed(used), start=1)
        for covered in [(back <= DAYS) == covered_now]
        for row in both(back, 0 if covered else cost, cost * 0.54 if covered else cost)
    ]
    return judged({"Amazon S3": steady(500)}, WEEKLY, charges=rows)


def test_a_plan_that_ended_is_told_as_what_it_costs_more_and_not_as_a_new_cost() -> None:
    used = [cost * WEIGHT / 1.8 for cost in steady()]
    report = report_of(used, covered_now=False)
    (line,) = report.anomalies
    rise = sum(cost * 0.46 for cost in used[-DAYS:])
    assert line.kind != "new"
    assert abs(float(line.impact) - rise) < rise * 0.1
    assert report.judged_with is not None
    assert report.judged_with.metric == "AmortizedCost"
    assert facts.judged_metric(report) == "AmortizedCost"
    assert Story(replace(report, language="en")).basis == (
        "Unblended cost in USD, anomalies at amortized cost, UTC days"
    )


def test_a_plan_that_was_bought_is_no_fall_of_what_is_used() -> None:
    report = report_of([cost * WEIGHT for cost in steady()], covered_now=True)
    assert [line.direction for line in report.anomalies if abs(line.actual) < 1] == [], "Only $0.00"
    assert all(line.expected - line.actual < line.expected / 2 for line in report.anomalies)


@pytest.mark.parametrize("metric", ["UnblendedCost", "NetUnblendedCost"])
def test_what_was_expected_is_in_the_report_s_own_metric(metric: str) -> None:
    run = replace(WEEKLY, cost_metric=metric)  # type: ignore[arg-type]
    rows = [
        row for back, cost in enumerate(reversed(steady()), start=1) for row in both(back, cost, cost * 0.5)
    ]
    report = judged({"Amazon S3": steady(500)}, run, charges=rows)
    assert report.anomalies == ()
    assert report.comparison is not None
    assert report.comparison.expected is not None
    assert (
        abs((report.comparison.current or 0) - report.comparison.expected) < report.comparison.expected / 20
    )


def test_a_plan_that_covers_many_services_at_once_is_no_late_data() -> None:
    soon = replace(WEEKLY, scheduled_time=datetime.combine(END, time(6), UTC) + timedelta(days=1))
    rows = [
        row
        for number in range(12)
        for back, cost in enumerate(reversed(steady()), start=1)
        for row in both(
            back, 0 if back == 1 else cost, cost * 0.9 if back == 1 else cost, f"service {number}"
        )
    ]
    report = judged({"Amazon S3": steady()}, soon, charges=rows)
    assert (report.coverage.provisional_days, report.coverage.late_days) == ((), ())
    assert report.comparison is not None
    assert len(report.comparison.days) == 7


def test_without_commitments_there_is_one_cost() -> None:
    report = judged({SERVICE: steady()}, WEEKLY)
    assert report.judged_with is not None
    assert report.judged_with.metric == "UnblendedCost"
    assert Story(replace(report, language="en")).basis == "Unblended cost in USD, UTC days"
    assert report.comparison is not None
    assert report.comparison.amortized_change is None


def test_a_leap_of_unblended_cost_alone_is_said_to_be_a_commitment() -> None:
    """What is used costs as much, amortized: the reader is told why the headline leaps and nothing is unusual."""
    rows = [
        row
        for back, cost in enumerate(reversed(steady(300)), start=1)
        for row in both(back, 0 if back <= DAYS else cost, cost * 0.97 if back <= DAYS else cost)
    ]
    report = judged({"Amazon S3": steady(100)}, WEEKLY, charges=rows)
    assert report.anomalies == ()
    move = verdict.unexplained(report)
    assert move is not None
    assert move.amortized is not None
    assert abs(move.amortized) < abs(move.change) / 10
    words = Story(report)
    said = verdict_text.large_move(words)
    assert f"usage changed by {words.n.money(move.amortized, signed=True)} only" in said
    assert "a Savings Plan or a reservation began or ended" in said
    assert "a Savings Plan" not in verdict_text.large_move(
        Story(replace(report, comparison=spread(report, -50)))
    )


def spread(report: Report, percent: int) -> Comparison:
    """As if amortized cost had changed by so many percent of what the headline says."""
    found = facts.comparison(report)
    assert found.change is not None
    return replace(found, amortized_change=found.change * -percent / 100)


def test_the_table_says_whether_amortized_cost_is_another() -> None:
    def table(rows: Sequence[CostRow]) -> CostTable:
        return CostTable([to_parquet(list(rows))])

    with table(both(1, 2, 1)) as other, table(both(1, 2, 2)) as same:
        assert other.has_amortized("UnblendedCost")
        assert not other.has_amortized("AmortizedCost")
        assert not other.has_amortized("NetAmortizedCost")
        assert not same.has_amortized("UnblendedCost")
        assert other.amortized_on([END - timedelta(days=1)]) == 1
    unread = [row._replace(amortized=None) for row in both(1, 2, 1)]
    with table(unread) as old:
        assert not old.has_amortized("UnblendedCost")
        assert old.amortized_on([END - timedelta(days=1)]) == 2
        assert old.judged_series(WEEKLY.window, "UnblendedCost").costs.sum() == 2
