"""One sensitivity for an Organization, proposed from its own past without labels."""

from typing import Any

import numpy as np
import pytest

from benchmarks.detection import fleet as benchmark_fleet
from finopsguard.detection import Anomaly, DetectionConfig, detect
from finopsguard.detection.calibration import (
    MORE_NOISE,
    SAME_MESSAGE_DAYS,
    STEPS,
    Calibration,
    Step,
    calibrate,
    is_noise,
    peaks,
    proposal,
)
from finopsguard.errors import InvalidInput
from finopsguard.incidents import rules
from tests.unit.detection.helpers import ACCOUNT, FIRST, Costs, day, fleet, series, verdicts

ENOUGH = 40_000
"""Series-days of which MORE_NOISE is more than one alert."""


def calibrated(costs: Costs, **options: Any) -> Calibration:
    named = series(costs)
    return calibrate(costs, FIRST, accounts=named.accounts, services=named.services, **options)


def quiet(rows: int = 4, days: int = 110) -> Costs:
    return 100 * np.exp(0.02 * np.random.default_rng(2).normal(size=(rows, days)))


def noise(*by_step: int) -> list[Step]:
    return [Step(sensitivity, 0, 0, count, 0.0) for sensitivity, count in zip(STEPS, by_step, strict=True)]


@pytest.mark.parametrize(
    ("by_step", "proposed"),
    [
        ((0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 2.0),
        ((0, 0, 0, 0, 0, 1, 1, 1, 2, 3), 1.5),
        ((9, 9, 9, 9, 10, 10, 11, 11, 11, 11), 1.2),
        # Fewer again at a higher step is chance.
        ((9, 9, 9, 9, 9, 11, 10, 10, 10, 10), 1.1),
        # The default may be noisy itself; what is proposed is never less.
        ((0, 5, 20, 90, 95, 95, 95, 95, 95, 95), 1.0),
    ],
)
def test_the_largest_sensitivity_that_adds_next_to_no_noise_is_proposed(
    by_step: tuple[int, ...], proposed: float
) -> None:
    assert 1 < MORE_NOISE * ENOUGH / 1000 < 2
    assert proposal(noise(*by_step), ENOUGH) == (proposed, "measured")


def test_a_past_in_which_one_alert_is_too_many_says_nothing() -> None:
    assert proposal(noise(*[0] * len(STEPS)), 33_000) == (1.0, "too_few")


def test_what_is_back_next_day_and_small_is_noise_and_what_lasts_is_large_or_falls_is_none() -> None:
    costs = quiet(7)
    costs[0, 80] += 60  # noise
    costs[1, 80:83] += 60  # lasts
    costs[2, 80] += 250  # more than doubled, and $200
    costs[3] *= 30
    costs[3, 80] *= 1.5  # $1,500, and not doubled: noise
    costs[4, 80] = 0  # falls
    costs[5, -1] += 60  # nobody knows how it goes on
    costs[6, 80], costs[6, 81] = 160, 190  # still up on the day after
    step = calibrated(costs).steps[STEPS.index(1.0)]
    assert (step.alerts, step.noise) == (7, 2)


def test_a_day_after_which_the_cost_is_still_up_is_no_noise_also_where_only_the_first_is_told() -> None:
    costs = np.full((1, 110), 100.0)
    told = Anomaly(0, ACCOUNT, "s", day(80), day(80), 1, 160.0, 100.0, 60.0, 1.0, "spike", ((day(80), 60.0),))
    costs[0, 80] = 160
    assert is_noise(told, costs, FIRST, DetectionConfig())
    costs[0, 81] = 130
    assert not is_noise(told, costs, FIRST, DetectionConfig())
    costs[0, 74] = 130  # as on that weekday a week before
    assert is_noise(told, costs, FIRST, DetectionConfig())


def test_services_that_began_together_are_one_message() -> None:
    assert SAME_MESSAGE_DAYS == rules.SAME_CAUSE_DAYS
    costs = quiet(5)
    costs[0, 80] += 300
    costs[1, 81] += 500
    costs[2, 82] += 400
    costs[3, 80] = 0
    step = calibrated(costs).steps[STEPS.index(1.0)]
    assert (step.alerts, step.messages) == (4, 3)
    named = series(costs)
    found = detect(costs, FIRST, accounts=named.accounts, services=named.services, window=60)
    assert [round(each, -2) for each in sorted(peaks(found))] == [100, 400, 500]


def test_each_step_judges_as_detect_does_and_tells_what_it_adds() -> None:
    costs = fleet(3, series=10)
    costs[:, 70] *= np.linspace(1.3, 3, 10)
    named = series(costs)
    found = {
        sensitivity: detect(
            costs,
            FIRST,
            accounts=named.accounts,
            services=named.services,
            config=DetectionConfig(sensitivity=sensitivity),
            window=60,
        )
        for sensitivity in (0.7, 1.0, 2.0)
    }
    made = calibrated(costs)
    by_step = {step.sensitivity: step for step in made.steps}
    assert {s: by_step[s].alerts for s in found} == {s: len(anomalies) for s, anomalies in found.items()}
    new = verdicts(found[2.0]) - verdicts(found[1.0])
    assert new
    more = sum(
        abs(usd)
        for each in found[2.0]
        for on, usd in each.excess_by_day
        if (each.series, on, each.direction) in new
    )
    assert by_step[2.0].usd == pytest.approx(more)
    assert by_step[0.7].usd < 0 == by_step[1.0].usd
    assert (made.days, made.series_days) == (60, 600)
    assert made.per_1000(3) == 5.0
    assert made.a_week(30) == 3.5


def test_a_young_series_is_judged_among_its_service_s_others_at_each_step() -> None:
    """What a service shares of its noise is not known of those series alone that a higher sensitivity tells."""
    data = benchmark_fleet.make(104)
    costs = data.cost[[row for row, service in enumerate(data.service) if service == "Data Transfer"]]

    def judged(rows: Costs) -> list[Anomaly]:
        accounts, services = [str(row) for row in range(len(rows))], ["Data Transfer"] * len(rows)
        config = DetectionConfig(sensitivity=1.75)
        return detect(rows, data.first_day, accounts=accounts, services=services, config=config, window=60)

    found = judged(costs)
    told = sorted({each.series for each in found})
    assert len(judged(costs[told])) != len(found)
    accounts, services = [str(row) for row in range(len(costs))], ["Data Transfer"] * len(costs)
    made = calibrate(costs, data.first_day, accounts=accounts, services=services, days=60)
    assert {step.sensitivity: step.alerts for step in made.steps}[1.75] == len(found)


def test_what_cannot_be_calibrated_is_refused() -> None:
    with pytest.raises(InvalidInput, match="days"):
        calibrated(quiet(), days=0)
