"""Generator "ledger": an account is a changing list of resources, each with a birth, a price and a life.

Nothing here knows a level or a weekday factor. A service's cost is the sum over its resources of that day, so
levels wander because resources come and go; usage is counted (negative binomial), noise is additive, prices
have monthly tiers, late records arrive with exponential delay. No mechanism is shared with generator "fleet".
It was written after the detector and is used for reporting only: no constant was chosen by looking at it.
"""

from datetime import date, timedelta

import numpy as np

from benchmarks.detection.labels import Array, Injector, Labelled, Place, Scene, due_day
from benchmarks.detection.replay import Recorder

DAYS, RUNS = 360, 28
SERVICES = (
    ("compute", 14, 6.0, 0.8),
    ("containers", 9, 4.0, 0.5),
    ("database", 4, 22.0, 0.6),
    ("cache", 3, 9.0, 0.4),
    ("volumes", 40, 0.6, 0.8),
    ("search", 3, 26.0, 0.2),
    ("warehouse", 2, 60.0, 0.15),
)
"""Name, resources at a time, USD a day of one, chance that an account has it. All are lists of resources."""
COUNTED = (
    ("requests", 900.0, 0.012, 0.7),
    ("messages", 300.0, 0.02, 0.5),
    ("transfer", 120.0, 0.25, 0.6),
    ("functions", 500.0, 0.01, 0.6),
    ("tokens", 60.0, 0.5, 0.3),
)
"""Name, mean count a day, USD each, chance. Over-dispersed counts."""


def resources(rng: np.random.Generator, count: float, price: float) -> Array:
    """Sum of resources with gamma lives of some months; a resource runs part of its first and last day.

    Large resources come and go in the past only: in the judged weeks they would be incidents that nobody
    labelled.
    """
    out = np.zeros(DAYS)
    births = rng.poisson(count) + rng.poisson(count * DAYS / 220)
    for number in range(births):
        life = rng.gamma(2.0, 110.0)
        born = rng.uniform(-life, 0) if number < count else rng.uniform(0, DAYS)
        one = price * rng.lognormal(0, 0.5)
        large = one > 0.03 * out[: DAYS - RUNS - 14][-30:].mean()
        if large and born > DAYS - RUNS - 14:
            continue
        if large and born + life > DAYS - RUNS - 14:
            life = 2.0 * DAYS
        overlap = np.minimum(np.arange(DAYS) + 1, born + life) - np.maximum(np.arange(DAYS), born)
        out += one * np.clip(overlap, 0, 1)
    return out + rng.normal(0, 0.008 * out.mean() + 1e-3, DAYS) * (out > 0)


def counted(rng: np.random.Generator, mean: float, price: float, weekday: Array, month_day: Array) -> Array:
    """Counts times a price that falls once the month's first tier is used."""
    harmonic = 1 + rng.uniform(0, 0.5) * np.sin(2 * np.pi * (weekday + rng.integers(7)) / 7)
    wander = np.exp(np.cumsum([rng.normal(0, 0.008) for _ in range(DAYS)]))
    shape = rng.uniform(8, 80)
    count = rng.poisson(mean * harmonic * wander * rng.gamma(shape, 1 / shape, DAYS))
    tier = rng.uniform(3, 12) * mean
    used, cost = 0.0, np.empty(DAYS)
    for t in range(DAYS):
        used = count[t] if month_day[t] == 1 else used + count[t]
        cheap = min(max(used - tier, 0.0), count[t])
        cost[t] = price * (count[t] - 0.15 * cheap)
    return cost


def scheduled(rng: np.random.Generator, weekday: Array, month_day: Array) -> Array:
    """A job on chosen weekdays, every second week, or twice a month; lengths vary."""
    kind = rng.integers(3)
    if kind == 0:
        on = np.isin(weekday, rng.choice(7, int(rng.integers(1, 4)), replace=False))
    elif kind == 1:
        on = (np.arange(DAYS) % 14) == rng.integers(14)
    else:
        on = np.isin(month_day, [1, 15])
    return on * rng.lognormal(3.5, 1) * rng.gamma(30, 1 / 30, DAYS)


def sporadic(rng: np.random.Generator) -> Array:
    """Campaigns: some active days, then weeks of silence."""
    out, t = np.zeros(DAYS), 0
    size = rng.lognormal(3, 0.8)
    while t < DAYS:
        length = int(rng.integers(1, 8))
        out[t : t + length] = size * rng.weibull(1.5, len(out[t : t + length]))
        t += length + int(rng.geometric(rng.uniform(0.05, 0.25)))
    return out


def account_rows(rng: np.random.Generator, weekday: Array, month_day: Array) -> dict[str, Array]:
    """The services of one account."""
    size = rng.lognormal(0, 1.1)
    own: dict[str, Array] = {}
    for name, count, price, chance in SERVICES:
        if rng.random() < chance:
            own[name] = resources(rng, max(1.0, count * size**0.6), price * size**0.4)
    for name, mean, price, chance in COUNTED:
        if rng.random() < chance:
            own[name] = counted(rng, mean * size**0.7, price * size**0.3, weekday, month_day)
    if rng.random() < 0.5:
        own["batch"] = scheduled(rng, weekday, month_day) * size**0.5
    if rng.random() < 0.35:
        own["campaigns"] = sporadic(rng) * size**0.5
    if rng.random() < 0.5:
        fee = size * rng.lognormal(4, 0.8)
        own["subscription"] = np.where(month_day == rng.integers(1, 29), fee, 0.0)
    if rng.random() < 0.4:
        before = np.convolve(np.sum(list(own.values()), axis=0), np.ones(30), "full")[:DAYS]
        own["plan"] = np.where(month_day == 1, 0.06 * before, 0.0)
    own["unused"] = np.zeros(DAYS)
    return own


def completeness(rng: np.random.Generator, series: int) -> Array:
    """What each run sees of its newest two days: records arrive after an exponential delay. (runs, series, 2)."""
    delay = rng.uniform(0.1, 0.5, series)
    part = np.ones((RUNS, series, 2))
    for run in range(RUNS):
        passed = rng.uniform(0.35, 1.0)
        part[run, :, 0] = np.clip(passed - delay * (1 - np.exp(-passed / delay)), 0.05, 1)
        part[run, :, 1] = np.clip(1 - delay * np.exp(-passed / delay), 0.6, 1)
    return part


def series_of(rng: np.random.Generator, dates: list[date], accounts: int) -> list[tuple[str, str, Array]]:
    """Account, service and cost by day of every series."""
    weekday = np.array([day.weekday() for day in dates], dtype=float)
    month_day = np.array([day.day for day in dates], dtype=float)
    out = []
    for number in range(accounts):
        born = 0 if rng.random() < 0.75 else int(rng.integers(0, DAYS - 45))
        for name, row in account_rows(rng, weekday, month_day).items():
            alive = np.where(np.arange(DAYS) >= born, np.maximum(row, 0), 0.0)
            out.append((f"{number + 1:012d}", name, alive))
    return out


def make(
    seed: int,
    *,
    accounts: int = 60,
    effect: float = 1.0,
    last_day: date = date(2026, 5, 12),
    mean: bool = False,
) -> Labelled:
    """A labelled data set of about 500 series; `effect` scales the dollars of every rise; with `mean`, its `mean`."""
    rng = Recorder([seed, 77])
    first_day = last_day - timedelta(days=DAYS - 1)
    dates = [first_day + timedelta(days=t) for t in range(DAYS)]
    series = series_of(rng, dates, accounts)
    calm = series_of(rng.replay(), dates, accounts) if mean else None
    cost = np.array([row for _, _, row in series])
    service = [name for _, name, _ in series]
    used = cost.max(axis=1) > 0
    settled = (cost > 0).argmax(axis=1) + np.where(
        np.isin(service, ["subscription", "plan", "batch"]), 64, 14
    )
    neutral = used[:, None] & (np.arange(DAYS) < settled[:, None])
    data = Labelled(
        f"ledger-{seed}",
        first_day,
        cost,
        completeness(rng, len(cost)),
        neutral,
        [account for account, _, _ in series],
        service,
        RUNS,
        mean=None if calm is None else np.array([row for _, _, row in calm]),
    )
    inject(data, rng, effect)
    return data


def too_long(place: Place) -> Array:
    """A resource that is never deleted."""
    return np.full(place.left, place.level * place.rng.uniform(0.35, 3))


def experiment(place: Place) -> Array:
    """A few days of something large."""
    return np.full(int(place.rng.integers(1, 4)), place.level * place.rng.uniform(0.6, 5))


def retry_loop(place: Place) -> Array:
    """Counts that multiply for some days, unevenly."""
    days = int(place.rng.integers(1, 6))
    return place.level * place.rng.uniform(1, 8) * place.rng.gamma(20, 1 / 20, days)


def creep(place: Place) -> Array:
    """A little more every day."""
    return place.level * place.rng.uniform(0.03, 0.09) * np.arange(1.0, place.left + 1)


def stairs(place: Place) -> Array:
    """A step every third day."""
    return place.level * place.rng.uniform(0.25, 0.6) * np.floor(1 + np.arange(place.left) / 3)


def price_change(place: Place) -> Array:
    """The same counts at another price."""
    return place.cost[place.start :] * place.rng.uniform(0.4, 1.5)


def vanished(place: Place) -> Array:
    """All resources of a service are gone for days or weeks."""
    return -0.97 * place.cost[place.start : place.start + int(place.rng.integers(3, RUNS))]


def first_use(place: Place) -> Array:
    """A service that the account has never used."""
    return place.rng.lognormal(3.8, 0.9) * place.rng.gamma(15, 1 / 15, place.left)


def some_cents(place: Place) -> Array:
    """Visible in percent, not in dollars."""
    return np.array([place.rng.uniform(0.5, 1.8)])


def giant(place: Place) -> Array:
    """One job far beyond all earlier ones."""
    return np.array([float(place.cost[: place.before].max()) * place.rng.uniform(2.5, 6)])


def dearer_fee(place: Place) -> Array:
    """A subscription with more seats."""
    return np.array([place.cost[place.start] * place.rng.uniform(0.6, 2.5)])


def key(place: Place) -> Array:
    """Ten days of somebody else's resources."""
    return np.full(10, place.level * place.rng.uniform(0.6, 3))


SCENES = (
    Scene("forgotten resource", "listed", 0.06, too_long, 4),
    Scene("short experiment", "listed", 0.06, experiment),
    Scene("retry loop", "counting", 0.09, retry_loop),
    Scene("creep", "listed", 0.03, creep, 14),
    Scene("stairs", "listed", 0.03, stairs, 8),
    Scene("price change", "counting", 0.05, price_change, 4),
    Scene("vanished", "large", 0.04, vanished, 4),
    Scene("new", "unused", 0.08, first_use),
    Scene("tiny", "small", 0.05, some_cents),
    Scene("giant job", "bursts", 0.1, giant),
    Scene("fee jump", "fees", 0.1, dearer_fee, 1, due_day),
)


def inject(data: Labelled, rng: np.random.Generator, effect: float) -> None:
    """Resources that should not be there, counts that should not be made, and resources that vanish."""
    injector = Injector(data, rng, effect)
    level, service = injector.level, np.array(data.service)
    past = data.cost[:, : injector.before]
    listed = np.isin(service, [name for name, *_ in SERVICES]) & (level > 15)
    pools = {
        "listed": listed,
        "large": listed & (level > 25),
        "counting": np.isin(service, [name for name, *_ in COUNTED]) & (level > 8),
        "small": (level > 0.02) & (level < 1.0),
        "unused": service == "unused",
        "bursts": np.isin(service, ["campaigns", "batch"]) & (past.max(axis=1) > 10),
        "fees": (service == "subscription") & ((past > 0).sum(axis=1) >= 3),
    }
    injector.play(SCENES, {name: np.flatnonzero(pool) for name, pool in pools.items()})
    injector.play_together("stolen key", np.flatnonzero(listed), 3, key)
