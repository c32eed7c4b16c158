"""What people and earlier reports know of a series, as plain data, and what each of it does to a judgement.

| known | level, noise and record | what is told |
| --- | --- | --- |
| `told`: an incident's days | learn the weekday's cost of the weeks before instead | its days are judged as they cost |
| `planned`: an event's days | the same | nothing on its days |
| `accepted`: right since then | earlier days are brought to the accepted level | as ever |
| `muted`: nobody wants to know | learn as ever | nothing on its days |
| `ordinary`: a marked cost is no anomaly | learn as ever | no rise up to that cost and a tenth |
| `ordinary_low`: nor is one that fell | learn as ever | no fall down to that cost less a tenth |
| `alike`: so many times what is expected is no anomaly on some days | learn as ever | no rise (fall) up (down) to it |
| `tolerance`: what is told is too much | learn as ever | what lies beyond the threshold so many times |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from finopsguard.detection.calendar import WEEK
from finopsguard.detection.gates import Mask
from finopsguard.detection.model import Array
from finopsguard.detection.scale import log_ratio

Span = tuple[date, date]
"""First and last day, both included."""
Label = tuple[str, str]
"""(account, service)."""

WEEKS_BEFORE = 4
"""A told day is replaced by the median of its weekday in so many weeks before the story: what was usual."""
ACCEPTED_DAYS = 28
"""An accepted level is compared with so many days before it."""
LEAST_USD = 1.0
LIKE = 1.1
"""A cost up to a tenth above a marked one is like it."""


class Alike(NamedTuple):
    """Days on which a cost of so many times what is expected is no anomaly: more than 1 of a rise, less of a fall."""

    days: Span
    times: float


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of one series. Spans may overlap, lie outside the history or go on beyond it; amounts are USD a
    day.
    """

    told: tuple[Span, ...] = ()
    planned: tuple[Span, ...] = ()
    accepted: tuple[date, ...] = ()
    muted: tuple[Span, ...] = ()
    ordinary: tuple[float, ...] = ()
    ordinary_low: tuple[float, ...] = ()
    alike: tuple[Alike, ...] = ()
    tolerance: float = 1.0


def columns_of(span: Span, first_day: date, days: int) -> slice:
    """The columns of a span, within the history."""
    return slice(
        min(max(0, (span[0] - first_day).days), days), min(max(0, (span[1] - first_day).days + 1), days)
    )


def learned_costs(costs: Array, first_day: date, rows: Mapping[int, Memory]) -> Array:
    """The costs that the detector learns from: `costs` itself where nothing is known, else a copy: (series, days)."""
    if not rows:
        return costs
    out = costs.copy()
    for row, known in rows.items():
        for span in sorted((*known.told, *known.planned)):
            without(out[row], columns_of(span, first_day, costs.shape[1]))
        for since in sorted(known.accepted):
            bring_to(out[row], (since - first_day).days)
    return out


def without(cost: Array, span: slice) -> None:
    """Replace a span's days by their weekday's median of the weeks before it, in place; nothing before two weeks."""
    if span.start < 2 * WEEK:
        return
    for day in range(span.start, span.stop):
        # Of the weeks before the span: those within it are what is replaced.
        cost[day] = np.median(weekday_before(cost, day - WEEK * ((day - span.start) // WEEK)))


def weekday_before(cost: Array, day: int) -> Array:
    """The costs of one series on the weekday of `day` in the weeks before it, newest first: at most WEEKS_BEFORE."""
    return cost[day - WEEK :: -WEEK][:WEEKS_BEFORE] if day >= WEEK else cost[:0]


def bring_to(cost: Array, since: int) -> None:
    """Bring the days before `since` to the level since then, in place. Nothing without three days on both sides.

    What came on top costs the same on every day, or follows the weekdays as the cost before did: whichever the days
    since then show. A day's part of its weekday's level stays as it was, and so does the noise.
    """
    if not 3 <= since <= len(cost) - 3:
        return
    ordinary = np.maximum(cost, 0)  # a credit is no level
    before, after = ordinary[max(0, since - ACCEPTED_DAYS) : since], ordinary[since : since + ACCEPTED_DAYS]
    if np.median(before) < LEAST_USD or np.median(after) < LEAST_USD:
        return
    usual = np.full(WEEK, np.median(before))
    if since >= 2 * WEEK:
        usual = np.array([np.median(before[weekday - WEEK :: -WEEK]) for weekday in range(WEEK)])
    weekday = np.arange(len(after)) % WEEK
    follows = usual * (np.median(after) / np.median(before))
    on_top = np.maximum(usual + np.median(after - usual[weekday]), 0)
    error = [np.abs(log_ratio(after, level[weekday])).mean() for level in (follows, on_top)]
    level = follows if error[0] <= error[1] else on_top
    weekday = (np.arange(since) - since) % WEEK
    part = np.where(usual >= LEAST_USD, level / np.maximum(usual, LEAST_USD), 1)
    cost[:since] = cost[:since] * part[weekday] + np.where(usual < LEAST_USD, level, 0)[weekday]


def silenced(
    costs: Array, first_day: date, first: int, rows: Mapping[int, Memory], score: Array, expected: Array
) -> Mask:
    """Which judged days are not told because of what is known: (series, days from index `first` on).

    `score` is that of each verdict, in multiples of the threshold, below 0 for a drop, and `expected` what it was held
    against, both of the judged days. A marked cost excuses no drop, and one that fell no rise.
    """
    out = np.zeros(score.shape, dtype=np.bool_)
    for row, known in rows.items():
        for span in (*known.planned, *known.muted):
            out[row, _judged(span, first_day, first, costs.shape[1])] = True
        cost, scored = costs[row, first:], score[row]
        if known.ordinary:
            out[row] |= (scored > 0) & (cost <= LIKE * max(known.ordinary))
        if known.ordinary_low:
            out[row] |= (scored < 0) & (cost >= min(known.ordinary_low) / LIKE)
        for alike in known.alike:
            days = _judged(alike.days, first_day, first, costs.shape[1])
            level = alike.times * expected[row, days]
            rises = (scored[days] > 0) & (cost[days] <= LIKE * level)
            out[row, days] |= rises if alike.times > 1 else (scored[days] < 0) & (cost[days] >= level / LIKE)
        if known.tolerance > 1:
            out[row] |= np.abs(scored) < known.tolerance
    return out


def _judged(span: Span, first_day: date, first: int, days: int) -> slice:
    """The judged columns of a span."""
    part = columns_of(span, first_day, days)
    return slice(max(0, part.start - first), max(0, part.stop - first))


def rows_of(
    memory: Mapping[Label, Memory], accounts: Sequence[str], services: Sequence[str]
) -> dict[int, Memory]:
    """What is known, by the row of its series."""
    if not memory:
        return {}
    return {
        row: memory[label]
        for row, label in enumerate(zip(accounts, services, strict=True))
        if label in memory
    }
