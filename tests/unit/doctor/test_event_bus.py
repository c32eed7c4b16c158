"""The bus of events: whether it is there, and nothing is put on it."""

from __future__ import annotations

import pytest

from tests.standins import StandIns
from tests.unit.doctor.examining import around, only


def test_a_bus_that_is_there_is_named_and_nothing_is_put_on_it(standins: StandIns) -> None:
    assert only("event_bus", around({"FINOPSGUARD_EVENT_BUS": standins.bus_arn})) == ("pass", "event_bus", "")
    assert standins.event_bridge.taken == []
    assert standins.event_bridge.count("DescribeEventBus") == 1


@pytest.mark.parametrize(
    ("env", "said"),
    [({}, "event_bus_none"), ({"FINOPSGUARD_USE_MOCK_DATA": "true"}, "invented")],
)
def test_where_there_is_none_to_look_at_nothing_is_asked(
    standins: StandIns, env: dict[str, str], said: str
) -> None:
    bus = {"FINOPSGUARD_EVENT_BUS": standins.bus_arn} if env else {}
    assert only("event_bus", around({**env, **bus})) == ("skip", said, "")
    assert standins.event_bridge.count("DescribeEventBus") == 0


def test_a_bus_that_is_not_there_is_a_failure_with_its_remedy(standins: StandIns) -> None:
    standins.event_bridge.buses.clear()
    state, _, message = only("event_bus", around({"FINOPSGUARD_EVENT_BUS": standins.bus_arn}))
    assert state == "fail"
    assert "Set FINOPSGUARD_EVENT_BUS to one that does." in message


def test_of_a_stack_rights_that_do_not_show_it_are_a_warning(standins: StandIns) -> None:
    standins.event_bridge.fail("AccessDeniedException", times=None)
    given = around({"FINOPSGUARD_EVENT_BUS": standins.bus_arn})
    assert only("event_bus", given)[0] == "fail"
