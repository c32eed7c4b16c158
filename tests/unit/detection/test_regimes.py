"""Labels of generated data are held to their means; what knows the means is held to cases that can be worked out."""

from collections import defaultdict
from datetime import date
from types import ModuleType

import numpy as np
import pytest

from benchmarks.detection import estate, fleet, holding, ledger, yearly
from benchmarks.detection.holding_services import BEFORE, DAYS
from benchmarks.detection.labels import Array, Injector, Labelled, policy_of
from benchmarks.detection.oracle import LONGEST, Noise, ceiling, evidence, rise_of_days
from benchmarks.detection.replay import Recorder


@pytest.fixture(scope="module")
def year_end() -> Labelled:
    """A holding whose judged weeks begin on the last days of December."""
    return holding.make(3, accounts=25, last_day=date(2026, 1, 25), mean=True)


def undisturbed(data: Labelled) -> Array:
    """Costs without the incidents."""
    cost = data.cost.copy()
    for incident in data.incidents:
        cost[incident.series] -= incident.excess
    return cost


def mean_of(data: Labelled) -> Array:
    assert data.mean is not None
    return data.mean


def test_nothing_material_happens_in_a_holding_without_a_label(year_end: Labelled) -> None:
    """Neither a day nor a week of the judged weeks is materially above all of the hundred days before, on average."""
    mean, judged = mean_of(year_end), ~year_end.neutral[:, BEFORE:]
    past, now = mean[:, BEFORE - 100 : BEFORE], mean[:, BEFORE:]
    for days in (1, 7):
        before = np.lib.stride_tricks.sliding_window_view(past, days, axis=1).mean(axis=2).max(axis=1)
        weeks = np.lib.stride_tricks.sliding_window_view(mean[:, BEFORE - days + 1 :], days, axis=1).mean(
            axis=2
        )
        above = (weeks > 1.2 * before[:, None]) & (weeks > before[:, None] + 10)
        assert not (above & judged).any()
    used = (past.max(axis=1) > 20) & (past.min(axis=1) > 0.5 * past.max(axis=1))
    quiet = np.array(
        [name != "office" for name in year_end.service]
    )  # closed between Christmas and the new year
    assert (now.max(axis=1) > 0.5 * past.max(axis=1))[used & quiet].all()


def test_the_labels_of_a_holding_say_what_was_done_to_its_mean(year_end: Labelled) -> None:
    base, mean = undisturbed(year_end), mean_of(year_end)
    labelled = [one for one in year_end.incidents if one.kind != "tiny"]
    agree = [
        one.policy == policy_of(one.excess * one.direction, mean[one.series], one.direction)
        for one in labelled
    ]
    assert np.mean(agree) > 0.9
    assert {one.policy for one in year_end.incidents if one.kind == "tiny"} == {"tiny"}
    used = mean > 0
    assert np.abs(base[used] / mean[used] - 1).mean() < 0.12
    assert np.mean(base[used] / mean[used]) == pytest.approx(1, abs=0.005)
    apart = (base - mean)[:, BEFORE:].mean(axis=1)
    assert (np.abs(apart) < np.maximum(0.15 * mean[:, BEFORE:].mean(axis=1), 1)).all()
    changed = {one.series for one in year_end.incidents}
    others = [row for row in range(len(base)) if row not in changed]
    assert np.array_equal(base[others], year_end.cost[others])


def test_what_moves_in_a_holding_falls_here_and_rises_there(year_end: Labelled) -> None:
    moved = defaultdict(list)
    for one in year_end.incidents:
        if one.kind == "moved":
            moved[one.group].append(one)
    assert moved
    for one, other in moved.values():
        assert {one.direction, other.direction} == {-1, 1}
        assert np.allclose(one.excess, -other.excess)
        assert one.start >= BEFORE and one.end == DAYS - 1


def test_a_replay_answers_with_means_and_a_recorder_as_any_source() -> None:

    def draw(source: np.random.Generator) -> tuple[int, list[float], float]:
        return source.choice(5, p=[0.2] * 5), source.gamma(4, 0.5, 3).tolist(), source.uniform()

    source = Recorder([1, 2])
    size, noise, share = draw(source)
    assert (size, noise, share) == draw(np.random.default_rng([1, 2]))
    assert (size, [2.0, 2.0, 2.0], share) == draw(source.replay())
    counts = Recorder([3])
    counts.poisson(np.full(2, 9.0))
    counts.lognormal(0.0, 1.0, 9)
    calm = counts.replay()
    number = calm.poisson(np.full(2, 9.0))[0]
    assert calm.lognormal(0.0, 1.0, number).sum() == pytest.approx(9 * np.exp(0.5))


@pytest.mark.parametrize("module", [fleet, ledger, estate])
def test_a_mean_changes_no_cost_and_costs_lie_around_it(module: ModuleType) -> None:
    made, plain = module.make(4, accounts=5, mean=True), module.make(4, accounts=5)
    assert plain.mean is None
    assert np.array_equal(made.cost, plain.cost)
    cost, mean = undisturbed(made).sum(axis=1), mean_of(made).sum(axis=1)
    assert cost.sum() == pytest.approx(mean.sum(), rel=0.02)
    assert np.mean(np.abs(cost - mean) <= 0.04 * mean) > 0.85


def test_one_day_is_as_likely_as_its_law_says() -> None:
    """For one day the ratio is that of the density at 0 and at its own error: (v + 1) / 2 log(1 + t^2 / v)."""
    errors = np.zeros((1, LONGEST + 1))
    errors[0, -1] = 0.5
    ratio = rise_of_days(errors, Noise(np.array([0.1]), np.array([0.0]), np.array([10.0])))
    student = 0.5 / 0.1 / np.sqrt(8 / 10)
    assert ratio[0] == pytest.approx(5.5 * np.log1p(student**2 / 10))
    assert rise_of_days(-errors, Noise(np.array([0.1]), np.array([0.0]), np.array([10.0])))[0] == 0


def test_a_rise_of_days_counts_together_and_is_over_when_it_is_over() -> None:
    noise = Noise(np.array([0.1]), np.array([0.0]), np.array([30.0]))
    errors = np.zeros((1, LONGEST + 1))
    errors[0, -4:] = 0.25
    four = rise_of_days(errors, noise)[0]
    errors[0, -4:-1] = 0
    assert four > 3 * rise_of_days(errors, noise)[0]
    errors[0, -4:] = (0.25, 0.25, 0.25, 0.01)
    assert rise_of_days(errors, noise)[0] < 0.1 * four


def known(shift: float) -> Labelled:
    """A hundred series of $100 in 5 % noise; ten cost `shift` USD more from some day on."""
    rng = np.random.default_rng(7)
    mean = np.full((100, 80), 100.0)
    cost = mean * np.exp(0.05 * rng.normal(size=mean.shape))
    names = [str(row) for row in range(100)]
    data = Labelled("known", date(2026, 1, 1), cost, np.ones((20, 100, 2)), np.zeros(cost.shape, np.bool_),
                    names, names, 20, mean=mean)  # fmt: skip
    injector = Injector(data, rng, 1.0)
    for row in range(10):
        injector.add(row, "shift", 66, np.full(14, shift))
    return data


def test_the_oracle_finds_what_stands_out_of_known_noise_and_keeps_to_its_rate() -> None:
    top = ceiling([known(40.0)])
    assert (top.total.found, top.total.false) == (10, 0)
    assert ceiling([known(40.0)], allowed=1e9).threshold < top.threshold or top.threshold < 1.1
    assert ceiling([known(9.0)]).total.false_per_1000 <= 0.1
    with pytest.raises(ValueError, match="without its mean"):
        evidence(holding.make(1, accounts=2))


def test_years_have_the_stated_noise_and_events() -> None:
    years = yearly.make("noisy", [1])
    assert len(years.events) == 27 * yearly.COUNT
    assert np.std(years.calm / years.mean - 1) == pytest.approx(0.15, rel=0.05)
    assert np.array_equal(years.cost[:, : yearly.SECOND_YEAR], years.calm[:, : yearly.SECOND_YEAR])
    added = sum(event.usd for event in years.events)
    assert (years.cost - years.calm).sum() == pytest.approx(added)
    days = [(event.series, day) for event in years.events for day in range(event.start, event.end + 1)]
    assert len(days) == len(set(days)) == (~yearly.ordinary_days(years)).sum()


def test_of_years_the_share_of_events_and_dollars_is_counted_by_set() -> None:
    years = yearly.make("plain", [1, 2])
    flags = np.zeros_like(yearly.ordinary_days(years))
    largest = max(years.events, key=lambda event: event.usd)
    flags[largest.series, largest.end - yearly.SECOND_YEAR] = True
    shares = yearly.found(years, flags)
    assert [one.false_days for one in shares] == [0, 0]
    one = shares[largest.series // yearly.COUNT]
    assert one.events == pytest.approx(1 / (27 * yearly.COUNT))
    assert one.usd > one.events
    assert yearly.largest(lambda sensitivity: 0.01 * sensitivity / 3) == pytest.approx(3, rel=0.05)
