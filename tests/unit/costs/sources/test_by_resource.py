"""Costs by resource from the stand-in: the last 14 days, in two pages at most, and what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from finopsguard import errors
from finopsguard.aws.clients import Clients
from finopsguard.costs.sources.cost_explorer_usage import CostExplorerUsage
from finopsguard.models.costs import ResourceLine, Resources, UsageQuestion
from finopsguard.models.run import Period
from finopsguard.ports import Meter, unmetered
from tests.standins import Charge, Costs, StandIns
from tests.unit.costs.sources.cost_queries import OWN, ROLE, VIEW, run

TODAY = date(2026, 11, 16)
RUN = replace(run(), scheduled_time=datetime(2026, 11, 16, 8, tzinfo=UTC))
START = date(2026, 11, 12)
DAYS = Period(START - timedelta(days=28), START + timedelta(days=3))
TOLD = Period(TODAY - timedelta(days=13), DAYS.end)
EC2 = "Amazon Elastic Compute Cloud - Compute"
GPU = "i-0f2b93d7c5a61e804"
Ask = Callable[..., Resources]


def charge(day: date, amount: str, resource: str, record_type: str = "Usage", **more: Any) -> Charge:
    return Charge(OWN, day, EC2, record_type, Decimal(amount), resource=resource, **more)


def world() -> Iterator[Charge]:
    """Two instances, one of them covered by a plan, what has no id, and from START on another one."""
    for day in DAYS.dates():
        yield charge(day, "4.5", "i-1")
        yield charge(day, "2", "i-2", "SavingsPlanCoveredUsage", spread=Decimal("1.5"))
        yield charge(day, "-2", "i-2", "SavingsPlanNegation")
        yield charge(day, "0.25", "NoResourceId")
        yield charge(day, "-1", "i-1", "Credit")
        yield Charge(OWN, day, "Amazon S3", "Usage", Decimal(9), resource="bucket")
        yield Charge("111100000001", day, EC2, "Usage", Decimal(7), resource="i-9")
        if day >= START:
            yield charge(day, "98.32", GPU)


@pytest.fixture
def ask(standins: StandIns, clients: Clients) -> Ask:
    standins.cost_explorer.costs = Costs.charges([*world()])
    standins.cost_explorer.today = TODAY
    return asker(clients)


def asker(clients: Clients, **given: Any) -> Ask:
    source = CostExplorerUsage(clients.cost_explorer, **given)

    def ask(
        pages: int = 2,
        days: Period = DAYS,
        start: date = START,
        role_arn: str | None = None,
        paid: Meter = unmetered,
    ) -> Resources:
        return source.resources(RUN, UsageQuestion(OWN, [EC2], days, start, role_arn), paid, pages=pages)

    return ask


def test_the_days_that_can_be_told_add_up_to_the_cost_of_the_services(standins: StandIns, ask: Ask) -> None:
    found = ask()
    assert (found.days, found.requests, standins.cost_explorer.requests) == (TOLD, 1, 1)
    of_day = {line.resource_id: line for line in found.lines if line.date == START}
    assert of_day == {
        "i-1": ResourceLine(START, "i-1", Decimal("4.5"), Decimal("4.5")),
        "i-2": ResourceLine(START, "i-2", Decimal(0), Decimal("1.5")),
        "NoResourceId": ResourceLine(START, "NoResourceId", Decimal("0.25"), Decimal("0.25")),
        GPU: ResourceLine(START, GPU, Decimal("98.32"), Decimal("98.32")),
    }
    assert sum(line.amount for line in found.lines) == Decimal("4.75") * TOLD.days + 3 * Decimal("98.32")


def test_the_query_as_it_is_sent(standins: StandIns, ask: Ask) -> None:
    ask()
    (call,) = standins.cost_explorer.calls
    assert call.operation == "GetCostAndUsageWithResources"
    kinds = ["Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation"]
    assert call.parameters == {
        "TimePeriod": {"Start": "2026-11-03", "End": "2026-11-15"},
        "Granularity": "DAILY",
        "Metrics": ["UnblendedCost", "AmortizedCost"],
        "GroupBy": [{"Type": "DIMENSION", "Key": "RESOURCE_ID"}],
        "Filter": {
            "And": [
                {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [OWN]}},
                {"Dimensions": {"Key": "SERVICE", "Values": [EC2]}},
                {"Dimensions": {"Key": "RECORD_TYPE", "Values": kinds}},
            ]
        },
    }


@pytest.mark.parametrize("days_back", [13, 20])
def test_an_incident_that_began_before_the_days_that_can_be_told_is_not_asked_for(
    standins: StandIns, ask: Ask, days_back: int
) -> None:
    start = TODAY - timedelta(days=days_back)
    assert ask(start=start) == Resources((), 0, Period(start, start))
    assert standins.cost_explorer.requests == 0


# 9 days of three groups and 3 of four: 39 in all.
@pytest.mark.parametrize(
    ("size", "pages", "first"),
    [
        (39, 1, TOLD.start),
        (20, 2, TOLD.start),
        (16, 2, date(2026, 11, 11)),  # three pages would be needed: what fits into the one that is left
    ],
)
def test_days_that_are_too_many_for_the_pages_lose_the_oldest(
    standins: StandIns, ask: Ask, size: int, pages: int, first: date
) -> None:
    standins.cost_explorer.page_size = size
    found = ask()
    assert (found.requests, standins.cost_explorer.requests) == (pages, pages)
    assert found.days == Period(first, DAYS.end)
    assert {line.date for line in found.lines} == set(found.days.dates())


@pytest.mark.parametrize(("size", "pages"), [(9, 1), (3, 1), (1, 1)])
def test_days_of_which_none_before_the_incident_fits_are_given_up_after_the_first_page(
    standins: StandIns, ask: Ask, size: int, pages: int
) -> None:
    standins.cost_explorer.page_size = size
    with pytest.raises(errors.AnswerTooLong, match="more than 2 pages"):
        ask()
    assert standins.cost_explorer.requests == pages


def test_pages_that_get_smaller_are_not_followed_beyond_two(standins: StandIns, ask: Ask) -> None:
    def smaller(parameters: Mapping[str, Any], answer: dict[str, Any]) -> None:
        standins.cost_explorer.page_size = 2

    standins.cost_explorer.page_size = 20
    standins.cost_explorer.spoil(smaller)
    with pytest.raises(errors.AnswerTooLong):
        ask()
    assert standins.cost_explorer.requests == 2


def without_a_day(answer: dict[str, Any]) -> None:
    del answer["ResultsByTime"][4]


def without_amortized(answer: dict[str, Any]) -> None:
    del answer["ResultsByTime"][0]["Groups"][0]["Metrics"]["AmortizedCost"]


def without_its_resource(answer: dict[str, Any]) -> None:
    answer["ResultsByTime"][0]["Groups"][0]["Keys"] = []


def too_long_a_name(answer: dict[str, Any]) -> None:
    answer["ResultsByTime"][0]["Groups"][0]["Keys"] = ["x" * 1025]


def twice(answer: dict[str, Any]) -> None:
    answer["ResultsByTime"][0]["Groups"] *= 2


@pytest.mark.parametrize(
    "spoil", [without_a_day, without_amortized, without_its_resource, too_long_a_name, twice]
)
def test_an_answer_with_gaps_is_not_told_and_not_paid_again(
    standins: StandIns, ask: Ask, spoil: Callable[[dict[str, Any]], None]
) -> None:
    standins.cost_explorer.spoil(lambda parameters, answer: spoil(answer), times=None)
    with pytest.raises(errors.UsageIncomplete, match=r"usage by resource|pages overlap"):
        ask()
    assert standins.cost_explorer.requests == 1


def test_an_empty_id_is_of_no_resource(standins: StandIns, ask: Ask) -> None:
    standins.cost_explorer.costs = Costs.charges([charge(day, "1", "") for day in DAYS.dates()])
    assert {line.resource_id for line in ask().lines} == {""}


@pytest.mark.parametrize(
    ("trouble", "error", "says"),
    [
        (lambda ce: ce.throttle(times=None), errors.CostExplorerThrottled, "Run again"),
        (lambda ce: ce.break_down(times=None), errors.CostExplorerUnavailable, "Run again"),
        (lambda ce: ce.refuse_tokens(times=None), errors.UsageIncomplete, "changed its pages"),
        (lambda ce: ce.disable(), errors.ResourcesNotEnabled, "Switch on resource-level data"),
        (lambda ce: setattr(ce, "by_resource", False), errors.ResourcesNotEnabled, "Switch on"),
        (
            lambda ce: ce.fail("AccessDeniedException", "User: x is not authorized", times=None),
            errors.CostExplorerAccessDenied,
            "Allow ce:GetCostAndUsageWithResources",
        ),
        (
            lambda ce: setattr(ce, "today", TODAY + timedelta(days=9)),
            errors.CostExplorerRejected,
            "the last 14 days",
        ),
    ],
)
def test_what_cost_explorer_refuses_has_our_name_and_says_what_to_do(
    standins: StandIns,
    ask: Ask,
    trouble: Callable[[Any], None],
    error: type[errors.FinOpsGuardError],
    says: str,
) -> None:
    standins.cost_explorer.page_size = 20
    trouble(standins.cost_explorer)
    with pytest.raises(error, match=says):
        ask()
    assert standins.cost_explorer.requests == (error is errors.UsageIncomplete)


def test_each_page_is_counted_as_it_comes(standins: StandIns, ask: Ask) -> None:
    standins.cost_explorer.page_size = 20
    counted: list[None] = []
    ask(paid=lambda: counted.append(None))
    assert len(counted) == 2


def test_an_account_is_asked_through_its_own_role_and_others_through_the_view(
    standins: StandIns, clients: Clients
) -> None:
    standins.cost_explorer.costs = Costs.charges([*world()])
    standins.sts.roles = {ROLE}
    standins.cost_explorer.billing_views = {VIEW}
    viewed = asker(clients, billing_view_arn=VIEW)
    viewed()
    viewed(role_arn=ROLE)
    assert [call.parameters.get("BillingViewArn") for call in standins.cost_explorer.calls] == [VIEW, None]
