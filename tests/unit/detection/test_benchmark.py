"""The benchmark must be right before its figures mean anything."""

from datetime import date

import numpy as np
import pytest

from benchmarks.detection import estate, fleet, holding, ledger
from benchmarks.detection.labels import Injector, Labelled, policy_of
from benchmarks.detection.metrics import Flags, Score, score

DAYS, RUNS = 60, 20


def data() -> Labelled:
    """Three series of $100 a day; an incident of five days on the first, a tiny one on the second."""
    cost = np.full((3, DAYS), 100.0)
    made = Labelled(
        "test",
        date(2026, 1, 1),
        cost,
        np.ones((RUNS, 3, 2)),
        np.zeros((3, DAYS), np.bool_),
        ["1", "1", "2"],
        ["a", "b", "c"],
        RUNS,
    )
    injector = Injector(made, np.random.default_rng(0), 1.0)
    injector.add(0, "shift", 45, np.full(5, 80.0))
    injector.add(1, "tiny", 50, np.array([1.5]))
    return made


def flags(*seen: tuple[int, int, int]) -> Flags:
    """Flags from (run as a day index, series, day)."""
    out = np.zeros((RUNS, 3, 3), np.bool_)
    for newest, series, day in seen:
        out[newest - (DAYS - RUNS), series, 2 - (newest - day)] = True
    return out


def scored(*seen: tuple[int, int, int]) -> Score:
    return score(data(), flags(*seen), flags())


def test_an_incident_is_found_once_with_its_delay_and_dollars() -> None:
    one = scored((46, 0, 46), (47, 0, 46), (47, 0, 47))
    assert (one.incidents, one.found, one.false, one.duplicates) == (1, 1, 0, 0)
    assert (one.f1, one.delay, one.usd_caught) == (1.0, 1.0, 1.0)


def test_silence_finds_nothing() -> None:
    assert (scored().f1, scored().usd_caught) == (0.0, 0.0)


def test_an_alert_elsewhere_is_false_and_a_tiny_incident_counts_as_such() -> None:
    one = scored((55, 2, 55), (50, 1, 50))
    assert (one.found, one.false, one.tiny) == (0, 2, 1)
    assert one.false_per_1000 == pytest.approx(1000 * 2 / (3 * RUNS))


def test_close_days_are_one_alert_and_distant_ones_two() -> None:
    assert scored((50, 2, 50), (53, 2, 53)).false == 1
    assert scored((50, 2, 50), (54, 2, 54)).false == 2


def test_an_alert_of_the_other_direction_finds_nothing() -> None:
    one = score(data(), flags(), flags((46, 0, 46)))
    assert (one.found, one.false, one.false_drops) == (0, 1, 1)


def test_an_endless_alert_is_cut_and_cannot_find_what_begins_later() -> None:
    endless = [(newest, 0, newest) for newest in range(40, 59)]
    one = scored(*endless)
    assert (one.found, one.false) == (1, 1)


def test_where_both_are_right_an_alert_is_neither() -> None:
    made = data()
    made.neutral[2, 55] = True
    assert score(made, flags((55, 2, 55)), flags()).false == 0


def test_scores_add_up() -> None:
    both = scored((46, 0, 46)) + scored((55, 2, 55))
    assert (both.incidents, both.found, both.false, both.by_kind["shift"]) == (2, 1, 1, [1, 2])


@pytest.mark.parametrize(
    ("excess", "ordinary", "policy"),
    [(10, 50, "alert"), (9.9, 5, "either"), (10, 51, "either"), (200, 2000, "alert"), (1.9, 0, "tiny")],
)
def test_the_label_follows_the_policy(excess: float, ordinary: float, policy: str) -> None:
    assert policy_of(np.array([excess]), np.array([ordinary])) == policy


@pytest.mark.parametrize(("missing", "policy"), [(85, "alert"), (84, "either"), (19, "either")])
def test_a_fall_is_labelled_by_the_gates_of_falls(missing: float, policy: str) -> None:
    assert policy_of(np.array([missing]), np.array([100.0 if missing > 20 else 20.0]), -1) == policy


@pytest.mark.parametrize("module", [fleet, ledger, estate, holding])
def test_a_generator_repeats_itself_and_its_runs_see_partial_days(module: object) -> None:
    made, again = (module.make(5, accounts=6) for _ in range(2))  # type: ignore[attr-defined]
    assert np.array_equal(made.cost, again.cost)
    assert np.isfinite(made.cost).all()
    assert any(incident.policy == "alert" for incident in made.incidents)
    view, first = made.seen(3, 100)
    newest = first + view.shape[1] - 1
    assert newest == made.cost.shape[1] - made.runs + 3
    assert np.array_equal(view[:, -1], made.cost[:, newest] * made.completeness[3, :, 0])
    partial = made.completeness.shape[2]
    assert np.array_equal(view[:, :-partial], made.cost[:, first : newest + 1 - partial])
