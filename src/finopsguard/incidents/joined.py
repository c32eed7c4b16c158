"""Which incidents are one line of a report: one price in many accounts, a rollout, what moved, a roll-up and its parts.

An incident that is told with others stays with them; who is found to belong to them later joins them. The line has the
id of the incident that was told first, so what was told alone goes on under its own name.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from finopsguard.costs.series import DailySeries
from finopsguard.detection import (
    Anomaly,
    DetectionConfig,
    JoinedStory,
    fallen,
    join_stories,
    main_story,
)
from finopsguard.detection.rest import Rest
from finopsguard.incidents.rollups import several_accounts
from finopsguard.incidents.rules import LARGE_PART
from finopsguard.models.anomaly import StoryKind
from finopsguard.models.incident import Incident, ToldWith

BEGAN_DAYS = 1
"""Incidents that began so many days apart may be one."""
NEAR_SHARE = 0.24
"""Logs of shares this near are one change: those of one account stray more than those of many together."""
OF_THEN = Decimal("0.5")
_DAY = timedelta(days=1)


def stories_of(
    found: Sequence[Anomaly], series: DailySeries, config: DetectionConfig, complete_until: date
) -> list[JoinedStory]:
    """The stories of anomalies that are more than one.

    What moved from one service to another of the same account is left as it is: dollars that happen to be alike would
    hide a rise. `causes.renamed` knows a service that AWS renames.
    """
    if len(found) < 1 or not several_accounts(series):
        return []
    made = join_stories(
        found,
        series.costs,
        series.first_day,
        config=config,
        complete_until=complete_until,
        accounts=series.accounts,
        services=series.services,
    )
    return [each for each in made if each.kind != "alone" and len(_accounts(each, found, series)) > 1]


def falls_of(
    incidents: Sequence[Incident],
    stories: Sequence[JoinedStory],
    found: Sequence[Anomaly],
    series: DailySeries,
) -> list[Anomaly]:
    """The falls that are part of what moved and are no anomaly, where the rise is most of an incident."""
    groups = _groups(incidents, stories, found)
    return [
        fall
        for story in groups
        for fall in fallen(
            story,
            found,
            series.costs,
            series.first_day,
            accounts=series.accounts,
            services=series.services,
        )
    ]


def _accounts(story: JoinedStory, found: Sequence[Anomaly], series: DailySeries) -> set[str]:
    rows = {*(found[each].series for each in story.members), *story.fell}
    return {series.accounts[row] for row in rows}


def joined(
    incidents: Sequence[Incident],
    stories: Sequence[JoinedStory],
    found: Sequence[Anomaly],
    series: DailySeries,
) -> tuple[Incident, ...]:
    """The incidents, those of one story told together. `found` are the anomalies that the stories are of."""
    homes, groups = _homes(incidents), _groups(incidents, stories, found)
    after = {each.id: each for each in incidents}
    for story, rose in groups.items():
        fell = [homes.get((series.accounts[row], series.services[row], -1)) for row in story.fell]
        ids = dict.fromkeys([*rose, *filter(None, fell)])
        if story.kind != "alone" and len(ids) > 1:
            after |= one_line([after[each] for each in ids], story.kind)
    return tuple(after[each.id] for each in incidents)


def _groups(
    incidents: Sequence[Incident], stories: Sequence[JoinedStory], found: Sequence[Anomaly]
) -> dict[JoinedStory, list[str]]:
    """The incidents of each story: those that have most of their dollars in it."""
    homes = _homes(incidents)
    members: dict[str, set[int]] = {}
    for index, each in enumerate(found):
        if home := homes.get((each.account_id, each.service, each.direction)):
            members.setdefault(home, set()).add(index)
    groups: dict[JoinedStory, list[str]] = {}
    every = _with_the_rest(stories, found)
    for home, indices in members.items():
        story = main_story(every, found, indices)
        if story and story.kind != "alone":
            groups.setdefault(story, []).append(home)
    return groups


def _with_the_rest(stories: Sequence[JoinedStory], found: Sequence[Anomaly]) -> Sequence[JoinedStory]:
    """With a story of its own for every anomaly that is in none."""
    known = {member for each in stories for member in each.members}
    alone = [
        JoinedStory("alone", (index,), (), each.start, each.direction, None)
        for index, each in enumerate(found)
        if index not in known
    ]
    return [*stories, *alone]


def with_rollups(
    incidents: Sequence[Incident], rollups: Sequence[Incident], series: DailySeries, rest: Rest
) -> tuple[Incident, ...]:
    """All of them, a roll-up in one line with the incidents that are part of what it tells."""
    after = {each.id: each for each in (*incidents, *rollups)}
    rows = {label: row for row, label in enumerate(series.labels)}
    for rollup in rollups:
        if rollup.closed_on is not None:
            continue
        parts = [
            each
            for each in incidents
            if each.closed_on is None
            and each.direction == rollup.direction
            and _is_part(each, rollup)
            and _began_with(each, rollup, rows, rest)
        ]
        told = sum((abs(each.run_rate) for each in parts), Decimal(0))
        if rollup.scope == "account" and rollup.status == "new" and abs(rollup.run_rate) < LARGE_PART * told:
            del after[rollup.id]  # the incident says what it says, and what explains it
        elif parts:
            after |= one_line([after[rollup.id], *(after[each.id] for each in parts)], "together")
    return tuple(after.values())


def _is_part(incident: Incident, rollup: Incident) -> bool:
    """Services of one account that begin together are one story, whatever their shares; one service of many accounts
    is where it changed by as much.
    """
    if rollup.scope == "account":
        return incident.account_id == rollup.account_id
    largest = next(iter(incident.shares))
    if rollup.scope != "service" or largest != rollup.members[0].service:
        return False
    one, other = _share(incident), _share(rollup)
    return one is None or other is None or abs(one - other) <= NEAR_SHARE


def _share(incident: Incident) -> float | None:
    """Log of what an incident's days cost in multiples of what was expected; None where nothing was."""
    days = [day for member in incident.members for day in member.days.values() if day.excess]
    cost = sum((day.cost for day in days), Decimal(0))
    expected = sum((day.expected for day in days), Decimal(0))
    return math.log(cost / expected) if cost > 0 and expected >= 1 else None


def _began_with(
    incident: Incident, rollup: Incident, rows: Mapping[tuple[str, str], int], rest: Rest
) -> bool:
    """True from the same day; and for what rose with a roll-up already, and was seen by itself days later."""
    if abs((incident.start - rollup.start).days) <= BEGAN_DAYS:
        return True
    known = [
        row for each in incident.members if (row := rows.get((incident.account_id, each.service))) is not None
    ]
    if incident.start < rollup.start or not known:
        return False
    before = Rest(rest.costs, rest.first_day).gains(known, (rollup.start, incident.start - _DAY))
    return Decimal(float(before.sum())) * incident.direction >= OF_THEN * abs(incident.run_rate)


def _homes(incidents: Iterable[Incident]) -> dict[tuple[str, str, int], str]:
    """The incident that goes on, or ended now, of each account, service and direction."""
    found: dict[tuple[str, str, int], str] = {}
    for each in incidents:
        if each.closed_on is None or each.status == "new":
            for member in each.members:
                found[each.account_id, member.service, each.direction] = each.id
    return found


def one_line(group: Sequence[Incident], kind: StoryKind) -> dict[str, Incident]:
    """By id, those of a group that are in no line yet, in the line that most of it are in, or in a new one."""
    known = Counter(each.told_with for each in group if each.told_with)
    first = min(
        group, key=lambda each: (each.told_on, -each.direction, each.start, -abs(each.impact), each.id)
    )
    line = known.most_common(1)[0][0] if known else ToldWith(first.line, kind)
    return {each.id: replace(each, told_with=line) for each in group if each.told_with is None}
