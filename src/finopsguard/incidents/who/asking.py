"""Asking a trail who acted: what is looked for, and what becomes of an explanation where it cannot be read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from finopsguard.incidents.who import judging, suspects
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Explained
from finopsguard.models.run import Run
from finopsguard.models.trail import TrailQuestion
from finopsguard.ports import Trail

KEPT = timedelta(days=90)
"""How long CloudTrail keeps its event history (documented by AWS)."""
MOST_REGIONS = 2
_ACCOUNT = re.compile(r"\d{12}")


def questions(line: AnomalyLine, found: Explained, at: datetime) -> tuple[TrailQuestion, ...]:
    """What is asked about an incident, a question for each Region; nothing for one that began too long before `at`,
    or is of no account.

    A week before the incident is asked for too: it says who always does such things.
    """
    when = suspects.window(line)
    since = when.since - suspects.USUAL
    if since < at - KEPT or not _ACCOUNT.fullmatch(line.account_id):
        return ()
    asked: dict[str, tuple[list[str], list[str]]] = {}
    for resource in suspects.resources(line, found.resources):
        if region := suspects.region_of(resource, found.causes):
            asked.setdefault(region, ([], []))[0].extend(_ids(resource))
    known = suspects.are_most(line, found.causes, found.resources)
    for suspect in suspects.suspects(line, found.causes):
        kind = suspect.kind.behind_alone if known else suspect.kind
        events = kind.rises if line.direction > 0 else kind.falls
        asked.setdefault(suspect.region, ([], []))[1].extend(name for _, name in sorted(events))
    return tuple(
        TrailQuestion(line.account_id, region, since, when.until, _once(ids), _once(names))
        for region, (ids, names) in list(asked.items())[:MOST_REGIONS]
        if ids or names
    )


def asked(line: AnomalyLine, found: Explained, run: Run, trail: Trail) -> Explained:
    """The explanation with those whose acts explain it; raises what ports.Trail raises."""
    answers = [trail.events(run, question) for question in questions(line, found, run.scheduled_time)]
    acts = judging.acts(line, found.causes, found.resources, answers)
    return replace(found, who=acts, unread=tuple(each for each in found.unread if each != "trail"))


def _ids(resource: str) -> list[str]:
    """How the event history may name a resource: as the bill does, and by the end of its ARN."""
    end = resource.rpartition(":")[2].rpartition("/")[2]
    return [resource, end] if resource.startswith("arn:") and end else [resource]


def _once(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
