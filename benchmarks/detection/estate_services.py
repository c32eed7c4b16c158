"""The services of generator "estate": who is at work, what is prepaid, what a month brings, what happened before."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.labels import Array, Rows

DAYS, RUNS = 240, 28


@dataclass(slots=True)
class Estate:
    """What all accounts share: random source, calendar, company holidays, price of compute over the plan."""

    rng: np.random.Generator
    weekday: Rows
    month_day: Rows
    left: Rows
    """Days left of the month."""
    holiday: NDArray[np.bool_]
    market: Array
    """Spot price of all, about 1."""
    time: Rows = field(default_factory=lambda: np.arange(DAYS))


@dataclass(slots=True)
class Team:
    """An account: its size, its noise, its working days and its growth."""

    size: float
    noise: float
    works: tuple[int, ...]
    growth: float


def make_estate(rng: np.random.Generator, first_day: date) -> Estate:
    """The calendar of all accounts. A closed week, some holidays, and spot prices that follow each other."""
    day = np.datetime64(first_day, "D") + np.arange(DAYS)
    month = day.astype("datetime64[M]")
    start = month.astype("datetime64[D]")
    following = (month + 1).astype("datetime64[D]")
    holiday = rng.random(DAYS) < 0.02
    closed = int(rng.integers(20, DAYS - 60))
    holiday[closed : closed + 7] = True
    market, shocks = np.zeros(DAYS), rng.normal(0, 0.035, DAYS - 1)
    for t in range(1, DAYS):
        market[t] = 0.95 * market[t - 1] + shocks[t - 1]
    return Estate(
        rng,
        (day.astype(np.int64) + 3) % 7,
        (day - start).astype(np.int64) + 1,
        (following - day).astype(np.int64) - 1,
        holiday,
        np.exp(market),
    )


def make_team(rng: np.random.Generator) -> Team:
    """Most work from Monday to Friday; some on four days, some from Tuesday to Saturday, some from Sunday on."""
    weeks = ((0, 1, 2, 3, 4), (0, 1, 2, 3), (1, 2, 3, 4, 5), (6, 0, 1, 2, 3))
    works = weeks[int(rng.choice(4, p=[0.7, 0.1, 0.1, 0.1]))]
    return Team(
        float(np.exp(rng.normal(0, 0.9))),
        float(np.exp(rng.uniform(np.log(0.012), np.log(0.22)))),
        works,
        float(rng.normal(0.0006, 0.001)),
    )


def at_work(estate: Estate, team: Team) -> NDArray[np.bool_]:
    """The team's working days."""
    return np.isin(estate.weekday, team.works) & ~estate.holiday


def noise(estate: Estate, part: float) -> Array:
    """Relative noise with heavy tails that remembers a third of yesterday."""
    rng, out = estate.rng, np.empty(DAYS)
    shocks = rng.standard_t(5, DAYS) / np.sqrt(5 / 3)
    out[0] = shocks[0]
    for t in range(1, DAYS):
        out[t] = 0.33 * out[t - 1] + 0.944 * shocks[t]
    return np.asarray(np.exp(part * out))


def grown(estate: Estate, team: Team) -> Array:
    """Slow growth."""
    return np.asarray(np.exp(team.growth * (estate.time - DAYS / 2)))


Service = Callable[[Estate, Team], Array]


def web(estate: Estate, team: Team) -> Array:
    """Servers of customers: never off, quieter on some days."""
    quiet = np.where(estate.weekday >= 5, estate.rng.uniform(0.6, 1.2), 1.0)
    return (
        60
        * team.size
        * estate.rng.lognormal(0, 0.7)
        * quiet
        * grown(estate, team)
        * noise(estate, team.noise)
    )


def over_plan(estate: Estate, team: Team) -> Array:
    """What a plan that is shared by all leaves over; its share changed once, long ago or not at all."""
    usage = web(estate, team)
    covered = np.full(DAYS, estate.rng.uniform(0.2, 0.6))
    if estate.rng.random() < 0.4:
        covered[int(estate.rng.integers(20, DAYS - RUNS - 25)) :] = estate.rng.uniform(0.2, 0.6)
    return np.asarray(usage * (1 - covered))


def interruptible(estate: Estate, team: Team) -> Array:
    """Spot machines; now and then half of them are taken away for a day."""
    taken = np.where(estate.rng.random(DAYS) < 0.02, 0.5, 1.0)
    return (
        35
        * team.size
        * estate.rng.lognormal(0, 0.6)
        * estate.market
        * taken
        * noise(estate, 0.6 * team.noise)
    )


def office(estate: Estate, team: Team) -> Array:
    """Nothing outside working days."""
    usual = 50 * team.size * estate.rng.lognormal(0, 0.8)
    return np.asarray(usual * at_work(estate, team) * grown(estate, team) * noise(estate, 0.7 * team.noise))


def office_with_releases(estate: Estate, team: Team) -> Array:
    """The same, and on many Saturdays some people come in for a release."""
    usual = office(estate, team)
    if 5 in team.works:
        return usual
    saturday = (estate.weekday == 5) & (estate.rng.random(DAYS) < 0.45)
    return np.asarray(usual + np.median(usual[usual > 0]) * saturday * estate.rng.uniform(0.3, 0.9, DAYS))


def weekly(estate: Estate, team: Team) -> Array:
    """A job on one or two weekdays, nothing else; now and then it is forgotten."""
    days = estate.rng.choice(7, int(estate.rng.integers(1, 3)), replace=False)
    on = np.isin(estate.weekday, days) & (estate.rng.random(DAYS) > 0.02)
    return np.asarray(80 * team.size * estate.rng.lognormal(0, 0.6) * on * noise(estate, 0.8 * team.noise))


def closing(estate: Estate, team: Team) -> Array:
    """A small service that works hard for the last two days of a month and the first of the next."""
    busy = (estate.left <= 1) | (estate.month_day == 1)
    return np.asarray(6 * team.size * (1 + busy * estate.rng.uniform(5, 25)) * noise(estate, team.noise))


def with_charge(estate: Estate, team: Team) -> Array:
    """A steady service that also bills a contract once a month, on its day."""
    day = int(estate.rng.integers(3, 29))
    charge = 40 * team.size * estate.rng.uniform(5, 40) * (estate.month_day == day)
    level = 40 * team.size * estate.rng.lognormal(0, 0.5)
    return np.asarray(level * grown(estate, team) * noise(estate, 0.6 * team.noise) + charge)


def free_first(estate: Estate, team: Team) -> Array:
    """A free tier that covers the first day or two of each month."""
    daily = 45 * team.size * estate.rng.lognormal(0, 0.4) * noise(estate, 0.7 * team.noise)
    quota = daily.mean() * estate.rng.uniform(0.8, 2.2)
    out, used = np.empty(DAYS), quota
    for t in range(DAYS):
        used = daily[t] if estate.month_day[t] == 1 else used + daily[t]
        out[t] = min(daily[t], max(0.0, used - quota))
    return out


def tiered(estate: Estate, team: Team) -> Array:
    """The price falls when the month's first tier is used up, and begins anew on the 1st."""
    daily = 50 * team.size * estate.rng.lognormal(0, 0.5) * noise(estate, 0.7 * team.noise)
    tier, cheap = daily.mean() * estate.rng.uniform(4, 14), estate.rng.uniform(0.35, 0.75)
    out, used = np.empty(DAYS), tier
    for t in range(DAYS):
        before = 0.0 if estate.month_day[t] == 1 else used
        used = before + daily[t]
        dear = min(max(tier - before, 0.0), daily[t])
        out[t] = dear + cheap * (daily[t] - dear)
    return out


def campaigns(estate: Estate, team: Team) -> Array:
    """Some days of work, then days of silence."""
    out, t, size = np.zeros(DAYS), 0, 30 * team.size * estate.rng.lognormal(0, 0.5)
    while t < DAYS:
        length = int(estate.rng.integers(1, 6))
        out[t : t + length] = size * estate.rng.gamma(4, 1 / 4, len(out[t : t + length]))
        t += length + int(estate.rng.geometric(0.2))
    return out


def queries(estate: Estate, team: Team) -> Array:
    """Noise and little else: what people ask for, each day anew."""
    rate = np.where(at_work(estate, team), 14, 5)
    return np.array([team.size * estate.rng.lognormal(0.8, 0.7, n).sum() for n in estate.rng.poisson(rate)])


def paused(estate: Estate, team: Team) -> Array:
    """A cluster that stands still for the four to nine weeks before the judged days, and for all of them."""
    level = 60 * team.size * estate.rng.lognormal(0, 0.5) * noise(estate, 0.5 * team.noise)
    stop = DAYS - RUNS - int(estate.rng.integers(27, 41))
    return np.where(estate.time < stop, level, 0.0)


def asleep(estate: Estate, _: Team) -> Array:
    """Some cents a day for keeping what nobody uses."""
    return estate.rng.uniform(0.02, 0.9) * estate.rng.gamma(20, 1 / 20, DAYS)


def support(estate: Estate, team: Team) -> Array:
    """A percentage, on the first."""
    return np.asarray(
        np.where(estate.month_day == 1, 150 * team.size * estate.rng.gamma(200, 1 / 200, DAYS), 0.0)
    )


SERVICES: dict[str, tuple[Service, float]] = {
    "web": (web, 0.9),
    "web storage": (web, 0.7),
    "over plan": (over_plan, 0.6),
    "spot": (interruptible, 0.4),
    "office": (office, 0.7),
    "builds": (office_with_releases, 0.35),
    "weekly": (weekly, 0.45),
    "closing": (closing, 0.25),
    "contract": (with_charge, 0.5),
    "free tier": (free_first, 0.35),
    "tiers": (tiered, 0.4),
    "campaigns": (campaigns, 0.35),
    "queries": (queries, 0.35),
    "paused": (paused, 0.25),
    "asleep": (asleep, 0.6),
    "support": (support, 0.3),
}


def earlier_story(estate: Estate, row: Array, start: int) -> Array:
    """What happened once in the months before, and is over: a storm, a test of load, a renewal paid upfront, a leak."""
    rng, out = estate.rng, row.copy()
    at = int(rng.integers(max(start + 20, DAYS - RUNS - 80), DAYS - RUNS - 12))
    level = float(np.median(row[at - 15 : at]))
    kind = int(rng.integers(4))
    if kind == 0:
        length = int(rng.integers(1, 5))
        out[at : at + length] *= rng.uniform(2, 10)
    elif kind == 1:
        out[at : at + 2] += level * rng.uniform(1, 4)
    elif kind == 2:
        out[at] += level * rng.uniform(15, 60)
    else:
        length = int(rng.integers(6, 11))
        out[at : at + length] += level * rng.uniform(0.1, 0.3) * np.arange(1.0, length + 1)
    return out
