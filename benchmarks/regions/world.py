"""An Organization's costs by account and service, and once more by service and Region.

The costs of accounts are those of the generators of `benchmarks.detection`, without their incidents; a Region's are
shares of them that stray a little. Beside them what watches is billed in cents in every Region. What happens is put
into both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

import numpy as np

from benchmarks.detection import estate, fleet
from benchmarks.detection.estate_services import DAYS as DAYS_OF_ESTATE
from benchmarks.detection.labels import Array
from benchmarks.detection.replay import Recorder
from benchmarks.detection.workloads import DAYS as DAYS_OF_FLEET
from benchmarks.detection.workloads import make_world

HISTORY = 98
EC2 = "Amazon Elastic Compute Cloud - Compute"
NAMES: Mapping[str, str] = {
    "web": EC2,
    "EC2": EC2,
    "SageMaker": "Amazon SageMaker",
    "EMR": "Amazon Elastic MapReduce",
    "CodeBuild": "AWS CodeBuild",
    "WorkSpaces": "Amazon WorkSpaces",
    "builds": "AWS CodeBuild",
    "asleep": "Amazon Lightsail",
}
"""Services of the generators whose name the rules know."""
HOMES = ("eu-west-1", "us-east-1", "eu-central-1", "us-west-2")
ELSEWHERE = ("ap-southeast-1", "ap-northeast-1", "sa-east-1", "ca-central-1", "eu-north-1", "ap-south-1")
WATCH = ("AWS Config", "Amazon GuardDuty", "AWS CloudTrail", "AWS Key Management Service")
_USED_BY = (0.5, 0.25, 0.15, 0.1)
# So much of a series is in another Region than its account's, and for so many series.
_SECOND, _IN_TWO = (0.1, 0.5), 0.35
_STRAYS = 0.04

Generator = Literal["fleet", "estate"]


@dataclass
class World:
    """Costs (rows, days) of `labels` (account, service) and of `places` (service, Region), both of the same money.

    `part` is how much of the newest day and of the one before each run sees, `runs` how many there are.
    """

    name: str
    first_day: date
    labels: list[tuple[str, str]]
    costs: Array
    places: list[tuple[str, str]]
    by_region: Array
    part: Array
    homes: dict[str, str] = field(default_factory=dict)

    @property
    def runs(self) -> int:
        """Days on which a run takes place."""
        return int(self.part.shape[0])

    def seen(self, run: int) -> tuple[Array, Array, date]:
        """What run number `run` sees of both, and the first day that it reads."""
        newest = self.costs.shape[1] - self.runs + run
        first = max(0, newest + 1 - HISTORY)
        views = [each[:, first : newest + 1].copy() for each in (self.costs, self.by_region)]
        for back in range(self.part.shape[1]):
            for view in views:
                view[:, -1 - back] *= self.part[run, back]
        return views[0], views[1], self.first_day + timedelta(days=first)

    def add(self, account: str, service: str, region: str, usd: Array) -> None:
        """Adds USD by day, of either sign, to a service of an account in a Region; nothing falls below zero."""
        for table, labels, label in (
            ("costs", self.labels, (account, service)),
            ("by_region", self.places, (service, region)),
        ):
            if label not in labels:
                labels.append(label)
                setattr(self, table, np.vstack([getattr(self, table), np.zeros(len(usd))]))
            getattr(self, table)[labels.index(label)] += usd


def make(generator: Generator, seed: int, *, accounts: int = 40, last_day: date = date(2026, 3, 20)) -> World:
    """A quiet Organization."""
    rng = np.random.default_rng([seed, 41_041])
    series, part, days = _series(generator, seed, accounts, last_day)
    homes: dict[str, str] = {}
    labels: list[tuple[str, str]] = []
    costs: list[Array] = []
    sums: dict[tuple[str, str], Array] = {}
    for account, name, row in series:
        service = NAMES.get(name, name)
        home = homes.setdefault(account, str(rng.choice(HOMES, p=_USED_BY)))
        labels.append((account, service))
        costs.append(row)
        for region, cost in _cut(rng, row, home).items():
            sums[service, region] = sums.get((service, region), 0) + cost
    for region in (*HOMES, *ELSEWHERE):
        for service in WATCH:
            sums[service, region] = rng.uniform(0, 0.4) * (1 + 0.2 * rng.standard_normal(days)).clip(0.2)
    for service in WATCH:
        labels.append(("000000000000", service))
        costs.append(np.sum([sums[service, region] for region in (*HOMES, *ELSEWHERE)], axis=0))
    return World(
        f"{generator}-{seed}",
        last_day - timedelta(days=days - 1),
        labels,
        np.array(costs),
        list(sums),
        np.array(list(sums.values())),
        part,
        homes,
    )


def _series(
    generator: Generator, seed: int, accounts: int, last_day: date
) -> tuple[Sequence[tuple[str, str, Array]], Array, int]:
    """(account, service, cost by day), what runs see of the newest days, and the number of days."""
    if generator == "fleet":
        rng = Recorder([seed, 20261123])
        world = make_world(rng, last_day - timedelta(days=DAYS_OF_FLEET - 1))
        found = [each[:3] for each in fleet.series_of(world, accounts)]
        part, days = fleet.completeness(rng, [account for account, _, _ in found]), DAYS_OF_FLEET
    else:
        rng = Recorder([seed, 9009])
        found = [
            each[:3]
            for each in estate.series_of(rng, last_day - timedelta(days=DAYS_OF_ESTATE - 1), accounts)
        ]
        part, days = estate.completeness(rng, len(found)), DAYS_OF_ESTATE
    # One for all series of a run: a Region's sum and its accounts' are billed alike.
    return found, np.median(part, axis=1), days


def _cut(rng: np.random.Generator, row: Array, home: str) -> dict[str, Array]:
    if rng.random() >= _IN_TWO:
        return {home: row}
    other = str(rng.choice([each for each in HOMES if each != home]))
    share = np.clip(rng.uniform(*_SECOND) * (1 + _STRAYS * rng.standard_normal(len(row))), 0, 1)
    return {home: row * (1 - share), other: row * share}
