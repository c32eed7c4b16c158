"""A whole run with budgets by tag and of AWS Budgets, and owners: what people get, and what where both are denied."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from finopsguard import contracts
from finopsguard.engine.embedded import run_embedded
from finopsguard.models.report import Report
from tests.standins import Charge, Costs, StandIns, sample_accounts
from tests.standins.budgets import monthly
from tests.sweeps import exhaustive
from tests.workflow.fakes import REQUEST

DAY = date(2026, 11, 14)
INCIDENT = Charge("111100000001", DAY, "AWS Lambda", "Usage", Decimal(5000))


@pytest.fixture
def report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> tuple[Report, str]:
    """The report and the card of a run of four accounts; the parameter: permissions are missing."""
    accounts = sample_accounts(4)
    accounts[1] = replace(accounts[1], tags={"team": "payments", "contact": "Ana"})
    with StandIns(accounts=accounts) as standins:
        usual = standins.cost_explorer.costs
        standins.cost_explorer.costs = Costs(
            lambda day: [*usual.on(day), *([INCIDENT] if day == DAY else [])]
        )
        standins.budgets.budgets[standins.sts.own_account] = [monthly("Everything", "100")]
        if request.param:
            standins.budgets.fail("AccessDeniedException", times=None)
            standins.organizations.fail(
                "AccessDeniedException", times=None, when=lambda name, _: name == "ListTagsForResource"
            )
        for name, value in {
            **standins.environ(webhook="url"),
            "FINOPSGUARD_STATE_DIR": str(tmp_path),
            "FINOPSGUARD_LANGUAGE": "en",
            "FINOPSGUARD_BUDGETS": '{"tag:team=payments": "100"}',
            "FINOPSGUARD_OWNER_TAG": "contact",
            "FINOPSGUARD_AWS_BUDGETS": "true",
        }.items():
            monkeypatch.setenv(name, value)
        run = run_embedded(
            {**REQUEST, "report": "daily", "scheduled_time": "2026-11-16T08:00:00Z"}, wait_scale=0
        )
        assert run.status == "SUCCEEDED"
        (post,) = standins.workflows.posts
        (made,) = tmp_path.glob("runs/*/report.json")
        found = contracts.decode(Report, made.read_bytes())
        return found, json.dumps(json.loads(post), ensure_ascii=False).replace("\u200b", "")


@pytest.mark.parametrize("report", [False], indirect=True)
def test_a_tag_an_aws_budget_and_an_owner_are_in_report_and_card(report: tuple[Report, str]) -> None:
    found, card = report
    assert found.forecast is not None
    (tag,) = found.forecast.groups
    assert (tag.id, tag.budget) == ("tag:team=payments", Decimal(100))
    assert (found.forecast.budget_name, found.forecast.budget) == ("Everything", Decimal(100))
    assert {each.id for each in found.forecast.alerts} == {"organization", "tag:team=payments"}
    assert [line.owner for line in found.anomalies if line.account_id == INCIDENT.account_id] == ["Ana"]
    for words in ("owner: Ana", "Tag team: payments", "set in AWS Budgets", "Budgets of the month"):
        assert words in card


@exhaustive(
    beside="tests/unit/steps/test_resolve_budgets.py::test_whatever_fails_there_the_report_is_planned_and_says_so"
)
@pytest.mark.parametrize("report", [True], indirect=True)
def test_without_the_permissions_the_card_comes_and_says_what_is_missing(report: tuple[Report, str]) -> None:
    found, card = report
    assert found.forecast is not None
    (tag,) = found.forecast.groups
    assert (tag.reason, found.forecast.budget) == ("tags", None)
    for words in ("budgets:ViewBudget", "organizations:ListTagsForResource", "Tag team: payments"):
        assert words in card
