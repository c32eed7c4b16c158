"""CloudTrail's event history as a trail: whose role, what is asked, how much, and every refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from finopsguard.accounts.trail import AwsTrail
from finopsguard.aws import trail as border
from finopsguard.aws.clients import Clients
from finopsguard.errors import (
    FinOpsGuardError,
    InvalidConfiguration,
    RoleNotAssumable,
    TrailAccessDenied,
    TrailRejected,
    TrailUnavailable,
)
from finopsguard.models.trail import TrailQuestion
from finopsguard.ports import Trail, raised_by
from tests import planted
from tests.standins import StandIns
from tests.standins.cloudtrail import role
from tests.standins.service import Answer
from tests.sweeps import sampled
from tests.unit.fakes import make_run

OWN, MEMBER = "111100000000", "111100000001"
NAME = "FinOpsGuardTrail"
ROLE = f"arn:aws:iam::{MEMBER}:role/{NAME}"
AT = datetime(2026, 11, 14, 22, 10, tzinfo=UTC)
RUN = make_run()
ASKED = TrailQuestion(
    OWN, "eu-west-1", AT - timedelta(days=8), AT + timedelta(days=1), ("i-0abc",), ("RunInstances",)
)

Make = Callable[..., AwsTrail]


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def make(clients: Clients, slept: list[float]) -> Make:
    def made(named: str | None = NAME, *, shorten: bool = True) -> AwsTrail:
        return AwsTrail(
            clients.cloud_trail,
            lambda: border.own_account(clients.sts()),
            clients.partition,
            role=named,
            shorten=shorten,
            sleep=slept.append,
        )

    return made


def ran(standins: StandIns, account_id: str = OWN, **more: object) -> None:
    given = {"resources": ("i-0abc", "ami-1"), "identity": role("terraform-deploy"), **more}
    standins.cloudtrail.record("RunInstances", AT, account_id=account_id, **given)  # type: ignore[arg-type]


def test_an_event_is_found_by_resource_and_by_name_and_told_once(standins: StandIns, make: Make) -> None:
    ran(standins, userAgent="APN/1.0 HashiCorp/1.0 Terraform/1.9.5")
    answer = make().events(RUN, ASKED)
    (event,) = answer.events
    assert (event.name, event.source, event.at, event.region) == (
        "RunInstances", "ec2.amazonaws.com", AT, "eu-west-1",
    )  # fmt: skip
    assert (event.principal, event.tool, event.by_service) == ("role/terraform-deploy", "Terraform", False)
    assert event.resources == {"i-0abc", "ami-1"}
    assert answer.cut == frozenset()
    asked = [call.parameters["LookupAttributes"][0] for call in standins.cloudtrail.calls]
    assert [(each["AttributeKey"], each["AttributeValue"]) for each in asked] == [
        ("ResourceName", "i-0abc"),
        ("EventName", "RunInstances"),
    ]


def test_nothing_of_the_record_but_the_event_comes_out(standins: StandIns, make: Make) -> None:
    ran(standins, userAgent=f"curl {planted.secret('agent')}")
    assert planted.MARK not in repr(make().events(RUN, ASKED))


@pytest.mark.parametrize(("shorten", "shown"), [(True, "sso/Admin/ana@…"), (False, "sso/Admin/ana@firma.es")])
def test_an_address_is_shortened_before_it_goes_on(
    standins: StandIns, make: Make, shorten: bool, shown: str
) -> None:
    ran(standins, identity=role("AWSReservedSSO_Admin_0123456789abcdef", "ana@firma.es"))
    (event,) = make(shorten=shorten).events(RUN, ASKED).events
    assert event.principal == shown


def test_another_account_is_asked_through_its_role(standins: StandIns, make: Make) -> None:
    standins.sts.roles = {ROLE}
    ran(standins, MEMBER)
    assert len(make().events(RUN, replace(ASKED, account_id=MEMBER)).events) == 1
    assert {call.access_key[:16] for call in standins.cloudtrail.calls} == {f"ASIA{MEMBER}"}


@pytest.mark.parametrize(
    ("named", "error", "words"),
    [(None, TrailAccessDenied, "FINOPSGUARD_TRAIL_ROLE"), (NAME, RoleNotAssumable, ROLE)],
)
def test_without_its_role_another_account_is_refused(
    make: Make, named: str | None, error: type[FinOpsGuardError], words: str
) -> None:
    with pytest.raises(error, match=words):
        make(named).events(RUN, replace(ASKED, account_id=MEMBER))


# ---- bounds ----------------------------------------------------------------------------------------------------------


def test_pages_are_followed_as_far_as_they_go_and_a_name_with_more_is_cut(
    standins: StandIns, make: Make, slept: list[float]
) -> None:
    standins.cloudtrail.page_size = 2
    for minute in range(6):
        standins.cloudtrail.record(
            "RunInstances",
            AT - timedelta(minutes=minute),
            account_id=OWN,
            identity=role("terraform-deploy"),
        )
    asked = replace(ASKED, resources=())
    whole = make().events(RUN, asked)
    assert (len(whole.events), whole.cut, len(slept)) == (6, frozenset(), 2)
    assert [event.at for event in whole.events] == sorted(event.at for event in whole.events)
    standins.cloudtrail.record(
        "RunInstances", AT - timedelta(days=5), account_id=OWN, identity=role("terraform-deploy")
    )
    assert make().events(RUN, asked).cut == {"RunInstances"}
    assert set(slept) == {border.PAUSE}


def test_a_question_ends_after_so_many_requests(standins: StandIns, make: Make) -> None:
    names = tuple(f"Create{number}" for number in range(border.MOST_REQUESTS + 3))
    answer = make().events(RUN, replace(ASKED, resources=(), names=names))
    assert standins.cloudtrail.count("LookupEvents") == border.MOST_REQUESTS
    assert answer.cut == set(names[border.MOST_REQUESTS :])


def test_a_question_ends_after_so_long(standins: StandIns, clients: Clients) -> None:
    clock = iter([0.0, 1.0, border.LOOK_UP_SECONDS + 1])
    history = border.EventHistory(
        clients.cloud_trail("eu-west-1"), "here", sleep=lambda _: None, now=lambda: next(clock)
    )
    look = ("EventName", "RunInstances", ASKED.since, ASKED.until)
    assert history.look_up(*look).whole  # type: ignore[arg-type]
    assert not history.look_up(*look).whole  # type: ignore[arg-type]
    assert standins.cloudtrail.count("LookupEvents") == 1


# ---- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status", "error", "words"),
    [
        ("AccessDeniedException", 400, TrailAccessDenied, "Allow cloudtrail:LookupEvents"),
        ("ThrottlingException", 400, TrailUnavailable, "too many requests"),
        ("InternalFailure", 500, TrailUnavailable, "server error"),
        ("InvalidTimeRangeException", 400, TrailRejected, "refused the request"),
        ("OperationNotPermittedException", 400, TrailRejected, "refused the request"),
    ],
)
def test_refusals(
    standins: StandIns, make: Make, code: str, status: int, error: type[FinOpsGuardError], words: str
) -> None:
    standins.cloudtrail.fail(code, "No.", status=status, times=None)
    with pytest.raises(error, match=words):
        make().events(RUN, ASKED)
    assert error in raised_by(Trail)


def test_a_region_that_the_account_has_not_enabled_is_named(standins: StandIns, make: Make) -> None:
    standins.cloudtrail.disabled = {"eu-south-2"}
    with pytest.raises(TrailRejected, match="CloudTrail of eu-south-2 takes no credentials"):
        make().events(RUN, replace(ASKED, region="eu-south-2"))


def test_a_region_that_is_none_is_refused_before_anything_is_sent(standins: StandIns, make: Make) -> None:
    with pytest.raises(InvalidConfiguration):
        make().events(RUN, replace(ASKED, region="evil.example/"))
    assert standins.cloudtrail.calls == []


@sampled(every=3)
@pytest.mark.parametrize(
    "body",
    [
        b"<html>Sign in</html>", b"[]", b"null", b'{"Events": null}', b'{"Events": [{}]}',
        b'{"Events": [{"CloudTrailEvent": "no JSON"}]}', b'{"Events": [{"CloudTrailEvent": "[]"}]}',
        b'{"Events": [{"CloudTrailEvent": "' + b"[" * 100_000 + b'"}]}',
    ],
)  # fmt: skip
def test_an_answer_that_is_none_of_awss(standins: StandIns, make: Make, body: bytes) -> None:
    standins.cloudtrail.answer(Answer(200, body), times=None)
    with pytest.raises(TrailUnavailable):
        make().events(RUN, ASKED)


def test_who_calls_is_asked_of_sts_in_words_of_a_trail(standins: StandIns, make: Make) -> None:
    standins.sts.fail("InternalFailure", status=500, times=None)
    with pytest.raises(TrailUnavailable):
        make().events(RUN, ASKED)
