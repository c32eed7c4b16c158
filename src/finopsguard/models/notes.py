"""Notes of a report that say more than a bare code; of those the words are in report/messages (`note.`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from finopsguard.models.run import Period

_REPORT_MISSING = "report_missing"
_CAUSES_MISSING = "causes_missing"
_CAUSES_NOT_ASKED = "causes_not_asked"
_RESOURCES_MISSING = "resources_missing"
_REGIONS_MISSING = "regions_missing"
OF_AN_EXPORT = "data_export"
"""Why there is no usage by Region where an earlier release planned to read none."""


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


def regions_missing(error: str) -> str:
    """The note of usage by Region that could not be read: `regions_missing:CostExplorerThrottled`."""
    return f"{_REGIONS_MISSING}:{error.replace(':', '')}"


def regions_unread(notes: Iterable[str]) -> str | None:
    """The error that `regions_missing` made one of the notes of; None where it made none."""
    found = (note.partition(":") for note in notes)
    return next((error for name, _, error in found if name == _REGIONS_MISSING and error), None)


class Unexplained(NamedTuple):
    """Incidents whose causes could not be told, by their ids, and the name of the error."""

    error: str
    incidents: tuple[str, ...]


def causes_missing(error: str, incidents: Sequence[str]) -> str:
    """The note of incidents without causes: `causes_missing:CostExplorerThrottled:<id>,<id>`."""
    return f"{_CAUSES_MISSING}:{error.replace(':', '')}:{','.join(incidents)}"


def unexplained(note: str) -> Unexplained | None:
    """What `causes_missing` made the note of; None for any other note."""
    return _unexplained(note, _CAUSES_MISSING)


def _unexplained(note: str, code: str) -> Unexplained | None:
    name, _, rest = note.partition(":")
    error, _, incidents = rest.partition(":")
    return Unexplained(error, tuple(incidents.split(","))) if name == code and incidents else None


def resources_missing(why: str, incidents: Sequence[str]) -> str:
    """The note of incidents without resources, as of those without causes; `why` may be a reason that is no error."""
    return f"{_RESOURCES_MISSING}:{why.replace(':', '')}:{','.join(incidents)}"


def nameless(note: str) -> Unexplained | None:
    """What `resources_missing` made the note of; None for any other note."""
    return _unexplained(note, _RESOURCES_MISSING)


def causes_not_asked(count: int) -> str:
    """The note of so many incidents beyond the limit of those that are explained: `causes_not_asked:3`."""
    return f"{_CAUSES_NOT_ASKED}:{count}"


def not_asked(note: str) -> int:
    """What `causes_not_asked` made the note of; 0 for any other note."""
    name, _, count = note.partition(":")
    return int(count) if name == _CAUSES_NOT_ASKED and count.isascii() and count.isdigit() else 0
