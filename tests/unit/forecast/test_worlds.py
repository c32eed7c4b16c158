"""Ordinary worlds, read as a suspicious FinOps lead: the month's end contradicts nothing, nor is silently wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from finopsguard.report import facts
from finopsguard.report.story import Story
from tests.sweeps import sampled
from tests.unit.forecast.worlds import FIRST, A, B, Usage, World, forecast, report_of, steady, truth

NOV = date(2026, 11, 1)
MID = date(2026, 11, 12)
WHOLE = World()


def near(amount: Decimal | None, expected: float, part: float = 0.03) -> None:
    assert amount is not None
    assert float(amount) == pytest.approx(expected, rel=part)


@sampled(every=3)
@pytest.mark.parametrize("morning", [date(2026, 11, 3), date(2026, 11, 4), MID, date(2026, 11, 29)], ids=str)
def test_a_steady_month_is_told_from_its_first_days_on(morning: date) -> None:
    found = forecast(report_of(WHOLE, morning))
    near(found.month_end, truth(WHOLE, NOV))
    assert found.month.start == NOV
    assert found.low is not None
    assert found.high is not None
    assert found.low <= Decimal(str(truth(WHOLE, NOV))) <= found.high


def test_a_weekly_report_that_ends_on_the_first_forecasts_the_new_month() -> None:
    """Monday the 2nd: the one day of the month is not final, and none is."""
    report = report_of(WHOLE, date(2026, 11, 2), report="weekly")
    found = forecast(report)
    assert (found.month.start, found.settled) == (NOV, NOV)
    near(found.month_end, truth(WHOLE, NOV))


def test_accounts_and_units_add_up_to_the_organization_to_the_last_digit() -> None:
    found = forecast(report_of(WHOLE, MID))
    ends = [each.month_end for each in found.accounts]
    assert None not in ends
    assert sum(each or 0 for each in ends) == found.month_end
    units = {each.id: each.month_end for each in found.units}
    assert units["r-ab12"] == found.month_end
    assert (units["ou-ab12-prod0000"] or 0) + (units["ou-ab12-test0000"] or 0) == found.month_end


def test_late_data_do_not_lower_the_month() -> None:
    late = replace(WHOLE, arrived={date(2026, 11, 10): 0.3, date(2026, 11, 11): 0.05})
    report = report_of(late, MID)
    assert report.coverage.provisional_days[0] == date(2026, 11, 10)
    found = forecast(report)
    assert found.settled == date(2026, 11, 10)
    near(found.month_end, truth(WHOLE, NOV))


def test_a_day_that_is_not_final_counts_no_less_than_it_has_already() -> None:
    dear = replace(WHOLE, usage={A: lambda day: 5000.0 if day == date(2026, 11, 11) else 100.0})
    found = forecast(report_of(dear, MID))
    assert found.settled == date(2026, 11, 11)
    assert found.reason == "incident" or (found.month_end or 0) >= 5000 + 29 * 99


def test_credits_that_cover_a_part_come_off_the_month_and_are_no_saving() -> None:
    daily = [(A, "Credit", FIRST + timedelta(number), "-30") for number in range(122)]
    world = replace(WHOLE, charges=daily)
    found = forecast(report_of(world, MID))
    near(found.month_end, truth(world, NOV))


def test_a_month_that_credits_cover_has_no_forecast_and_says_so() -> None:
    daily = [(A, "Credit", FIRST + timedelta(number), "-500") for number in range(122)]
    report = report_of(replace(WHOLE, charges=daily), MID)
    assert forecast(report).reason == "nothing"
    assert Story(report).tiles[1].detail.endswith("no forecast: nothing above zero is billed")


def test_one_large_credit_is_not_expected_to_come_again() -> None:
    world = replace(WHOLE, charges=[(A, "Refund", date(2026, 11, 5), "-700")])
    near(forecast(report_of(world, MID)).month_end, truth(world, NOV))


def test_tax_and_a_fee_of_every_month_are_in_it() -> None:
    months = (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1))
    tax = [(A, "Tax", month, "520") for month in months]
    fee = [(B, "Fee", month + timedelta(19), "400") for month in (*months, NOV)]
    world = replace(WHOLE, charges=[*tax, (A, "Tax", NOV, "170"), *fee])
    whole = replace(WHOLE, charges=[*tax, (A, "Tax", NOV, "505"), *fee])
    near(forecast(report_of(world, MID)).month_end, truth(whole, NOV))


def test_usage_is_forecast_as_the_report_counts_it() -> None:
    """Anomalies are judged at amortized cost; what a plan paid in advance is not billed once more."""
    found = forecast(report_of(replace(WHOLE, amortized=Decimal("1.5")), MID))
    near(found.month_end, truth(WHOLE, NOV))


def test_one_account_alone_is_its_own_organization() -> None:
    alone = World({A: steady(100)})
    found = forecast(report_of(alone, MID))
    (account,) = found.accounts
    assert (account.month_end, account.low, account.high) == (found.month_end, found.low, found.high)


def test_an_account_that_could_not_be_read_is_in_no_amount_and_that_is_said() -> None:
    report = report_of(
        replace(WHOLE, missing=[B]), MID, budgets='{"organization": "99999", "222222222222": "1"}'
    )
    found = forecast(report)
    near(found.month_end, truth(World({A: steady(100)}), NOV))
    assert found.unread == 1
    assert {each.id: each.unread for each in found.units} == {"r-ab12": 1, "ou-ab12-prod0000": 0}
    missing = next(each for each in found.accounts if each.id == B)
    assert (missing.spent, missing.reason) == (None, "missing")
    line = Story(report)
    assert any("Partial data" in notice.title for notice in line.notices)


def stopped(first: date, last: date) -> Usage:
    return lambda day: 0.5 if first <= day <= last else steady(100)(day)


def test_an_outage_that_is_over_takes_its_days_and_no_more() -> None:
    world = World({A: steady(400), B: stopped(date(2026, 11, 5), date(2026, 11, 6))})
    near(forecast(report_of(world, MID)).month_end, truth(world, NOV))


def test_an_outage_that_may_go_on_makes_the_forecast_unsure_or_wide() -> None:
    """It began two days ago: to the month's end it would take more than a third."""
    world = World({A: stopped(date(2026, 11, 9), date(2026, 11, 30)), B: steady(20)})
    report = report_of(world, MID)
    assert facts.open_anomalies(report)
    assert forecast(report).reason in ("incident", "wide")


@pytest.mark.parametrize("goes_on", [False, True])
def test_a_spike_is_never_silently_in_or_out_of_the_forecast(goes_on: bool) -> None:
    """While it is open, the forecast says what it would be without it and with it, or is not given."""
    last = date(2026, 11, 30) if goes_on else date(2026, 11, 4)
    world = World(
        {A: lambda day: steady(100)(day) + (60 if date(2026, 11, 3) <= day <= last else 0), B: steady(20)}
    )
    for morning in (date(2026, 11, 5), date(2026, 11, 12)):
        found = forecast(report_of(world, morning))
        if found.low is not None and found.high is not None:
            assert float(found.low) <= truth(world, NOV) * 1.01
            assert truth(world, NOV) * 0.99 <= float(found.high)
        else:
            assert found.reason in ("incident", "wide")


@pytest.mark.parametrize(("begins", "given"), [(date(2026, 9, 10), True), (date(2026, 10, 2), False)])
def test_a_short_history_gives_none(begins: date, given: bool) -> None:
    report = report_of(replace(WHOLE, begins=begins), MID)
    found = forecast(report)
    assert (found.reason is None) == given
    if not given:
        assert found.reason == "history"
        assert "no forecast: too little history" in Story(report).tiles[1].detail


def test_an_account_that_is_new_has_none_of_its_own_and_is_in_the_organizations() -> None:
    born = date(2026, 10, 20)
    world = World({A: steady(100), B: lambda day: steady(20)(day) if day >= born else 0.0})
    found = forecast(report_of(world, MID))
    near(found.month_end, truth(world, NOV))
    assert next(each for each in found.accounts if each.id == B).reason == "history"


def test_a_month_that_is_over_ends_with_what_is_billed() -> None:
    report = report_of(WHOLE, date(2026, 12, 2))
    found = forecast(report)
    assert found.settled == found.month.end
    assert found.spent == found.month_end == found.low == found.high
    assert Story(report).tiles[1].label == "In November"


def test_costs_that_jump_at_random_have_none() -> None:
    def bursts(day: date) -> float:
        return 3000.0 if (day.toordinal() * 2654435761) % 11 == 0 else 5.0

    assert forecast(report_of(World({A: bursts}), MID)).reason in ("wide", "incident")
