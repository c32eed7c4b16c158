"""What happens in a Region: machines where none ever were, and moves that cancel in the sums of accounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.detection.labels import Array
from benchmarks.regions.world import EC2, ELSEWHERE, HOMES, World

LEAST_LEFT = 4
"""Days that are left after the first, so that whoever tells late is seen to."""
LEAST_USD, LEAST_RISE = 25.0, 0.4


@dataclass(frozen=True)
class Story:
    """What happened in `region` of `service`, from column `start` on; `usd` a day."""

    kind: str
    account: str
    service: str
    region: str
    start: int
    usd: float


Tell = Callable[[World, np.random.Generator], Story]


def new_region(world: World, rng: np.random.Generator) -> Story:
    """Machines in a Region that never had any: they are billed from their first hour."""
    account, service, region = _spender(world, rng), EC2, str(rng.choice(ELSEWHERE))
    start, usd = _start(world, rng), float(np.exp(rng.uniform(np.log(4), np.log(150))))
    world.add(account, service, region, _from(world, start, usd, rng))
    return Story("new region", account, service, region, start, usd)


def hidden_new_region(world: World, rng: np.random.Generator) -> Story:
    """The same, and a saving of as much in the account's own Region."""
    account, region = _spender(world, rng), str(rng.choice(ELSEWHERE))
    start, usd = _start(world, rng), min(_room(world, account, EC2), float(rng.uniform(20, 300)))
    risen = _from(world, start, usd, rng)
    world.add(account, EC2, region, risen)
    world.add(account, EC2, world.homes[account], -risen)
    return Story("new region, hidden", account, EC2, region, start, usd)


def moved_in_account(world: World, rng: np.random.Generator) -> Story:
    """A rise in a Region that is used, and a saving of as much of the same service of the account in another."""
    return _cancelled(world, rng, "moved in an account", same_account=True)


def moved_between_accounts(world: World, rng: np.random.Generator) -> Story:
    """A rise in a Region of one account, and as much saved by another account in another Region."""
    return _cancelled(world, rng, "cancelled by another account", same_account=False)


def _cancelled(world: World, rng: np.random.Generator, kind: str, *, same_account: bool) -> Story:
    account = max(world.homes, key=lambda each: _room(world, each, EC2))
    home, room = world.homes[account], _room(world, account, EC2)
    levels = {each: _level(world, (EC2, each)) for each in HOMES if each != home}
    used = {each: level for each, level in levels.items() if level >= LEAST_USD} or levels
    # A rise of two fifths at least: less is not told of any series that is as large.
    fitting = sorted(each for each, level in used.items() if LEAST_RISE * level <= room)
    region = str(rng.choice(fitting)) if fitting else min(used, key=used.__getitem__)
    least = max(LEAST_USD, LEAST_RISE * used[region])
    usd = float(rng.uniform(least, max(least, min(1.5 * used[region], room))))
    start = _start(world, rng)
    risen = _from(world, start, usd, rng)
    world.add(account, EC2, home, -risen)
    other = account if same_account else _spender(world, rng)
    world.add(other, EC2, region, risen)
    return Story(kind, other, EC2, region, start, usd)


def _spender(world: World, rng: np.random.Generator) -> str:
    """One of the ten accounts that spend most on machines."""
    accounts = sorted(world.homes, key=lambda each: -_room(world, each, EC2))[:10]
    return accounts[int(rng.integers(len(accounts)))]


def _room(world: World, account: str, service: str) -> float:
    """What an account can save of a service in its own Region on any of the runs' days."""
    if (account, service) not in world.labels:
        return 0.0
    cost = world.costs[world.labels.index((account, service)), -world.runs - 60 :]
    return 0.45 * float(cost.min())


def _level(world: World, place: tuple[str, str]) -> float:
    if place not in world.places:
        return 0.0
    return float(np.median(world.by_region[world.places.index(place), -world.runs - 28 : -world.runs]))


def _start(world: World, rng: np.random.Generator) -> int:
    days = world.costs.shape[1]
    return int(rng.integers(days - world.runs + 1, days - LEAST_LEFT))


def _from(world: World, start: int, usd: float, rng: np.random.Generator) -> Array:
    cost = np.zeros(world.costs.shape[1])
    left = len(cost) - start
    cost[start:] = usd * np.clip(1 + 0.05 * rng.standard_normal(left), 0.7, 1.3)
    # It began some time in the day.
    cost[start] *= rng.uniform(0.3, 1)
    return cost


NEW = (new_region, hidden_new_region)
CANCELLED = (moved_in_account, moved_between_accounts)
