"""The figures of a month, as docs/retrospective.md defines them. Pure: what is known of incidents and verdicts goes in.

Avoided cost is the FinOps Foundation's: the unpredicted, correctable cost of a day times the days for which it would
have gone on (https://www.finops.org/wg/measuring-anomaly-detected-cost-avoidance-playbook/). As that page asks, only of
what is over, and above the acceptable range. What had ended before anybody was told, and what somebody called expected,
planned or no anomaly, avoided nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from statistics import median

from finopsguard.incidents.cases import Case
from finopsguard.incidents.standing import standing_of
from finopsguard.models.report import AccountCost
from finopsguard.models.retrospective import CausePart, Figures, LookedBack, MutedLine, OwnerPart, Spread
from finopsguard.models.run import Period
from finopsguard.models.telling import IncidentTold
from finopsguard.models.verdict import Verdict

HORIZON_DAYS = 30
"""For so long from its first day a cost is taken to go on that nobody is told of: until the next bill is looked at."""

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_NOTHING = Decimal(0)
_CENT = Decimal("0.01")


def figures(
    cases: Sequence[Case],
    given: Sequence[Verdict],
    period: Period,
    accounts: Iterable[AccountCost],
    rows: Mapping[str, IncidentTold] = {},
) -> Figures:
    """The figures of the period: of what was first told in it, and of what was told before and went on or ended in it.

    All is as it stood at the period's end, but for the dollars of its last days, which are judged later. `rows` are the
    lines as they were told last, by id.
    """
    known = {account.id: account for account in accounts}
    as_then = [_at_the_end(each, period) for each in cases]
    said = [each for each in given if each.at < _midnight(period.end)]
    standing = standing_of(said)
    looked = [
        (each, _looked(each, said, standing, period, known, rows.get(each.id)))
        for each in as_then
        if each.told_at and _matters(each, period)
    ]
    told = [line for each, line in looked if _is_in(each.told_at, period)]
    avoided = [line.avoided for _, line in looked if line.avoided is not None]
    impacts = [line.impact for _, line in looked]
    return Figures(
        told=len(told),
        going=len(looked) - len(told),
        ended=sum(line.closed_on is not None for _, line in looked),
        open=sum(line.closed_on is None for _, line in looked),
        above=sum((usd for usd in impacts if usd > 0), _NOTHING),
        below=sum((usd for usd in impacts if usd < 0), _NOTHING),
        detect_hours=spread(
            _hours(_midnight(line.start + _DAY), line.told_at) for line in told if line.told_at
        ),
        answer_hours=spread(
            _hours(line.told_at, line.answered_at) for line in told if line.told_at and line.answered_at
        ),
        resolve_days=spread(
            Decimal((each.last_day + _DAY - _day_of(each.told_at)).days)
            for each, line in looked
            if each.told_at and line.ended == "back"
        ),
        answered=sum(line.answered_at is not None for line in told),
        false_alerts=sum(line.verdict == "not_an_anomaly" for line in told),
        avoided=sum(avoided, _NOTHING),
        avoided_of=len(avoided),
        horizon_days=HORIZON_DAYS,
        incidents=tuple(line for _, line in looked),
        owners=_by_owner(line for _, line in looked),
        muted=_muted(as_then, standing, period),
    )


def spread(times: Iterable[Decimal]) -> Spread | None:
    """Middle and longest of times; None of none."""
    found = sorted(max(_NOTHING, each) for each in times)
    return Spread(len(found), Decimal(median(found)), found[-1]) if found else None


def _at_the_end(case: Case, period: Period) -> Case:
    """The case as it stood at the period's end."""
    over = case.closed_on is not None and case.closed_on < period.end
    return case if over else replace(case, closed_on=None, ended=None)


def _matters(case: Case, period: Period) -> bool:
    """True for what was told before the period's end, and not over before it began."""
    told = case.told_at is not None and case.told_at < _midnight(period.end)
    return told and (case.closed_on is None or case.closed_on >= period.start)


def _looked(
    case: Case,
    said: Sequence[Verdict],
    standing: Sequence[Verdict],
    period: Period,
    known: Mapping[str, AccountCost],
    row: IncidentTold | None,
) -> LookedBack:
    account = known.get(case.account_id)
    about = [each for each in said if _is_about(each, case)]
    answers = [each.at for each in about if case.told_at and each.at >= case.told_at]
    counting = [each for each in standing if _is_about(each, case)]
    verdict = counting[-1].verdict if counting else None
    return LookedBack(
        id=case.id,
        account_id=case.account_id,
        account_name=account.name if account else row.account_name if row else case.account_id,
        services=case.services,
        start=case.start,
        last_day=case.last_day,
        told_at=case.told_at,
        answered_at=min(answers, default=None),
        closed_on=case.closed_on,
        ended=case.ended,
        impact=case.impact(period),
        verdict=verdict,
        owner=row.owner if row and row.owner else account.owner if account else None,
        cause=_cause(case, row),
        avoided=None if verdict in ("expected", "not_an_anomaly", "plan") else _avoided(case),
    )


def _cause(case: Case, row: IncidentTold | None) -> str | None:
    """The usage type that explains most of it, where it was told; else the service with the largest part."""
    told = [each for each in row.causes if each.dimension == "usage_type"] if row else []
    if told:
        return max(told, key=lambda each: abs(each.impact)).value
    return case.services[0] if case.services else None


def _avoided(case: Case) -> Decimal | None:
    """USD that were not spent because somebody was told; None where nothing is to be said of it."""
    if case.direction < 0 or case.ended != "back" or case.told_at is None:
        return None
    days = [day for day, usd in case.beyond.items() if usd > 0]
    if not days or case.last_day < _day_of(case.told_at):
        return None
    left = HORIZON_DAYS - (case.last_day - case.start).days - 1
    a_day = sum(case.beyond.values(), _NOTHING) / len(days)
    return (a_day * left).quantize(_CENT) if left > 0 else _NOTHING


def _is_about(verdict: Verdict, case: Case) -> bool:
    """True where it names the incident or its line, or mutes or plans what it is made of."""
    if verdict.incident_id is not None:
        return verdict.incident_id in case.ids
    if verdict.verdict not in ("mute", "plan") or verdict.account_id != case.account_id:
        return False
    since, until = verdict.since or _day_of(verdict.at), verdict.until or date.max
    return verdict.service in ("", *case.services) and since <= case.last_day and case.start <= until


def _by_owner(lines: Iterable[LookedBack]) -> tuple[OwnerPart, ...]:
    """Whose accounts they were in, the most dollars first; several accounts have no owner."""
    groups: dict[str | None, list[LookedBack]] = {}
    for line in lines:
        groups.setdefault(line.owner, []).append(line)
    made = []
    for owner, group in groups.items():
        causes: dict[str, Decimal] = {}
        for line in group:
            if line.cause:
                causes[line.cause] = causes.get(line.cause, _NOTHING) + line.impact
        parts = (CausePart(*cause) for cause in causes.items())
        ranked = sorted(parts, key=lambda cause: (-abs(cause.impact), cause.name))
        impact = sum((line.impact for line in group), _NOTHING)
        made.append(OwnerPart(owner, len(group), impact, tuple(ranked)))
    return tuple(sorted(made, key=lambda part: (-abs(part.impact), part.owner or "")))


def _muted(cases: Sequence[Case], standing: Sequence[Verdict], period: Period) -> tuple[MutedLine, ...]:
    """The mutes and plans that held on a day of the period, with what they held back, the most dollars first."""
    found = []
    for each in standing:
        since = each.since or _day_of(each.at)
        if each.verdict not in ("mute", "plan") or since >= period.end:
            continue
        if each.until and each.until < period.start:
            continue
        held = [case for case in cases if case.held_by == each.mark]
        usd = sum((case.impact(period) for case in held), _NOTHING)
        found.append(
            MutedLine(
                each.verdict,
                each.account_id,
                each.service,
                each.incident_id,
                since,
                each.until,
                each.reason,
                usd,
            )
        )
    return tuple(sorted(found, key=lambda line: (-abs(line.impact), line.since, line.account_id)))


def _is_in(moment: datetime | None, period: Period) -> bool:
    return moment is not None and _midnight(period.start) <= moment < _midnight(period.end)


def _hours(first: datetime, last: datetime) -> Decimal:
    return Decimal(round((last - first) / _HOUR))


def _day_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
