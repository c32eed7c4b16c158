"""Putting events on a bus, as EventBridge answers it."""

from __future__ import annotations

import json

import pytest

from finopsguard.aws.clients import Clients
from finopsguard.aws.events import AwsEventBus
from finopsguard.errors import EventBusRefused, EventBusUnavailable
from tests.standins import StandIns
from tests.standins.service import Answer

DETAILS = [json.dumps({"number": number, "text": "año <b>"}) for number in range(3)]


def test_details_arrive_as_they_are_under_our_source(standins: StandIns, clients: Clients) -> None:
    assert AwsEventBus(clients.events, standins.bus_arn).put(DETAILS) == ([True] * 3, None)
    assert [entry["Detail"] for entry in standins.event_bridge.taken] == DETAILS
    assert {(each["Source"], each["DetailType"]) for each in standins.event_bridge.taken} == {
        ("finopsguard", "FinOps Guard Incident")
    }


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["", "ThrottlingException", "InternalFailure"], EventBusUnavailable),
        (["", "ThrottlingException", "NotAuthorizedForSourceException"], EventBusRefused),
    ],
)
def test_what_it_takes_in_part_is_said_for_each(
    standins: StandIns, clients: Clients, codes: list[str], expected: type[Exception]
) -> None:
    standins.event_bridge.refusals = list(codes)
    taken, trouble = AwsEventBus(clients.events, standins.bus_arn).put(DETAILS)
    assert taken == [True, False, False]
    assert type(trouble) is expected
    assert f"2 of 3 events ({', '.join(sorted(codes[1:]))})" in str(trouble)


@pytest.mark.parametrize(
    ("code", "status", "expected", "says"),
    [
        ("ResourceNotFoundException", 400, EventBusRefused, "does not exist"),
        ("AccessDeniedException", 400, EventBusRefused, "Allow events:PutEvents"),
        ("ValidationException", 400, EventBusRefused, "FINOPSGUARD_EVENT_BUS"),
        ("ThrottlingException", 400, EventBusUnavailable, "Run again"),
        ("InternalException", 500, EventBusUnavailable, "Run again"),
    ],
)
def test_a_refusal_says_what_to_do(
    standins: StandIns, clients: Clients, code: str, status: int, expected: type[Exception], says: str
) -> None:
    standins.event_bridge.fail(code, status=status, times=None)
    with pytest.raises(expected, match=says):
        AwsEventBus(clients.events, standins.bus_arn).put(DETAILS)


@pytest.mark.parametrize(
    "body", [b"<html>", b"{}", b'{"Entries": [{"EventId": "1"}]}', b'{"Entries": [1, 2, 3]}', b"[]"]
)
def test_an_answer_that_is_none_is_no_event(standins: StandIns, clients: Clients, body: bytes) -> None:
    standins.event_bridge.answer(Answer(200, body, "application/x-amz-json-1.1"), times=None)
    with pytest.raises(EventBusUnavailable):
        AwsEventBus(clients.events, standins.bus_arn).put(DETAILS)


def test_a_bus_that_hangs_leaves_the_function_its_time(clients: Clients) -> None:
    config = clients.events().meta.config
    assert config.retries["total_max_attempts"] * (config.read_timeout + config.connect_timeout) <= 60
