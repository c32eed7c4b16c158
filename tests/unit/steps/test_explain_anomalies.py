"""One incident explained: within its pages and the budget, once, through the account's own role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from finopsguard.costs import paid
from finopsguard.errors import (
    BudgetExceeded,
    CostExplorerAccessDenied,
    CostExplorerThrottled,
    FinOpsGuardError,
    InvalidInput,
    ResourcesNotEnabled,
    StoreUnavailable,
    UsageIncomplete,
)
from finopsguard.models.anomaly import AnomalyLine, BandDay
from finopsguard.models.cause import Cause, Explained, ResourceCost
from finopsguard.models.costs import ResourceLine, UsageLine
from finopsguard.models.messages import Explanation, IncidentToExplain, PlannedExplanation
from finopsguard.models.report import Report
from finopsguard.models.run import Period
from finopsguard.steps import explain_anomalies
from finopsguard.store import documents
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import FakePorts, FakeUsage, call, make_run
from tests.unit.report.sample import weekly

START = date(2026, 11, 20)
ACCOUNT = "111111111111"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
DAYS = (START, START + timedelta(days=1))
LINE = AnomalyLine(
    f"{ACCOUNT}/2026-11-20/up", ACCOUNT, "shop", "Amazon EC2", "shift", DAYS[1], START, Decimal(130), Decimal(30),
    Decimal(200), 1, band=tuple(BandDay(day, Decimal(130), Decimal(30), None, None) for day in DAYS), last_day=DAYS[1],
)  # fmt: skip
ASKED = IncidentToExplain(make_run(), "detected", PlannedExplanation(LINE.id))


def used(day: date, usage_type: str, usd: str) -> UsageLine:
    return UsageLine(
        day, usage_type, Decimal(usd), Decimal(usd), Decimal(usd) * 10, "Hrs", region="eu-west-1"
    )


USAGE = (
    *(used(START + timedelta(days=back), "BoxUsage:m5.large", "30") for back in range(-28, 2)),
    *(used(day, "BoxUsage:p5.48xlarge", "100") for day in DAYS),
)


def given(source: FakeUsage, line: AnomalyLine = LINE, env: Mapping[str, str] | None = None) -> FakePorts:
    ports = FakePorts(env, usage=source, store=MemoryStore())
    documents.write(ports.store, "detected", report_of(line))
    return ports


def report_of(*lines: AnomalyLine) -> Report:
    return replace(weekly("en"), anomalies=lines)


def test_an_incident_is_held_against_its_own_baseline_and_its_causes_are_stored() -> None:
    source = FakeUsage(*USAGE)
    ports = given(source)
    done = call(explain_anomalies.run, ASKED, ports)
    assert done.key
    assert done == Explanation(LINE.id, "ok", done.key, requests=3)
    stored = documents.read(ports.store, done.key, Explained)
    assert [(cause.value, cause.impact) for cause in stored.causes] == [
        ("BoxUsage:p5.48xlarge", Decimal(200))
    ]
    assert (stored.requests, stored.unread) == (3, ())
    asked = (ACCOUNT, ("Amazon EC2",), Period(START - timedelta(days=28), START + timedelta(days=2)), None, 3)
    assert source.asked == [asked]
    assert paid.pages(ports.store, ASKED.run) == 3


def test_what_was_explained_is_not_asked_again() -> None:
    source = FakeUsage(*USAGE)
    ports = given(source)
    first = call(explain_anomalies.run, ASKED, ports)
    assert call(explain_anomalies.run, ASKED, ports) == replace(first, cached=True)
    assert (len(source.asked), paid.pages(ports.store, ASKED.run)) == (1, 3)


@pytest.mark.parametrize(
    "changed",
    [
        replace(LINE, last_day=START, day=START, impact=Decimal(100)),
        replace(LINE, impact=Decimal(201)),
        replace(
            LINE,
            causes=(Cause("service", "Amazon EC2", Decimal(150)), Cause("service", "Amazon S3", Decimal(50))),
        ),
    ],
)
def test_an_incident_of_other_days_dollars_or_services_is_another_question(changed: AnomalyLine) -> None:
    source = FakeUsage(*USAGE)
    ports = given(source)
    call(explain_anomalies.run, ASKED, ports)
    documents.write(ports.store, "detected", report_of(changed))
    assert not call(explain_anomalies.run, ASKED, ports).cached
    assert len(source.asked) == 2


def test_all_services_of_an_incident_are_asked_for_together() -> None:
    source = FakeUsage(*USAGE)
    services = (Cause("service", "Amazon EC2", Decimal(150)), Cause("service", "Amazon S3", Decimal(50)))
    call(explain_anomalies.run, ASKED, given(source, replace(LINE, causes=services)))
    assert source.asked[0][1] == ("Amazon EC2", "Amazon S3")


def test_an_account_outside_the_organization_is_asked_through_its_own_role() -> None:
    source = FakeUsage(*USAGE)
    call(explain_anomalies.run, ASKED, given(source, env={"FINOPSGUARD_ACCOUNT_ROLE_ARNS": ROLE}))
    assert source.asked[0][3] == ROLE


# ---- pages -----------------------------------------------------------------------------------------------------------


def fails(ports: FakePorts) -> FinOpsGuardError:
    with pytest.raises(FinOpsGuardError) as caught:
        call(explain_anomalies.run, ASKED, ports)
    return caught.value


def test_attempts_together_take_three_pages_and_no_more() -> None:
    """Two that were cut off after a page and two, and a third that may not ask."""
    source = FakeUsage(*USAGE, requests=1, error=CostExplorerThrottled("slow down"))
    ports = given(source)
    fails(ports)
    source.requests = 5
    fails(ports)
    assert [pages for *_, pages in source.asked] == [3, 2]
    assert isinstance(fails(ports), UsageIncomplete)
    assert (len(source.asked), paid.pages(ports.store, ASKED.run)) == (2, 3)


@pytest.mark.parametrize(
    ("env", "pages", "unread"),
    [
        ({"FINOPSGUARD_MAX_CE_REQUESTS": "7"}, 3, ()),
        ({"FINOPSGUARD_MAX_CE_REQUESTS": "6"}, 2, ("operations",)),
        ({"FINOPSGUARD_MAX_CE_USD_MONTH": "0.06"}, 1, ("commitments", "operations")),
    ],
)
def test_what_the_budget_has_left_is_asked_for(
    env: dict[str, str], pages: int, unread: tuple[str, ...]
) -> None:
    """The report took four pages before, and the month's other report one."""
    source = FakeUsage(*USAGE)
    ports = given(source, env=env)
    before(ports)
    done = call(explain_anomalies.run, ASKED, ports)
    assert (source.asked[0][-1], done.requests) == (pages, pages)
    assert done.key
    assert documents.read(ports.store, done.key, Explained).unread == unread


@pytest.mark.parametrize(
    "env", [{"FINOPSGUARD_MAX_CE_REQUESTS": "4"}, {"FINOPSGUARD_MAX_CE_USD_MONTH": "0.05"}]
)
def test_without_a_page_left_nothing_is_asked(env: dict[str, str]) -> None:
    source = FakeUsage(*USAGE)
    ports = given(source, env=env)
    before(ports)
    said = fails(ports)
    assert isinstance(said, BudgetExceeded)
    assert "took 4 requests" in str(said) and "$0.05" in str(said)
    assert source.asked == []


def before(ports: FakePorts) -> None:
    for run, pages in ((ASKED.run, 4), (make_run(run_id="daily-2026-11-21"), 1)):
        meter = paid.PageMeter(ports.store, run)
        for _ in range(pages):
            meter()


def test_invented_data_have_no_limit() -> None:
    source = FakeUsage(*USAGE, requests=0)
    ports = given(source, env={"FINOPSGUARD_MAX_CE_REQUESTS": "1"})
    before(ports)
    call(explain_anomalies.run, replace(ASKED, run=make_run(data_source="mock")), ports)
    assert source.asked[0][-1] == 3


# ---- resources ------------------------------------------------------------------------------------------------------

ON = {"FINOPSGUARD_RESOURCES": "true"}
GPU = ResourceCost("i-0f2b93d7c5a61e804", Decimal(200), Decimal(200))


def of_resources(since: date = START - timedelta(days=10)) -> tuple[list[ResourceLine], date]:
    usual = [
        ResourceLine(since + timedelta(days=day), "i-1", Decimal(30), Decimal(30))
        for day in range((DAYS[1] - since).days + 1)
    ]
    return [*usual, *(ResourceLine(day, GPU.id, Decimal(100), Decimal(100)) for day in DAYS)], since


def explained(ports: FakePorts) -> Explained:
    done = call(explain_anomalies.run, ASKED, ports)
    assert done.status == "ok" and done.key
    found = documents.read(ports.store, done.key, Explained)
    assert found.requests == done.requests
    return found


def test_the_largest_resources_are_read_after_the_causes_where_that_is_switched_on() -> None:
    source = FakeUsage(*USAGE)
    source.by_resource = of_resources()
    assert explained(given(source)).resources == ()
    assert source.asked_by_resource == []
    ports = given(source, env={**ON, "FINOPSGUARD_ACCOUNT_ROLE_ARNS": ROLE})
    found = explained(ports)
    assert (found.resources, found.requests, found.unread, found.kept_from) == ((GPU,), 4, (), {})
    assert len(found.causes) == 1
    days = Period(START - timedelta(days=28), START + timedelta(days=2))
    assert source.asked_by_resource == [(ACCOUNT, ("Amazon EC2",), days, ROLE, 2)]
    assert paid.pages(ports.store, ASKED.run) == 4


@pytest.mark.parametrize("error", [ResourcesNotEnabled, CostExplorerAccessDenied, CostExplorerThrottled])
def test_what_keeps_resources_from_being_read_leaves_the_causes_standing(
    error: type[FinOpsGuardError],
) -> None:
    source = FakeUsage(*USAGE)
    source.by_resource = error("no")
    ports = given(source, env=ON)
    found = explained(ports)
    assert len(found.causes) == 1
    assert (found.unread, found.kept_from) == (("resources",), {"resources": error.__name__})
    # Neither is asked again for the same report.
    assert call(explain_anomalies.run, ASKED, ports).cached
    assert (len(source.asked), len(source.asked_by_resource)) == (1, 1)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ((of_resources()[0][:-1], START - timedelta(days=10)), "UsageIncomplete"),
        (([], START), "began_before"),
    ],
)
def test_resources_of_other_costs_or_without_a_day_before_are_not_told(
    found: tuple[list[ResourceLine], date], why: str
) -> None:
    source = FakeUsage(*USAGE)
    source.by_resource = found
    told = explained(given(source, env=ON))
    assert (told.resources, told.unread, told.kept_from) == ((), ("resources",), {"resources": why})


def test_an_attempt_that_ends_among_the_resources_has_its_causes_stored() -> None:
    """What the store says of a page that is paid is no reason to do without; the next attempt finds the causes."""
    source = FakeUsage(*USAGE)
    source.by_resource = StoreUnavailable("slow")
    ports = given(source, env=ON)
    assert isinstance(fails(ports), StoreUnavailable)
    found = explained(ports)
    assert (len(found.causes), found.unread, found.kept_from) == (1, ("resources",), {})
    assert (len(source.asked), len(source.asked_by_resource)) == (1, 1)


@pytest.mark.parametrize(("most", "pages"), [(3, None), (4, 1), (9, 2)])
def test_resources_take_what_the_budget_has_left(most: int, pages: int | None) -> None:
    source = FakeUsage(*USAGE)
    source.by_resource = of_resources()
    found = explained(given(source, env={**ON, "FINOPSGUARD_MAX_CE_REQUESTS": str(most)}))
    assert [each[-1] for each in source.asked_by_resource] == ([] if pages is None else [pages])
    assert found.kept_from == ({} if pages else {"resources": "BudgetExceeded"})


# ---- what is not told ------------------------------------------------------------------------------------------------


def test_usage_of_other_costs_than_the_report_s_explains_nothing() -> None:
    """A page that was cut would make a fall of what is missing."""
    said = fails(given(FakeUsage(*USAGE[:-1])))
    assert isinstance(said, UsageIncomplete)
    assert "$160.00 on 2 days of which the report has $260.00" in str(said)


def test_a_little_that_aws_has_restated_meanwhile_is_no_other_cost() -> None:
    usage = (*USAGE, used(START, "DataTransfer", "9"))
    assert call(explain_anomalies.run, ASKED, given(FakeUsage(*usage))).status == "ok"


@pytest.mark.parametrize(
    "line",
    [
        replace(LINE, id="another"),
        replace(LINE, start=date(1, 1, 3)),
        replace(LINE, last_day=date.max),
        replace(LINE, start=date(2019, 1, 1)),
    ],
)
def test_an_incident_that_the_report_does_not_have_is_named_with_the_report(line: AnomalyLine) -> None:
    said = fails(given(FakeUsage(*USAGE), line))
    assert isinstance(said, InvalidInput)
    assert f"detected cannot be read: it has no incident {LINE.id}" in str(said)
