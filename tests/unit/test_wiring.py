"""The wiring: what a signature asks for is made, as the settings say, and nothing is connected before it is used."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest

from finopsguard.errors import RoleNotAssumable
from finopsguard.models.run import Batch, Period, Run
from finopsguard.ports import Channel, CostSource, Executions, Organization, Store
from finopsguard.store.bucket import BucketStore
from finopsguard.wiring import Wiring
from tests.standins import StandIns

MANAGEMENT = "222200000000"
ROLE = f"arn:aws:iam::{MANAGEMENT}:role/finopsguard-organization"
WEEK = Period(date(2026, 11, 9), date(2026, 11, 16))
RUN = Run(
    run_id="weekly-2026-11-09",
    report="weekly",
    scheduled_time=datetime(2026, 11, 16, 8, tzinfo=UTC),
    period=WEEK,
    previous_period=Period(date(2026, 11, 2), WEEK.start),
    history_start=date(2026, 11, 2),
    time_zone="UTC",
    language="en",
    cost_metric="UnblendedCost",
    data_source="cost_explorer",
    execution="",
)


def wired(standins: StandIns, **variables: str) -> Wiring:
    return Wiring({**standins.environ(), **variables})


def test_nothing_is_called_before_it_is_used(standins: StandIns) -> None:
    ready = wired(standins, FINOPSGUARD_BUCKET="finopsguard-reports")
    assert isinstance(ready.get(Store), BucketStore)
    assert ready.get(Organization)
    assert ready.get(CostSource)
    assert ready.get(Channel)
    assert ready.get(Executions)
    called = [standins.sts, standins.organizations, standins.cost_explorer, standins.secrets_manager]
    assert [service.calls for service in called] == [[], [], [], []]


def test_one_role_serves_the_account_list_and_the_costs(standins: StandIns) -> None:
    standins.organizations.management_account = MANAGEMENT
    standins.sts.roles = {ROLE}
    ready = wired(standins, FINOPSGUARD_ORGANIZATION_ROLE_ARN=ROLE)
    accounts = ready.get(Organization).accounts()
    assert accounts is not None
    costs = ready.get(CostSource).fetch(
        RUN, Batch("b-001", tuple(account.id for account in accounts)), RUN.window
    )
    charged = sum(row.amount for row in costs.rows if row.record_type)
    assert charged == standins.cost_explorer.costs.total(RUN.window.start, RUN.window.end)
    assert standins.sts.count("AssumeRole") == 1


def test_every_role_is_sent_the_external_id(standins: StandIns) -> None:
    outside = "arn:aws:iam::999900000000:role/finopsguard-account"
    standins.organizations.management_account = MANAGEMENT
    standins.sts.roles = {ROLE, outside}
    standins.sts.external_ids = {ROLE: "customer-17", outside: "customer-17"}
    ready = wired(standins, FINOPSGUARD_ORGANIZATION_ROLE_ARN=ROLE, FINOPSGUARD_EXTERNAL_ID="customer-17")
    assert ready.get(Organization).accounts()
    ready.get(CostSource).fetch(RUN, Batch("b-001", ("999900000000",), outside), RUN.window)
    asked = [call.parameters for call in standins.sts.calls if call.operation == "AssumeRole"]
    assert [(each["RoleArn"], each["ExternalId"]) for each in asked] == [
        (ROLE, "customer-17"),
        (outside, "customer-17"),
    ]


def test_a_role_that_asks_for_another_external_id_is_named(standins: StandIns) -> None:
    standins.sts.roles, standins.sts.external_ids = {ROLE}, {ROLE: "customer-17"}
    ready = wired(standins, FINOPSGUARD_ORGANIZATION_ROLE_ARN=ROLE)
    with pytest.raises(RoleNotAssumable, match="FINOPSGUARD_EXTERNAL_ID"):
        ready.get(Organization).accounts()


@pytest.mark.parametrize("variable", ["FINOPSGUARD_INCLUDE_OUS", "FINOPSGUARD_EXCLUDE_OUS"])
def test_units_are_walked_when_the_settings_name_some(standins: StandIns, variable: str) -> None:
    standins.organizations.send_paths = False
    accounts = wired(standins, **{variable: "ou-st01-prod0001"}).get(Organization).accounts()
    assert accounts is not None
    assert {account.ou_ids[0] for account in accounts} == {"r-st01"}
    without = wired(standins).get(Organization).accounts()
    assert without is not None
    assert {account.ou_ids for account in without} == {()}


def test_the_billing_view_is_asked_for(standins: StandIns) -> None:
    view = "arn:aws:billing::222200000000:billingview/primary"
    standins.cost_explorer.billing_views = {view}
    ready = wired(standins, FINOPSGUARD_BILLING_VIEW_ARN=view)
    ready.get(CostSource).fetch(RUN, Batch("b-001", ("111100000000",)), RUN.window)
    assert {call.parameters["BillingViewArn"] for call in standins.cost_explorer.calls} == {view}


def test_a_card_goes_to_the_url_in_the_secret_also_after_it_was_rotated(standins: StandIns) -> None:
    channel = wired(standins).get(Channel)
    assert channel is not None
    channel.post(b'{"type": "message"}')
    standins.rotate_webhook("rotated")
    channel.post(b'{"type": "message"}')
    assert standins.workflows.statuses == [202, 401, 202]
    assert standins.secrets_manager.count("GetSecretValue") == 2


def test_threads_share_what_was_made(standins: StandIns) -> None:
    ready = wired(standins)
    with ThreadPoolExecutor(8) as pool:
        sources = list(pool.map(lambda _: ready.get(CostSource), range(16)))
    assert len({id(source) for source in sources}) == 1
