"""What is told of Regions has a life, and nothing of it is told twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import numpy as np

from finopsguard.costs.regions import RegionSeries
from finopsguard.costs.series import DailySeries
from finopsguard.detection import DetectionConfig
from finopsguard.incidents import explaining
from finopsguard.incidents.follow import Known, follow
from finopsguard.incidents.lines import lines
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.costs import AccountUsage
from finopsguard.models.incident import Incident
from finopsguard.models.run import Period
from tests.unit.incidents.estates import Costs
from tests.unit.incidents.reports import END
from tests.unit.report.sample import weekly

EC2, EBS = "Amazon Elastic Compute Cloud - Compute", "EC2 - Other"
DAYS = 110
HOME, AWAY = "eu-west-1", "ap-south-1"
Place = tuple[str, str, str]
"""(account, service, Region)."""
ONE, OTHER = "000000000001", "000000000002"


def steady(usd: float, since: int = 0) -> Costs:
    """Until the end; 0 before the last `since` days, if any."""
    noise = 1 + 0.02 * np.random.default_rng(int(usd)).standard_normal(DAYS)
    return np.where(np.arange(DAYS) >= (DAYS - since if since else 0), usd * noise, 0.0)


def world() -> dict[Place, Costs]:
    return {(ONE, EC2, HOME): steady(400), (ONE, EBS, HOME): steady(90), (OTHER, EC2, HOME): steady(300)}


def told(
    places: Mapping[Place, Costs], back: int = 0, before: Sequence[Incident] = (), *, read: bool = True
) -> tuple[tuple[Incident, ...], tuple[AnomalyLine, ...]]:
    """What is known after a report, and its lines; Regions only where they were `read`."""
    days = DAYS - back
    first = END - timedelta(days=DAYS)
    own = sorted({(account, service) for account, service, _ in places})
    of_regions = sorted({(service, region) for _, service, region in places})
    costs, by_region = np.zeros((len(own), days)), np.zeros((len(of_regions), days))
    for (account, service, region), cost in places.items():
        costs[own.index((account, service))] += cost[:days]
        by_region[of_regions.index((service, region))] += cost[:days]
    series = DailySeries([each for each, _ in own], [each for _, each in own], first, costs)
    life, now = follow(
        Known(before),
        series,
        Period(series.end - timedelta(days=1), series.end),
        judged_days=3,
        provisional_days=[series.last_day],
        config=DetectionConfig(),
        regions=RegionSeries(of_regions, first, by_region) if read else None,
    )
    return life, lines(now, series, {}, Period(series.end - timedelta(days=1), series.end), life)


def hidden(days: int = 6) -> dict[Place, Costs]:
    """Machines begin in a Region never used, behind a saving of as much at home."""
    made = world()
    made[ONE, EC2, AWAY] = steady(250, days)
    made[ONE, EC2, HOME] = made[ONE, EC2, HOME] - steady(250, days)
    return made


def test_a_region_behind_a_saving_is_told_on_its_first_day_and_goes_on() -> None:
    places = hidden()
    life: tuple[Incident, ...] = ()
    seen = []
    for back in range(5, -1, -1):
        life, (line,) = told(places, back, life)
        seen.append(line)
    assert [line.status for line in seen] == ["new", *["continuing"] * 5]
    assert {line.id for line in seen} == {seen[0].id}
    assert (line.scope, line.region, line.service, line.account_id) == ("service_region", AWAY, EC2, "")
    assert (line.new, line.security, line.direction) == ("region", True, 1)
    assert abs(line.impact - 250 * 6) < 100, "all of its days"
    assert line.run_rate_month is not None
    assert abs(line.run_rate_month - 30 * 250) < 500, "a month of its newest day"
    assert len(line.daily) == 6


def test_a_trifle_of_machines_goes_on_too() -> None:
    places = world() | {(ONE, EC2, AWAY): steady(4, 7)}
    life: tuple[Incident, ...] = ()
    for back in range(6, -1, -1):
        life, (line,) = told(places, back, life)
    assert (line.status, line.new, line.ended) == ("continuing", "compute", None)
    assert line.impact > 20


def test_what_an_account_tells_has_its_region_and_mark_and_no_second_line() -> None:
    places = world() | {(OTHER, EBS, AWAY): steady(60, 2)}
    _, (line,) = told(places)
    assert (line.scope, line.account_id, line.service) == ("account_service", OTHER, EBS)
    assert (line.region, line.new) == (AWAY, "region")


def test_where_regions_are_not_read_nothing_begins_and_what_is_known_goes_on() -> None:
    assert told(hidden(), read=False)[1] == ()
    life, _ = told(hidden(), 3)
    _, (line,) = told(hidden(), 2, life, read=False)
    assert (line.scope, line.status) == ("service_region", "continuing")


def test_many_regions_of_a_day_are_one_line_with_a_part_for_each() -> None:
    places = world() | {(ONE, EC2, f"{name}-1"): steady(30 + each, 2) for each, name in enumerate("abcd")}
    made = places[ONE, EC2, HOME]
    places[ONE, EC2, HOME] = made - steady(126, 2)
    _, (line,) = told(places)
    assert (line.scope, line.story, line.security) == ("service_region", "together", True)
    assert {cause.value for cause in line.causes} == {f"{name}-1" for name in "abcd"}
    assert sum((cause.impact for cause in line.causes), Decimal(0)) == line.impact


def test_what_moved_to_another_region_says_from_where() -> None:
    places = world() | {(ONE, EC2, AWAY): steady(100)}
    places[ONE, EC2, AWAY] = places[ONE, EC2, AWAY] + steady(150, 3)
    places[ONE, EC2, HOME] = places[ONE, EC2, HOME] - steady(150, 3)
    _, (line,) = told(places)
    assert (line.scope, line.region, line.from_region, line.new) == ("service_region", AWAY, HOME, None)


def test_its_accounts_are_asked_for_and_are_its_causes() -> None:
    _, (line,) = told(hidden(2))
    report = weekly()
    known = report.accounts[0].id
    where = explaining.where(line, report)
    assert (where.services, where.region) == ([EC2], AWAY)
    assert where.mark == explaining.where(line, report).mark
    used = [
        AccountUsage(day, account, Decimal(250), Decimal(250))
        for day in Period(line.start, END).dates()
        for account in (known, "999999999999")
    ]
    found = explaining.explained_where(line, report, used)
    assert [(cause.dimension, cause.value) for cause in found.causes] == [("account", known)]
    assert found.causes[0].impact == 250 * len(Period(line.start, END).dates())
