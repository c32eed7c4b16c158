"""A sample of the drills; `make faults` kills a run at each of its points."""

from __future__ import annotations

import pytest

from tests.faults import drills
from tests.faults.drills import Point


@pytest.mark.parametrize("way", ["before the post", "after the post", "at a state", "at a change of a file"])
def test_a_run_that_is_killed_is_made_good_by_the_next(way: str) -> None:
    assert drills.kill(_point(way)) == []


def _point(way: str) -> Point:
    points = drills.points()
    posts = [each for each in points if each.what == "teams:post"]
    return {
        "before the post": posts[0],
        "after the post": posts[1],
        "at a state": next(each for each in points if each.what == "DetectAnomalies"),
        "at a change of a file": [each for each in points if each.way == "at file"][20],
    }[way]


def test_the_points_are_the_same_each_time() -> None:
    first = drills.points()
    drills.points.cache_clear()
    assert drills.points() == first
    assert {each.way for each in first} == {"before request", "after request", "at state", "at file"}


def test_a_failed_step_is_redriven() -> None:
    assert drills.redrive_after("BuildCard") == []


@pytest.mark.parametrize("channel", drills.CHANNELS)
def test_a_channel_that_refused_is_redriven(channel: str) -> None:
    assert drills.redrive_channel(channel) == []


def test_two_runs_at_once_post_one_card() -> None:
    assert drills.together("two runs of a report at once") == []


def test_another_schedule_time_of_the_same_period_posts_nothing() -> None:
    assert drills.one_after_the_other() == []
