"""Roll-ups tell what no series tells, and nothing else."""

from datetime import date

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finopsguard.detection import DetectionConfig, LayerAnomaly, Memory, detect, judge_layers, without_told
from tests.unit.detection.helpers import FIRST, Costs, day

few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ACCOUNTS, SERVICES, DAYS = 12, 4, 100


def labels() -> tuple[list[str], list[str], list[str]]:
    """(accounts, services, regions) of a row for each account and service."""
    accounts = [f"{row // SERVICES:012d}" for row in range(ACCOUNTS * SERVICES)]
    services = [f"service-{row % SERVICES}" for row in range(ACCOUNTS * SERVICES)]
    return accounts, services, [f"region-{row // SERVICES % 2}" for row in range(ACCOUNTS * SERVICES)]


def world(seed: int, noise: float = 0.04) -> Costs:
    """Small services of $20 a day."""
    rng = np.random.default_rng(seed)
    return np.asarray(20 * np.exp(noise * rng.normal(size=(ACCOUNTS * SERVICES, DAYS))))


def layers(
    costs: Costs, memory: dict[tuple[str, str], Memory] | None = None, config: DetectionConfig | None = None
) -> list[LayerAnomaly]:
    accounts, services, regions = labels()
    known, policy = memory or {}, config or DetectionConfig()
    found = detect(costs, FIRST, accounts=accounts, services=services, config=policy, memory=known)
    rest = without_told(costs, FIRST, found, accounts=accounts, services=services, memory=known)
    return judge_layers(rest, accounts=accounts, services=services, regions=regions, config=policy)


@few
@given(seed=st.integers(0, 10**6), row=st.integers(0, ACCOUNTS * SERVICES - 1), factor=st.floats(3, 50))
def test_what_a_series_tells_no_roll_up_tells(seed: int, row: int, factor: float) -> None:
    costs = world(seed)
    costs[row, -2:] *= factor
    assert layers(costs) == []


@few
@given(seed=st.integers(0, 10**6), account=st.integers(0, ACCOUNTS - 1))
def test_many_small_rises_of_an_account_are_told_as_its_own_once(seed: int, account: int) -> None:
    costs = world(seed)
    costs[account * SERVICES : (account + 1) * SERVICES, -2:] += 8  # each is below the gate of $10
    (told,) = layers(costs)
    assert (told.scope, told.anomaly.account_id, told.anomaly.service) == ("account", f"{account:012d}", "")
    assert told.rows == tuple(range(account * SERVICES, (account + 1) * SERVICES))
    assert told.anomaly.start == day(DAYS - 2)


@few
@given(seed=st.integers(0, 10**6), service=st.integers(0, SERVICES - 1))
def test_a_service_that_rises_a_little_everywhere_is_told_in_its_regions_and_not_above(
    seed: int, service: int
) -> None:
    costs = world(seed)
    costs[service::SERVICES, -2:] += 8
    told = layers(costs)
    assert {(each.scope, each.anomaly.service, each.region) for each in told} == {
        ("service_region", f"service-{service}", region) for region in ("region-0", "region-1")
    }


def test_some_percent_of_everything_are_the_organizations() -> None:
    costs = world(3, noise=0.01) * 40
    costs[:, -2:] *= 1.19  # of $800 each: less than a fifth counts only from the larger gate on
    assert {each.scope for each in layers(costs, config=DetectionConfig(large_usd=2500))} == {"organization"}


def test_what_people_muted_or_never_judge_is_in_no_roll_up() -> None:
    accounts, services, _ = labels()
    costs = world(4)
    costs[:SERVICES, -2:] += 8
    forever = (date(2026, 1, 1), date(2040, 1, 1))
    muted = {(accounts[row], services[row]): Memory(muted=(forever,)) for row in range(SERVICES)}
    assert layers(costs, muted) == []
    ignored = DetectionConfig(excluded_services=frozenset(services[:2]))
    costs[:SERVICES, -2:] -= 8
    costs[[0, 1], -2:] += 500
    assert layers(costs, config=ignored) == []


def test_an_organization_without_trouble_is_quiet() -> None:
    assert [each for seed in range(20) for each in layers(world(seed, noise=0.1))] == []


def offices(seed: int) -> tuple[list[str], list[str], Costs]:
    """(accounts, services, costs until a Wednesday) of desks, builds and servers in 20 accounts.

    Desks and builds work from Monday to Friday, in five large accounts from Sunday to Thursday and in two from Tuesday
    to Saturday; servers never rest.
    """
    weekday = np.arange(DAYS + 1) % 7
    account = np.arange(60) // 3
    costs = 100 * np.exp(0.03 * np.random.default_rng(seed).normal(size=(60, len(weekday))))
    works = np.tile(weekday < 5, (60, 1))
    costs[np.isin(account, (2, 7, 10, 12, 17))] *= 2
    works[np.isin(account, (2, 7, 10, 12, 17))] = (weekday < 4) | (weekday == 6)
    works[np.isin(account, (5, 15))] = (weekday > 0) & (weekday < 6)
    works[2::3] = True
    return [f"{each:012d}" for each in account], ["desks", "builds", "servers"] * 20, costs * works


@few
@given(seed=st.integers(0, 10**6))
def test_a_holiday_is_no_fall_of_a_service_and_an_outage_of_one_is(seed: int) -> None:
    accounts, services, costs = offices(seed)

    def fallen(costs: Costs) -> list[tuple[str, str]]:
        until = day(DAYS + 1)
        found = detect(costs, FIRST, accounts=accounts, services=services, complete_until=until)
        rest = without_told(costs, FIRST, found, accounts=accounts, services=services)
        layers = judge_layers(rest, accounts=accounts, services=services, complete_until=until)
        return [(each.scope, each.anomaly.service) for each in layers if each.anomaly.direction < 0]

    costs[::3, -1] = 0.0
    assert fallen(costs) == [("service", "desks")]
    costs[1::3, -1] = 0.0
    assert fallen(costs) == []
