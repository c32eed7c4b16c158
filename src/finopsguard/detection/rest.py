"""Costs without what was told, and their sums: only the rows that change are copied, for an Organization has many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from finopsguard.detection.calendar import WEEK
from finopsguard.detection.memory import WEEKS_BEFORE, Memory, Span, columns_of, learned_costs
from finopsguard.detection.model import Array
from finopsguard.detection.replay import RECORD_DAYS

LEAPS, NEARLY_AS_MUCH = 0.5, 0.8
"""A row leaps where it usually costs half of that at most; it has done so before where it cost nearly as much."""


@dataclass(frozen=True)
class Rest:
    """`costs` (series, days) USD from `first_day` on, but for the rows in `changed`, which cost what is there."""

    costs: Array
    first_day: date
    changed: Mapping[int, Array] = field(default_factory=dict)

    def rows(self, rows: Sequence[int]) -> Array:
        """These rows: (rows, days)."""
        block = self.costs[list(rows)]
        for place, row in enumerate(rows):
            if row in self.changed:
                block[place] = self.changed[row]
        return block

    def sums(self, groups: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        """The sum of each group of rows, none of them in two: (groups, days)."""
        of = np.full(len(self.costs), len(groups), np.int64)
        for number, rows in enumerate(groups):
            of[list(rows)] = number
        days = range(self.costs.shape[1])
        found = np.stack(
            [np.bincount(of, self.costs[:, day], len(groups) + 1)[: len(groups)] for day in days], axis=1
        )
        for row, cost in self.changed.items():
            if of[row] < len(groups):
                found[of[row]] += cost - self.costs[row]
        return np.asarray(found, dtype=np.float64)

    def without(self, known: Mapping[int, Memory]) -> "Rest":
        """The same without what is known of some rows: those days cost what their weekday cost in the weeks before."""
        if not known:
            return self
        learned = learned_costs(self.rows(list(known)), self.first_day, dict(enumerate(known.values())))
        changed = {**self.changed, **dict(zip(known, learned, strict=True))}
        return Rest(self.costs, self.first_day, changed)

    def without_each(self, spans: Mapping[tuple[int, ...], Sequence[Span]]) -> "Rest":
        """The same without some spans of days of groups of rows."""
        changed = dict(self.changed)
        for rows, told in spans.items():
            block = Rest(self.costs, self.first_day, changed).rows(rows)
            for span in sorted(told):
                _without(block, columns_of(span, self.first_day, block.shape[1]))
            changed.update(zip(rows, block, strict=True))
        return Rest(self.costs, self.first_day, changed)

    def gains(self, rows: Sequence[int], span: Span) -> Array:
        """What each row costs on these days above what its weekday cost in the weeks before them, USD a day."""
        block = self.rows(rows)
        days = columns_of(span, self.first_day, block.shape[1])
        usual = block.copy()
        _without(usual, days)
        return np.asarray((block - usual)[:, days].mean(axis=1))

    def as_before(self, rows: Sequence[int], span: Span) -> Array:
        """True for rows that cost far more than usual on these days and have cost as much on two days of twelve weeks:
        what comes with the month, or in bursts.
        """
        block = self.rows(rows)
        days = columns_of(span, self.first_day, block.shape[1])
        now, usual = block[:, days].mean(axis=1), np.median(block[:, : days.start][:, -RECORD_DAYS:], axis=1)
        past = np.sort(block[:, : days.start][:, -RECORD_DAYS:], axis=1)
        second = past[:, -2] if past.shape[1] > 1 else np.zeros(len(block))
        return np.asarray((usual <= LEAPS * now) & (second >= NEARLY_AS_MUCH * now) & (now > 0))

    def mean(self, rows: Sequence[int], span: Span) -> Array:
        """What each row costs on these days, USD a day."""
        block = self.rows(rows)
        return np.asarray(block[:, columns_of(span, self.first_day, block.shape[1])].mean(axis=1))


def _without(block: Array, span: slice) -> None:
    """`memory.without` for all rows at once, in place."""
    if span.start < 2 * WEEK:
        return
    for day in range(span.start, span.stop):
        last = day - WEEK * (1 + (day - span.start) // WEEK)
        block[:, day] = np.median(block[:, last::-WEEK][:, :WEEKS_BEFORE], axis=1)
