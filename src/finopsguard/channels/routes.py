"""Which channels a report goes to."""

from __future__ import annotations

from finopsguard.models.report import Report


def channels(_report: Report, name: str) -> tuple[str, ...]:
    """The names of a report's channels, at least one; the first one's card is the report's own (`card.json`).

    `name` is the channel of the settings, which gets every report.
    """
    return (name,)
