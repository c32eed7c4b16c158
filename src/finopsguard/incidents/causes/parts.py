"""An incident's parts: each usage type in each Region, on its days and as it was before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias

from finopsguard.incidents.causes.amounts import NO_USAGE, ZERO, Amount, ByDay, Change, added, by_day
from finopsguard.incidents.causes.held import Held, Window, change, expected, held_against, window
from finopsguard.models.cause import CauseKind
from finopsguard.models.costs import Usage, UsageLine
from finopsguard.models.money import CENT

ON_DEMAND = "usage"
COVERED = {"savingsplancoveredusage": "SavingsPlanCoveredUsage", "discountedusage": "DiscountedUsage"}
"""Usage that a Savings Plan or a reservation covers: record types without spaces and in small letters, and in full."""
USED = frozenset(COVERED) | {ON_DEMAND}
"""Record types whose quantity was used. A negation takes covered usage off the bill again, a fee is for no usage."""
RAMP_DAYS = 2
"""What first came so shortly before an incident is new in it: what is started in the evening costs little that day."""
MOST_OF_IT = Decimal("0.75")
"""An operation with so large a part of a usage type's dollars explains it."""

SOMETIMES = Decimal("0.35")
"""What stays away on so many days comes now and then; more than two days of seven."""

_Finer: TypeAlias = Mapping[str, Mapping[str, dict[date, Amount]]]


@dataclass(frozen=True)
class Part:
    """A usage type in a Region. `changes` are by record type where that is known, else one.

    `moves` are its USD above what it was before, by day of the incident. `unit` is None where several are added.
    `seen`: it was there before the incident; `gone`: it is not any more; `ordinary`: it comes now and then, and cost as
    much before. `origin` is what it took the place of, `covered` the record type that it had under a commitment.
    """

    usage_type: str
    region: str
    changes: tuple[Change, ...]
    moves: tuple[Decimal, ...]
    unit: str | None
    seen: bool = True
    gone: bool = False
    ordinary: bool = False
    kind: CauseKind = "changed"
    operation: str | None = None
    origin: Part | None = field(default=None, repr=False)
    covered: str | None = None

    @cached_property
    def change(self) -> Change:
        """Of all record types together."""
        return added(self.changes)

    @property
    def dollars(self) -> Decimal:
        """USD that it explains, not rounded; of what took another's place those of both."""
        return self.change.dollars

    @property
    def name(self) -> tuple[str, str]:
        """By which equal parts are put in order."""
        return self.usage_type, self.region


@dataclass(frozen=True)
class Ledger:
    """An incident's parts, and the change of each usage type by record type; empty where that was not read."""

    parts: tuple[Part, ...]
    recorded: Mapping[str, Mapping[str, Change]]


def read(usage: Usage, start: date, days: Iterable[date]) -> Ledger:
    """An incident's usage as parts, in the order of their names. Those that did not change are among them."""
    looked = window(start, days, (line.date for line in usage.by_region if line.amortized or line.quantity))
    records = _finer(usage.by_record_type, lambda line: (line.record_type or "").replace(" ", "").lower())
    operations = _finer(usage.by_operation, lambda line: line.operation or "")
    regions = _regions(usage.by_region)
    parts: list[Part] = []
    recorded: dict[str, dict[str, Change]] = {}
    for usage_type, places in regions.items():
        by_record = records.get(usage_type, {})
        if len(places) == 1:
            (alone,) = places.values()
            _without_negations(alone.amounts, by_record)
        held = {region: held_against(place.amounts, looked.before) for region, place in places.items()}
        of_type = next(iter(held.values()))
        if len(places) > 1:
            of_type = held_against(_sum(place.amounts for place in places.values()), looked.before)
        mine = recorded[usage_type] = _changes(by_record, of_type, looked)
        by_operation = _changes(operations.get(usage_type, {}), of_type, looked)
        parts += [
            _part(
                usage_type,
                region,
                place,
                held[region],
                looked,
                records=mine if len(places) == 1 else {},
                operations=by_operation,
            )
            for region, place in places.items()
        ]
    return Ledger(tuple(sorted(parts, key=lambda part: part.name)), recorded)


@dataclass
class _Place:
    """A usage type in one Region by day, and the units that its quantities are in."""

    amounts: dict[date, Amount]
    units: set[str]


def _regions(lines: Sequence[UsageLine]) -> dict[str, dict[str, _Place]]:
    found: dict[str, dict[str, _Place]] = {}
    for (usage_type, region), amounts in by_day(
        lines, lambda line: (line.usage_type, line.region or "")
    ).items():
        found.setdefault(usage_type, {})[region] = _Place(amounts, set())
    for line in lines:
        if line.quantity:
            found[line.usage_type][line.region or ""].units.add(line.unit)
    return found


def _finer(lines: Sequence[UsageLine] | None, name: Callable[[UsageLine], str]) -> _Finer:
    """Lines of another grouping, added up by usage type, name and day."""
    found: dict[str, dict[str, dict[date, Amount]]] = {}
    for (usage_type, each), amounts in by_day(
        lines or (), lambda line: (line.usage_type, name(line))
    ).items():
        found.setdefault(usage_type, {})[each] = amounts
    return found


def _without_negations(amounts: dict[date, Amount], records: Mapping[str, ByDay]) -> None:
    """Takes the hours of negations out of a day's quantity, where they are in it."""
    if records.keys() <= USED:
        return
    for day, (cost, quantity) in amounts.items():
        of_day = {record: days.get(day, NO_USAGE).quantity for record, days in records.items()}
        if quantity == sum(of_day.values(), ZERO):
            amounts[day] = Amount(cost, sum((of_day[each] for each in of_day.keys() & USED), ZERO))


def _sum(several: Iterable[ByDay]) -> ByDay:
    total: dict[date, Amount] = {}
    for amounts in several:
        for day, (cost, quantity) in amounts.items():
            before = total.get(day, NO_USAGE)
            total[day] = Amount(before.cost + cost, before.quantity + quantity)
    return total


def _changes(finer: Mapping[str, ByDay], held: Held, looked: Window) -> dict[str, Change]:
    return {name: change(amounts, held, looked.days) for name, amounts in finer.items()}


def _part(
    usage_type: str,
    region: str,
    place: _Place,
    held: Held,
    looked: Window,
    *,
    records: Mapping[str, Change],
    operations: Mapping[str, Change],
) -> Part:
    whole = change(place.amounts, held, looked.days)
    moves = tuple(
        place.amounts.get(day, NO_USAGE).cost - expected(place.amounts, held, day).cost for day in looked.days
    )
    ramp = looked.start - timedelta(days=RAMP_DAYS)
    changes = _by_record(whole, records)
    if len(place.units) > 1:
        changes = (Change(whole.cost, whole.cost_before, ZERO, ZERO),)
    return Part(
        usage_type,
        region,
        changes,
        moves,
        next(iter(place.units), "") if len(place.units) < 2 else None,
        seen=any(any(place.amounts.get(day, NO_USAGE)) for day in looked.before if day < ramp),
        gone=_gone(place.amounts, whole, looked),
        ordinary=_ordinary(place.amounts, looked),
        operation=_operation(whole, operations),
    )


def _by_record(whole: Change, records: Mapping[str, Change]) -> tuple[Change, ...]:
    """The change by record type, where these are the same money and the same quantity; else as one."""
    changes = [
        each if record in USED else Change(each.cost, each.cost_before, ZERO, ZERO)
        for record, each in sorted(records.items())
    ]
    sums = added(changes)
    near = (abs(one - other) < CENT / 2 for one, other in zip(whole[:2], sums[:2], strict=True))
    if not changes or not all(near) or sums[2:] != whole[2:]:
        return (whole,)
    # Divided by numbers of days, the two may differ in their last digit.
    rest = Change(whole.cost - sums.cost, whole.cost_before - sums.cost_before, ZERO, ZERO)
    return (*changes, rest) if any(rest) else tuple(changes)


def _gone(amounts: ByDay, whole: Change, looked: Window) -> bool:
    """True for what was there before and is not now; on the incident's first day it may have been stopped."""
    if not whole.cost_before and not whole.quantity_before:
        return False
    after = looked.days[1:] or looked.days
    return not any(any(amounts.get(day, NO_USAGE)) for day in after)


def _ordinary(amounts: ByDay, looked: Window) -> bool:
    """True for what stayed away on many days since it first came, and came as large before as it is now."""
    past = [amounts.get(day, NO_USAGE).cost for day in looked.before]
    since = next((index for index, cost in enumerate(past) if cost), len(past))
    past = past[since:]
    if past.count(ZERO) < SOMETIMES * max(1, len(past)):
        return False
    return all(min(past) <= amounts.get(day, NO_USAGE).cost <= max(past) for day in looked.days)


def _operation(whole: Change, operations: Mapping[str, Change]) -> str | None:
    """The operation that has most of a part's dollars; None where none has, or where it is in other Regions too."""
    if not operations or abs(added(operations.values()).dollars - whole.dollars) > abs(whole.dollars) / 10:
        return None
    name, largest = max(operations.items(), key=lambda each: (each[1].dollars * whole.dollars, each[0]))
    if largest.dollars * whole.dollars <= 0 or abs(largest.dollars) < MOST_OF_IT * abs(whole.dollars):
        return None
    return name or None
