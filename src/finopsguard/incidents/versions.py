"""Reads what an earlier release kept of incidents: a life goes on over an upgrade."""

from __future__ import annotations

import json
from dataclasses import replace

from finopsguard import contracts
from finopsguard.models.incident import (
    Incident,
    IncidentDay,
    IncidentLife,
    IncidentLifeV1,
    IncidentV1,
    Member,
    MemberV1,
)


def decode_life(data: bytes, *, checked: bool = False) -> IncidentLife:
    """A stored look of any version; one that was `checked` is of the last. Raises InvalidInput for what is none."""
    if checked or not _is_first(data):
        # Version 2 had no roll-ups and no lines of several incidents, version 3 no verdicts: what they kept is as it
        # would be written now.
        return replace(contracts.decode(IncidentLife, data, checked=checked), version=4)
    first = contracts.decode(IncidentLifeV1, data)
    return IncidentLife(4, first.run_id, first.before, first.end, tuple(map(_incident, first.incidents)))


def _is_first(data: bytes) -> bool:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):  # `decode` says what is wrong with it
        return False
    return isinstance(found, dict) and found.get("version") == 1


def _incident(first: IncidentV1) -> Incident:
    return Incident(
        id=first.id,
        account_id=first.account_id,
        direction=first.direction,
        kind=first.kind,
        start=first.start,
        last_seen=first.last_seen,
        members=tuple(map(_member, first.members)),
        status=first.status,
        told_on=first.told_on,
        told_rate=first.told_rate,
        closed_on=first.closed_on,
        ended="back" if first.closed_on else None,
    )


def _member(first: MemberV1) -> Member:
    """Its one expectation is that of each of its days; a band was not kept."""
    return Member(
        first.service,
        min(first.excess),
        {
            day: IncidentDay(first.expected + usd, first.expected, None, None, usd)
            for day, usd in first.excess.items()
        },
    )
