"""`python -m benchmarks.regions`: what is told of Regions in worlds that the rules were not made on.

--seeds N      worlds of each generator and story (default 10)
--first SEED   the seed of the first
--quiet N      worlds of each generator without any story, for false alerts (default 10)
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from benchmarks.detection.labels import Array
from benchmarks.regions.stories import CANCELLED, NEW, Story, Tell
from benchmarks.regions.world import Generator, World, make
from finopsguard.detection import Anomaly, detect, without_told
from finopsguard.detection.regions import Beneath, RegionAnomaly, judge_regions

FIRST_SEED = 701
"""The rules were made on seeds 1 to 8, and after a look at 501 to 510 and 601 to 610."""
WINDOW = 3
MOST_FALSE = Decimal("0.1")
"""Per 1000 days of a series."""


class Told(NamedTuple):
    """What a run tells of accounts and services, and of Regions."""

    by_account: list[Anomaly]
    by_region: list[RegionAnomaly]


def judge(world: World, run: int) -> Told:
    """As DetectAnomalies does, with nothing remembered."""
    costs, by_region, first = world.seen(run)
    accounts, services = [each for each, _ in world.labels], [each for _, each in world.labels]
    complete = first + timedelta(days=costs.shape[1] - 2)
    found = detect(costs, first, accounts=accounts, services=services, window=WINDOW, complete_until=complete)
    rest = without_told(costs, first, found, accounts=accounts, services=services)
    return Told(
        found,
        judge_regions(
            by_region,
            first,
            Beneath(costs, rest, services),
            places=world.places,
            window=WINDOW,
            complete_until=complete,
        ),
    )


def told_after(world: World, story: Story) -> tuple[int | None, bool]:
    """(days after its first report in which it is told, None: within three it is not; with the mark of security)."""
    start = world.first_day + timedelta(days=story.start)
    for late in range(WINDOW):
        run = story.start - (world.costs.shape[1] - world.runs) + late
        if run >= world.runs:
            break
        told = judge(world, run)
        for one in told.by_account:
            same = (one.account_id, one.service, one.direction) == (story.account, story.service, 1)
            if same and not story.kind.startswith("new") and abs((one.start - start).days) <= 1:
                return late, False
        for each in told.by_region:
            rises = each.anomaly.direction > 0 and abs((each.anomaly.start - start).days) <= 1
            if rises and (story.service, story.region) in each.places:
                return late, each.security
    return None, False


def false_alerts(world: World) -> tuple[int, int, list[str]]:
    """(findings that are news, series-days, what they are) of a world in which nothing happens."""
    seen: set[tuple[tuple[str, str], int]] = set()
    told: list[str] = []
    for run in range(world.runs):
        for each in judge(world, run).by_region:
            day = each.anomaly.start.toordinal()
            if each.covered or any((each.places[0], day - back) in seen for back in range(-3, 8)):
                continue
            seen.add((each.places[0], day))
            told.append(
                f"{world.name} {each.places[0]} {each.anomaly.kind} {each.anomaly.start} {each.new}"
                f" {each.anomaly.actual:.0f} of {each.anomaly.expected:.0f}"
            )
    return len(told), used_rows(world.by_region) * world.runs, told


def used_rows(costs: Array) -> int:
    """Series that cost anything."""
    return int(costs.any(axis=1).sum())


GENERATORS: tuple[Generator, ...] = ("fleet", "estate")


class Tally(NamedTuple):
    """Worlds of a story, those told in their first report, and those told within three."""

    worlds: int
    first: int
    three: int


def tally(tell: Tell, seeds: Sequence[int]) -> Tally:
    """What becomes of a story in each generator's worlds."""
    after: list[int | None] = []
    for generator in GENERATORS:
        for seed in seeds:
            world = make(generator, seed)
            story = tell(world, np.random.default_rng([seed, len(tell.__name__)]))
            after.append(told_after(world, story)[0])
    return Tally(len(after), after.count(0), len(after) - after.count(None))


def main(arguments: Sequence[str]) -> int:
    """Prints the tables; 1 if a goal is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.regions")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=FIRST_SEED)
    parser.add_argument("--quiet", type=int, default=10)
    asked = parser.parse_args(arguments)
    began = time.process_time()
    seeds = range(asked.first, asked.first + asked.seeds)
    missed = 0
    for stories, goal in ((NEW, Decimal(1)), (CANCELLED, Decimal("0.9"))):
        found = {tell.__name__: tally(tell, seeds) for tell in stories}
        for name, each in found.items():
            print(f"{name}: {each.first} of {each.worlds} in the first report, {each.three} within three")
        worlds = sum(each.worlds for each in found.values())
        told = sum(each.first if stories is NEW else each.three for each in found.values())
        missed += told < goal * worlds
    alerts = days = 0
    for generator in GENERATORS:
        for seed in range(asked.first, asked.first + asked.quiet):
            of_world, series_days, named = false_alerts(make(generator, seed))
            alerts, days = alerts + of_world, days + series_days
            print(*named, sep="\n", end="\n" if named else "")
    per_thousand = Decimal(1000 * alerts) / max(days, 1)
    missed += per_thousand >= MOST_FALSE
    print(f"{alerts} false alerts in {days:,} series-days: {per_thousand:.3f} per 1000")
    print(f"{time.process_time() - began:.1f} s of CPU")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
