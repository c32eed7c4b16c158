"""Commitments that ended or were bought: the same hours, covered by a Savings Plan or a reservation before or now.

A usage type's covered quantity falls and its quantity on demand rises by about as much, while all of it stays about
what it was: a commitment ended. The reverse: it was bought. The dollars are then a change of price. A plan covers what
saves most, so another usage type may take what it covered here: what is covered of all usage types together, in
dollars, must have fallen too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from finopsguard.incidents.causes.amounts import Change, added, split
from finopsguard.incidents.causes.parts import COVERED, ON_DEMAND, Ledger, Part
from finopsguard.models.cause import CauseKind

LEAST_OF_COVERED = Decimal("0.25")
"""Part of what was covered that must be so no more: coverage strays from day to day."""
LEAST_OF_ALL = Decimal("0.1")
"""And of all of the usage type's quantity."""
AS_MUCH = Decimal("0.5")
"""Part of what is not covered any more by which the quantity on demand must have risen."""
ABOUT_THE_SAME = Decimal("0.5")
"""Part by which all of the quantity may have changed with it."""
LEAST_OF_PRICE = Decimal("0.33")
"""Part of the dollars that must be the price's; the rest may be more or less of it."""
NOT_ELSEWHERE = Decimal("0.5")
"""Part of the dollars that must not be covered elsewhere instead."""


def with_commitments(ledger: Ledger) -> tuple[Part, ...]:
    """The parts, those named that are hours as before under another price."""
    all_covered = added(_covered(records) for records in ledger.recorded.values())
    kinds = {
        usage_type: kind
        for usage_type, records in ledger.recorded.items()
        if (kind := _kind(records, all_covered))
    }
    return tuple(
        _named(part, kinds[part.usage_type], ledger.recorded[part.usage_type])
        if part.usage_type in kinds
        else part
        for part in ledger.parts
    )


def _covered(records: Mapping[str, Change]) -> Change:
    return added(each for record, each in records.items() if record in COVERED)


def _kind(records: Mapping[str, Change], all_covered: Change) -> CauseKind | None:
    covered = _covered(records)
    on_demand = added(each for record, each in records.items() if record == ON_DEMAND)
    moved = abs(covered.more)
    covered_most = max(covered.quantity, covered.quantity_before)
    all_before = covered.quantity_before + on_demand.quantity_before
    if not moved or moved < LEAST_OF_COVERED * covered_most or moved < LEAST_OF_ALL * all_before:
        return None
    answered = -on_demand.more if covered.more > 0 else on_demand.more
    if answered < AS_MUCH * moved:
        return None
    if abs(covered.more + on_demand.more) > ABOUT_THE_SAME * all_before:
        return None
    way = 1 if covered.dollars > 0 else -1
    if all_covered.dollars * way < NOT_ELSEWHERE * abs(covered.dollars):
        return None
    return "commitment_ended" if covered.more < 0 else "moved_to_commitment"


def _named(part: Part, kind: CauseKind, records: Mapping[str, Change]) -> Part:
    """A part of the usage type, where its dollars go the way that they should, and a third is of the price."""
    price = split(part.changes).price
    way = 1 if kind == "commitment_ended" else -1
    if part.dollars * way <= 0 or price * way < LEAST_OF_PRICE * abs(part.dollars):
        return part
    if kind == "moved_to_commitment":
        return replace(part, kind=kind)
    most = max(records.keys() & COVERED.keys(), key=lambda record: (-records[record].more, record))
    return replace(part, kind=kind, covered=COVERED[most])
