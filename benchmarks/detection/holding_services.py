"""The services of generator "holding": the mean cost of each day and the noise around it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.labels import Array, Rows

DAYS, RUNS = 330, 28
BEFORE = DAYS - RUNS
QUIET = 36
"""Nothing that lasts begins in the weeks just before the judged days, unless it is labelled."""

FIXED = {
    "south": ((1, 1), (1, 6), (5, 1), (8, 15), (10, 12), (11, 1), (12, 6), (12, 8), (12, 25)),
    "west": ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25)),
}
"""Public holidays by month and day."""
MOVING = {
    "south": ((2025, 4, 18), (2026, 4, 3)),
    "west": ((2025, 5, 26), (2025, 9, 1), (2025, 11, 27), (2026, 1, 19)),
}
"""Holidays that another rule puts on a day."""


@dataclass(slots=True)
class Calendar:
    """The days of a data set, and what all accounts share: the price of spot, the prices of two services."""

    rng: np.random.Generator
    time: Rows
    weekday: Rows
    month_day: Rows
    left: Rows
    """Days left of the month."""
    month: Rows
    """1 to 12."""
    holiday: dict[str, NDArray[np.bool_]]
    market: Array
    requests_price: Array
    """What all pay for a request: changed once, long ago, for everybody."""


@dataclass(slots=True)
class Account:
    """What the services of an account have in common."""

    size: float
    noise: float
    growth: float
    """Per day, in logs."""
    country: str
    closes: bool
    """Closed between Christmas and the new year."""
    work: NDArray[np.bool_]


@dataclass(slots=True)
class Line:
    """One service of one account: mean USD of each day, relative noise, and the day of its first cost."""

    mean: Array
    noise: Array | float
    born: int = 0
    kind: str = ""


def make_calendar(rng: np.random.Generator, first_day: date) -> Calendar:
    """Days, holidays of two countries, a spot price that follows itself, one price change for all in the past."""
    day = np.datetime64(first_day, "D") + np.arange(DAYS)
    months = day.astype("datetime64[M]")
    start, following = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]")
    month, month_day = months.astype(np.int64) % 12 + 1, (day - start).astype(np.int64) + 1
    holiday = {}
    for country, fixed in FIXED.items():
        on = np.zeros(DAYS, np.bool_)
        for of_month, of_day in fixed:
            on |= (month == of_month) & (month_day == of_day)
        holiday[country] = on | np.isin(day, [np.datetime64(date(*moving)) for moving in MOVING[country]])
    market = np.zeros(DAYS)
    for t in range(1, DAYS):
        market[t] = 0.92 * market[t - 1] + rng.normal(0, 0.025)
    price = np.ones(DAYS)
    price[int(rng.integers(60, BEFORE - QUIET)) :] = rng.choice([0.8, 1.25])
    return Calendar(
        rng,
        np.arange(DAYS),
        (day.astype(np.int64) + 3) % 7,
        month_day,
        (following - day).astype(np.int64) - 1,
        month,
        holiday,
        np.exp(market),
        price,
    )


def make_account(calendar: Calendar) -> Account:
    """Most grow, some fast, some shrink; half are closed at the end of the year."""
    rng = calendar.rng
    country = str(rng.choice(list(FIXED)))
    closes = bool(rng.random() < 0.5)
    work = (calendar.weekday < 5) & ~calendar.holiday[country]
    if closes:
        work &= ~((calendar.month == 12) & (calendar.month_day >= 24))
    return Account(
        float(np.exp(rng.normal(0, 0.8))),
        float(np.exp(rng.uniform(np.log(0.015), np.log(0.16)))),
        float(rng.normal(0.0008, 0.0012)),
        country,
        closes,
        work,
    )


def earlier(calendar: Calendar) -> int:
    """A day long before the judged ones."""
    return int(calendar.rng.integers(40, BEFORE - QUIET))


def usage(calendar: Calendar, account: Account) -> Array:
    """What customers use: quieter or busier at weekends and on holidays, and growing."""
    rng = calendar.rng
    free = (calendar.weekday >= 5) | calendar.holiday[account.country]
    level = 70 * account.size * rng.lognormal(0, 0.6) * np.where(free, rng.uniform(0.78, 1.1), 1.0)
    return np.asarray(level * np.exp(account.growth * (calendar.time - DAYS / 2)))


def committed(calendar: Calendar, account: Account) -> dict[str, Line]:
    """Servers above a Savings Plan and the plan's own daily fee, which was bought or ran out long ago, or neither.

    What the plan covers is a sum of dollars, so the rest takes all of the growth and all of the noise.
    """
    rng, used = calendar.rng, usage(calendar, account)
    covered = used[:BEFORE].min() * rng.uniform(0.3, 0.55)
    holds = np.ones(DAYS)
    kind = str(rng.choice(["held", "bought", "expired", "none"], p=[0.4, 0.2, 0.15, 0.25]))
    if kind == "bought":
        holds[: earlier(calendar)] = 0
    elif kind == "expired":
        holds[earlier(calendar) :] = 0
    elif kind == "none":
        holds[:] = 0
    rest = used - covered * holds
    return {
        "on demand": Line(rest, account.noise * used / rest, kind=kind),
        "commitment": Line(0.65 * covered * holds, 0.0, kind=kind),
    }


def regions(calendar: Calendar, account: Account) -> dict[str, Line]:
    """The same service in two regions; one account in five moved a part from one to the other, long ago."""
    rng, east, west = calendar.rng, usage(calendar, account), usage(calendar, account)
    if rng.random() < 0.2:
        ramp = np.clip((calendar.time - earlier(calendar)) / rng.uniform(1, 9), 0, 1) * rng.uniform(0.3, 0.9)
        west, east = west + ramp * east, east * (1 - ramp)
    lines = {"web east": Line(east, account.noise), "web west": Line(west, account.noise)}
    if rng.random() < 0.4:
        lines["web west"] = Line(np.zeros(DAYS), 0.0, kind="empty")
    return lines


def spot(calendar: Calendar, account: Account) -> Line:
    """Spot machines; on some days half of them are taken away."""
    taken = np.where(calendar.rng.random(DAYS) < 0.02, 0.5, 1.0)
    level = 40 * account.size * calendar.rng.lognormal(0, 0.5)
    return Line(level * calendar.market * taken, 0.7 * account.noise)


def office(calendar: Calendar, account: Account) -> Line:
    """Machines of people: stopped at night, nearly or quite gone on free days."""
    rests = calendar.rng.choice([0.0, 0.02, 0.12, 0.25])
    level = 45 * account.size * calendar.rng.lognormal(0, 0.7)
    return Line(level * np.where(account.work, 1.0, rests), 0.8 * account.noise)


def weekly_job(calendar: Calendar, account: Account) -> Line:
    """One weekday, or every second week of it; the other days bring nothing or a trifle."""
    rng = calendar.rng
    on = calendar.weekday == rng.integers(7)
    if rng.random() < 0.3:
        on &= (calendar.time // 7) % 2 == 0
    between = rng.choice([0.0, 0.05])
    return Line(90 * account.size * rng.lognormal(0, 0.6) * np.where(on, 1.0, between), 0.7 * account.noise)


def month_job_days(calendar: Calendar) -> dict[str, NDArray[np.bool_]]:
    """The days on which monthly jobs run: rules of calendars, not of numbers."""
    last = np.where(calendar.weekday == 4, calendar.left <= 2, calendar.left == 0)
    return {
        "first Monday": (calendar.weekday == 0) & (calendar.month_day <= 7),
        "last Friday": (calendar.weekday == 4) & (calendar.left <= 6),
        "last working day": (calendar.weekday < 5) & last,
        "15th": calendar.month_day == 15,
    }


def monthly_job(calendar: Calendar, account: Account) -> Line:
    """A run on the first Monday, the last Friday, the last working day or the 15th, above a small daily cost."""
    rng = calendar.rng
    days = month_job_days(calendar)
    on = days[str(rng.choice(list(days)))]
    level = 25 * account.size * rng.lognormal(0, 0.4)
    return Line(np.where(on, level * (1 + rng.uniform(3, 15)), level), 0.6 * account.noise)


def closing(calendar: Calendar, account: Account) -> Line:
    """Accounting: works hard on the last two days of a quarter and the first of the next."""
    ends = (calendar.month % 3 == 0) & (calendar.left <= 1)
    begins = (calendar.month % 3 == 1) & (calendar.month_day == 1)
    level = 30 * account.size * calendar.rng.lognormal(0, 0.4)
    return Line(level * np.where(ends | begins, calendar.rng.uniform(1.8, 4), 1.0), 0.6 * account.noise)


def archive(calendar: Calendar, account: Account) -> Line:
    """Storage that grows by 2 to 10 % a month and never shrinks."""
    rate = calendar.rng.uniform(0.0007, 0.0032)
    level = 35 * account.size * calendar.rng.lognormal(0, 0.5)
    return Line(level * np.exp(rate * (calendar.time - BEFORE)), 0.2 * account.noise)


def legacy(calendar: Calendar, account: Account) -> Line:
    """What is being switched off: falls by some percent a month."""
    rate = calendar.rng.uniform(0.0015, 0.005)
    return Line(40 * account.size * np.exp(-rate * (calendar.time - BEFORE)), 0.7 * account.noise)


def requests(calendar: Calendar, account: Account) -> Line:
    """Counted, at the one price for all; cheaper once the month's first tier is used, dear again on the 1st."""
    rng, used = calendar.rng, usage(calendar, account)
    tier, cheap = used.mean() * rng.uniform(4, 12), rng.uniform(0.55, 0.9)
    out, before = np.empty(DAYS), tier
    for t in range(DAYS):
        before = 0.0 if calendar.month_day[t] == 1 else before
        dear = min(max(tier - before, 0.0), used[t])
        out[t], before = dear + cheap * (used[t] - dear), before + used[t]
    return Line(out * calendar.requests_price, account.noise)


def credited(calendar: Calendar, account: Account) -> Line:
    """A service of which a credit pays a part, or paid until long ago."""
    rng, used = calendar.rng, usage(calendar, account)
    paid = np.full(DAYS, rng.uniform(0.3, 0.75))
    kind = "on"
    if rng.random() < 0.3:
        paid[earlier(calendar) :], kind = 0, "over"
    return Line(used * (1 - paid), account.noise, kind=kind)


def cents(calendar: Calendar, _: Account) -> Line:
    """A line that nobody reads."""
    return Line(np.full(DAYS, calendar.rng.uniform(0.02, 0.8)), 0.25)


def unused(_: Calendar, __: Account) -> Line:
    """A service that the account has never used."""
    return Line(np.zeros(DAYS), 0.0)


SERVICES: dict[str, tuple[Callable[[Calendar, Account], Line], float]] = {
    "spot": (spot, 0.35),
    "office": (office, 0.6),
    "weekly job": (weekly_job, 0.5),
    "monthly job": (monthly_job, 0.5),
    "closing": (closing, 0.2),
    "archive": (archive, 0.7),
    "legacy": (legacy, 0.3),
    "requests": (requests, 0.6),
    "credited": (credited, 0.4),
    "cents": (cents, 0.5),
    "unused": (unused, 1.0),
}
"""Each with the chance that an account has it."""


def account_lines(calendar: Calendar, account: Account) -> dict[str, Line]:
    """All lines of an account; one account in four is younger than the data."""
    rng = calendar.rng
    born = 0 if rng.random() < 0.75 else int(rng.integers(0, BEFORE - 60))
    lines: dict[str, Line] = {}
    if rng.random() < 0.8:
        lines |= committed(calendar, account)
    if rng.random() < 0.7:
        lines |= regions(calendar, account)
    for name, (service, chance) in SERVICES.items():
        if rng.random() < chance:
            lines[name] = service(calendar, account)
    for line in lines.values():
        line.mean = np.where(calendar.time >= born, line.mean, 0.0)
        line.born = born
    return lines
