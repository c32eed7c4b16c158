"""Generated Organizations for the forecast: usage by account and service, and the charges of a bill beside it.

They were written after the forecast's constants had been chosen (on generators "fleet" and "estate" of
benchmarks/detection), from how bills look, and no constant was chosen by looking at them. Each kind has one difficulty,
`mixed` has all. Days, dollars and the day of a change are random, the same for the same seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection import holding

Array = NDArray[np.float64]

HISTORY = 98
DAYS = HISTORY + 31
"""A month is forecast after so many days of history at most: the month is the last of these days."""
ACCOUNTS = 15


@dataclass
class World:
    """Costs of `first_day` on: usage by row, and charges by (account, record type), all as the final bill has them."""

    name: str
    month: date
    first_day: date
    accounts: list[str]
    services: list[str]
    usage: Array
    """(series, days)."""
    charges: dict[tuple[str, str], Array] = field(default_factory=dict)
    growing: dict[tuple[str, str], float] = field(default_factory=dict)
    """Charges of the 1st that grow with the month: the part of the usage that they are."""

    def seen(self, until: int) -> dict[tuple[str, str], Array]:
        """The charges as a reading has them when the days before index `until` are billed."""
        start = (self.month - self.first_day).days
        found = {key: days[:until].copy() for key, days in self.charges.items()}
        for key, share in self.growing.items():
            rows = [row for row, account in enumerate(self.accounts) if account == key[0]]
            found[key][start] = share * self.usage[rows, start:until].sum()
        return found


@dataclass(frozen=True)
class Traits:
    """What makes a kind of world hard."""

    noise: tuple[float, float] = (0.02, 0.06)
    growth: tuple[float, float] = (0.0, 0.0)
    """A month, in parts."""
    charges: bool = False
    incidents: float = 0.0
    """Chance of a service to have one in the month."""
    begins: float = 0.0
    """Chance of a service to begin in the month or shortly before, or to end in it."""


KINDS: Mapping[str, Traits] = {
    "weekdays": Traits(),
    "growth": Traits(growth=(0.02, 0.10)),
    "charges": Traits(charges=True),
    "incident": Traits(incidents=0.06),
    "new service": Traits(begins=0.08),
    "noise": Traits(noise=(0.1, 0.5)),
    "mixed": Traits((0.03, 0.25), (-0.03, 0.08), charges=True, incidents=0.04, begins=0.05),
}


def make(kind: str, seed: int) -> World:
    """A world of a kind; `holding` is the generator of that name in benchmarks/detection: usage alone."""
    if kind == "holding":
        return _holding(seed)
    traits = KINDS[kind]
    rng = np.random.default_rng([seed, 2026, sorted(KINDS).index(kind)])
    month = date(2026, int(rng.integers(1, 13)), 1)
    first_day = month - timedelta(days=HISTORY)
    days = np.arange(DAYS)
    weekday = (days + first_day.weekday()) % 7
    rows: list[Array] = []
    accounts: list[str] = []
    services: list[str] = []
    for number in range(ACCOUNTS):
        size = float(np.exp(rng.normal(4, 1.2)))
        rhythm = np.where(weekday >= 5, rng.uniform(0.2, 1.3), 1.0)
        growth = (1 + rng.uniform(*traits.growth)) ** ((days - HISTORY) / 30.4)
        for service in range(int(rng.integers(3, 9))):
            follows = rng.uniform(0, 1)
            level = size * float(np.exp(rng.normal(0, 1))) * growth
            row = level * (1 - follows + follows * rhythm) * _noise(rng, traits)
            accounts.append(f"{number + 1:012d}")
            services.append(f"service {service}")
            rows.append(_changed(rng, row, traits))
    world = World(f"{kind}-{seed}", month, first_day, accounts, services, np.array(rows))
    if traits.charges:
        _add_charges(rng, world)
    return world


def _noise(rng: np.random.Generator, traits: Traits) -> Array:
    """Skewed, and a little of it stays from day to day."""
    spread = rng.uniform(*traits.noise)
    slow = np.zeros(DAYS)
    steps = rng.normal(0, spread / 3, DAYS)
    for day in range(1, DAYS):
        slow[day] = 0.8 * slow[day - 1] + steps[day]
    return np.asarray(np.exp(slow) * rng.gamma(1 / spread**2, spread**2, DAYS))


def _changed(rng: np.random.Generator, row: Array, traits: Traits) -> Array:
    """With an incident, a beginning or an end, where chance has it."""
    row = row.copy()
    if rng.random() < traits.incidents:
        start = HISTORY + int(rng.integers(-3, 28))
        length = int(rng.choice([1, 1, 2, 3, 5, DAYS]))
        row[start : start + length] *= rng.uniform(1.5, 6)
    if rng.random() < traits.incidents:
        past = int(rng.integers(30, HISTORY - 10))
        row[past : past + int(rng.integers(1, 6))] *= rng.uniform(0, 4)
    if rng.random() < traits.begins:
        at = HISTORY + int(rng.integers(-10, 25))
        if rng.random() < 0.7:
            row[:at] = 0
        else:
            row[at:] = 0
    return row


def _add_charges(rng: np.random.Generator, world: World) -> None:
    """Tax and support (whole on the 1st, or growing), fees of the 1st and of another day, a daily commitment and
    discount, credits.
    """
    of_month = [(world.first_day + timedelta(days=day)) for day in range(DAYS)]
    firsts = [index for index, day in enumerate(of_month) if day.day == 1]
    for account in dict.fromkeys(world.accounts):
        rows = [row for row, name in enumerate(world.accounts) if name == account]
        usage = world.usage[rows].sum(axis=0)
        for name, share in (("Tax", rng.choice([0.0, 0.1, 0.21])), ("Support", rng.choice([0, 0, 0.05]))):
            if share:
                whole = rng.random() < 0.5
                days = np.zeros(DAYS)
                for first in firsts:
                    stop = next((each for each in firsts if each > first), DAYS)
                    before = usage[max(0, first - 30) : first].sum() or usage[:30].sum()
                    days[first] = share * (before if whole else usage[first:stop].sum())
                world.charges[account, name] = days
                if not whole:
                    world.growing[account, name] = float(share)
        daily = float(usage.mean())
        due = int(rng.integers(1, 28))
        on_day = np.array([day.day == due for day in of_month])
        on_first = np.array([day.day == 1 for day in of_month])
        parts = {
            "Fee": 0.3 * (on_first * daily * rng.uniform(1, 15)),
            "Recurring reservation fee": on_day * daily * rng.uniform(1, 10),
            "SavingsPlanRecurringFee": np.full(DAYS, daily * rng.uniform(0.05, 0.3)),
            "EdpDiscount": -rng.uniform(0.03, 0.12) * usage,
            "Credit": -(on_first * daily * rng.uniform(0.5, 4)),
            "Refund": -(days_at(rng) * daily * rng.uniform(0.2, 2)),
        }
        for name, amounts in parts.items():
            if rng.random() < 0.4:
                world.charges[account, name] = amounts


def days_at(rng: np.random.Generator) -> Array:
    """1 on one day."""
    out = np.zeros(DAYS)
    out[int(rng.integers(0, DAYS))] = 1
    return out


def _holding(seed: int) -> World:
    data = holding.make(seed, accounts=ACCOUNTS)
    rng = np.random.default_rng([seed, 7])
    last = data.first_day + timedelta(days=data.cost.shape[1] - 1)
    month = last.replace(day=1)
    for _ in range(int(rng.integers(1, 8))):
        month = (month - timedelta(days=1)).replace(day=1)
    first_day = month - timedelta(days=HISTORY)
    start = (first_day - data.first_day).days
    usage = data.cost[:, start : start + DAYS]
    return World(f"holding-{seed}", month, first_day, list(data.account), list(data.service), usage)


def charge_rows(
    charges: Mapping[tuple[str, str], Array], first_day: date
) -> list[tuple[str, str, date, Decimal]]:
    """As the cost table has them."""
    return [
        (account, name, first_day + timedelta(days=day), Decimal(repr(round(float(days[day]), 6))))
        for (account, name), days in charges.items()
        for day in np.flatnonzero(np.abs(days) > 1e-6).tolist()
    ]
