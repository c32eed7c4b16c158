"""Generator "ledger": an account is a changing list of resources, each with a birth, a price and a life.

Nothing here knows a level or a weekday factor. A service's cost is the sum over its resources of that day, so levels wander
because resources come and go; usage is counted (negative binomial), noise is additive, prices have monthly tiers, late
records arrive with exponential delay. No mechanism is shared with generator "fleet". It was written after the detector and is
used for reporting only: no constant was chosen by looking at it.
"""

from datetime import date, timedelta

import numpy as np

from benchmarks.detection.labels import Array, Injector, Labelled

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

    Large resources come and go in the past only: in the judged weeks they would be incidents that nobody labelled.
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
    wander = np.exp(np.cumsum(rng.normal(0, 0.008, DAYS)))
    shape = rng.uniform(8, 80)
    count = rng.poisson(mean * harmonic * wander * rng.gamma(shape, 1 / shape, DAYS))
    tier = rng.uniform(3, 12) * mean
    used, cost = 0.0, np.empty(DAYS)
    for t in range(DAYS):
        used = count[t] if month_day[t] == 1 else used + count[t]
        cheap = np.clip(used - tier, 0, count[t])
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


def make(seed: int, *, accounts: int = 60, effect: float = 1.0, last_day: date = date(2026, 5, 12)) -> Labelled:
    """A labelled data set of about 500 series."""
    rng = np.random.default_rng([seed, 77])
    first_day = last_day - timedelta(days=DAYS - 1)
    dates = [first_day + timedelta(days=t) for t in range(DAYS)]
    weekday = np.array([day.weekday() for day in dates], dtype=float)
    month_day = np.array([day.day for day in dates], dtype=float)
    rows: list[Array] = []
    owner: list[str] = []
    service: list[str] = []
    for number in range(accounts):
        size = rng.lognormal(0, 1.1)
        born = 0 if rng.random() < 0.75 else int(rng.integers(0, DAYS - 45))
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
            day = int(rng.integers(1, 29))
            own["subscription"] = np.where(month_day == day, size * rng.lognormal(4, 0.8), 0.0)
        if rng.random() < 0.4:
            total = np.sum(list(own.values()), axis=0)
            before = np.convolve(total, np.ones(30), "full")[:DAYS]
            own["plan"] = np.where(month_day == 1, 0.06 * before, 0.0)
        own["unused"] = np.zeros(DAYS)
        for name, row in own.items():
            rows.append(np.where(np.arange(DAYS) >= born, np.maximum(row, 0), 0.0))
            owner.append(f"{number + 1:012d}")
            service.append(name)
    cost = np.array(rows)
    first_cost = np.where((cost > 0).any(axis=1), (cost > 0).argmax(axis=1), 0)
    neutral = (np.arange(DAYS) < first_cost[:, None] + 14) & (cost > 0).any(axis=1)[:, None]
    for row, name in enumerate(service):
        if name in ("subscription", "plan", "batch"):
            neutral[row, : first_cost[row] + 64] = True
    delay = rng.uniform(0.1, 0.5, len(cost))  # days until a record arrives
    completeness = np.ones((RUNS, len(cost), 2))
    for run in range(RUNS):
        hours = rng.uniform(0.35, 1.0)
        completeness[run, :, 0] = np.clip(hours - delay * (1 - np.exp(-hours / delay)), 0.05, 1)
        completeness[run, :, 1] = np.clip(1 - delay * np.exp(-hours / delay), 0.6, 1)
    data = Labelled(f"ledger-{seed}", first_day, cost, completeness, neutral, owner, service, RUNS)
    inject(data, rng, effect)
    return data


def inject(data: Labelled, rng: np.random.Generator, effect: float) -> None:
    """Resources that should not be there, counts that should not be made, and resources that vanish."""
    injector = Injector(data, effect)
    cost, first = data.cost, DAYS - RUNS
    level = np.median(cost[:, first - 21 : first], axis=1)
    service = np.array(data.service)
    listed = np.flatnonzero(np.isin(service, [name for name, *_ in SERVICES]) & (level > 15))
    counting = np.flatnonzero(np.isin(service, [name for name, *_ in COUNTED]) & (level > 8))
    small = np.flatnonzero((level > 0.02) & (level < 1.0))
    bursts = np.flatnonzero(np.isin(service, ["campaigns", "batch"]) & (cost[:, :first].max(axis=1) > 10))
    fees = np.flatnonzero((service == "subscription") & ((cost[:, :first] > 0).sum(axis=1) >= 3))

    def free(pool: Array) -> int | None:
        left = [row for row in pool.tolist() if row not in injector.used]
        return int(rng.choice(left)) if left else None

    def put(kind: str, pool: Array, excess: Array, last: int) -> None:
        row = free(pool)
        if row is not None:
            injector.add(row, kind, int(rng.integers(first, DAYS - last)), excess * level[row])

    n = max(2, len(listed) // 18)
    for _ in range(n):
        put("forgotten resource", listed, np.full(RUNS, rng.uniform(0.35, 3)), 4)
        put("short experiment", listed, np.full(int(rng.integers(1, 4)), rng.uniform(0.6, 5)), 2)
        put("retry loop", counting, rng.uniform(1, 8) * rng.gamma(20, 1 / 20, int(rng.integers(1, 6))), 2)
    for _ in range(max(1, n // 2)):
        put("creep", listed, rng.uniform(0.03, 0.09) * np.arange(1, RUNS + 1), 14)
        put("price change", counting, np.full(RUNS, rng.uniform(0.4, 1.5)), 4)
        put("stairs", listed, rng.uniform(0.25, 0.6) * (1 + np.arange(RUNS) // 3), 8)
        row = free(listed[level[listed] > 25])
        if row is not None:
            start = int(rng.integers(first, DAYS - 4))
            injector.add(row, "vanished", start, -0.97 * cost[row, start : start + int(rng.integers(3, RUNS))])
        row = free(np.flatnonzero(service == "unused"))
        if row is not None:
            start = int(rng.integers(first, DAYS - 2))
            injector.add(row, "new", start, rng.lognormal(3.8, 0.9) * rng.gamma(15, 1 / 15, DAYS - start))
        row = free(small)
        if row is not None:
            injector.add(row, "tiny", int(rng.integers(first, DAYS - 2)), np.array([rng.uniform(0.5, 1.8)]))
    for _ in range(3):
        row = free(bursts)
        if row is not None:
            top = cost[row, :first].max()
            injector.add(row, "giant job", int(rng.integers(first, DAYS - 2)), np.array([top * rng.uniform(2.5, 6)]))
        row = free(fees)
        due = np.flatnonzero(cost[row, first : DAYS - 1] > 1) if row is not None else []
        if row is not None and len(due):
            day = first + int(due[0])
            injector.add(row, "fee jump", day, np.array([cost[row, day] * rng.uniform(0.6, 2.5)]))
    for account in rng.choice(sorted(set(data.account)), 3, replace=False):
        pool = [r for r in listed.tolist() if data.account[r] == account and r not in injector.used]
        if len(pool) >= 2:
            group, start = injector.new_group(), int(rng.integers(first, DAYS - 4))
            for row in pool[:4]:
                injector.add(row, "stolen key", start, np.full(10, level[row] * rng.uniform(0.6, 3)), group=group)
