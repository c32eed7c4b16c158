"""Cost Explorer, how new its costs are, the size of its pages, the billing view and the data export."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from finopsguard.models.checkup import CheckName
from finopsguard.models.run import Period
from tests.standins import Costs, StandIns, trail_table
from tests.standins.athena import WORKGROUP
from tests.unit.doctor.examining import around, found, only

VIEW = "arn:aws:billing::111100000000:billingview/custom-1"
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def until(last: date) -> Costs:
    """Costs of one account and service on each day, until the last."""
    days = Period(last - timedelta(days=30), last + timedelta(days=1)).dates()
    return Costs.table({("111100000000", day, "Amazon EC2", "Usage"): Decimal(7) for day in days})


def test_small_costs_take_one_request(standins: StandIns) -> None:
    standins.cost_explorer.costs = until(date(2026, 11, 22))
    given = around({}, now=NOW)
    [answered] = found("cost_explorer", given)
    assert (answered.state, answered.values["n"]) == ("pass", 1)
    assert answered.values["usd"] == Decimal("0.01")
    [newest] = found("freshness", given)
    assert (newest.state, newest.values["day"], newest.values["n"]) == ("pass", date(2026, 11, 22), 1)
    [page] = found("page_size", given)
    assert (page.said, page.values["groups"], page.values["requests"]) == ("page_size_all", 31, 4)
    assert standins.cost_explorer.requests == given.paid == 1


def test_a_full_page_is_measured_and_the_newest_day_asked_for(standins: StandIns) -> None:
    """24 accounts with some services over 98 days, of which a page has 500 groups."""
    standins.cost_explorer.page_size = 500
    given = around({})
    [page] = found("page_size", given)
    assert (page.said, page.values["groups"]) == ("page_size_full", 500)
    [newest] = found("freshness", given)
    assert (newest.state, newest.values["n"]) == ("pass", 1)
    assert standins.cost_explorer.requests == given.paid == 2
    # What a whole reading takes, page by page.
    query = {**standins.cost_explorer.calls[0].parameters}
    client: Any = given.clients.cost_explorer()
    pages, token = 0, ""
    while pages == 0 or token:
        answer = client.get_cost_and_usage(**query, **({"NextPageToken": token} if token else {}))
        pages, token = pages + 1, answer.get("NextPageToken", "")
    assert given.asked().pages == pytest.approx(pages, abs=1)


def test_a_day_that_fits_into_no_page_takes_one_at_least(standins: StandIns) -> None:
    standins.cost_explorer.page_size = 3
    answered = around({}).asked
    assert (answered().whole_days, answered().pages) == (0, 98)


@pytest.mark.parametrize(("days", "state", "said"), [(2, "pass", "freshness"), (3, "warn", "freshness_late")])
def test_costs_that_are_late(standins: StandIns, days: int, state: str, said: str) -> None:
    standins.cost_explorer.costs = until(NOW.date() - timedelta(days=days))
    assert only("freshness", around({}, now=NOW))[:2] == (state, said)


def test_no_costs_at_all(standins: StandIns) -> None:
    standins.cost_explorer.costs = until(date(2020, 1, 1))
    assert only("freshness", around({}, now=NOW))[:2] == ("warn", "freshness_none")


def test_more_pages_than_the_settings_allow(standins: StandIns) -> None:
    standins.cost_explorer.page_size = 500
    for name, value in (("FINOPSGUARD_MAX_CE_REQUESTS", "9"), ("FINOPSGUARD_MAX_CE_USD_MONTH", "0.05")):
        assert only("page_size", around({name: value}))[:2] == ("warn", "page_size_limit")


def test_a_right_that_is_missing_is_named_and_asked_for_once(standins: StandIns) -> None:
    standins.cost_explorer.fail("AccessDeniedException", "no", status=400, times=None)
    given = around({})
    names: tuple[CheckName, ...] = ("cost_explorer", "freshness", "page_size")
    for name in names:
        state, said, error = only(name, given)
        assert (state, said) == ("fail", "error")
        assert error.startswith("Cost Explorer denies access. Allow ce:GetCostAndUsage to the role")
    assert len(standins.cost_explorer.calls) == 1


def test_the_billing_view_answers_or_is_not_there(standins: StandIns) -> None:
    assert only("billing_view", around({}))[:2] == ("skip", "billing_view_none")
    standins.cost_explorer.page_size = 100
    asked = {"FINOPSGUARD_BILLING_VIEW_ARN": VIEW}
    assert only("billing_view", around(asked))[2].startswith("The billing view does not exist. Correct")
    standins.cost_explorer.billing_views.add(VIEW)
    assert only("billing_view", around(asked))[:2] == ("pass", "billing_view")


# ---- the data export -------------------------------------------------------------------------------------------------


@pytest.fixture
def exported(standins: StandIns, monkeypatch: pytest.MonkeyPatch) -> StandIns:
    """An export with November's bill, delivered now."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", standins.endpoint)
    standins.cost_explorer.costs = until(date(2026, 11, 22))
    standins.exports.deliver(date(2026, 11, 20), date(2026, 11, 22), at=NOW)
    return standins


@pytest.mark.parametrize(("hours", "state", "said"), [(1, "pass", "export"), (48, "warn", "export_late")])
def test_the_export_of_this_month_and_its_age(exported: StandIns, hours: int, state: str, said: str) -> None:
    given = around(exported.exports.variables, now=NOW + timedelta(hours=hours, minutes=1))
    [finding] = found("export", given)
    assert (finding.state, finding.said, finding.values["hours"]) == (state, said, hours)
    assert only("cost_explorer", given)[:2] == ("skip", "costs_of_export")
    assert exported.cost_explorer.requests == 0


def test_a_month_that_was_not_delivered(exported: StandIns) -> None:
    exported.exports.objects.clear()
    variables = exported.exports.variables
    assert only("export", around(variables, now=NOW))[:2] == ("fail", "export_missing")
    first = datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert only("export", around(variables, now=first))[:2] == ("warn", "export_missing")


def test_an_export_that_may_not_be_read_or_is_not_named(exported: StandIns) -> None:
    variables = exported.exports.variables
    assert only("export", around({**variables, "FINOPSGUARD_EXPORT_NAME": ""}))[:2] == (
        "fail",
        "export_unnamed",
    )
    exported.exports.denied = True
    assert "Allow s3:GetObject" in only("export", around(variables, now=NOW))[2]
    assert only("export", around({}))[:2] == ("skip", "export_none")


def test_athena_and_its_table(exported: StandIns) -> None:
    variables = {**exported.exports.variables, **exported.athena.variables}
    _, athena = found("export", around(variables, now=NOW))
    assert (athena.state, athena.values["workgroup"]) == ("pass", WORKGROUP)
    _, unnamed = found("export", around({**variables, "FINOPSGUARD_EXPORT_TABLE": ""}, now=NOW))
    assert (unnamed.state, unnamed.said) == ("fail", "athena_unnamed")
    wrong = {**variables, "FINOPSGUARD_EXPORT_TABLE": "other"}
    assert "The table billing.other is not in Glue's catalog" in only("export", around(wrong, now=NOW))[2]
    exported.athena.workgroup = "DISABLED"
    _, disabled = found("export", around(variables, now=NOW))
    assert (disabled.state, disabled.said) == ("fail", "athena_disabled")


def test_the_table_of_an_organization_trail(exported: StandIns) -> None:
    variables = {
        "FINOPSGUARD_TRAIL": "true",
        "FINOPSGUARD_TRAIL_WORKGROUP": WORKGROUP,
        "FINOPSGUARD_TRAIL_DATABASE": trail_table.DATABASE,
        "FINOPSGUARD_TRAIL_TABLE": trail_table.TABLE,
    }
    (ready,) = found("trail", around(variables))
    assert (ready.state, ready.values["bucket"]) == ("pass", trail_table.BUCKET)
    assert exported.athena.queries == {}
    for changed, state, said in (
        ({"FINOPSGUARD_TRAIL": ""}, "skip", "trail_none"),
        ({"FINOPSGUARD_TRAIL_TABLE": ""}, "skip", "trail_history"),
        ({"FINOPSGUARD_TRAIL_DATABASE": ""}, "fail", "trail_unnamed"),
    ):
        assert only("trail", around({**variables, **changed}))[:2] == (state, said)
    exported.athena.trail_template = ""
    assert "scan the whole trail" in only("trail", around(variables))[2]
    exported.athena.workgroup = "DISABLED"
    assert only("trail", around(variables))[1] == "athena_disabled"
