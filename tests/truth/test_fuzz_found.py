"""What the fuzzer found, each as the smallest world that shows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from finopsguard.errors import OrganizationsUnavailable
from tests.truth.held import is_held
from tests.truth.random_worlds import credited
from tests.truth.reading import Asked, Fault, read
from tests.truth.words_world import SUNDAY, A, Told, World, charge

MONDAY_MORNING = datetime(2026, 11, 23, 9, tzinfo=UTC)
WEEKLY = Asked("weekly", MONDAY_MORNING)
EC2 = "Amazon EC2"


def told_of(world: World, asked: Asked) -> Told:
    """What is told, held to the world."""
    found = read(world, asked)
    assert found.told is not None, found.refused
    is_held(found)
    return found.told


def test_a_change_that_rounds_to_no_percent_shows_its_amount_alone() -> None:
    """It was "▲ 0.0% (+$3,719)" of twelve millions."""
    settled = [1_700_000.0] * 38 + [1_700_500.0] * 7
    seen = told_of(World({(A, EC2): settled}), replace(WEEKLY, settle_hours=0))

    assert seen.story.change == "▲ +$3,500 vs 9–15 Nov"


def test_days_without_any_charge_have_none_beside_them() -> None:
    """Of days without a charge, those of the whole period were shown: usage of $3 beside a headline of $0."""
    young = [charge(SUNDAY, A, "EdpDiscount", "700")]
    seen = told_of(World({(A, EC2): [0.0] * 18 + [3.0]}, young), replace(WEEKLY, settle_hours=48))

    assert seen.compared.current == 0
    assert seen.story.charges == ""
    assert "$3.00" not in seen.story.why and "$700" not in seen.text


def test_a_list_without_any_account_is_a_failed_reading() -> None:
    """It was told as a fault of the settings, which left no account."""
    lost = Fault("short list", A, date.min, date.min)
    found = read(World({(A, EC2): [3.0] * 20}), replace(WEEKLY, faults=(lost,)))

    assert isinstance(found.refused, OrganizationsUnavailable)


def test_a_history_that_is_empty_up_to_yesterday_is_not_told_as_a_fact() -> None:
    """It was "$0.00, no cost was recorded", with every check ok, where only yesterday's first costs were answered."""
    lost = Fault("empty days", A, date.min, SUNDAY - timedelta(days=1))
    seen = told_of(World({(A, EC2): [300.0] * 98}), replace(WEEKLY, report="daily", faults=(lost,)))

    assert seen.compared.current == 0
    assert "Days without any cost, which may be missing at AWS: 2026-10-08..2026-11-21." in seen.text


def test_a_single_service_has_no_others_that_rose() -> None:
    """What a fee added was told as a rise of "the other services together"."""
    fees = [charge(SUNDAY - timedelta(days=back), A, "Fee", "5") for back in range(7)]
    world = World({(A, EC2): [300.0] * 38 + [295.0] * 7}, fees)
    seen = told_of(world, replace(WEEKLY, settle_hours=0, basis="billed"))

    assert (seen.compared.previous, seen.compared.change) == (Decimal(2100), Decimal(0))
    assert seen.story.why == "Nearly unchanged in total: Amazon EC2 fell by $35.00."


def test_less_than_a_cent_that_credits_cover_and_both_queries_lost_is_in_no_total() -> None:
    """Held to the last digit it was a wrong number; what is proven is proven to the cent (docs/trust.md)."""
    world = World({(A, "AWS Lambda"): [0.004] * 98})
    lost = Fault("empty days", A, date(2026, 10, 9), SUNDAY - timedelta(days=2))
    seen = told_of(
        replace(world, charges=credited(world)),
        replace(WEEKLY, report="daily", faults=(lost,), history_days=45),
    )

    assert abs(seen.report.totals.usage) < Decimal("0.01")


def test_what_the_newest_day_lacks_is_named_beside_what_the_period_lacks() -> None:
    """Of an account that both days lost the check named the period's day alone, and yesterday so far was wrong."""
    world = World(
        {(A, "Amazon RDS"): [3.0] * 2},
        [charge(SUNDAY, A, "Tax", "-9000")],
        late={(SUNDAY, ""): Decimal("0.55")},
    )
    lost = Fault("lost account", A, SUNDAY - timedelta(days=1), SUNDAY)
    seen = told_of(world, replace(WEEKLY, report="daily", faults=(lost,), history_days=45))

    assert "2026-11-21..2026-11-22" in seen.text


def test_a_month_before_the_first_cost_says_that_nothing_was_there() -> None:
    """The judge took a charge that came after the month for proof that its days were read."""
    later = [charge(SUNDAY - timedelta(days=1), A, "Tax", "-9000")]
    seen = told_of(World({(A, EC2): [0.0] * 45}, later), replace(WEEKLY, report="monthly"))

    assert [check.name for check in seen.report.coverage.checks if check.status == "warn"] == ["days_present"]
