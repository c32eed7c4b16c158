"""The invented company's trail: who did what is planted, and what is done every day and explains nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from finopsguard.accounts.mock_company import BY_NAME, PLANTED
from finopsguard.accounts.mock_trail import _ACTS, MockTrail
from finopsguard.models.trail import TrailQuestion
from tests.unit.fakes import make_run

BEGAN = datetime(2026, 11, 19, 12, tzinfo=UTC)
RUN = make_run()
ASKED = TrailQuestion(
    BY_NAME["sandbox-ml"].id, "us-east-1", BEGAN - timedelta(days=7), BEGAN + timedelta(hours=36),
    (), ("CreateNotebookInstance",),
)  # fmt: skip


@pytest.mark.parametrize(("shorten", "who"), [(True, "ana@…"), (False, "ana@marea.example")])
def test_an_act_is_found_by_its_name_within_the_first_hours(shorten: bool, who: str) -> None:
    (event,) = MockTrail(shorten=shorten).events(RUN, ASKED).events
    assert (event.principal, event.tool) == (f"sso/DataScience/{who}", "console")
    assert BEGAN <= event.at < BEGAN + timedelta(hours=36)
    assert event.resources == frozenset()


def test_it_names_the_resource_that_is_asked_for() -> None:
    (event,) = (
        MockTrail(shorten=True).events(RUN, replace(ASKED, names=(), resources=("arn:nb", "nb"))).events
    )
    assert event.resources == {"arn:nb"}


@pytest.mark.parametrize(
    "other",
    [replace(ASKED, names=("RunInstances",)), replace(ASKED, region="eu-west-1"),
     replace(ASKED, account_id=BY_NAME["web-dev"].id)],
)  # fmt: skip
def test_nothing_else_is_found(other: TrailQuestion) -> None:
    assert MockTrail(shorten=True).events(RUN, other).events == []


def test_what_is_done_every_day_was_done_in_the_week_before() -> None:
    names = ("UpdateFunctionCode20150331v2",)
    daily = replace(ASKED, account_id=BY_NAME["payments-prod"].id, region="eu-west-1", names=names)
    events = MockTrail(shorten=True).events(RUN, daily).events
    assert len(events) == 8 and {event.principal for event in events} == {"role/ci-deploy"}
    assert [event.at for event in events] == sorted(event.at for event in events)


def test_acts_are_of_accounts_in_which_something_is_planted() -> None:
    planted = {each.account_id for each in PLANTED}
    assert {BY_NAME[name].id for name in _ACTS} <= planted
