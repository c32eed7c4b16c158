"""Who acted, beside the causes: told where a trail is read, named as unread where it is not, and never in their way."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from finopsguard import errors
from finopsguard.incidents import explaining
from finopsguard.models.cause import Explained
from finopsguard.models.messages import ExplainedReport
from finopsguard.models.report import Report
from finopsguard.models.trail import TrailEvent
from finopsguard.ports import Trail, raised_by
from finopsguard.report.story import Story
from finopsguard.steps import explain_anomalies
from finopsguard.store import documents
from tests.unit.fakes import FakePorts, FakeTrail, FakeUsage, call
from tests.unit.steps.test_explain_anomalies import ASKED, LINE, USAGE, report_of

ON = {"FINOPSGUARD_TRAIL": "true"}
EVENT = TrailEvent(
    "RunInstances",
    "ec2.amazonaws.com",
    datetime(2026, 11, 19, 22, 10, tzinfo=UTC),
    "eu-west-1",
    "role/terraform-deploy",
    "Terraform",
    sizes=frozenset({"p5.48xlarge"}),
)


def given(trail: FakeTrail | None, env: dict[str, str] = ON) -> FakePorts:
    ports = FakePorts(env, usage=FakeUsage(*USAGE), trail=trail)
    documents.write(ports.store, "detected", report_of(LINE))
    return ports


def stored(ports: FakePorts) -> Explained:
    done = call(explain_anomalies.run, ASKED, ports)
    assert done.key
    return documents.read(ports.store, done.key, Explained)


def test_who_acted_is_stored_with_the_causes() -> None:
    trail = FakeTrail(EVENT)
    found = stored(given(trail))
    (act,) = found.who
    assert (act.grade, act.principal, act.tool) == ("coincides", "role/terraform-deploy", "Terraform")
    assert found.causes and found.unread == ()
    assert {question.account_id for question in trail.asked} == {LINE.account_id}


def test_without_the_setting_nothing_is_asked_and_nothing_is_missing() -> None:
    found = stored(given(None, {}))
    assert (found.who, found.unread) == ((), ())


@pytest.mark.parametrize("error", sorted(raised_by(Trail), key=str))
def test_a_trail_that_cannot_be_read_leaves_the_causes_and_one_note(error: type[Exception]) -> None:
    ports = given(FakeTrail(error=error("Allow cloudtrail:LookupEvents.")))
    found = stored(ports)
    assert found.causes and (found.who, found.unread) == ((), ("trail",))
    report = documents.read(ports.store, "detected", Report)
    explanation = call(explain_anomalies.run, ASKED, ports)
    explained = ExplainedReport(ASKED.run, "detected", (ASKED.incident,), (explanation,))
    told = explaining.with_causes(report, explaining.read(explained, ports.store))
    assert told.anomalies[0].causes and told.notes[-1] == "trail_unread"
    assert "CloudTrail" in Story(told).notes[-1]


def test_what_ends_the_function_while_it_asks_leaves_the_causes_too() -> None:
    """Lambda kills a function after its time: the next attempt finds the causes, and asks for nothing again."""
    ports = given(FakeTrail(error=KeyboardInterrupt()))  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        call(explain_anomalies.run, ASKED, ports)
    found = stored(ports)
    assert found.causes and found.unread == ("trail",)


def test_a_report_that_is_made_again_with_the_setting_is_another_question() -> None:
    without, ports = given(None, {}), given(FakeTrail(EVENT))
    keys = {call(explain_anomalies.run, ASKED, each).key for each in (without, ports)}
    assert len(keys) == 2


def test_an_unforeseen_error_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        call(explain_anomalies.run, ASKED, given(FakeTrail(error=ZeroDivisionError())))


def test_every_error_of_a_trail_is_one_that_is_raised_on_purpose() -> None:
    assert all(issubclass(each, errors.FinOpsGuardError) for each in raised_by(Trail))
