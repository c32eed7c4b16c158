"""How grave an anomaly is: three levels, where each begins, and whose eye the gravest asks for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Severity = Literal["low", "medium", "high"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high")
"""The levels, the lowest first."""

# Where an anomaly is medium, and where high, in USD a month: the smallest that is told costs 300 (10 a day); three
# times that is worth an hour of an engineer's, and what costs 10,000 is worth to be called for.
LIMITS = (Decimal(1_000), Decimal(10_000))


@dataclass(frozen=True)
class GradedWith:
    """The customer's limits, in the report's currency a month: where `medium` and where `high` begins.

    `words` are the customer's own for the levels, the lowest first; empty: the report's language has its own.
    """

    medium: Decimal
    high: Decimal
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mention:
    """Whom Teams notifies: a user by the object id of Microsoft Entra, or a tag by its id; `name` is what is shown."""

    kind: Literal["user", "tag"]
    id: str
    name: str
