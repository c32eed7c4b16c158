"""Which verdicts count: those that nobody took back, and those that a report goes by; without numpy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from finopsguard.models.incident import MEMORY_DAYS, Incident
from finopsguard.models.verdict import Verdict


def in_force(given: Sequence[Verdict], life: Sequence[Incident], today: date) -> tuple[Verdict, ...]:
    """Those that a report goes by: mutes that hold, plans that hold or are remembered, what is said of known incidents.

    With what withdraws one of these, or one that an incident is under.
    """
    known = {each.id for each in life} | {each.line for each in life}
    under = {each.said.mark for each in life if each.said}
    found = [each for each in given if _matters(each, known, today)]
    marks = {each.mark for each in found} | under
    back = [each for each in given if each.withdraws in marks]
    return tuple(sorted((*found, *back), key=_order))


def _matters(verdict: Verdict, known: set[str], today: date) -> bool:
    if verdict.verdict == "mute":
        return verdict.until is not None and verdict.until >= today
    if verdict.verdict == "plan":
        return verdict.until is not None and (today - verdict.until).days <= MEMORY_DAYS
    return verdict.incident_id in known


def not_withdrawn(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those that nobody took back, the oldest first."""
    withdrawn = {each.withdraws for each in verdicts if each.verdict == "withdrawn"}
    return [
        each
        for each in sorted(verdicts, key=_order)
        if each.verdict != "withdrawn" and each.mark not in withdrawn
    ]


def standing_of(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those that count, the oldest first: of an incident the latest that nobody took back."""
    left = not_withdrawn(verdicts)
    latest = {each.incident_id: each.mark for each in left if each.incident_id}
    return [each for each in left if latest.get(each.incident_id or "", each.mark) == each.mark]


def is_about(verdict: Verdict, incident: Incident) -> bool:
    """True where it names the incident, or the line that tells it."""
    return verdict.incident_id is not None and verdict.incident_id in (incident.id, incident.line)


def _order(verdict: Verdict) -> tuple[object, str]:
    return verdict.at, verdict.mark
