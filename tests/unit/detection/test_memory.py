"""What is known of a series changes that series, and only as it says."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finopsguard.detection import Alike, Memory, expected_costs, expected_since, untold
from tests.sweeps import examples
from tests.unit.detection.helpers import ACCOUNT, FIRST, Costs, day, fleet, run, series, steady, verdicts

LABEL = (ACCOUNT, "service-0")
FOREVER = day(10_000)
seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def noisy(days: int = 112, series: int = 1) -> Costs:
    return steady(series, days, 100.0) * np.exp(0.03 * np.random.default_rng(5).normal(size=(series, days)))


def labels(costs: Costs) -> dict[str, Any]:
    """Accounts and services as `run` names them."""
    named = series(costs)
    return {"accounts": named.accounts, "services": named.services}


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
    ordinary_low=st.tuples(st.floats(0, 1e4)),
    alike=st.tuples(st.builds(Alike, spans, st.floats(0, 10))),
    tolerance=st.floats(1, 2),
)


@quick
@given(seed=seeds, known=memories)
def test_what_is_known_of_one_series_changes_no_other(seed: int, known: Memory) -> None:
    costs = fleet(seed)
    costs[:, -2] *= np.random.default_rng(seed).choice([1.0, 8.0], len(costs))
    with_memory = verdicts(run(costs, memory={LABEL: known}, window=7, complete_until=FOREVER))
    without = verdicts(run(costs, window=7, complete_until=FOREVER))
    assert {one for one in with_memory if one[0]} == {one for one in without if one[0]}
    assert run(costs, memory={**dict.fromkeys(series(costs).labels, Memory()), ("x", "y"): known}) == run(
        costs
    )
    plain = expected_costs(costs, FIRST, days=9)
    other = expected_costs(costs, FIRST, days=9, memory={LABEL: known}, **labels(costs))
    assert np.array_equal(plain.level[1:], other.level[1:])
    assert np.array_equal(plain.high[1:], other.high[1:])
    since = [60] * len(costs)
    plain = expected_since(costs, FIRST, since)
    other = expected_since(costs, FIRST, since, memory={LABEL: known}, **labels(costs))
    assert np.array_equal(plain.level[1:], other.level[1:], equal_nan=True)


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


def test_an_accepted_level_has_the_weekdays_that_it_shows() -> None:
    """Weekends cost half; what came on top costs the same on every day, what doubled doubled them too."""
    rhythm = np.where(np.arange(112) % 7 >= 5, 0.5, 1.0)
    for extra, factor in ((200.0, 1.0), (0.0, 2.0)):
        costs = noisy() * rhythm
        ordinary = costs * factor + extra
        costs[0, 90:] = ordinary[0, 90:]
        known = {LABEL: Memory(accepted=(day(90),))}
        level = expected_costs(costs, FIRST, days=14, memory=known, **labels(costs)).level[0]
        assert level == pytest.approx(100 * rhythm[-14:] * factor + extra, rel=0.05)


def test_a_service_that_rested_at_weekends_and_was_accepted_at_work_on_them_works_on_them() -> None:
    costs = noisy() * np.where(np.arange(112) % 7 >= 5, 0.0, 1.0)
    costs[0, 90:] += 200
    known = {LABEL: Memory(accepted=(day(90),))}
    assert run(costs, memory=known, window=7) == []
    level = expected_costs(costs, FIRST, days=7, memory=known, **labels(costs)).level[0]
    assert level == pytest.approx([300, 300, 300, 300, 300, 200, 200], rel=0.05)


def test_a_credit_is_no_accepted_level() -> None:
    costs = noisy()
    costs[0, 90:] += 200
    costs[0, [80, 95, 103]] = -500.0
    known = {LABEL: Memory(accepted=(day(90),))}
    level = expected_costs(costs, FIRST, days=7, memory=known, **labels(costs)).level[0]
    assert level == pytest.approx([300] * 7, rel=0.05)


def test_a_told_incident_is_not_expected_again() -> None:
    costs = noisy()
    costs[0, 98:110] *= 1.8
    costs[0, 20:23] = 5000.0
    known = {LABEL: Memory(told=((day(20), day(22)), (day(98), day(109))))}
    assert expected_costs(costs, FIRST, days=2).level[0] == pytest.approx([180, 180], rel=0.1)
    assert expected_costs(costs, FIRST, days=2, memory=known, **labels(costs)).level[0] == pytest.approx(
        [100, 100], rel=0.1
    )
    plain = expected_since(costs, FIRST, [110])
    since = expected_since(costs, FIRST, [110], memory=known, **labels(costs))
    assert plain.level[0, 110] == pytest.approx(180, rel=0.1)
    assert since.level[0, 110] == pytest.approx(100, rel=0.1)


def test_a_day_that_memory_lets_pass_the_gates_is_told_or_explained() -> None:
    """A level of five weeks that was told is no reason any more; what is muted needs none."""
    costs = noisy()
    costs[0, 70:105] *= 3
    costs[0, -2] = 180.0
    assert [each.reason for each in untold(costs, FIRST, **labels(costs))] == ["level"]
    told = Memory(told=((day(70), day(104)),))
    assert untold(costs, FIRST, memory={LABEL: told}, **labels(costs)) == []
    muted = Memory(told=told.told, muted=((day(110), day(110)),))
    assert untold(costs, FIRST, memory={LABEL: muted}, **labels(costs)) == []


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


def test_a_fall_that_was_marked_is_not_told_again_and_a_deeper_one_is() -> None:
    costs = noisy()
    costs[0, -2] = 10
    assert verdicts(run(costs, complete_until=FOREVER))
    assert not verdicts(run(costs, memory={LABEL: Memory(ordinary_low=(10.5,))}, complete_until=FOREVER))
    assert verdicts(run(costs, memory={LABEL: Memory(ordinary_low=(20.0,))}, complete_until=FOREVER))
    assert verdicts(run(costs, memory={LABEL: Memory(ordinary=(500.0,))}, complete_until=FOREVER)), "no rise"


def test_what_is_alike_is_not_told_on_its_days_and_is_on_others() -> None:
    costs = noisy()
    costs[0, -2] *= 2
    now, before = (day(110), day(110)), (day(90), day(109))
    assert not verdicts(run(costs, memory={LABEL: Memory(alike=(Alike(now, 2.0),))}))
    assert verdicts(run(costs, memory={LABEL: Memory(alike=(Alike(now, 1.5),))}))
    assert verdicts(run(costs, memory={LABEL: Memory(alike=(Alike(before, 2.0),))}))
    assert verdicts(run(costs, memory={LABEL: Memory(alike=(Alike(now, 0.5),))})), "it is of falls"


def test_what_is_tolerated_has_to_lie_so_many_times_as_far_beyond_the_threshold() -> None:
    costs = noisy()
    costs[0, -2] *= 1.45
    (found,) = run(costs)
    assert 1 < found.score < 4
    for tolerance, told in ((found.score * 0.99, 1), (found.score * 1.01, 0)):
        assert len(run(costs, memory={LABEL: Memory(tolerance=tolerance)})) == told


def test_the_costs_given_are_left_alone() -> None:
    costs = noisy()
    before = costs.copy()
    run(costs, memory={LABEL: Memory(told=((day(70), day(200)),), accepted=(day(100),))})
    assert np.array_equal(costs, before)
