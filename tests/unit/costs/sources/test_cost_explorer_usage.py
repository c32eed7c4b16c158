"""Usage by type from the stand-in: three groupings of one money, in three pages at most, and what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from finopsguard import errors
from finopsguard.aws.clients import Clients
from finopsguard.costs.sources.cost_explorer_usage import CostExplorerUsage
from finopsguard.models.costs import Usage, UsageLine, UsageQuestion
from finopsguard.models.run import Period
from tests.standins import Charge, Costs, StandIns
from tests.unit.costs.sources.cost_queries import OWN, ROLE, VIEW, run

START = date(2026, 11, 12)
DAYS = Period(START - timedelta(days=28), START + timedelta(days=3))
EC2 = "Amazon EC2"


def charge(day: date, amount: str, usage_type: str, quantity: str, **other: Any) -> Charge:
    given = {"record_type": "Usage", **other}
    return Charge(
        OWN, day, EC2, amount=Decimal(amount), usage_type=usage_type, quantity=Decimal(quantity), **given
    )


def world() -> Iterator[Charge]:
    """Two usage types, one of them covered by a plan, a service that is not asked for, a credit, another account."""
    for day in DAYS.dates():
        yield charge(day, "4.5", "BoxUsage:m5.large", "45", region="eu-west-1")
        yield charge(day, "2", "BoxUsage:c5.large", "20", record_type="SavingsPlanCoveredUsage")
        yield charge(day, "-2", "BoxUsage:c5.large", "0", record_type="SavingsPlanNegation")
        yield Charge(OWN, day, "Amazon S3", "Usage", Decimal(9))
        yield charge(day, "-1", "BoxUsage:m5.large", "0", record_type="Credit")
        yield Charge("111100000001", day, EC2, "Usage", Decimal(7))
        if day >= START:
            yield charge(
                day, "98.32", "BoxUsage:p5.48xlarge", "1", region="us-east-2", operation="RunInstances:0002"
            )


@pytest.fixture
def asks(standins: StandIns, clients: Clients) -> Callable[..., Usage]:
    standins.cost_explorer.costs = Costs.charges(list(world()))
    return asker(clients)


def asker(clients: Clients, **given: Any) -> Callable[..., Usage]:
    source = CostExplorerUsage(clients.cost_explorer, **given)

    def ask(pages: int = 3, role_arn: str | None = None, days: Period = DAYS) -> Usage:
        return source.usage(run(), UsageQuestion(OWN, [EC2], days, START, role_arn), pages=pages)

    return ask


def of(lines: Any, usage_type: str, day: date = START) -> list[UsageLine]:
    return [line for line in lines if (line.usage_type, line.date) == (usage_type, day)]


def test_the_three_groupings_are_of_one_money(standins: StandIns, asks: Callable[..., Usage]) -> None:
    found = asks()
    assert found.requests == standins.cost_explorer.requests == 3
    assert found.since is None
    assert of(found.by_region, "BoxUsage:p5.48xlarge") == [
        UsageLine(
            START,
            "BoxUsage:p5.48xlarge",
            Decimal("98.32"),
            Decimal("98.32"),
            Decimal(1),
            "Hrs",
            region="us-east-2",
        )
    ]
    assert found.by_record_type and found.by_operation
    assert {line.record_type for line in found.by_record_type if line.usage_type == "BoxUsage:c5.large"} == {
        "SavingsPlanCoveredUsage",
        "SavingsPlanNegation",
    }
    assert [line.operation for line in of(found.by_operation, "BoxUsage:p5.48xlarge")] == [
        "RunInstances:0002"
    ]
    usage = Decimal("4.5") * DAYS.days + 3 * Decimal("98.32")
    for lines in (found.by_region, found.by_record_type, found.by_operation):
        assert sum(line.amount for line in lines) == usage


def test_the_first_query_as_it_is_sent(standins: StandIns, asks: Callable[..., Usage]) -> None:
    asks(pages=1)
    (call,) = standins.cost_explorer.calls
    assert call.parameters == {
        "TimePeriod": {"Start": "2026-10-15", "End": "2026-11-15"},
        "Granularity": "DAILY",
        "Metrics": ["UnblendedCost", "AmortizedCost", "UsageQuantity"],
        "GroupBy": [{"Type": "DIMENSION", "Key": "USAGE_TYPE"}, {"Type": "DIMENSION", "Key": "REGION"}],
        "Filter": {
            "And": [
                {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [OWN]}},
                {"Dimensions": {"Key": "SERVICE", "Values": [EC2]}},
                {
                    "Dimensions": {
                        "Key": "RECORD_TYPE",
                        "Values": [
                            "Usage",
                            "DiscountedUsage",
                            "SavingsPlanCoveredUsage",
                            "SavingsPlanNegation",
                        ],
                    }
                },
            ]
        },
    }


@pytest.mark.parametrize(
    ("pages", "record_types", "operations"), [(1, False, False), (2, True, False), (3, True, True)]
)
def test_no_more_pages_are_asked_for_than_are_allowed(
    standins: StandIns, asks: Callable[..., Usage], pages: int, record_types: bool, operations: bool
) -> None:
    found = asks(pages)
    assert standins.cost_explorer.requests == pages
    assert (found.by_record_type is not None, found.by_operation is not None) == (record_types, operations)


# A day has two groups by Region, one of the incident three: 65 in all. By record type they are 96.
@pytest.mark.parametrize(
    ("size", "pages", "weeks"),
    [
        (100, 3, None),
        (40, 2, None),
        (24, 3, None),
        (20, 3, 2),  # four pages would be needed, and the first is paid already
    ],
)
def test_days_that_are_too_many_for_the_pages_lose_the_oldest_weeks(
    standins: StandIns, asks: Callable[..., Usage], size: int, pages: int, weeks: int | None
) -> None:
    standins.cost_explorer.page_size = size
    found = asks()
    since = START - timedelta(weeks=weeks) if weeks else None
    assert (found.since, found.requests, standins.cost_explorer.requests) == (since, pages, pages)
    assert {line.date for line in found.by_region} == set(Period(since or DAYS.start, DAYS.end).dates())
    # Where the first took more than a page another grouping would too.
    assert (found.by_record_type is not None) == (size == 100)


def test_days_that_no_three_pages_hold_are_given_up_after_the_first(
    standins: StandIns, asks: Callable[..., Usage]
) -> None:
    standins.cost_explorer.page_size = 9
    with pytest.raises(errors.AnswerTooLong, match="more than 3 pages"):
        asks()
    assert standins.cost_explorer.requests == 1


def test_pages_that_get_smaller_are_not_followed_beyond_three(
    standins: StandIns, asks: Callable[..., Usage]
) -> None:
    def smaller(parameters: Mapping[str, Any], answer: dict[str, Any]) -> None:
        standins.cost_explorer.page_size = 5

    standins.cost_explorer.page_size = 40
    standins.cost_explorer.spoil(smaller)
    with pytest.raises(errors.AnswerTooLong):
        asks()
    assert standins.cost_explorer.requests == 3


def test_a_grouping_that_does_not_fit_into_a_page_is_done_without(
    standins: StandIns, asks: Callable[..., Usage]
) -> None:
    standins.cost_explorer.page_size = 70
    found = asks()
    assert (found.by_record_type, found.requests) == (None, 3)
    assert found.by_operation is not None


Spoil = Callable[[dict[str, Any]], None]


def spoiled(standins: StandIns, key: str, spoil: Spoil, times: int | None = 1) -> None:
    """The next answers that are grouped by this second key."""
    left = [times]

    def change(parameters: Mapping[str, Any], answer: dict[str, Any]) -> None:
        if parameters["GroupBy"][1]["Key"] == key and left[0] != 0:
            left[0] = left[0] and left[0] - 1
            spoil(answer)

    standins.cost_explorer.spoil(change)


def groups(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (group for result in answer["ResultsByTime"] for group in result["Groups"])


def emptied(answer: dict[str, Any]) -> None:
    for result in answer["ResultsByTime"]:
        result["Groups"] = []


def without_a_day(answer: dict[str, Any]) -> None:
    del answer["ResultsByTime"][4]


def without_quantity(answer: dict[str, Any]) -> None:
    for group in groups(answer):
        del group["Metrics"]["UsageQuantity"]


def odd_quantity(answer: dict[str, Any]) -> None:
    next(groups(answer))["Metrics"]["UsageQuantity"]["Amount"] = "many"


def twice(answer: dict[str, Any]) -> None:
    answer["ResultsByTime"][0]["Groups"] *= 2


BROKEN: list[Spoil] = [emptied, without_a_day, without_quantity, odd_quantity, twice]


@pytest.mark.parametrize("spoil", BROKEN)
def test_a_broken_answer_is_asked_for_once_more_and_a_grouping_fewer(
    standins: StandIns, asks: Callable[..., Usage], spoil: Spoil
) -> None:
    spoiled(standins, "REGION", spoil)
    found = asks()
    assert (found.requests, standins.cost_explorer.requests) == (3, 3)
    assert found.by_region and found.by_record_type and found.by_operation is None


@pytest.mark.parametrize("spoil", BROKEN)
def test_an_answer_that_stays_broken_is_no_usage(
    standins: StandIns, asks: Callable[..., Usage], spoil: Spoil
) -> None:
    spoiled(standins, "REGION", spoil, times=None)
    with pytest.raises(errors.UsageIncomplete, match=r"Cost Explorer.*usage by type|pages overlap"):
        asks()
    assert standins.cost_explorer.requests == 2


@pytest.mark.parametrize(
    "spoil", [*BROKEN, lambda answer: next(groups(answer))["Metrics"]["UnblendedCost"].update(Amount="1")]
)
def test_a_broken_grouping_beside_is_done_without(
    standins: StandIns, asks: Callable[..., Usage], spoil: Spoil
) -> None:
    spoiled(standins, "RECORD_TYPE", spoil, times=None)
    found = asks()
    assert found.by_record_type is None
    assert found.by_region and found.by_operation


def test_a_quantity_of_several_units_is_none_and_a_day_without_usage_has_the_unit_of_the_others(
    standins: StandIns, clients: Clients
) -> None:
    mixed = [
        charge(day, "1", "DataTransfer", "3", unit=unit, region="eu-west-1")
        for day in DAYS.dates()
        for unit in ("GB", "Hrs")
    ]
    free = [
        charge(day, "0.1" if day < START else "0.2", "Request", "0" if day < START else "9", unit="Requests")
        for day in DAYS.dates()
    ]
    standins.cost_explorer.costs = Costs.charges([*mixed, *free])
    found = asker(clients)(pages=1)
    assert {(line.usage_type, line.quantity, line.unit) for line in found.by_region} == {
        ("DataTransfer", Decimal(0), ""),
        ("Request", Decimal(0), "Requests"),
        ("Request", Decimal(9), "Requests"),
    }


def test_an_account_is_asked_through_its_own_role_and_the_others_through_the_organization_s(
    standins: StandIns, clients: Clients
) -> None:
    standins.sts.roles = {ROLE}
    standins.cost_explorer.costs = Costs.charges(
        [Charge("222200000000", day, EC2, "Usage", Decimal(3)) for day in DAYS.dates()]
    )
    source = CostExplorerUsage(
        clients.cost_explorer, default_role_arn="arn:aws:iam::1:role/x", billing_view_arn=VIEW
    )
    found = source.usage(run(), UsageQuestion("222200000000", [EC2], DAYS, START, ROLE), pages=1)
    assert len(found.by_region) == DAYS.days
    assert "BillingViewArn" not in standins.cost_explorer.calls[0].parameters
    with pytest.raises(errors.RoleNotAssumable):
        source.usage(run(), UsageQuestion(OWN, [EC2], DAYS, START), pages=1)


def test_the_billing_view_is_named(standins: StandIns, clients: Clients) -> None:
    standins.cost_explorer.costs = Costs.charges(list(world()))
    standins.cost_explorer.billing_views = {VIEW}
    asker(clients, billing_view_arn=VIEW)()
    assert {call.parameters["BillingViewArn"] for call in standins.cost_explorer.calls} == {VIEW}


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (lambda ce: ce.throttle(times=None), errors.CostExplorerThrottled),
        (lambda ce: ce.break_down(times=None), errors.CostExplorerUnavailable),
        (lambda ce: ce.deny(), errors.CostExplorerAccessDenied),
        (lambda ce: ce.disable(), errors.CostExplorerNotEnabled),
    ],
)
def test_what_cost_explorer_refuses_has_our_name_and_costs_nothing(
    standins: StandIns, asks: Callable[..., Usage], trouble: Callable[[Any], None], error: type[Exception]
) -> None:
    trouble(standins.cost_explorer)
    with pytest.raises(error):
        asks()
