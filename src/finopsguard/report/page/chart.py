"""Inline SVG bar charts of the report page.

Only shapes are in the SVG, stretched to whatever width there is; labels are HTML, so they stay readable on a phone.
Attributes are numbers and class names alone: a strict content security policy allows no style attribute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from finopsguard.models.money import CENT
from finopsguard.models.report import DayCost, Report
from finopsguard.report import facts

_SLOT, _BAR, _HEIGHT = 10, 8, 100
# A scale's top is one of these times a power of ten: its quarters are round numbers too.
_ROUND = (1, 2, 4, 6, 8)


@dataclass(frozen=True)
class Column:
    """One day of a chart; amounts are usage. `words` is the tooltip."""

    value: Decimal
    classes: str
    words: str
    expected: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None


def column(day: DayCost, report: Report, words: str) -> Column:
    """A day of the report."""
    classes = ["now" if day.date >= report.period.start else "before"]
    if facts.is_unfinished(report, day):
        classes.append("provisional")
    if facts.is_unusual(day):
        classes.append("unusual")
    return Column(day.usage, " ".join(classes), words, day.expected, day.expected_low, day.expected_high)


def highest(columns: Sequence[Column]) -> Decimal:
    """The largest amount of a chart, above zero."""
    amounts = [max(item.value, item.high or Decimal(0), item.expected or Decimal(0)) for item in columns]
    return max([*amounts, CENT])


def ceiling(columns: Sequence[Column]) -> Decimal:
    """A round number that no bar and no expectation exceeds; so are its quarters."""
    largest = highest(columns)
    power = Decimal(1).scaleb(largest.adjusted())
    return next(factor * power for factor in (*_ROUND, 10) if factor * power >= largest)


def svg(columns: Sequence[Column], top: Decimal, label: str) -> Markup:
    """The chart as SVG; `label` says what it shows."""
    shapes = [
        _band(columns, top),
        *(_bar(index, item, top) for index, item in enumerate(columns)),
        _line(columns, top),
    ]
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(len(columns) * _SLOT, _HEIGHT, label, Markup("").join(shapes))


def _bar(index: int, item: Column, top: Decimal) -> Markup:
    x = index * _SLOT + (_SLOT - _BAR) / 2
    height = _y(item.value, top)
    over = ""
    if "unusual" in item.classes and item.expected is not None:
        normal = min(_y(item.expected, top), height)
        over = Markup('<rect class="over" x="{:g}" y="{:g}" width="{}" height="{:g}"/>').format(
            x, _HEIGHT - height, _BAR, height - normal
        )
    return Markup(
        '<g><title>{}</title><rect class="{}" x="{:g}" y="{:g}" width="{}" height="{:g}"/>{}</g>'
    ).format(item.words, item.classes, x, _HEIGHT - height, _BAR, height, over)


def _band(columns: Sequence[Column], top: Decimal) -> Markup:
    """The expected band as one rectangle a day: days without an expectation leave a gap."""
    return Markup("").join(
        Markup('<rect class="band" x="{}" y="{:g}" width="{}" height="{:g}"/>').format(
            index * _SLOT, _HEIGHT - _y(item.high, top), _SLOT, _y(item.high, top) - _y(item.low, top)
        )
        for index, item in enumerate(columns)
        if item.low is not None and item.high is not None
    )


def _line(columns: Sequence[Column], top: Decimal) -> Markup:
    """The expected cost as a step line."""
    path = ""
    for index, item in enumerate(columns):
        if item.expected is None:
            continue
        y = _HEIGHT - _y(item.expected, top)
        known_before = index > 0 and columns[index - 1].expected is not None
        path += f"{'L' if known_before else 'M'}{index * _SLOT} {y:g}H{(index + 1) * _SLOT}"
    return Markup('<path class="expected" d="{}"/>').format(path) if path else Markup("")


def _y(value: Decimal, top: Decimal) -> float:
    return round(float(max(value, Decimal(0)) / top) * _HEIGHT, 2)
