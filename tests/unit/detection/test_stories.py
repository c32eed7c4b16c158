"""Anomalies that are one story are joined, and others are not."""

from collections.abc import Sequence

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finopsguard.detection import JoinedStory, detect, join_stories
from tests.unit.detection.helpers import FIRST, Costs, day

few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ACCOUNTS, SERVICES, DAYS = 8, 3, 100
ROWS = ACCOUNTS * SERVICES
NAMES = [f"{row // SERVICES:012d}" for row in range(ROWS)]
KINDS = [f"service-{row % SERVICES}" for row in range(ROWS)]


def world(seed: int, noise: float = 0.03) -> Costs:
    """Services of $100 to $300 a day."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(100, 300, (ROWS, 1))
    return np.asarray(level * np.exp(noise * rng.normal(size=(ROWS, DAYS))))


def joined(costs: Costs, window: int = 3) -> tuple[list[JoinedStory], list[int]]:
    """The stories, and the series of each anomaly."""
    found = detect(costs, FIRST, accounts=NAMES, services=KINDS, window=window)
    made = join_stories(found, costs, FIRST, accounts=NAMES, services=KINDS)
    assert sorted(member for each in made for member in each.members) == list(range(len(found)))
    return made, [each.series for each in found]


def rows_of(story: JoinedStory, series: Sequence[int]) -> set[int]:
    return {series[member] for member in story.members}


@few
@given(seed=st.integers(0, 10**6), share=st.floats(0.6, 3), began=st.integers(1, 4))
def test_one_share_in_many_accounts_from_one_day_is_one_story(seed: int, share: float, began: int) -> None:
    costs = world(seed)
    costs[0::SERVICES, -began:] *= 1 + share
    (story,), series = joined(costs)
    assert (story.kind, story.direction) == ("together", 1)
    assert rows_of(story, series) == set(range(0, ROWS, SERVICES))
    assert story.share is not None and abs(story.share - share) < 0.15 * (1 + share)
    assert abs((story.start - day(DAYS - began)).days) <= 1


def test_a_plan_over_two_services_is_one_story_and_another_incident_is_none_of_it() -> None:
    costs = world(1)
    costs[0::SERVICES, -2:] *= 1.8
    costs[1::SERVICES, -2:] *= 1.8
    costs[2, -2:] *= 6
    stories, series = joined(costs)
    assert [(each.kind, len(each.members)) for each in stories] == [("together", 2 * ACCOUNTS), ("alone", 1)]
    assert rows_of(stories[1], series) == {2}


@few
@given(seed=st.integers(0, 10**6))
def test_other_shares_other_days_and_few_accounts_are_not_joined(seed: int) -> None:
    costs = world(seed)
    for number, row in enumerate(range(0, ROWS, SERVICES)):
        costs[row, -2:] *= 1.8 * 1.5**number
    assert {each.kind for each in joined(costs)[0]} == {"alone"}
    costs = world(seed)
    for number, row in enumerate((0, 3, 6)):
        costs[row, -1 - 3 * number :] *= 2
    assert {each.kind for each in joined(costs, window=10)[0]} == {"alone"}
    costs = world(seed)
    costs[[0, 3], -2:] *= 2
    assert [each.kind for each in joined(costs)[0]] == ["alone", "alone"]


def test_three_told_accounts_are_one_story_if_those_that_are_too_small_to_be_told_rose_too() -> None:
    large, small = [0, 3, 6], [9, 12, 15, 18, 21]
    costs = world(3, noise=0.01)
    costs[small] *= 12 / costs[small].mean(axis=1, keepdims=True)
    costs[large, -2:] *= 1.6
    assert [each.kind for each in joined(costs)[0]] == ["alone"] * 3
    costs[small, -2:] *= 1.6
    assert [(each.kind, len(each.members)) for each in joined(costs)[0]] == [("together", 3)]


def test_what_begins_everywhere_is_a_rollout() -> None:
    costs = world(2)
    costs[1::SERVICES, :-2] = 0
    costs[[1, 4], :] = 0
    (story,), _ = joined(costs)
    assert (story.kind, len(story.members), story.share) == ("rollout", ACCOUNTS - 2, None)


@few
@given(seed=st.integers(0, 10**6), part=st.floats(0.4, 0.95), goal=st.sampled_from([1, 2, 3, 12]))
def test_what_moved_is_one_story_with_the_series_that_fell(seed: int, part: float, goal: int) -> None:
    costs = world(seed, noise=0.01)
    costs[0] = costs[0] * 3
    moved = costs[0, -3:] * part
    costs[0, -3:] -= moved
    costs[goal, -3:] += moved
    (story,), series = joined(costs)
    assert story.kind == "moved"
    assert rows_of(story, series) | set(story.fell) == {0, goal}
    assert story.direction == 0


def test_an_account_that_moved_is_one_story() -> None:
    costs = world(5)
    moved = costs[:SERVICES, -3:].copy()
    costs[:SERVICES, -3:] = 0
    costs[SERVICES : 2 * SERVICES, -3:] += moved
    (story,), series = joined(costs)
    assert story.kind == "moved"
    assert rows_of(story, series) | set(story.fell) == set(range(2 * SERVICES))


def test_a_fall_of_other_dollars_of_before_or_on_a_day_that_may_grow_is_no_move() -> None:
    for spoil in ("dollars", "before", "elsewhere", "growing"):
        costs = world(6)
        costs[0] = 600 + costs[0] / 100
        costs[1, -2:] += 400
        goal = 5 if spoil == "elsewhere" else 0  # another account's other service
        costs[goal] = 600
        costs[goal, -2:] -= 200 if spoil == "dollars" else 400
        if spoil == "before":
            costs[goal, -8:] = 200
        if spoil == "growing":
            costs[1, -2] -= 400
            costs[goal, -2] += 400
        kinds = {each.kind for each in joined(costs)[0]}
        assert "moved" not in kinds, spoil


def test_the_order_of_the_series_does_not_matter() -> None:
    costs = world(7)
    costs[0::SERVICES, -2:] *= 1.7
    costs[5, -2:] *= 4
    order = np.random.default_rng(1).permutation(ROWS)
    names, kinds = [NAMES[row] for row in order], [KINDS[row] for row in order]
    found = detect(costs[order], FIRST, accounts=names, services=kinds)
    made = join_stories(found, costs[order], FIRST, accounts=names, services=kinds)
    ours, series = joined(costs)
    assert {
        (each.kind, frozenset(int(order[found[member].series]) for member in each.members)) for each in made
    } == {(each.kind, frozenset(rows_of(each, series))) for each in ours}
