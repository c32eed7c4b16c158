"""One rule for headline and verdict: when nothing is unusual, and when a large move stands without an anomaly.

A report never says "nothing unusual" beside a change that a reader would ask about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.money import CENT
from finopsguard.models.report import Comparison, DayCost, Report
from finopsguard.report import facts

LARGE_PERCENT = Decimal(20)
"""A change of this much is a question that the report must answer."""

EXPLAINS = Decimal("0.5")
"""An anomaly explains a move if it is at least this share of it; so does a rise that is none."""
# Below this nobody asks, whatever the percentage.
_LEAST = Decimal(1)


@dataclass(frozen=True)
class LargeMove:
    """A move that no anomaly explains: `actual` usage against what was expected, or the comparison's own change.

    `since` is the first day of those in a row, up to the newest compared one, that lie outside their band on the same
    side; where the newest one does not, `days` are those compared ones that do. `usage` False: it is not usage that
    moved, and only usage is judged. `amortized`: the change of usage at amortized cost, where that is but a small part
    of it: a commitment began or ended, and what is used did not change as much.
    """

    against: Literal["expected", "before"]
    actual: Decimal
    reference: Decimal
    since: date | None = None
    days: Sequence[date] = ()
    usage: bool = True
    amortized: Decimal | None = None

    @property
    def change(self) -> Decimal:
        """Signed."""
        return self.actual - self.reference


def all_clear(report: Report) -> bool:
    """True if nothing is unusual in usage, muted or planned, nor among the other charges as far as they were judged."""
    return usage_clear(report) and not report.charge_findings and not facts.quiet_anomalies(report)


def usage_clear(report: Report) -> bool:
    """True if usage was judged, nothing is unusual, and no large move is left without an explanation."""
    return facts.judged(report) and not facts.open_anomalies(report) and unexplained(report) is None


def above_band(report: Report) -> bool:
    """True if the compared days' usage lies above the sum of their bands."""
    band = _band(report)
    return band is not None and band.usage > band.high


def unexplained(report: Report) -> LargeMove | None:
    """The large move that the report's anomalies do not explain, if there is one."""
    compared = facts.comparison(report)
    band = _band(report)
    if band and not band.low <= band.usage <= band.high:
        move = _expected_move(report, band)
        if not _explained(report, band.usage - band.expected):
            return _amortized(move, compared)
    if (
        compared.current is None
        or compared.previous is None
        or compared.change is None
        or compared.change_pct is None
        or compared.previous < CENT
        or abs(compared.change_pct) < LARGE_PERCENT
        or _explained(report, compared.change, billed=compared.basis == "billed")
    ):
        return None
    usage = next(charge for charge in facts.charges(report) if charge.kind == "usage")
    used = compared.basis == "usage" or (
        (usage.amount - (usage.previous or Decimal(0))) / compared.change >= EXPLAINS
    )
    move = LargeMove("before", compared.current, compared.previous, usage=used)
    return _amortized(move, compared) if used else move


def _amortized(move: LargeMove, compared: Comparison) -> LargeMove:
    change = compared.amortized_change
    if change is None or abs(change) >= abs(move.change) * EXPLAINS:
        return move
    return replace(move, amortized=change)


@dataclass(frozen=True)
class _Band:
    """Sums over the compared days, in usage."""

    days: Sequence[DayCost]
    usage: Decimal
    expected: Decimal
    low: Decimal
    high: Decimal


def _band(report: Report) -> _Band | None:
    wanted = set(facts.comparison(report).days)
    days = [day for day in report.daily if day.date in wanted and _known(day)]
    if not wanted or len(days) < len(wanted):
        return None
    sums = [_sums(day) for day in days]
    return _Band(days, *(sum(column, Decimal(0)) for column in zip(*sums, strict=True)))


def _known(day: DayCost) -> bool:
    return None not in (day.expected, day.expected_low, day.expected_high)


def _sums(day: DayCost) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    zero = Decimal(0)
    return day.usage, day.expected or zero, day.expected_low or zero, day.expected_high or zero


def _expected_move(report: Report, band: _Band) -> LargeMove:
    way = 1 if band.usage > band.expected else -1
    run = _run_until_newest(report, band, way)
    if run:
        return _against_expected(run, since=run[-1].date)
    outside = [day for day in band.days if _outside(day, way)]
    return _against_expected(outside or band.days)


def _run_until_newest(report: Report, band: _Band, way: int) -> list[DayCost]:
    """The days in a row that lie outside their band, newest first, from the newest compared one backwards."""
    last = max(day.date for day in band.days)
    run: list[DayCost] = []
    for day in sorted(
        (day for day in report.daily if day.date <= last), key=lambda day: day.date, reverse=True
    ):
        if not _known(day) or not _outside(day, way) or (run and run[-1].date - day.date > timedelta(days=1)):
            break
        run.append(day)
    return run


def _against_expected(days: Sequence[DayCost], since: date | None = None) -> LargeMove:
    sums = [_sums(day) for day in days]
    return LargeMove(
        "expected",
        sum((usage for usage, *_ in sums), Decimal(0)),
        sum((expected for _, expected, *_ in sums), Decimal(0)),
        since=since,
        days=[day.date for day in days],
    )


def _outside(day: DayCost, way: int) -> bool:
    _, _, low, high = _sums(day)
    return day.usage > high if way > 0 else day.usage < low


def _explained(report: Report, deviation: Decimal, *, billed: bool = False) -> bool:
    if abs(deviation) < _LEAST:
        return True
    same_way = [line for line in report.anomalies if line.direction * deviation > 0]
    parts = [_part(report, line) for line in same_way]
    if billed:
        impacts = [each.amount - each.expected for each in report.charge_findings or ()]
        parts += [abs(impact) for impact in impacts if impact * deviation > 0]
    return sum(parts, Decimal(0)) >= abs(deviation) * EXPLAINS


def _part(report: Report, line: AnomalyLine) -> Decimal:
    """The part of an anomaly that falls on the compared days, never more than all of it."""
    days = facts.comparison(report).days
    since = min(days, default=date.max)
    known = {each.date: each for each in facts.anomaly_days(line, report, since)}
    if not known.keys() >= set(days):
        return abs(line.impact)
    excess = sum(
        (max(Decimal(0), (known[day].amount - _expected(line, known[day])) * line.direction) for day in days),
        Decimal(0),
    )
    return min(abs(line.impact), excess)


def _expected(line: AnomalyLine, day: facts.AnomalyDay) -> Decimal:
    """A day's own expectation; before the anomaly began, and where none is kept, the one that it is told with."""
    return line.expected if day.expected is None else day.expected
