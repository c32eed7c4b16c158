"""Random worlds and random ways of asking for them, as small as the fault that they show."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple, get_args

from hypothesis import strategies as st

from finopsguard.models.costs import CostRow
from finopsguard.models.run import Basis, Period, ReportName
from tests.truth.reading import BAD_AMOUNTS, Asked, Fault, FaultKind
from tests.truth.words_world import NAMES, World, charge

SERVICES = ("Amazon EC2", "Amazon RDS", "AWS Lambda")
_LAST_DIGIT = Decimal("1e-10")
_FIRST_MORNING = date(2026, 11, 23)
_MOST_FAULTS = 2
_OTHER_CHARGES = (
    "Tax", "Credit", "Refund", "Fee", "Support", "EdpDiscount", "SavingsPlanNegation", "SavingsPlanCoveredUsage",
    "SavingsPlanRecurringFee", "Brand new charge",
)  # fmt: skip

levels = st.sampled_from(["0", "0.004", "3", "100", "130.5", "333.3333333333", "5000", "1234567.89", "-40"])
factors = st.sampled_from(["0", "0.3", "0.7", "0.99", "1", "1", "1", "1.01", "1.35", "4"])
rhythms = st.sampled_from([("1", "1"), ("1", "1"), ("1", "0.7"), ("1", "0.7"), ("1", "0"), ("0.2", "1")])
unrest = st.sampled_from([0, 1, 1, 3])
amounts = st.sampled_from(["-9000", "-350.55", "-0.004", "0", "12.3456", "700", "60000"])
shares = st.sampled_from(["0.55", "0", "0.1", "0.3", "0.8", "0.97", "1"])


class Series(NamedTuple):
    """An account's service: a level with weekdays and weekends, from `first` to `last` days before the newest one.

    `moved` of the newest days are `factor` times that.
    """

    level: str
    rhythm: tuple[str, str]
    unrest: int
    first: int
    last: int
    moved: int
    factor: str

    def amounts(self, newest: date) -> list[str]:
        """Daily, oldest first; nothing outside of its life."""
        return [str(self._on(newest, back)) for back in reversed(range(self.first + 1))]

    def _on(self, newest: date, back: int) -> Decimal:
        if back < self.last:
            return Decimal(0)
        day = newest - timedelta(days=back)
        noise = 1 + Decimal(self.unrest * (day.toordinal() * 7 % 5 - 2)) / 100
        moved = Decimal(self.factor) if back < self.moved else Decimal(1)
        whole = Decimal(self.level) * Decimal(self.rhythm[day.weekday() >= 5]) * noise * moved
        return whole.quantize(_LAST_DIGIT)


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    """A report of any morning in three weeks, the first of a month among them, in which nothing is wrong."""
    morning = _FIRST_MORNING + timedelta(days=draw(st.integers(0, 20)))
    return Asked(
        report=draw(st.sampled_from(get_args(ReportName))),
        at=datetime.combine(morning, time(draw(st.sampled_from([9, 9, 0, 23]))), UTC),
        basis=draw(st.sampled_from(get_args(Basis))),
        history_days=draw(st.sampled_from([45] * 9 + [98])),
        settle_hours=draw(st.sampled_from([24, 24, 24, 0, 48])),
        accounts_per_fetch=draw(st.sampled_from([50, 50, 50, 1, 2])),
        max_missing_percent=draw(st.sampled_from([10, 60])),
        page_size=draw(st.sampled_from([5000, 5000, 5000, 40, 13])),
        known=draw(st.booleans()),
    )


@st.composite
def worlds(draw: st.DrawFn, morning: date, history_days: int) -> World:
    """One to six accounts, moved and billed late in the newest days, with charges of every sign."""
    newest = morning - timedelta(days=1)
    accounts = list(NAMES)[: draw(st.sampled_from([1, 1, 2, 2, 3, 6]))]
    known = min(draw(st.sampled_from([98, 98, 98, 30, 12, 3])), history_days)
    # Half of the worlds are calm: what is late or lost there is seen for what it is.
    calm = draw(st.booleans())
    series = _calm(history_days) if calm else _series(known)
    lives = draw(st.lists(series, min_size=len(accounts), max_size=len(accounts) + 2))
    recipe = {
        (accounts[index % len(accounts)], SERVICES[index // len(accounts)]): life
        for index, life in enumerate(lives)
    }
    usage = {key: life.amounts(newest) for key, life in recipe.items()}
    charges = [
        charge(newest - timedelta(days=back), account, kind, amount)
        for back, account, kind, amount in draw(
            st.lists(
                st.tuples(
                    st.integers(0, 20), st.sampled_from(accounts), st.sampled_from(_OTHER_CHARGES), amounts
                ),
                max_size=4,
            )
        )
    ]  # fmt: skip
    world = World(usage, charges, last_day=newest)
    extras: list[CostRow] = []
    others = [f"{each.date} {each.account_id} {each.record_type} {each.amount}" for each in charges]
    named = f"{recipe} + {others}"
    if draw(st.integers(0, 4)) == 0:
        share = draw(st.sampled_from(["1", "1", "0.5", "1.3"]))
        extras += credited(world, Decimal(share))
        named += f", {share} credited"
    if draw(st.booleans()):
        extras += month_start(world)
        named += ", month start"
    left = draw(st.sampled_from([0, 0, 0, 1])) if len(accounts) > 1 else 0
    return World(
        usage,
        [*charges, *extras],
        dict.fromkeys(NAMES, "same") if draw(st.integers(0, 5)) == 0 else NAMES,
        newest,
        late=draw(_late(newest, [""] if calm else ["", *accounts])),
        unlisted=frozenset(accounts[-left:] if left else ()),
        recipe=named,
    )


def credited(world: World, share: Decimal = Decimal(1), days: int = 98) -> list[CostRow]:
    """Credits for a share of what is used, day by day."""
    first = world.last_day - timedelta(days=days - 1)
    return [
        charge(row.day, row.account_id, "Credit", (-row.amount * share).quantize(_LAST_DIGIT))
        for row in _by_account(world)
        if row.day >= first and row.amount
    ]


def month_start(world: World) -> list[CostRow]:
    """What AWS bills on the first of a month."""
    firsts = {row.day for row in world.bill if row.day.day == 1}
    kinds = {"Tax": "811.27", "Support": "350", "RIFee": "120.5"}
    return [
        charge(day, world.accounts[0], kind, amount)
        for day in sorted(firsts)
        for kind, amount in kinds.items()
    ]


@st.composite
def faults(draw: st.DrawFn, world: World, window: Period) -> tuple[Fault, ...]:
    """None for half of the worlds, then one or two."""
    kinds = st.sampled_from(get_args(FaultKind))
    found = draw(st.one_of(st.just([]), st.lists(kinds, min_size=1, max_size=_MOST_FAULTS)))
    return tuple(draw(_fault(kind, world, window)) for kind in found)


@st.composite
def _fault(draw: st.DrawFn, kind: FaultKind, world: World, window: Period) -> Fault:
    last = window.end - timedelta(days=draw(st.sampled_from([1, 2, 3, 5, 9, 30])))
    first = last - timedelta(days=draw(st.sampled_from([0, 0, 1, 4, 90])))
    return Fault(
        kind,
        draw(st.sampled_from(world.accounts)),
        max(first, window.start),
        last,
        draw(st.sampled_from([None, None, 1, 2])),
        draw(st.sampled_from(BAD_AMOUNTS)),
    )


@st.composite
def _calm(draw: st.DrawFn, known: int) -> Series:
    return Series(
        draw(st.sampled_from(["3", "100", "5000"])), ("1", "0.7"), draw(unrest), known - 1, 0, 0, "1"
    )


@st.composite
def _series(draw: st.DrawFn, known: int) -> Series:
    ended = draw(st.sampled_from([0] * 8 + [1, 4, 20]))
    return Series(
        level=draw(levels),
        rhythm=draw(rhythms),
        unrest=draw(unrest),
        first=draw(st.sampled_from([known - 1] * 4 + [2, 9])),
        last=ended,
        moved=draw(st.sampled_from([1, 2, 4, 7, 20])),
        factor=draw(factors),
    )


@st.composite
def _late(draw: st.DrawFn, newest: date, among: list[str]) -> dict[tuple[date, str], Decimal]:
    if draw(st.booleans()):
        return {}
    days = draw(st.sampled_from([1, 2, 2, 3]))
    whose = draw(st.sampled_from(among))
    return {(newest - timedelta(days=back), whose): Decimal(draw(shares)) for back in range(days)}


class _Used(NamedTuple):
    day: date
    account_id: str
    amount: Decimal


def _by_account(world: World) -> list[_Used]:
    sums: dict[tuple[date, str], Decimal] = {}
    for each in world.bill:
        if each.record_type == "Usage":
            key = each.day, each.account_id
            sums[key] = sums.get(key, Decimal(0)) + each.amount
    return [_Used(day, account, amount) for (day, account), amount in sums.items()]
