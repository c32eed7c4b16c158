"""What is known of each incident that was told: when it was first told, how often, and how it stands.

Pure: looks at the life of incidents go in, the oldest first, and when the reports that left them were delivered; and
the rows of the ledger of what was told. What a report found and nobody got was not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from finopsguard.incidents.told import Line, told_lines
from finopsguard.models.anomaly import Ending
from finopsguard.models.incident import Incident, IncidentLife
from finopsguard.models.run import Period
from finopsguard.models.telling import IncidentsTold, IncidentTold

_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Case:
    """One line of the reports: an incident, or several that were told as one (`ids`).

    `days` are USD above or below expectation by day, `beyond` those of them that lie outside the band of the day.
    `told_at` is None where it was held back until now. `held_by` is the mark of the verdict that holds it back.
    """

    id: str
    ids: frozenset[str]
    account_id: str
    services: tuple[str, ...]
    direction: int
    start: date
    last_day: date
    days: Mapping[date, Decimal]
    beyond: Mapping[date, Decimal]
    told_at: datetime | None = None
    closed_on: date | None = None
    ended: Ending | None = None
    held_by: str | None = None

    def impact(self, period: Period) -> Decimal:
        """USD on the days of a period, signed."""
        return sum((usd for day, usd in self.days.items() if day in period), _NOTHING)


@dataclass
class Cases:
    """What has been read so far; `messages` are the moments at which a line was told as new or grown.

    `rows` are the lines as they were told last, by id: with causes, and with the owner and the name of then.
    """

    messages: list[datetime] = field(default_factory=list)
    rows: dict[str, IncidentTold] = field(default_factory=dict)
    _first: dict[str, datetime] = field(default_factory=dict)
    _known: dict[str, Incident] = field(default_factory=dict)

    def read(self, look: IncidentLife, delivered: datetime | None) -> None:
        """Takes one look more; `delivered` is when its report was, None where nobody got it."""
        for each in look.incidents:
            self._known[each.id] = each
        if delivered is None:
            return
        lines = told_lines(each for each in look.incidents if each.closed_on is None and not each.quiet)
        self.messages += [delivered for line in lines if line.notify]
        for line in lines:
            for each in line.incidents:
                self._first.setdefault(each.id, delivered)

    def told(self, told: IncidentsTold) -> None:
        """Takes what a report told a channel: a report by hand tells too, and covers no day."""
        for row in told.incidents:
            before = self.rows.get(row.id)
            # One that is over is explained no more: its causes are those of when it went on.
            self.rows[row.id] = row if row.causes or not before else replace(row, causes=before.causes)
            if told.at and not row.quiet:
                for name in (row.id, *row.incidents):
                    self._first[name] = min(told.at, self._first.get(name, told.at))

    @property
    def cases(self) -> tuple[Case, ...]:
        """Each as the newest look has it, the largest first."""
        return tuple(self._case(line) for line in told_lines(self._known.values()))

    def _case(self, line: Line) -> Case:
        group = line.incidents
        told = [self._first[each.id] for each in group if each.id in self._first]
        closed = [each.closed_on for each in group if each.closed_on]
        return Case(
            id=line.id,
            ids=frozenset({line.id, *(each.id for each in group)}),
            account_id=line.account_id,
            services=tuple(name for name in line.shares if name),
            direction=line.direction,
            start=line.start,
            last_day=line.last_day,
            days=_added(member.excess for each in group for member in each.members),
            beyond=_added(_beyond(each) for each in group),
            told_at=min(told, default=None),
            closed_on=max(closed) if len(closed) == len(group) else None,
            ended=line.ended if len(closed) == len(group) else None,
            held_by=next((each.said.mark for each in group if each.said and each.quiet), None),
        )


def _beyond(incident: Incident) -> Mapping[date, Decimal]:
    """What lies outside the band of the days that count; above expectation where no band is known."""
    found: dict[date, Decimal] = {}
    for member in incident.members:
        for day, each in member.days.items():
            if each.excess > 0:
                edge = each.expected if each.high is None else each.high
                found[day] = found.get(day, _NOTHING) + max(_NOTHING, each.cost - edge)
    return found


def _added(parts: Iterable[Mapping[date, Decimal]]) -> Mapping[date, Decimal]:
    whole: dict[date, Decimal] = {}
    for part in parts:
        for day, usd in part.items():
            whole[day] = whole.get(day, _NOTHING) + usd
    return whole
