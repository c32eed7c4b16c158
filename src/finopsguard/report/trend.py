"""The trend of a report's last days as bars of a picture and as a line of text."""

from __future__ import annotations

from dataclasses import dataclass

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.report import Report
from finopsguard.report import facts
from finopsguard.report.story import Story

_DAYS = 14
_BLOCKS = "▁▂▃▄▅▆▇█"
_UNFINISHED = "░"


@dataclass(frozen=True)
class Bar:
    """One day: `value` and `expected` in the same unit, from 0 up."""

    value: float
    now: bool
    unusual: bool = False
    provisional: bool = False
    expected: float | None = None


def bars(report: Report) -> list[Bar]:
    """One bar a day."""
    return [
        Bar(
            value=float(day.usage),
            now=day.date >= report.period.start,
            unusual=facts.is_unusual(day),
            provisional=facts.is_unfinished(report, day),
            expected=None if day.expected is None else float(day.expected),
        )
        for day in facts.recent_days(report)
    ]


def anomaly_bars(line: AnomalyLine, report: Report) -> list[Bar]:
    """The last two weeks of an anomaly's own usage, its days in red."""
    days = facts.anomaly_days(line, report)[-_DAYS:]
    return [Bar(float(day.amount), now=False, unusual=day.unusual) for day in days]


def sparkline(report: Report) -> str:
    """One block a day, the tallest for the highest day: what remains when the picture has no room.

    A day that is not over for AWS has no height: a low block would look like a fall.
    """
    days = facts.recent_days(report)
    whole = blocks([float(day.usage) for day in days])
    return "".join(
        _UNFINISHED if facts.is_unfinished(report, day) else block
        for day, block in zip(days, whole, strict=True)
    )


def blocks(values: list[float]) -> str:
    """Values from 0 up as block characters."""
    top = max([*values, 0.0])
    if top <= 0:
        return _BLOCKS[0] * len(values)
    return "".join(
        _BLOCKS[min(len(_BLOCKS) - 1, int(max(value, 0.0) / top * (len(_BLOCKS) - 0.01)))] for value in values
    )


def ends(story: Story) -> tuple[str, str]:
    """The first and last day, to stand under the picture."""
    days = facts.recent_days(story.report)
    return story.n.weekday(days[0].date), story.n.weekday(days[-1].date)
