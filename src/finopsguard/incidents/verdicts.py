"""What verdicts make of incidents: which end, and which are held back. Pure: an earlier life and verdicts go in.

Rules:
- Of several verdicts about one incident the latest counts; of the same moment the one with the larger mark. What was
  withdrawn never counts.
- `expected` ends what goes on as `accepted`: its level is right from its first day on (`known.py`). `not_an_anomaly`
  ends it as that, or says it of what has ended: its services are told later, and never up to what they cost then.
- A verdict names an incident, or a line: then it is about all that the line tells, and a mute about those that join it.
- A mute holds back what it names, and what the same services of the account do under another id; one of a service what
  any incident of the account is made of. Where others make a quarter of the dollars a day the incident is told.
- What a mute holds back costs at most MUTED_TIMES what was muted. Beyond that all of it is told, and this mute holds it
  back no more. Where nothing was unusual when it was muted, what was muted is what the services usually cost a day.
- A plan holds back what rises within its days: from `since` on, and only while no day after `until` deviates.
- What is held back does not become the new level by itself: it goes on until it is back, or the last day has passed.
  What no report had told is new then.
- A verdict that is withdrawn leaves the incident as if it had not been given: it goes on, or is told again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from finopsguard.costs.series import DailySeries
from finopsguard.detection import DetectionConfig, Memory
from finopsguard.incidents.rules import LARGE_PART
from finopsguard.incidents.standing import is_about, standing_of
from finopsguard.models.anomaly import AnomalyStatus, Ending, Release, Said
from finopsguard.models.incident import Incident, Member
from finopsguard.models.verdict import SaidVerdict, Verdict

MUTED_TIMES = Decimal(3)
"""Beyond so many times what was muted it is told. Less than the growth that is told of an incident in the card (six
times): that one is seen every day, and what is muted is not."""

ENDINGS = ("expected", "not_an_anomaly")
_NOTHING = Decimal(0)


def decided(before: Sequence[Incident], verdicts: Sequence[Verdict], today: date) -> tuple[Incident, ...]:
    """The incidents before a report: those that somebody judged are over, those where it was withdrawn go on."""
    withdrawn = {each.withdraws for each in verdicts}
    standing = standing_of(verdicts)
    return tuple(_judged(_open_again(each, withdrawn, today), standing, today) for each in before)


def _judged(incident: Incident, standing: Sequence[Verdict], today: date) -> Incident:
    about = [each for each in standing if is_about(each, incident) and incident.told_on <= each.at.date()]
    if not about or about[-1].verdict not in ENDINGS:
        return incident
    latest = about[-1]
    said = _said(latest)
    if incident.closed_on is None:
        ended: Ending = "accepted" if latest.verdict == "expected" else "not_an_anomaly"
        return replace(incident, status="resolved", closed_on=today, ended=ended, said=said)
    if latest.verdict == "not_an_anomaly" and incident.ended in ("back", "new_level"):
        return replace(incident, ended="not_an_anomaly", said=said)
    return incident


def _open_again(incident: Incident, withdrawn: set[str | None], today: date) -> Incident:
    said = incident.said
    if said is None or said.mark not in withdrawn or said.verdict not in ENDINGS or not incident.closed_on:
        return incident
    if said.at.date() > incident.closed_on:  # it was over when somebody judged it
        return replace(incident, ended="back", said=None)
    return replace(incident, status="continuing", closed_on=None, ended=None, told_on=today, said=None)


def with_plans(
    memory: Mapping[tuple[str, str], Memory], verdicts: Sequence[Verdict], series: DailySeries
) -> Mapping[tuple[str, str], Memory]:
    """The same, and of what is planned: nothing is learned from its days."""
    plans = [each for each in standing_of(verdicts) if each.verdict == "plan"]
    if not plans:
        return memory
    out = dict(memory)
    for label in series.labels:
        spans = [
            (each.since, each.until)
            for each in plans
            if each.since and each.until and each.account_id == label[0] and each.service in ("", label[1])
        ]
        if spans:
            known = out.get(label, Memory())
            out[label] = replace(known, told=tuple(sorted({*known.told, *spans})))
    return out


# ---- what is held back -----------------------------------------------------------------------------------------------


def held(
    after: Sequence[Incident],
    before: Sequence[Incident],
    verdicts: Sequence[Verdict],
    today: date,
    config: DetectionConfig,
) -> tuple[Incident, ...]:
    """The incidents of a report, those held back that are muted or planned; `before` as an earlier one left them."""
    was = {each.id: each for each in before}
    by: dict[str, list[Incident]] = {}
    of: dict[str, Verdict] = {}
    standing = [
        each
        for each in standing_of(verdicts)
        if each.until and (each.verdict == "plan" or (each.verdict == "mute" and each.until >= today))
    ]
    for incident in after:
        if incident.closed_on is None or (incident.closed_on == today and incident.ended == "back"):
            found = [each for each in standing if _holds(each, incident, was)]
            if found:
                of[incident.id] = found[-1]
                by.setdefault(found[-1].mark, []).append(incident)
    rates = {mark: _rate_of(mark, group, before, config) for mark, group in by.items()}
    beyond = {
        mark
        for mark, group in by.items()
        if of[group[0].id].verdict == "mute" and _sum_of(group) > MUTED_TIMES * rates[mark]
    }
    return tuple(
        _held(each, was.get(each.id), of[each.id], rates[of[each.id].mark], of[each.id].mark in beyond, today)
        if each.id in of
        else _told_again(each, was.get(each.id), today)
        for each in after
    )


def _holds(verdict: Verdict, incident: Incident, was: Mapping[str, Incident]) -> bool:
    if verdict.verdict == "plan":
        return (
            incident.direction > 0
            and verdict.since is not None
            and verdict.until is not None
            and verdict.since <= incident.start
            and incident.last_day <= verdict.until
            and _is_of(incident, verdict.account_id, lambda name: verdict.service in ("", name))
        )
    if verdict.incident_id is None:
        return _is_of(incident, verdict.account_id, lambda name: verdict.service in ("", name))
    if is_about(verdict, incident):
        return True
    return any(
        is_about(verdict, each)
        and (each.scope, each.region, each.direction) == (incident.scope, incident.region, incident.direction)
        and _is_of(incident, each.account_id, {member.service for member in each.members}.__contains__)
        for each in was.values()
    )


def _is_of(incident: Incident, account: str, is_part: Callable[[str], bool]) -> bool:
    """True where the account's services make it, but for less than a part that would be told."""
    if incident.account_id != account:
        return False
    whole = sum((abs(each.run_rate) for each in incident.members), _NOTHING)
    part = sum((abs(each.run_rate) for each in incident.members if is_part(each.service)), _NOTHING)
    return part > (1 - LARGE_PART) * whole


def _rate_of(
    mark: str, group: Sequence[Incident], before: Iterable[Incident], config: DetectionConfig
) -> Decimal:
    """What was muted, USD a day: as an earlier report had it, else as these were known before, else what is usual."""
    least = Decimal(str(config.min_usd))
    known = [each.said.rate for each in before if each.said and each.said.mark == mark and each.said.rate]
    if known:
        return known[0]
    ids = {each.id for each in group}
    services = {(each.account_id, member.service) for each in group for member in each.members}
    told = [
        each
        for each in before
        if each.id in ids
        or (
            each.closed_on is not None and {(each.account_id, one.service) for one in each.members} & services
        )
    ]
    if told:
        running = [each for each in told if each.id in ids]
        return max(_sum_of(running) if running else max(each.told_rate for each in told), least)
    usual = (_usual(member) for each in group for member in each.members)
    return max(sum(usual, _NOTHING), least)


def _usual(member: Member) -> Decimal:
    return member.days[max(member.days)].expected


def _sum_of(incidents: Iterable[Incident]) -> Decimal:
    return sum((abs(each.run_rate) for each in incidents), _NOTHING)


def _held(
    incident: Incident, was: Incident | None, verdict: Verdict, rate: Decimal, beyond: bool, today: date
) -> Incident:
    before = was.said if was else None
    if before and before.mark == verdict.mark and before.released:
        return incident  # it was told in spite of this one
    untold = before.untold if before else was is None
    said = replace(_said(verdict), rate=rate if verdict.verdict == "mute" else None, untold=untold)
    if beyond:
        return _released(incident, said, "beyond", today)
    return replace(
        incident,
        said=said,
        status="resolved" if incident.closed_on else "continuing",
        told_on=was.told_on if was else incident.told_on,
        told_rate=was.told_rate if was else incident.told_rate,
    )


def _told_again(incident: Incident, was: Incident | None, today: date) -> Incident:
    """What was held back, and is no more; what ended meanwhile is left as it is."""
    if was is None or was.said is None or not was.quiet or incident.closed_on is not None:
        return incident
    return _released(incident, was.said, "over", today)


def _released(incident: Incident, said: Said, why: Release, today: date) -> Incident:
    status: AnomalyStatus = "new" if said.untold else "growing" if why == "beyond" else "continuing"
    return replace(
        incident,
        said=replace(said, released=why, untold=False),
        status=status,
        told_on=today,
        told_rate=abs(incident.run_rate),
    )


def _said(verdict: Verdict) -> Said:
    if verdict.verdict == "withdrawn":
        raise ValueError("what takes a verdict back says nothing of an incident")
    return Said(verdict.mark, verdict.verdict, verdict.at, verdict.reason, verdict.until)


TAKEN_OUT = timedelta(days=14)
"""For so long what somebody judged is left out of the sums that roll-ups are judged on: as long as an incident is told
before its level is accepted."""


def as_told(life: Iterable[Incident], today: date) -> Iterable[Incident]:
    """The life for roll-ups: what was judged not long ago is theirs no more than what goes on."""
    for each in life:
        judged = each.closed_on is not None and each.ended in ("accepted", "not_an_anomaly")
        yield (
            replace(each, closed_on=None, ended=None)
            if judged and today - (each.closed_on or today) < TAKEN_OUT
            else each
        )


# ---- what a report says of them --------------------------------------------------------------------------------------


def shown(
    verdicts: Sequence[Verdict], life: Sequence[Incident], names: Mapping[str, str], today: date
) -> tuple[SaidVerdict, ...]:
    """The verdicts that count, the newest first: mutes and plans that are not over, and what was said of incidents.

    `names`: the accounts' names by id.
    """
    by_mark = {each.said.mark: each for each in life if each.said}
    found = []
    for each in reversed(standing_of(verdicts)):
        incident = by_mark.get(each.mark) or next((it for it in life if is_about(each, it)), None)
        if (each.until and each.until < today) or (each.verdict in ENDINGS and each.mark not in by_mark):
            continue
        account = each.account_id or (incident.account_id if incident else "")
        beyond = incident is not None and incident.said is not None and incident.said.released == "beyond"
        ahead = each.since is not None and each.since >= today
        found.append(
            SaidVerdict(
                mark=each.mark,
                verdict=_said(each).verdict,
                reason=each.reason,
                at=each.at,
                account_id=account,
                account_name=names.get(account, account),
                service=each.service or (next(iter(incident.shares)) if incident else ""),
                state="ahead" if ahead else "beyond" if beyond else "in_force",
                incident_id=each.incident_id,
                since=each.since,
                until=each.until,
            )
        )
    return tuple(found)
