"""What the invented company's costs are made of: each service's cost on a day by kind of usage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from finopsguard.accounts.mock_usage import PARTS, PLANTED_PARTS, Kind, Part

_TEN_DECIMALS = Decimal("1e-10")
# What is left of a part by rounding is no usage of its own.
_NOTHING = Decimal("1e-6")


def parts_of(
    account_id: str, service: str, amount: Decimal, usual: Decimal
) -> Iterator[tuple[Kind, Decimal]]:
    """The parts of a service's cost on a day: the usual one, and what is above or below it."""
    ordinary = PARTS[service]
    planted = PLANTED_PARTS.get((account_id, service), ordinary)
    sums: dict[Kind, Decimal] = {}
    for cost, parts in ((usual, ordinary), (amount - usual, planted)):
        for kind, part in _shared(cost, parts):
            sums[kind] = sums.get(kind, Decimal(0)) + part
    small = [kind for kind, part in sums.items() if abs(part) < _NOTHING]
    largest = max(sums, key=lambda kind: abs(sums[kind]))
    for kind in small:
        if kind != largest:
            sums[largest] += sums.pop(kind)
    yield from sums.items()


def _shared(amount: Decimal, parts: Sequence[Part]) -> Iterator[tuple[Kind, Decimal]]:
    """The amount by its shares; what rounding leaves goes to the first."""
    shares = [(amount * part.share).quantize(_TEN_DECIMALS) for part in parts]
    shares[0] += amount - sum(shares, Decimal(0))
    yield from zip((part.kind for part in parts), shares, strict=True)
