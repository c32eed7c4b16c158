"""Rows of a file that is read whole: a console's CSV, an answer of Cost Explorer. They are text, as any other's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from finopsguard.costs.sources.files.amounts import Style
from finopsguard.models.money import CENT

ALL = "all"
"""Of an account or a service that the file does not tell apart."""


class Row(NamedTuple):
    """What stands in the file; `line` is where, as a text editor counts. `wrong`: why its amount is not known."""

    line: int
    day: str
    account: str
    service: str
    kind: str | None
    cost: str
    currency: str | None = None
    wrong: str | None = None


@dataclass(frozen=True)
class Total:
    """What a file says that its rows add up to, and what they do."""

    stated: Decimal
    read: Decimal

    @property
    def equal(self) -> bool:
        """To the cent."""
        return abs(self.stated - self.read) < CENT


@dataclass(frozen=True)
class Rows:
    """All rows, and what is known of the file. `by`: what tells its rows apart; `across`: one line has several."""

    dialect: str
    rows: Sequence[Row]
    currency: str | None = None
    metric: str = ""
    by: str = ""
    total: Total | None = None
    style: Style = "point"
    across: bool = False
