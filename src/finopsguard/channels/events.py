"""Events of incidents: what a report tells of each, sent to EventBridge once for each incident and change.

The ledger is `events/<aws or mock>/<incident>/<change>.json`: an event that is there was taken. It is written after the
bus has taken it, so one that is cut off in between is sent again with the same `event_id`: at least once, as
EventBridge itself delivers. Of two executions at once both may send it. A revised report sends nothing twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from finopsguard.aws import words
from finopsguard.models.anomaly import AnomalyLine, AnomalyStatus
from finopsguard.models.event import Change, EventCause, IncidentEvent, SentEvent
from finopsguard.models.messages import EventsSent
from finopsguard.models.report import Report
from finopsguard.models.run import Run
from finopsguard.ports import Clock, EventBus, Store
from finopsguard.report import cause_facts, facts, links
from finopsguard.store import documents, keys

MOST_AT_ONCE = 10
"""Entries of one PutEvents (documented by AWS)."""
MOST_CAUSES = 3

_CHANGES: Mapping[AnomalyStatus, Change] = {"new": "new", "growing": "grown", "resolved": "closed"}


def send(report: Report, run: Run, *, bus: EventBus, store: Store, clock: Clock) -> EventsSent:
    """Sends what is not in the ledger, and keeps there what was taken.

    Raises what ports.EventBus and ports.Store raise; what was taken before is in the ledger by then.
    """
    page = links.object_page(store.place(keys.PAGE.key(run_id=report.run_id)))
    told = [
        (key(line, change, run), event(line, change, report, run, page)) for line, change in changes(report)
    ]
    missing = [(name, each) for name, each in told if not store.exists(name)]
    for first in range(0, len(missing), MOST_AT_ONCE):
        batch = missing[first : first + MOST_AT_ONCE]
        answer = bus.put([each for _, each in batch])
        for (name, each), taken in zip(batch, answer.taken, strict=True):
            if taken:
                documents.write(store, name, SentEvent(clock(), each))
        if answer.trouble:
            raise answer.trouble
    return EventsSent("sent", len(missing), len(told) - len(missing))


def changes(report: Report) -> list[tuple[AnomalyLine, Change]]:
    """The incidents that are new, have grown or are over, the gravest first; those that just go on are no news."""
    lines = [*facts.open_anomalies(report), *facts.resolved_anomalies(report)]
    return [(line, _CHANGES[line.status]) for line in lines if line.status in _CHANGES]


def key(line: AnomalyLine, change: Change, run: Run) -> str:
    """Where the ledger has an event: an incident begins and ends once, and grows once in a report."""
    name = f"{change}-{run.first_id}" if change == "grown" else change
    incident = hashlib.sha256(line.id.encode()).hexdigest()[:16]
    return keys.SENT_EVENT.key(source=run.source, incident=incident, change=name)


def event(line: AnomalyLine, change: Change, report: Report, run: Run, page: str | None) -> IncidentEvent:
    """The detail of an event."""
    mark = hashlib.sha256(repr((report.execution.rpartition(":")[0], key(line, change, run))).encode())
    return IncidentEvent(
        version=1,
        event_id=mark.hexdigest()[:32],
        incident_id=line.id,
        change=change,
        report=report.report,
        run_id=report.run_id,
        data_source=report.data_source,
        scope=line.scope,
        account_id=line.account_id,
        account_name=words.one_line(line.account_name),
        service=words.one_line(line.service),
        region=words.one_line(line.region) if line.region else None,
        owner=words.one_line(line.owner) if line.owner else None,
        kind=line.kind,
        start=line.start,
        last_day=facts.last_day(line),
        ended=line.ended,
        currency=report.currency,
        impact=facts.impact(line),
        run_rate_month=line.run_rate_month,
        severity=line.severity,
        security=line.security or cause_facts.to_check(line) is not None,
        causes=_causes(line),
        page=page,
    )


def _causes(line: AnomalyLine) -> tuple[EventCause, ...]:
    """What explains it, or its parts where nothing does."""
    found = cause_facts.explaining(line) or line.causes
    return tuple(
        EventCause(words.one_line(each.dimension), words.one_line(each.value), each.impact, each.region)
        for each in found[:MOST_CAUSES]
    )
