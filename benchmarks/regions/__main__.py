"""`python -m benchmarks.regions`: what is told of Regions in worlds that the rules were not made on.

--seeds N      worlds of each generator and story (default 10)
--first SEED   the seed of the first
--quiet N      worlds of each generator without any story, for false alerts (default 2)
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from benchmarks.detection.labels import Array
from benchmarks.regions.stories import CANCELLED, NEW, Story, Tell
from benchmarks.regions.world import Generator, World, make
from finopsguard.detection import Anomaly, detect, without_told
from finopsguard.detection.regions import Beneath, RegionAnomaly, judge_regions

FIRST_SEED = 501
"""The rules were made on seeds 1 to 20."""
WINDOW = 3


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
        for each in judge(world, run).by_region:
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


def row(name: str, tell: Tell, seeds: Sequence[int]) -> tuple[str, int, int, int]:
    """(name, worlds, told in the first report, told within three)."""
    after: list[int | None] = []
    for generator in GENERATORS:
        for seed in seeds:
            world = make(generator, seed)
            rng = np.random.default_rng([seed, len(name)])
            after.append(told_after(world, tell(world, rng))[0])
    return name, len(after), after.count(0), len(after) - after.count(None)


GENERATORS: tuple[Generator, ...] = ("fleet", "estate")


def main(arguments: Sequence[str]) -> int:
    """Prints the tables; 1 if a goal is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.regions")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=FIRST_SEED)
    parser.add_argument("--quiet", type=int, default=2)
    asked = parser.parse_args(arguments)
    began = time.process_time()
    seeds = range(asked.first, asked.first + asked.seeds)
    for tell in (*NEW, *CANCELLED):
        print(*row(tell.__name__, tell, seeds))
    alerts = days = 0
    for generator in GENERATORS:
        for seed in range(asked.first, asked.first + asked.quiet):
            found, series_days, told = false_alerts(make(generator, seed))
            alerts, days = alerts + found, days + series_days
            print(*told, sep="\n")
    print(f"{alerts} false alerts in {days} series-days: {1000 * alerts / days:.3f}")
    print(f"{time.process_time() - began:.1f} s of CPU")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
