"""What is known of a series changes that series, and only as it says."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finopsguard.detection import Memory
from tests.unit.detection.helpers import ACCOUNT, Costs, day, fleet, run, steady, verdicts

LABEL = (ACCOUNT, "service-0")
FOREVER = day(10_000)
seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def noisy(days: int = 112, series: int = 1) -> Costs:
    return steady(series, days, 100.0) * np.exp(0.03 * np.random.default_rng(5).normal(size=(series, days)))


spans = st.tuples(st.integers(-20, 150), st.integers(0, 60)).map(
    lambda pair: (day(pair[0]), day(pair[0] + pair[1]))
)
memories = st.builds(
    Memory,
    told=st.tuples(spans),
    planned=st.tuples(spans),
    accepted=st.tuples(st.integers(-5, 130).map(day)),
    muted=st.tuples(spans),
    ordinary=st.tuples(st.floats(0, 1e4)),
)


@quick
@given(seed=seeds, known=memories)
def test_what_is_known_of_one_series_changes_no_other(seed: int, known: Memory) -> None:
    costs = fleet(seed)
    costs[:, -2] *= np.random.default_rng(seed).choice([1.0, 8.0], len(costs))
    with_memory = verdicts(run(costs, memory={LABEL: known}, window=7, complete_until=FOREVER))
    without = verdicts(run(costs, window=7, complete_until=FOREVER))
    assert {one for one in with_memory if one[0]} == {one for one in without if one[0]}
    assert run(costs, memory={LABEL: Memory(), ("x", "y"): known}) == run(costs)


def test_a_told_incident_is_not_learned_from_however_long_it_lasted() -> None:
    costs = noisy()
    costs[0, 70:105] *= 3
    costs[0, -2] = 180.0
    assert run(costs) == []  # the level of five weeks may come back
    told = run(costs, memory={LABEL: Memory(told=((day(70), day(104)),))})
    assert [(each.day, each.kind) for each in told] == [(day(110), "spike")]
    assert told[0].expected == pytest.approx(100.0, rel=0.1)


def test_an_incident_that_goes_on_stays_an_excess_over_the_level_before_it() -> None:
    costs = noisy()
    costs[0, 70:] *= 3
    assert run(costs) == []
    (anomaly,) = run(costs, memory={LABEL: Memory(told=((day(70), day(200)),))})
    assert (anomaly.start, anomaly.kind) == (day(109), "shift")
    assert anomaly.expected == pytest.approx(100.0, rel=0.1)


def test_an_accepted_level_is_the_level_from_its_first_days_on() -> None:
    costs = noisy()
    costs[0, 108:] *= 3
    assert len(run(costs)) == 1
    known = {LABEL: Memory(accepted=(day(108),))}
    assert run(costs, memory=known) == []
    costs[0, -1] *= 2
    (anomaly,) = run(costs, memory=known)
    assert anomaly.day == day(111)
    assert anomaly.expected == pytest.approx(300.0, rel=0.07)


@pytest.mark.parametrize("kind", ["planned", "muted"])
def test_nothing_is_told_on_planned_and_on_muted_days(kind: str) -> None:
    costs = noisy()
    costs[0, -3:] *= 4
    known = Memory(**{kind: ((day(109), day(110)),)})  # type: ignore[arg-type]
    (anomaly,) = run(costs, memory={LABEL: known}, complete_until=FOREVER)
    assert (anomaly.start, anomaly.day) == (day(111), day(111))
    costs[0, -3:-1] = 0.0
    costs[0, -1] = 100.0
    assert run(costs, memory={LABEL: known}, complete_until=FOREVER) == []


def test_a_planned_event_is_not_learned_from_and_a_muted_one_is() -> None:
    costs = noisy()
    costs[0, 70:105] *= 3
    costs[0, -2] = 180.0
    span = ((day(70), day(104)),)
    assert len(run(costs, memory={LABEL: Memory(planned=span)})) == 1
    assert run(costs, memory={LABEL: Memory(muted=span)}) == []


def test_a_cost_that_was_marked_as_ordinary_is_not_told_again_and_a_larger_one_is() -> None:
    costs = noisy()
    known = {LABEL: Memory(ordinary=(400.0,))}
    costs[0, -2] = 420.0
    assert len(run(costs)) == 1
    assert run(costs, memory=known) == []
    costs[0, -2] = 450.0
    assert len(run(costs, memory=known)) == 1
    costs[0, -2] = 0.0
    assert len(run(costs, memory=known)) == 1  # a fall is another matter


def test_the_costs_given_are_left_alone() -> None:
    costs = noisy()
    before = costs.copy()
    run(costs, memory={LABEL: Memory(told=((day(70), day(200)),), accepted=(day(100),))})
    assert np.array_equal(costs, before)
