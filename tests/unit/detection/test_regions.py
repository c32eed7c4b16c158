"""Regions: what is new in one, what cancels in the sums of accounts, and what is judged there already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pytest

from finopsguard.detection import DetectionConfig, Memory, detect, without_told
from finopsguard.detection.detector import NOTHING_KNOWN
from finopsguard.detection.layers import judge_layers
from finopsguard.detection.memory import Label
from finopsguard.detection.model import Array
from finopsguard.detection.purposes import MACHINES, WATCHING
from finopsguard.detection.regions import Beneath, RegionAnomaly, judge_regions, without_regions
from finopsguard.detection.rest import Rest

EC2, EBS, CONFIG = "Amazon Elastic Compute Cloud - Compute", "EC2 - Other", "AWS Config"
FIRST, DAYS = date(2026, 8, 24), 98
NEWEST = FIRST + timedelta(days=DAYS - 1)
Part = tuple[str, str, str]


def steady(usd: float, since: int = 0, seed: int = 0) -> Array:
    """USD a day from a day on, with a little noise."""
    noise = 1 + 0.03 * np.random.default_rng(seed).standard_normal(DAYS)
    return np.where(np.arange(DAYS) >= since, usd * noise, 0.0)


def told(
    parts: Mapping[Part, Array],
    config: DetectionConfig = DetectionConfig(),
    memory: Mapping[Label, Memory] = NOTHING_KNOWN,
) -> tuple[list[RegionAnomaly], Beneath, list[tuple[str, str]]]:
    """What is told of (account, service, Region) costs of Regions, after accounts and services."""
    labels = sorted({(account, service) for account, service, _ in parts})
    places = sorted({(service, region) for _, service, region in parts})
    costs = np.zeros((len(labels), DAYS))
    by_region = np.zeros((len(places), DAYS))
    for (account, service, region), cost in parts.items():
        costs[labels.index((account, service))] += cost
        by_region[places.index((service, region))] += cost
    accounts, services = [each for each, _ in labels], [each for _, each in labels]
    found = detect(costs, FIRST, accounts=accounts, services=services, config=config)
    rest = without_told(costs, FIRST, found, accounts=accounts, services=services)
    beneath = Beneath(costs, rest, services)
    regions = judge_regions(by_region, FIRST, beneath, places=places, config=config, memory=memory)
    return regions, beneath, labels


HOME = {("1", EC2, "eu-west-1"): steady(400), ("1", EBS, "eu-west-1"): steady(90, seed=1)}


def test_machines_where_never_any_were_are_told_on_their_first_day_whatever_hides_them() -> None:
    hidden = {**HOME, ("1", EC2, "eu-west-1"): steady(400) - steady(300, DAYS - 1)}
    for usd, parts in ((300.0, hidden), (2.0, HOME)):
        (found,), _, _ = told({**parts, ("1", EC2, "sa-east-1"): steady(usd, DAYS - 1)})
        assert (found.places, found.new, found.security) == (((EC2, "sa-east-1"),), "compute", True) or (
            found.new == "region" and usd == 300
        )
        assert (found.anomaly.start, found.anomaly.kind) == (NEWEST, "new")
        assert found.anomaly.impact == pytest.approx(usd, rel=0.2)
        assert not found.covered


def test_on_the_three_first_days_it_is_the_same_and_then_it_is_known() -> None:
    for days in (1, 2, 3):
        (found,), _, _ = told({**HOME, ("1", EC2, "sa-east-1"): steady(3, DAYS - days)})
        assert found.anomaly.start == NEWEST - timedelta(days=days - 1)
    assert told({**HOME, ("1", EC2, "sa-east-1"): steady(3, DAYS - 8)})[0] == []


def test_what_watches_is_no_sign_that_a_region_is_used_and_no_news_by_its_cents() -> None:
    watching = {
        ("9", CONFIG, region): steady(0.8, DAYS - 1) for region in ("sa-east-1", "ap-south-1", "ca-central-1")
    }
    assert told({**HOME, **watching})[0] == []
    known = {place: steady(3) for place in watching}
    (found,), _, _ = told({**HOME, **known, ("1", EBS, "sa-east-1"): steady(7, DAYS - 1)})
    assert (found.places, found.new, found.security) == (((EBS, "sa-east-1"),), "region", False)
    assert not MACHINES & WATCHING


def test_cents_and_what_was_there_before_are_no_news() -> None:
    for usd, since in ((0.4, DAYS - 1), (4, 40), (4, 10)):
        assert told({**HOME, ("1", EC2, "sa-east-1"): steady(usd, since)})[0] == []
    once = steady(4, DAYS - 1)
    once[30] = 2
    assert told({**HOME, ("1", EC2, "sa-east-1"): once})[0] == [], "it had machines before"


def test_without_four_weeks_before_it_nobody_knows_what_is_new() -> None:
    parts = {key: cost[-20:] for key, cost in {**HOME, ("1", EC2, "sa-east-1"): steady(50, DAYS - 1)}.items()}
    places = [(service, region) for _, service, region in parts]
    costs = np.array(list(parts.values()))
    beneath = Beneath(costs, Rest(costs, FIRST), [service for service, _ in places])
    assert judge_regions(costs, FIRST, beneath, places=places) == []


def test_all_that_begins_in_a_region_is_one_and_so_are_many_regions_of_a_day() -> None:
    started = {("1", service, "sa-east-1"): steady(usd, DAYS - 1) for service, usd in ((EC2, 30), (EBS, 12))}
    (found,), _, _ = told({**HOME, **started})
    assert found.places == ((EC2, "sa-east-1"), (EBS, "sa-east-1"))
    everywhere = {("1", EC2, f"{each}-1"): steady(20, DAYS - 1) for each in ("a", "b", "c", "d")}
    (found,), _, _ = told({**HOME, **everywhere})
    assert {region for _, region in found.places} == {"a-1", "b-1", "c-1", "d-1"}
    assert found.security


def test_what_was_told_of_its_account_adds_the_mark_and_no_dollars() -> None:
    (found,), _, _ = told({**HOME, ("2", EC2, "sa-east-1"): steady(300, DAYS - 1)})
    assert (found.covered, found.security) == (True, True), "account 2 is told its new service"


def test_a_rise_that_a_saving_of_the_same_service_hides_is_told_with_where_it_came_from() -> None:
    parts = {
        ("1", EC2, "eu-west-1"): steady(400) - steady(200, DAYS - 3),
        ("1", EC2, "us-east-1"): steady(150, seed=2) + steady(200, DAYS - 3),
    }
    (found,), beneath, labels = told(parts)
    assert (found.places, found.new, found.fell) == (((EC2, "us-east-1"),), None, ((EC2, "eu-west-1"),))
    assert found.anomaly.impact == pytest.approx(600, rel=0.2)
    moved = dict(zip([service for service, _ in found.places], map(dict, found.by_place), strict=True))
    rest = without_regions(beneath.rest, beneath.services, moved)
    rows = range(len(labels))
    assert np.allclose(rest.rows(rows), beneath.rest.rows(rows), atol=20), (
        "no account shows it: nothing is out"
    )
    layers = judge_layers(rest, accounts=[each for each, _ in labels], services=beneath.services)
    assert layers == []


def test_what_an_account_or_the_service_shows_is_left_to_them() -> None:
    home = {("1", EC2, "eu-west-1"): steady(400), ("2", EC2, "us-east-1"): steady(150, seed=2)}
    risen = {**home, ("2", EC2, "us-east-1"): steady(150, seed=2) + steady(200, DAYS - 3)}
    assert told(risen)[0] == []
    many = {(f"{number}", EC2, "us-east-1"): steady(30, seed=number) for number in range(3, 33)}
    spread = {key: cost + np.where(np.arange(DAYS) >= DAYS - 3, 9.0, 0) for key, cost in many.items()}
    assert told({**home, **spread})[0] == [], "the service's sum shows it"


def test_what_was_told_is_taken_out_of_the_region_that_moved_like_it() -> None:
    parts = {
        ("1", EC2, "eu-west-1"): steady(400) - steady(150, DAYS - 2),
        ("1", EC2, "us-east-1"): steady(150, seed=2) + steady(150, DAYS - 2),
        ("2", EC2, "us-west-2"): steady(100, seed=3) + steady(500, DAYS - 2, seed=4),
    }
    found, beneath, _ = told(parts)
    assert [each.places for each in found] == [((EC2, "us-east-1"),)]
    assert beneath.told()[EC2][-1] == pytest.approx(500, rel=0.15)


def test_what_is_planned_muted_or_never_judged_is_silent() -> None:
    parts = {**HOME, ("1", EC2, "sa-east-1"): steady(30, DAYS - 1)}
    span = ((NEWEST - timedelta(days=1), NEWEST),)
    for known in (Memory(planned=span), Memory(muted=span)):
        assert told(parts, memory={("sa-east-1", EC2): known})[0] == []
    assert told(parts, DetectionConfig(excluded_services=frozenset({EC2})))[0] == []


def test_a_dearer_least_excess_tells_no_small_news() -> None:
    parts = {**HOME, ("1", EC2, "sa-east-1"): steady(5, DAYS - 1)}
    assert told(parts)[0]
    assert told(parts, DetectionConfig(min_usd=100))[0] == []


def test_what_has_no_region_is_no_place() -> None:
    (found,), _, _ = told({**HOME, ("1", EC2, "global"): steady(50, DAYS - 1)})
    assert (found.new, found.security) == (None, False), "a rise like others"


def test_a_rise_of_an_account_that_was_not_told_is_told_where_the_service_s_sum_did_not_rise() -> None:
    home, away = steady(400) - steady(200, DAYS - 3), steady(150, seed=2) + steady(200, DAYS - 3)
    places = [(EC2, "eu-west-1"), (EC2, "us-east-1")]
    costs = np.array([home, away])
    (found,) = judge_regions(costs, FIRST, Beneath(costs, Rest(costs, FIRST), [EC2, EC2]), places=places)
    assert found.places == ((EC2, "us-east-1"),)
    grown = np.array([steady(400), away])
    assert judge_regions(grown, FIRST, Beneath(grown, Rest(grown, FIRST), [EC2, EC2]), places=places) == []
