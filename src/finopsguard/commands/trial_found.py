"""From what was replayed to what a trial's page and texts show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from finopsguard.channels.teams import card, preview
from finopsguard.commands.costs_file import usd
from finopsguard.commands.replayed import Replayed
from finopsguard.config import DetectSettings, PlanSettings
from finopsguard.costs.once import Reading
from finopsguard.incidents import past
from finopsguard.incidents.gates import Gate, Gates
from finopsguard.incidents.replay import ReplayedRun
from finopsguard.incidents.told import Line
from finopsguard.models.report import CostExplorerUse
from finopsguard.models.run import Language, Period
from finopsguard.models.trial import Trial, TrialEvent, TrialGate, TrialWeek
from finopsguard.report import trial_story
from finopsguard.report.page import trial as trial_page
from finopsguard.variables import VARIABLES

_DAY = timedelta(days=1)
_WEEK = 7


def trial_of(
    found: Replayed,
    *,
    language: Language,
    currency: str,
    names: Mapping[str, str],
    present: Decimal,
    price: CostExplorerUse | None,
    doubts: Sequence[str],
) -> Trial:
    """What is shown of a replay. `names` are those of accounts by id, `present` the least excess that is set."""
    runs = found.runs
    reports = Period(runs.runs[0].day, runs.runs[-1].day + _DAY)
    usage = sum(found.series.newest(found.days).total_by_day().values(), Decimal(0))
    return Trial(
        language=language,
        currency=currency,
        reports=reports,
        usage=usage,
        above=runs.above,
        below=runs.below,
        stories=len(runs.stories),
        messages=runs.messages,
        a_week=_tenths(runs.messages * _WEEK / found.days),
        events=tuple(_events(runs.runs, names)),
        weeks=tuple(_weeks(reports, [day for day, _ in found.messages])),
        gates=tuple(_gate(found.gates, each, present) for each in found.gates.tried) if found.gates else (),
        wanted=Decimal(f"{found.gates.wanted:g}") if found.gates else Decimal(0),
        setting=VARIABLES["anomaly_min_impact"].name,
        price=price,
        doubts=tuple(doubts),
    )


def shown_data(trial: Trial) -> dict[str, object]:
    """As JSON has it, besides what `backtest` prints too: what each report would have said, and messages by week."""
    return {
        "told": {"above": usd(trial.above), "below": usd(trial.below), "incidents": trial.stories},
        "usage": usd(trial.usage),
        "events": [
            {
                "first": str(each.first),
                "last": str(each.last),
                "id": each.id,
                "status": each.status,
                "ended": each.ended,
                "account_id": each.account_id,
                "account_name": each.account_name,
                "services": list(each.services),
                "kind": each.kind,
                "start": str(each.start),
                "impact": usd(each.impact),
            }
            for each in trial.events
        ],
        "weeks": [
            {"first": str(week.days.start), "last": str(week.days.end - _DAY), "messages": week.messages}
            for week in trial.weeks
        ],
        "doubts": list(trial.doubts),
    }


def page_of(
    trial: Trial, found: Replayed, reading: Reading | None, plan: PlanSettings, detect: DetectSettings
) -> str:
    """The page; with cards where costs were read as a report reads them. Raises InvalidInput as a run does."""
    cards: list[trial_page.Shown] = []
    style = ""
    for run, newest in _shown_runs(found):
        if reading is None:
            break
        report = past.report_of(run, reading, plan, detect)
        shown = preview.part(card.message(report))
        cards.append(
            trial_page.Shown(trial_story.card_title(trial.language, run.day, newest=newest), shown.card)
        )
        style += shown.style
    return trial_page.page(trial, cards, style=style, script=preview.SCRIPT if cards else "")


def _shown_runs(found: Replayed) -> list[tuple[ReplayedRun, bool]]:
    """The newest report, and the first one that told the largest story, where that is another."""
    runs, stories = found.runs.runs, found.runs.stories
    shown = [(runs[-1], True)]
    largest = max(stories.values(), key=lambda each: (abs(each.impact), each.id), default=None)
    if largest is not None:
        ids = {each.id for each in largest.incidents}
        told = next(run for run in runs if any(each.id in ids for each in run.told))
        if told is not runs[-1]:
            shown.append((told, False))
    return shown


def _events(runs: Sequence[ReplayedRun], names: Mapping[str, str]) -> Iterator[TrialEvent]:
    """What the reports said of each story, by day; a story that went on is one event as long as it did."""
    events: list[TrialEvent] = []
    going: dict[str, int] = {}
    for run in runs:
        for incident in run.lines:
            event = _event(run.day, incident, names)
            place = going.get(incident.id)
            if incident.status != "continuing":
                going.pop(incident.id, None)
            elif place is not None:
                events[place] = replace(event, first=events[place].first)
                continue
            else:
                going[incident.id] = len(events)
            events.append(event)
    yield from events


def _event(day: date, incident: Line, names: Mapping[str, str]) -> TrialEvent:
    return TrialEvent(
        first=day,
        last=day,
        id=incident.id,
        status=incident.status,
        ended=incident.ended,
        account_id=incident.account_id,
        account_name=names.get(incident.account_id, ""),
        services=tuple(filter(None, incident.shares)),
        kind=incident.kind,
        start=incident.start,
        last_day=incident.last_day,
        impact=incident.impact,
    )


def _weeks(reports: Period, told: Sequence[date]) -> Iterator[TrialWeek]:
    """Weeks that end with the newest day; the first has the days that are left."""
    starts = [reports.start, *reversed(_whole_weeks(reports))]
    for start, end in zip(starts, [*starts[1:], reports.end], strict=True):
        days = Period(start, end)
        yield TrialWeek(days, sum(day in days for day in told))


def _whole_weeks(reports: Period) -> list[date]:
    """The first days of whole weeks, counted back from the end, but for one that begins the reports."""
    return [
        day
        for back in range(_WEEK, reports.days, _WEEK)
        if (day := reports.end - timedelta(days=back)) > reports.start
    ]


def _gate(gates: Gates, gate: Gate, present: Decimal) -> TrialGate:
    return TrialGate(
        usd=gate.usd,
        messages=gate.messages,
        a_week=_tenths(gates.a_week(gate)),
        above=gate.above,
        below=gate.below,
        present=gate.usd == present,
        suggested=gate.usd == gates.suggested,
    )


def _tenths(number: float) -> Decimal:
    return Decimal(f"{number:.1f}")
