"""Parts as the causes that are told: the largest first, the small ones together, the sum to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from finopsguard.incidents.causes import usage_types
from finopsguard.incidents.causes.amounts import ZERO, added, split
from finopsguard.incidents.causes.parts import Part
from finopsguard.models.cause import Cause, CauseKind
from finopsguard.models.money import CENT

TOGETHER_SHARE = Decimal("0.05")
"""Parts below this share of the incident are told together."""
TOGETHER_USD = Decimal("0.50")
"""And those below this, however small the incident is."""
MOST_NAMED = 8
"""So many parts are told by name at most."""
WATCHED = 2
"""So many instances in a Region or of a family that were not there before have their names, however small they are."""
ORDINARY = Decimal("0.25")
"""What comes now and then and cost as much before counts with this part of its dollars among the causes: on such days
nobody was told anything, so it is seldom why.
"""
OTHERS = "others"
"""`dimension` of several parts that are told together; `value` is their number."""
_TOGETHER: frozenset[CauseKind] = frozenset(
    {"commitment_ended", "moved_to_commitment", "new_region", "ended"}
)
_DIGITS = 6

_Group = Sequence[Part]


def ranked(parts: Sequence[Part], direction: int) -> tuple[Cause, ...]:
    """The causes: what goes the incident's way first (0: the way of all parts together), each way by dollars.

    Small parts of one kind that matter together are one cause, by Region where that is new. What is left is one cause
    at the end, and has the cents that rounding takes from the others; where nothing is left, the first cause's rest.
    """
    total = sum((part.dollars for part in parts), ZERO)
    way = direction or (1 if total >= 0 else -1)
    order = sorted(parts, key=lambda part: (-abs(part.dollars), part.name))
    least = least_told(order)
    large = [part for part in order if abs(part.dollars) >= least][:MOST_NAMED]
    told: list[_Group] = [[part] for part in dict.fromkeys([*large, *_watched(order)])]
    if not told and order and order[0].dollars:
        told = [order[:1]]
    named = {part.name for group in told for part in group}
    small = [part for part in order if part.name not in named]
    groups = [group for group in _alike(small) if len(group) > 1 and abs(_dollars(group)) >= least]
    grouped = {part.name for group in groups for part in group}
    left = [part for part in small if part.name not in grouped and part.dollars]
    told = sorted(
        [*told, *groups], key=lambda group: (_dollars(group) * way < 0, -_weight(group), group[0].name)
    )
    causes = [_cause(group, _cents(_dollars(group))) for group in told]
    over = _cents(total) - sum((cause.impact for cause in causes), ZERO)
    if left and (over or any(abs(part.dollars) >= CENT / 2 for part in left)):
        causes.append(_cause(left, over))
    elif over and causes:
        causes[0] = _cause(told[0], causes[0].impact + over)
    return tuple(cause for cause in causes if cause.impact or cause.quantity_effect or cause.price_effect)


def _watched(parts: Sequence[Part]) -> list[Part]:
    """The largest instances that run where, or as what, none ran before: somebody else may have started them."""
    new = [part for part in parts if part.kind in ("new_region", "new_family")]
    return [part for part in new if usage_types.family(part.usage_type) and part.dollars >= TOGETHER_USD][
        :WATCHED
    ]


def least_told(parts: Sequence[Part]) -> Decimal:
    """USD below which a part is told together with others."""
    total = abs(sum((part.dollars for part in parts), ZERO))
    largest = max((abs(part.dollars) for part in parts), default=ZERO)
    return max(TOGETHER_USD, TOGETHER_SHARE * max(total, largest))


def _alike(parts: Sequence[Part]) -> list[_Group]:
    """Parts of one kind that say more together; in a Region that is new, those of it."""
    groups: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        if part.kind in _TOGETHER:
            place = part.region if part.kind == "new_region" else ""
            groups.setdefault((part.kind, place), []).append(part)
    return list(groups.values())


def _dollars(group: _Group) -> Decimal:
    return sum((part.dollars for part in group), ZERO)


def _weight(group: _Group) -> Decimal:
    ordinary = all(part.ordinary for part in group)
    return abs(_dollars(group)) * (ORDINARY if ordinary else 1)


def _cents(amount: Decimal) -> Decimal:
    """An amount in cents, without the sign of a zero."""
    return amount.quantize(CENT) + ZERO


def _cause(group: _Group, impact: Decimal) -> Cause:
    """One part, or several; `impact` is what it is told to explain, and the rest is what makes it so."""
    effects = [split(part.changes) for part in group]
    quantity = _cents(sum((each.quantity for each in effects), ZERO))
    price = _cents(sum((each.price for each in effects), ZERO))
    first, several = group[0], len(group) > 1
    kinds = {part.kind for part in group}
    regions = {part.region for part in group}
    units = {part.unit for part in group}
    whole = added(part.change for part in group)
    unit = units.pop() if len(units) == 1 else None
    origin = None if several else first.origin
    before = origin.usage_type if origin else first.covered
    return Cause(
        OTHERS if several else "usage_type",
        str(len(group)) if several else first.usage_type,
        impact,
        kinds.pop() if len(kinds) == 1 else None,
        (regions.pop() or None) if len(regions) == 1 else None,
        None if several else first.operation,
        quantity,
        price,
        impact - quantity - price,
        None if unit is None else round(whole.quantity, _DIGITS),
        None if unit is None else round(whole.quantity_before, _DIGITS),
        unit or None,
        None if several else before,
        origin.region or None if origin and origin.region != first.region else None,
    )
