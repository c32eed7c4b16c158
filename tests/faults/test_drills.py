"""A sample of the drills; `make faults` kills a run at each of its points."""

from __future__ import annotations

import pytest

from tests.faults import drills
from tests.faults.drills import Point


@pytest.mark.parametrize("way", ["after the post", "at a change of a file"])
def test_a_run_that_is_killed_is_made_good_by_the_next(way: str) -> None:
    assert drills.kill(_point(way)) == []


def _point(way: str) -> Point:
    points = drills.points()
    if way == "after the post":
        return next(each for each in points if each.what == "teams:post" and each.way == "after request")
    return [each for each in points if each.way == "at file"][20]


def test_the_points_are_requests_states_and_changes_of_files() -> None:
    ways = {each.way: each.nth for each in drills.points()}
    assert ways.keys() == {"before request", "after request", "at state", "at file"}
    assert min(ways.values()) > 10


def test_a_failed_step_is_redriven() -> None:
    assert drills.redrive_after("BuildCard") == []


def test_a_channel_that_refused_is_redriven() -> None:
    assert drills.redrive_channel("finance") == []


def test_two_runs_at_once_post_one_card() -> None:
    assert drills.together("two runs of a report at once") == []


def test_another_schedule_time_of_the_same_period_posts_nothing() -> None:
    assert drills.one_after_the_other() == []
