"""The mock data by usage type: what the company's costs are made of, to the last decimal, and its stories."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from finopsguard.accounts.mock import OUTSIDE_ACCOUNT_ROLE_ARN
from finopsguard.accounts.mock_company import BY_NAME, COMPUTE, MOCK_ACCOUNTS, SERVICES
from finopsguard.accounts.mock_resources import PLANTED_RESOURCES, RESOURCES, Owned
from finopsguard.accounts.mock_usage import OWN_PARTS, PARTS, PLANTED_PARTS
from finopsguard.costs.sources.mock import MockCosts
from finopsguard.costs.sources.mock_usage import MockUsage
from finopsguard.errors import RoleNotAssumable
from finopsguard.incidents import causes
from finopsguard.models.costs import Resources, Usage, UsageQuestion
from finopsguard.models.run import Batch, Period
from tests.sweeps import share
from tests.unit.fakes import make_run

RUN = replace(make_run(data_source="mock"), history_start=date(2026, 10, 19))
TEN_DECIMALS = Decimal("1e-10")


def question(account: str, *services: str, role_arn: str | None = None) -> UsageQuestion:
    return UsageQuestion(account, services or tuple(SERVICES), RUN.window, RUN.period.start, role_arn)


def resources(account: str, *services: str) -> Resources:
    return MockUsage().resources(RUN, question(account, *services), pages=2)


def usage(account: str, *services: str, role_arn: str | None = None) -> Usage:
    return MockUsage().usage(RUN, question(account, *services, role_arn=role_arn), pages=3)


def test_every_cost_of_the_company_is_the_sum_of_its_parts() -> None:
    for account in share([each.id for each in MOCK_ACCOUNTS], every=3):
        rows = MockCosts().fetch(RUN, Batch("b", (account,)), RUN.window).rows
        billed: dict[date, Decimal] = defaultdict(Decimal)
        amortized: dict[date, Decimal] = defaultdict(Decimal)
        for row in rows:
            if row.service and row.record_type is None:
                billed[row.date] += row.amount
                amortized[row.date] += row.amortized or Decimal(0)
        found = usage(account)
        for lines in (found.by_region, found.by_record_type, found.by_operation):
            sums: dict[date, Decimal] = defaultdict(Decimal)
            paid: dict[date, Decimal] = defaultdict(Decimal)
            for line in lines or ():
                sums[line.date] += line.amount
                paid[line.date] += line.amortized
            for found_sums, expected in ((sums, billed), (paid, amortized)):
                assert {day: amount for day, amount in found_sums.items() if amount} == {
                    day: amount for day, amount in expected.items() if amount
                }


def test_every_cost_of_the_company_is_the_sum_of_its_resources() -> None:
    for account in share([each.id for each in MOCK_ACCOUNTS], every=3):
        sums: dict[date, Decimal] = defaultdict(Decimal)
        for line in resources(account).lines:
            sums[line.date] += line.amount + line.amortized
        billed: dict[date, Decimal] = defaultdict(Decimal)
        for used in usage(account).by_region:
            billed[used.date] += used.amount + used.amortized
        assert sums == billed


def test_a_planted_cause_is_of_the_resources_that_have_it() -> None:
    """By name, and no other resource moves as much."""
    start = RUN.window.end - timedelta(days=5)
    account = BY_NAME["search-prod"].id
    found = resources(account, COMPUTE)
    days = Period(start, RUN.window.end).dates()
    told = [each.id for each in causes.largest(found.lines, start, days, 1)]
    assert told == [each.resource for each in PLANTED_RESOURCES[account, COMPUTE]]
    assert len({line.resource_id for line in found.lines} - {*told}) == len(RESOURCES[COMPUTE])


@pytest.mark.parametrize("owned", [*RESOURCES.values(), *PLANTED_RESOURCES.values()])
def test_shares_of_resources_add_up_to_one(owned: tuple[Owned, ...]) -> None:
    assert sum(each.share for each in owned) == 1


def test_every_service_has_its_resources_and_what_is_planted_has_them_where_it_has_parts() -> None:
    assert RESOURCES.keys() == SERVICES.keys()
    assert PLANTED_RESOURCES.keys() == PLANTED_PARTS.keys()


def test_regions_are_the_same_usage_of_all_accounts_or_of_some() -> None:
    some, every = (tuple(each.id for each in found) for found in (MOCK_ACCOUNTS[:3], MOCK_ACCOUNTS))
    for batch, accounts in ((Batch("r", regions=()), every), (Batch("r", regions=some), some)):
        rows = MockCosts().fetch(RUN, batch, RUN.window).rows
        by_account = MockCosts().fetch(RUN, Batch("b", accounts), RUN.window).rows
        used = sum(row.amount for row in by_account if row.service and row.record_type is None)
        assert sum(row.amount for row in rows) == used
        assert {row.account_id for row in rows} == set(batch.held_as)
        assert {row.region for row in rows} >= {"eu-west-1"}


def test_who_used_a_service_in_a_region() -> None:
    found = MockUsage().by_account(RUN, ["Amazon SageMaker"], "us-east-1", RUN.window)
    assert {each.account_id for each in found} == {BY_NAME["sandbox-ml"].id}
    rows = MockCosts().fetch(RUN, Batch("r", regions=()), RUN.window).rows
    there = sum(row.amount for row in rows if (row.service, row.region) == ("Amazon SageMaker", "us-east-1"))
    assert sum(each.amount for each in found) == there > 0


def test_one_service_is_the_cost_of_that_service() -> None:
    account = BY_NAME["payments-prod"].id
    rows = MockCosts().fetch(RUN, Batch("b", (account,)), RUN.window).rows
    billed = sum(row.amount for row in rows if row.service == "AWS Lambda" and row.record_type is None)
    assert sum(line.amount for line in usage(account, "AWS Lambda").by_region) == billed


def test_a_quantity_is_the_cost_at_its_price() -> None:
    prices = {
        part.kind.usage_type: part.kind.price
        for parts in (*PARTS.values(), *PLANTED_PARTS.values())
        for part in parts
    }
    for line in usage(BY_NAME["search-prod"].id, "Amazon Elastic Compute Cloud - Compute").by_region:
        assert line.quantity == (line.amount / prices[line.usage_type]).quantize(TEN_DECIMALS)
        assert (line.unit, line.region) == ("Hrs", "eu-west-1")


@pytest.mark.parametrize("parts", [*PARTS.values(), *OWN_PARTS.values(), *PLANTED_PARTS.values()])
def test_shares_add_up_to_one(parts: tuple[object, ...]) -> None:
    assert sum(part.share for part in parts) == 1  # type: ignore[attr-defined]


def test_every_service_of_the_company_has_its_parts() -> None:
    assert PARTS.keys() == SERVICES.keys()


def days(found: Usage, usage_type: str) -> set[int]:
    """How many days back it was used."""
    newest = RUN.window.end - timedelta(days=1)
    return {
        (newest - line.date).days
        for line in found.by_region
        if line.usage_type == usage_type and line.quantity
    }


def test_the_stories() -> None:
    ml = usage(BY_NAME["sandbox-ml"].id, "Amazon SageMaker")
    assert {(line.usage_type, line.region) for line in ml.by_region} == {
        ("USE1-Notebk:ml.p3.8xlarge", "us-east-1")
    }
    assert days(usage(BY_NAME["booking-staging"].id), "EU-BoxUsage:c5.9xlarge") == {5}
    paused = usage(BY_NAME["data-prod"].id, "Amazon Redshift")
    assert days(paused, "EU-Node:ra3.4xlarge") == set(range(4, RUN.window.days))
    assert days(paused, "EU-RMS:ra3.4xlarge") == set(range(RUN.window.days))


def test_a_savings_plan_is_seen_by_record_type() -> None:
    found = usage(BY_NAME["shared-services"].id)
    kinds: dict[str | None, Decimal] = defaultdict(Decimal)
    for line in found.by_record_type or ():
        kinds[line.record_type] += line.amount
    assert kinds["SavingsPlanCoveredUsage"] == -kinds["SavingsPlanNegation"] > 0
    assert {line.record_type for line in usage(BY_NAME["search-prod"].id).by_record_type or ()} == {"Usage"}


def test_a_plan_ends_and_what_it_covered_is_used_on_demand() -> None:
    found = usage(BY_NAME["booking-prod"].id, "Amazon Elastic Compute Cloud - Compute")
    covered = {
        (RUN.window.end - line.date).days - 1
        for line in found.by_record_type or ()
        if line.record_type == "SavingsPlanCoveredUsage"
    }
    assert covered == set(range(5, RUN.window.days))
    hours: dict[int, Decimal] = defaultdict(Decimal)
    paid: dict[int, Decimal] = defaultdict(Decimal)
    for line in found.by_region:
        back = (RUN.window.end - line.date).days - 1
        hours[back] += line.quantity
        paid[back] += line.amortized
    # A week apart: as many hours, and each at the list price of what a plan paid 0.6 of.
    assert hours[4] == pytest.approx(hours[11], rel=Decimal("0.15"))
    assert Decimal("1.15") < (paid[4] / hours[4]) / (paid[11] / hours[11]) < Decimal("1.35")


def test_what_ran_on_spot_runs_on_demand() -> None:
    mobile = usage(BY_NAME["mobile-prod"].id, "Amazon Elastic Compute Cloud - Compute")
    assert days(mobile, "EU-SpotUsage:c5.xlarge") == set(range(4, RUN.window.days))
    assert days(mobile, "EU-BoxUsage:c5.xlarge") == set(range(4))


def test_the_account_outside_the_organization_can_never_be_read() -> None:
    with pytest.raises(RoleNotAssumable):
        usage("999900001111", role_arn=OUTSIDE_ACCOUNT_ROLE_ARN)
    asked = question("999900001111", "AWS Lambda", role_arn=OUTSIDE_ACCOUNT_ROLE_ARN)
    with pytest.raises(RoleNotAssumable):
        MockUsage().resources(RUN, asked, pages=2)
