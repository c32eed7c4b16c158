"""Gates: each is a replay as a run judges, and the suggested one keeps to what is wanted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from unittest.mock import patch

import numpy as np

from finopsguard.costs.series import DailySeries
from finopsguard.detection import DetectionConfig
from finopsguard.incidents import gates
from finopsguard.incidents.follow import with_least
from finopsguard.incidents.gates import Gates, Told
from finopsguard.incidents.replay import Morning, mornings
from tests.sweeps import share

FIRST = date(2026, 8, 1)
DAYS = 12
REPLAYED = gates.told


@cache
def series() -> DailySeries:
    """Four accounts, each of which has one day far above: by 30, 90, 270 and 810 USD, three days apart."""
    costs = np.random.default_rng(7).normal(100, 1, (4, 100))
    for row in range(4):
        costs[row, 89 + 3 * row] += 30 * 3**row
    accounts = [f"{row}" * 12 for row in range(4)]
    return DailySeries(accounts, ["Amazon EC2"] * 4, FIRST, costs)


@cache
def week_and_a_half() -> list[Morning]:
    return mornings(series(), DAYS, history_days=98)


@cache
def told(usd: float) -> Told:
    """What a replay with that gate tells: told once for all tests."""
    return REPLAYED(week_and_a_half(), with_least(DetectionConfig(), usd))


def tried(wanted: float, least: float = 10) -> Gates:
    """The gates, each of which takes what a replay with it tells from `told`."""
    with patch.object(gates, "told", lambda _, config: told(config.min_usd)):
        return gates.tried(
            week_and_a_half(), with_least(DetectionConfig(), least), wanted=wanted, known=told(least)
        )


def test_each_gate_tells_what_a_replay_with_it_tells() -> None:
    found = gates.tried(week_and_a_half(), DetectionConfig(), wanted=1 / 3, known=told(10))
    for gate in share(found.tried, every=3):
        alone = told(float(gate.usd))
        assert (gate.messages, gate.above, gate.below) == (alone.messages, alone.above, alone.below)
    messages = [gate.messages for gate in found.tried]
    assert messages == sorted(messages, reverse=True)
    assert len(set(messages)) > 2


def test_the_smallest_that_keeps_to_what_is_wanted_is_suggested() -> None:
    for wanted in (1, 2, 3):
        found = tried(wanted * 7 / DAYS)
        chosen = next(gate for gate in found.tried if gate.usd == found.suggested)
        assert chosen.messages <= wanted
        assert all(gate.messages > wanted for gate in found.tried if gate.usd < chosen.usd)
        assert sum(gate.usd > chosen.usd for gate in found.tried) >= 2, "the choice is seen from both sides"


def test_the_one_that_is_set_stays_where_a_smaller_one_tells_no_more() -> None:
    assert tried(7.0).suggested == 10
    assert tried(7.0, least=25).suggested == 25
    assert tried(1 / 3, least=50).suggested != 50


def test_where_nothing_is_told_nothing_is_changed() -> None:
    quiet = DailySeries(["1" * 12], ["Amazon EC2"], FIRST, np.full((1, 100), 50.0))
    config = DetectionConfig()
    each_morning = mornings(quiet, DAYS, history_days=98)
    known = gates.told(each_morning, config)
    found = gates.tried(each_morning, config, wanted=1, known=known)
    assert (known.messages, known.above, found.suggested) == (0, Decimal(0), Decimal(10))


def test_dollars_are_those_of_the_whole_story_though_it_was_told_on_its_first_day() -> None:
    costs = series().costs.copy()
    costs[0, 91:96] += 400
    longer = DailySeries(series().accounts, series().services, FIRST, costs)
    found = gates.told(mornings(longer, DAYS, history_days=98), DetectionConfig())
    story = max(found.stories.values(), key=lambda each: each.impact)
    first = next(each for run in found.runs for each in run.told if each.id == story.id)
    assert 1900 < story.impact < 2100
    assert first.impact < 900
    assert found.above > story.impact
