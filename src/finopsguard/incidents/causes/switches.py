"""What takes another's place: a fall and a rise on the same days that are one cause.

Two parts may be one cause where the same thing is counted in the same unit: a usage type in another Region; another
volume, storage class, instance or model in the same Region; the same instance under other terms. The fall and the rise
are large parts of what each was or is, lie on the same days, and are of about as many units, or dollars.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from finopsguard.incidents.causes import usage_types
from finopsguard.incidents.causes.amounts import ZERO, added
from finopsguard.incidents.causes.parts import Part

ALIKE = Decimal("0.5")
"""The smaller of two amounts that are about the same, as a part of the larger."""
LARGE_MOVE = Decimal("0.25")
"""A fall is at least so much of what was, a rise of what is."""
SHARED_DAYS = Decimal("0.6")
"""So much of both moves lies on the same days."""
DEARER = Decimal(3)
"""As many hours of another instance that cost more than so many times as much are no switch, but news."""


class _Pair(NamedTuple):
    """A fall and a rise that may be one; the closest has the smallest `rank`."""

    rank: tuple[int, Decimal, tuple[str, str], tuple[str, str]]
    fell: Part
    rose: Part


def with_switches(parts: Sequence[Part], least: Decimal) -> tuple[Part, ...]:
    """The parts, a rise and the fall whose place it takes being one. Moves below `least` USD are left as they are."""
    free = [part for part in parts if part.kind == "changed" and abs(part.dollars) >= least]
    fell = [part for part in free if -part.dollars >= LARGE_MOVE * part.change.cost_before]
    rose = [part for part in free if part.dollars >= LARGE_MOVE * part.change.cost]
    pairs = sorted(_pairs([each for each in fell if each.dollars < 0], rose), key=lambda pair: pair.rank)
    joined: dict[tuple[str, str], Part] = {}
    taken: set[tuple[str, str]] = set()
    for pair in pairs:
        if taken.isdisjoint({pair.fell.name, pair.rose.name}):
            taken |= {pair.fell.name, pair.rose.name}
            joined[pair.rose.name] = _joined(pair)
    return tuple(
        joined.get(part.name, part) for part in parts if part.name in joined or part.name not in taken
    )


def _pairs(fell: Iterable[Part], rose: Sequence[Part]) -> Iterable[_Pair]:
    for old in fell:
        for now in rose:
            likeness = _likeness(old, now)
            if likeness is None or old.unit != now.unit or old.unit is None:
                continue
            near = _nearness(old, now)
            if near >= ALIKE and _same_days(old, now) >= SHARED_DAYS:
                yield _Pair((likeness, -near, old.name, now.name), old, now)


def _likeness(old: Part, now: Part) -> int | None:
    """How alike two parts are by their names, 0 the most; None: they are different things."""
    if old.region != now.region:
        moved = usage_types.without_region(old.usage_type) == usage_types.without_region(now.usage_type)
        return 0 if moved else None
    instance = usage_types.instance_type(old.usage_type)
    if instance and instance == usage_types.instance_type(now.usage_type):
        return 1
    if usage_types.counted(old.usage_type) != usage_types.counted(now.usage_type):
        return None
    return 1 if usage_types.size(old.usage_type) == usage_types.size(now.usage_type) else 2


def _nearness(old: Part, now: Part) -> Decimal:
    """How near the moves are to each other in units or in dollars, whichever is nearer; 1 is the same."""
    dollars = _ratio(-old.dollars, now.dollars)
    units = _ratio(-old.change.more, now.change.more)
    instance = usage_types.instance_type(now.usage_type)
    other = instance and instance != usage_types.instance_type(old.usage_type)
    if other and now.dollars > DEARER * -old.dollars:
        return ZERO
    return max(dollars, units)


def _ratio(one: Decimal, other: Decimal) -> Decimal:
    return min(one, other) / max(one, other) if min(one, other) > 0 else ZERO


def _same_days(old: Part, now: Part) -> Decimal:
    """The part of both moves that lies on the same days; 1 where they are of one shape."""
    shared = (
        min(fall / old.dollars, rise / now.dollars) for fall, rise in zip(old.moves, now.moves, strict=True)
    )
    return sum((max(ZERO, each) for each in shared), ZERO)


def _joined(pair: _Pair) -> Part:
    """The rise with the fall in it: the net dollars, as a change of quantity and price of what is one thing."""
    whole = added([pair.fell.change, pair.rose.change])
    moves = tuple(fall + rise for fall, rise in zip(pair.fell.moves, pair.rose.moves, strict=True))
    return replace(pair.rose, changes=(whole,), moves=moves, kind="switched", origin=pair.fell)
