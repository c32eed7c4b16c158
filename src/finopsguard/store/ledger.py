"""The ledger of incidents: what each delivered report told of each of them, in each channel.

BuildCard leaves what a channel is to be told, `runs/<run>/incidents/<channel>.json`, for it knows the causes. After the
post, and not before, it becomes `ledger/<aws or mock>/<month>/<run>/<channel>.json`: created once and never changed. So
what is in the ledger was told. Each object is a line of JSON, which Athena and DuckDB read (docs/incidents.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.messages import Delivery
from finopsguard.models.report import Report
from finopsguard.models.run import Run, Source
from finopsguard.models.telling import IncidentsTold, IncidentTold, ToldCause
from finopsguard.ports import Store
from finopsguard.store import documents, keys

CAUSES_KEPT = 5
"""So many are kept of an incident, the largest; report.json has all."""


class Tellings(NamedTuple):
    """What was told, the oldest first, and the keys of the records that cannot be read."""

    told: tuple[IncidentsTold, ...] = ()
    unreadable: tuple[str, ...] = ()


def leave(store: Store, run: Run, report: Report, channel: str) -> None:
    """Keeps what a channel is to be told of incidents; raises what ports.Store raises."""
    told = IncidentsTold(
        run.run_id, run.report, run.period.end, channel, tuple(map(_row, report.anomalies)), report.currency
    )
    documents.write(store, keys.INCIDENTS_TO_TELL.key(run_id=run.run_id, channel=channel), told)


def record(store: Store, run: Run, done: Delivery) -> None:
    """Notes what the run's report told a channel; nothing where it was not delivered.

    Nothing either where what BuildCard left is gone or damaged: the card is posted, and must not be called a failure.
    """
    if done.posted_at is None:
        return
    key = keys.INCIDENTS_TO_TELL.key(run_id=run.run_id, channel=done.channel)
    left = documents.find_whole(store, key, IncidentsTold)
    if left is None or not left.incidents:
        return
    month = f"{left.end:%Y-%m}"
    place = keys.LEDGER.key(source=run.source, month=month, run_id=run.run_id, channel=done.channel)
    documents.create(store, place, replace(left, at=done.posted_at))


def told(store: Store, source: Source, since: date | None = None) -> Tellings:
    """All that was told, or by the reports of the month of `since` and later ones; raises what ports.Store raises."""
    first = f"{keys.LEDGER.below(source=source)}{since:%Y-%m}" if since else ""
    found = [key for key in store.list(keys.LEDGER.below(source=source)) if key >= first]
    read, unreadable = documents.find_known(store, found, IncidentsTold)
    return Tellings(tuple(sorted(read, key=_when)), unreadable)


def _when(told: IncidentsTold) -> tuple[str, str, str]:
    return str(told.at), told.run_id, told.channel


def _row(line: AnomalyLine) -> IncidentTold:
    services = [cause.value for cause in line.causes if cause.dimension == "service" and cause.kind is None]
    return IncidentTold(
        id=line.id,
        scope=line.scope,
        account_id=line.account_id,
        account_name=line.account_name,
        services=tuple(services or filter(None, [line.service])),
        region=line.region,
        owner=line.owner,
        kind=line.kind,
        direction=line.direction,
        status=line.status,
        first_day=line.start,
        last_day=line.last_day or line.day,
        impact=line.impact,
        run_rate_month=line.run_rate_month,
        ended=line.ended,
        severity=line.severity,
        causes=tuple(_largest(line)),
        incidents=line.incidents,
        verdict=line.said.verdict if line.said else None,
        mark=line.said.mark if line.said else None,
        released=line.said.released if line.said else None,
        quiet=line.quiet,
    )


def _largest(line: AnomalyLine) -> Iterable[ToldCause]:
    ranked = sorted(line.causes, key=lambda cause: (-abs(cause.impact), cause.dimension, cause.value))
    return (ToldCause(each.dimension, each.value, each.impact, each.kind) for each in ranked[:CAUSES_KEPT])
