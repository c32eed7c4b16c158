"""What an incident's days are held against."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from finopsguard.incidents import causes
from tests.unit.incidents.causes.usage import ALL, BEFORE, DAYS, INCIDENT, START, lines, usage

BOX = "BoxUsage:m5.large"


def test_the_baseline_is_four_of_each_weekday() -> None:
    before = causes.baseline(START)
    assert (before.start, before.end) == (START - timedelta(days=28), START)


def test_each_day_is_held_against_its_own_weekday() -> None:
    weekly = lines(BOX, ALL, lambda day: 10 + day % 7, 1)
    rise = lines("DataTransfer-Out-Bytes", DAYS, 5, 1, unit="GB")
    (only,) = causes.explain(usage(weekly, rise), START, INCIDENT)
    assert (only.value, only.impact) == ("DataTransfer-Out-Bytes", Decimal(15))


def test_an_odd_day_in_four_weeks_is_in_no_baseline() -> None:
    spike = lines(BOX, ALL, lambda day: {-14: 900, -6: 0}.get(day, 10), 1)
    assert causes.explain(usage(spike), START, INCIDENT) == ()


def test_an_odd_week_is_in_no_baseline() -> None:
    week = lines(BOX, ALL, lambda day: 90 if -14 <= day < -7 else 10, 1)
    assert causes.explain(usage(week), START, INCIDENT) == ()


def test_days_before_anything_was_billed_are_no_days_without_usage() -> None:
    """Two weeks old: the other two would have made half of it new."""
    young = lines(BOX, range(-12, 3), lambda day: 10 if day < 0 else 15, 1)
    (cause,) = causes.explain(usage(young), START, INCIDENT)
    assert (cause.impact, cause.quantity_before) == (Decimal(15), Decimal(30))


def test_an_odd_day_of_a_young_service_is_in_no_baseline() -> None:
    """Of the first day's weekday there are two, of the others one: of each kind of day there are more."""
    odd = lines(BOX, range(-14, 1), lambda day: 80 if day == -7 else 10, 1)
    assert causes.explain(usage(odd), START, INCIDENT[:1]) == ()
    once = lines(BOX, range(-9, 2), lambda day: 80 if day == -6 else 10, 1)
    assert causes.explain(usage(once), START, INCIDENT[:2]) == ()


def test_two_weekdays_that_agree_are_a_pattern_of_a_young_service() -> None:
    mondays = lines(BOX, range(-14, 1), lambda day: 80 if day % 7 == 0 else 10, 1)
    assert causes.explain(usage(mondays), START, INCIDENT[:1]) == ()


def test_a_weekday_that_was_not_there_yet_is_held_against_the_others() -> None:
    young = lines(BOX, range(-3, 3), lambda day: 10 if day < 0 else 15, 1)
    (cause,) = causes.explain(usage(young), START, INCIDENT)
    assert (cause.impact, cause.quantity_before) == (Decimal(15), Decimal(30))


def test_what_began_weeks_ago_is_held_against_the_days_since() -> None:
    """Else it would be said to have risen, and more than what did."""
    old = lines(BOX, ALL, 10, 1)
    began = lines("BoxUsage:c5.large", range(-9, 3), lambda day: 100 + day % 3, 1)
    rise = lines("EBS:VolumeUsage.gp3", ALL, lambda day: 5 if day < 0 else 25, 1, unit="GB-Mo")
    first, *others = causes.explain(usage(old, began, rise), START, INCIDENT)
    assert (first.value, first.impact) == ("EBS:VolumeUsage.gp3", Decimal(60))
    assert all(abs(each.impact) < 5 for each in others)


def test_what_fell_weeks_ago_did_not_fall_now() -> None:
    fell = lines(BOX, ALL, lambda day: 300 if day < -10 else 100, 1)
    assert causes.explain(usage(fell), START, INCIDENT) == ()


def test_some_odd_days_of_the_last_week_are_no_new_level() -> None:
    odd = lines(BOX, ALL, lambda day: 40 if -7 <= day <= -5 else 10, 1)
    assert causes.explain(usage(odd), START, INCIDENT) == ()


def test_what_began_some_days_ago_is_new() -> None:
    old = lines(BOX, ALL, 10, 1)
    began = lines("BoxUsage:c5.large", range(-5, 3), 100, 1)
    (cause,) = causes.explain(usage(old, began), START, INCIDENT)
    assert (cause.impact, cause.kind) == (Decimal(300), "changed"), "it was there, but not usual"


def test_without_a_day_before_all_is_new() -> None:
    (cause,) = causes.explain(usage(lines(BOX, DAYS, 10, 1)), START, INCIDENT)
    assert (cause.impact, cause.kind, cause.quantity_before) == (Decimal(30), "new_usage_type", Decimal(0))


def test_no_usage_has_no_cause() -> None:
    assert causes.explain(usage(), START, INCIDENT) == ()
    assert causes.explain(usage(lines(BOX, BEFORE, 10, 1)), START, ()) == ()


def test_quantities_have_no_more_digits_than_they_need() -> None:
    odd = lines(BOX, ALL, lambda day: 1 / 3 if day < 0 else 7, 1)
    (cause,) = causes.explain(usage(odd), START, INCIDENT)
    assert cause.quantity_before == Decimal("1.000000")
