"""An incident as the ledger has it: when it was told, where, how it grew and ended, and what people said of it. Pure.

What was told comes from `store/ledger.py`, what is known but was told nowhere (no webhook is set, it is muted) from the
newest look at the life of incidents. An incident that was told alone and is told with others since is closed as
`joined`: the line that tells them goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from finopsguard.incidents.told import Line, told_lines
from finopsguard.models.incident import Incident
from finopsguard.models.telling import (
    IncidentRecord,
    IncidentsTold,
    IncidentTold,
    RecordEnding,
    RecordState,
    Telling,
)
from finopsguard.models.verdict import Verdict

_HELD: Mapping[str, RecordState] = {"mute": "muted", "plan": "planned"}


class _Row(NamedTuple):
    """A row of the ledger, and the report that it is of."""

    of: IncidentsTold
    row: IncidentTold


def records(
    told: Sequence[IncidentsTold], life: Sequence[Incident], given: Sequence[Verdict]
) -> tuple[IncidentRecord, ...]:
    """The incidents, those that go on first, each by its dollars; `told` is of any order."""
    rows: dict[str, list[_Row]] = {}
    joined: dict[str, _Row] = {}
    for each in sorted(told, key=lambda each: (str(each.at), each.run_id, each.channel)):
        for row in each.incidents:
            rows.setdefault(row.id, []).append(_Row(each, row))
            for part in row.incidents:
                if part != row.id:
                    joined.setdefault(part, _Row(each, row))
    lines = {line.id: line for line in told_lines(life)}
    by_id = {each.id: each for each in life}
    made = [
        _record(found, lines.get(name) or _part(found, by_id), joined.get(name), given)
        for name in {**rows, **lines}
        for found in [rows.get(name, ())]
    ]
    return tuple(sorted(made, key=lambda each: (each.state == "closed", -abs(each.impact), each.id)))


def _record(
    rows: Sequence[_Row], line: Line | None, joined: _Row | None, given: Sequence[Verdict]
) -> IncidentRecord:
    newest = rows[-1].row if rows else None
    known = _known(line, newest) if line else newest
    if known is None:
        raise ValueError("an incident that nobody told and nobody knows")
    tellings = _tellings(rows)
    loud = [each for each in tellings if not each.quiet]
    ended, ended_on = _end(rows, line, joined)
    ids = {known.id, *known.incidents}
    marks = {each.row.mark for each in rows} | {known.mark}
    return IncidentRecord(
        id=known.id,
        state="closed" if ended else _HELD.get(known.verdict or "", "open") if known.quiet else "open",
        scope=known.scope,
        account_id=known.account_id,
        account_name=known.account_name,
        services=known.services,
        region=known.region,
        owner=known.owner,
        kind=known.kind,
        direction=known.direction,
        first_day=known.first_day,
        last_day=known.last_day,
        impact=known.impact,
        run_rate_month=known.run_rate_month,
        severity=known.severity,
        first_told=loud[0] if loud else None,
        grown=tuple(each for each in loud if each.status == "growing"),
        tellings=tellings,
        ended=ended,
        ended_on=ended_on,
        joined=joined.row.id if joined and ended == "joined" else None,
        causes=next((each.row.causes for each in reversed(rows) if each.row.causes), ()),
        verdicts=tuple(
            each
            for each in given
            if each.incident_id in ids or {each.mark, each.withdraws} & (marks - {None})
        ),
        incidents=known.incidents,
        currency=rows[-1].of.currency if rows else "USD",
    )


def _part(rows: Sequence[_Row], by_id: Mapping[str, Incident]) -> Line | None:
    """What an owner's channel was told of a story of many, under an id of its own: the owner's incidents alone."""
    ids = rows[-1].row.incidents if rows else ()
    found = tuple(by_id[each] for each in ids if each in by_id)
    return Line(found) if found and len(found) == len(ids) else None


def _known(line: Line, newest: IncidentTold | None) -> IncidentTold:
    """A line as the newest look knows it; what only a report knows is as it was told last."""
    said = line.said
    base = IncidentTold(
        id=line.id,
        scope=line.scope,
        account_id=line.account_id,
        account_name=line.account_id,
        services=tuple(filter(None, line.shares)),
        region=", ".join(dict.fromkeys(each.region for each in line.incidents if each.region)) or None,
        owner=None,
        kind=line.kind,
        direction=1 if line.direction > 0 else -1,
        status=line.status,
        first_day=line.start,
        last_day=line.last_day,
        impact=line.impact,
        run_rate_month=line.monthly_rate,
        ended=line.ended,
        incidents=tuple(each.id for each in line.incidents) if len(line.incidents) > 1 else (),
        verdict=said.verdict if said else None,
        mark=said.mark if said else None,
        released=said.released if said else None,
        quiet=said is not None and said.quiet,
    )
    if newest is None:
        return base
    return replace(
        base,
        id=newest.id,
        account_name=newest.account_name,
        owner=newest.owner,
        severity=newest.severity,
    )


def _tellings(rows: Iterable[_Row]) -> tuple[Telling, ...]:
    """A telling for each report, with the channels that it was delivered to."""
    found: dict[str, Telling] = {}
    for of, row in rows:
        known = found.get(of.run_id)
        if known:
            found[of.run_id] = replace(known, channels=(*known.channels, of.channel))
        elif of.at:
            found[of.run_id] = Telling(
                of.at, of.run_id, of.report, (of.channel,), row.status, row.impact, row.quiet
            )
    return tuple(found.values())


def _end(
    rows: Sequence[_Row], line: Line | None, joined: _Row | None
) -> tuple[RecordEnding | None, date | None]:
    if line is None and joined:
        return "joined", joined.of.end
    if line is not None:
        days = [each.closed_on for each in line.incidents if each.closed_on]
        return line.ended, max(days) if line.ended and days else None
    over = next((each for each in rows if each.row.status == "resolved"), None)
    return (over.row.ended or "unknown", over.of.end) if over else ("unknown", None)
