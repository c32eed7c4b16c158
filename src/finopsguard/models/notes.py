"""Notes of a report that name days; all others are a bare code (report/messages, `note.`)."""

from __future__ import annotations

from datetime import date

from finopsguard.models.run import Period

_REPORT_MISSING = "report_missing"


def report_missing(period: Period) -> str:
    """The note of a failed report whose days are in none: `report_missing:2026-11-12/2026-11-13`, end exclusive."""
    return f"{_REPORT_MISSING}:{period.start}/{period.end}"


def missing_days(note: str) -> Period | None:
    """The days that `report_missing` made the note of; None for any other note."""
    name, _, days = note.partition(":")
    start, _, end = days.partition("/")
    try:
        period = Period(date.fromisoformat(start), date.fromisoformat(end))
    except ValueError:
        return None
    return period if name == _REPORT_MISSING and period.days > 0 else None
