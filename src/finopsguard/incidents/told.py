"""What is told as one: an incident, or several that are one story. Reports, backtests and trials count these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from finopsguard.incidents.causes import counted_on
from finopsguard.incidents.rules import LARGE_PART
from finopsguard.models.anomaly import AnomalyKind, AnomalyStatus, Ending, Said, Scope, StoryKind
from finopsguard.models.incident import DAYS_OF_A_MONTH, Incident


@dataclass(frozen=True)
class Line:
    """One line: its incidents, the largest first; of what moved the rises first, for they are what is asked about."""

    incidents: tuple[Incident, ...]

    @property
    def id(self) -> str:
        """The same in every report."""
        return self.incidents[0].line

    @property
    def story(self) -> StoryKind | None:
        """Why several incidents are one line; None for one."""
        told = self.incidents[0].told_with
        return told.kind if told and len(self.incidents) > 1 else None

    @property
    def scope(self) -> Scope:
        """That of a roll-up, or what all incidents of a line have in common."""
        if len(self.incidents) == 1:
            return self.incidents[0].scope
        if all(each.scope == "service_region" for each in self.incidents):
            return "service_region"
        accounts = {each.account_id for each in self.incidents}
        services = {member.service for each in self.incidents for member in each.members}
        if len(accounts) == 1 and accounts != {""}:
            return "account"
        return "service" if len(services) == 1 else "organization"

    @property
    def account_id(self) -> str:
        """Empty for several."""
        return self.incidents[0].account_id if self.scope in ("account_service", "account") else ""

    @property
    def shares(self) -> dict[str, float]:
        """Part of each service in the impact, largest first; a roll-up of several services has one without a name."""
        if len(self.incidents) == 1:
            return self.incidents[0].shares
        parts: dict[str, Decimal] = {}
        for incident in self.incidents:
            for member in incident.members:
                parts[member.service] = parts.get(member.service, Decimal(0)) + member.impact
        ranked = sorted(parts.items(), key=lambda part: -abs(part[1]))
        return {name: float(usd / self.impact) if self.impact else 0.0 for name, usd in ranked}

    @property
    def kind(self) -> AnomalyKind:
        """That of the largest."""
        return self.incidents[0].kind

    @property
    def start(self) -> date:
        """The first day of any."""
        return min(each.start for each in self.incidents)

    @property
    def last_day(self) -> date:
        """The newest day that deviates."""
        return max(each.last_day for each in self.incidents)

    @property
    def impact(self) -> Decimal:
        """USD so far, signed."""
        return sum((each.impact for each in self.incidents), Decimal(0))

    @property
    def run_rate(self) -> Decimal:
        """USD a day, signed, of those that go on; of all where none does."""
        going = [each for each in self.incidents if each.status != "resolved"]
        return sum((each.run_rate for each in going or self.incidents), Decimal(0))

    @property
    def monthly_rate(self) -> Decimal:
        """USD a month if it goes on so, signed."""
        return DAYS_OF_A_MONTH * self.run_rate

    @property
    def direction(self) -> int:
        """Of what moved that of what is left."""
        if self.story == "moved":
            return 1 if self.impact >= 0 else -1
        return self.incidents[0].direction

    @property
    def ended(self) -> Ending | None:
        """How all of it ended; None while any goes on."""
        endings = {each.ended for each in self.incidents}
        if None in endings:
            return None
        return next(iter(endings)) if len(endings) == 1 else "new_level"

    @property
    def said(self) -> Said | None:
        """The verdict that the line is under: one that holds it back where others have less than a quarter of it."""
        going = [each for each in self.incidents if each.status != "resolved"] or list(self.incidents)
        quiet = [each for each in going if each.quiet]
        part = sum((abs(each.run_rate) for each in quiet), Decimal(0))
        whole = sum((abs(each.run_rate) for each in going), Decimal(0))
        if quiet and (len(quiet) == len(going) or part > (1 - LARGE_PART) * whole):
            return quiet[0].said
        return next((each.said for each in going if each.said and not each.quiet), None)

    @property
    def status(self) -> AnomalyStatus:
        """What joins a line later, or grows in it, is told as its growth if it is a large part of it."""
        going = [each for each in self.incidents if each.status != "resolved"]
        if len(self.incidents) == 1 or not going:
            return self.incidents[0].status
        if all(each.status == "new" for each in self.incidents):
            return "new"
        # That what rose has fallen elsewhere is no growth.
        told = [
            each for each in going if each.notify and not (self.story == "moved" and each.status == "new")
        ]
        news = sum((abs(each.run_rate) for each in told), Decimal(0))
        whole = sum((abs(each.run_rate) for each in going), Decimal(0))
        return "growing" if news and news >= LARGE_PART * whole else "continuing"

    @property
    def notify(self) -> bool:
        """True when a report should tell it: it is new, or it has grown much."""
        return self.status in ("new", "growing")


def told_lines(incidents: Iterable[Incident]) -> list[Line]:
    """The incidents by the line that tells them, the largest line first."""
    found: dict[str, list[Incident]] = {}
    for each in incidents:
        found.setdefault(each.line, []).append(each)
    made = [Line(_moved_together(sorted(group, key=_rank))) for group in found.values()]
    return sorted(made, key=lambda line: (-abs(line.impact), line.id))


def _rank(incident: Incident) -> tuple[bool, Decimal, str]:
    fell = incident.told_with is not None and incident.told_with.kind == "moved" and incident.direction < 0
    return fell, -abs(incident.impact), incident.id


def _moved_together(group: list[Incident]) -> tuple[Incident, ...]:
    """What moved counts on the days that count of both sides: a fall is judged on days that are complete, a rise as
    soon as it is seen.
    """
    told = group[0].told_with
    if told is None or told.kind != "moved":
        return tuple(group)
    rose, fell = (
        {day for each in group if each.direction == way for member in each.members for day in member.excess}
        for way in (1, -1)
    )
    both = rose & fell
    if not both:
        return tuple(group)
    return tuple(
        replace(each, members=tuple(counted_on(member, both) for member in each.members)) for each in group
    )
