"""A day on which most of the Organization rests is a holiday, and no outage of each."""

from datetime import date

import numpy as np

from finopsguard.detection import detect
from tests.unit.detection.helpers import FIRST, Costs, verdicts

LATER = date(2040, 1, 1)
DAYS = 112  # ends on a Sunday; the last Wednesday to Friday are 107 to 109


def offices(rows: int = 20) -> Costs:
    """Series that work from Monday to Friday, and two that never rest."""
    costs = np.full((rows, DAYS), 100.0) * np.exp(0.03 * np.random.default_rng(3).normal(size=(rows, DAYS)))
    costs[:-2, np.arange(DAYS) % 7 >= 5] = 0.0
    return costs[:, :110]


def told(costs: Costs, accounts: int = 10) -> set[tuple[int, date, int]]:
    names = [f"{row % accounts:012d}" for row in range(len(costs))]
    services = [f"service-{row}" for row in range(len(costs))]
    return verdicts(detect(costs, FIRST, accounts=names, services=services, complete_until=LATER))


def test_three_idle_working_days_of_all_are_holidays() -> None:
    costs = offices()
    costs[:-2, 107:110] = 0.0
    assert told(costs) == set()


def test_three_idle_working_days_of_one_are_an_outage_and_so_is_one_of_what_never_rests() -> None:
    costs = offices()
    costs[0, 107:110] = 0.0
    assert {row for row, *_ in told(costs)} == {0}
    costs[1:-2, 107:110] = 0.0
    costs[-1, 109] = 0.0
    assert {row for row, *_ in told(costs)} == {19}


def test_what_stops_in_a_few_accounts_is_an_outage_of_these() -> None:
    costs = offices()
    costs[:-2, 107:110] = 0.0
    assert {row for row, *_ in told(costs, accounts=3)} == set(range(18))
