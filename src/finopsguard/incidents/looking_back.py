"""What a monthly report is about: the month's incidents, verdicts, forecasts and price, as earlier reports left them.

Everything is read from the store, and nothing is judged anew. What cannot be read is left out, and said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import NamedTuple

from finopsguard.costs import closed, paid
from finopsguard.costs.comparison import percent
from finopsguard.incidents import ledger, mock_month, opinions
from finopsguard.incidents.cases import Cases
from finopsguard.incidents.retrospective import figures
from finopsguard.models.ledger import CoveredDays, Told
from finopsguard.models.report import Report
from finopsguard.models.retrospective import DayThen, ForecastMade, Retrospective
from finopsguard.models.run import Period, Run
from finopsguard.ports import Store
from finopsguard.store import covered, documents, keys, told, verdicts
from finopsguard.store import ledger as tellings

BEFORE = timedelta(days=8)
"""A week's report before the month, which tells what went on into it."""
FORECAST_DAYS = (8, 15, 22)
"""The days of a month whose forecasts are held to its end, from the newest report that had read so far."""
_NEAR = 3  # days: what is further off is no forecast of that day


class LookedBack(NamedTuple):
    """The report with its retrospective, and the keys of what could not be read."""

    report: Report
    unreadable: tuple[str, ...]


def looked_back(store: Store, run: Run, report: Report) -> LookedBack:
    """Adds what the month was; raises what ports.Store raises."""
    period, source, today = report.period, run.source, run.scheduled_time.astimezone(UTC).date()
    reports = covered.delivered(store, source, period.start - BEFORE)
    moments = {each.run_id: each.at for each in reports}
    known, unreadable, since = Cases(), [], None
    for key, look in ledger.looks(store, source, period.start - BEFORE, today):
        if look is None:
            unreadable.append(key)
        else:
            since = since or look.end
            known.read(look, moments.get(look.run_id))
    rows = tellings.told(store, source, period.start - BEFORE)
    for each in rows.told:
        known.told(each)
    given = verdicts.given(store, source)
    cases, said, messages = known.cases, given.verdicts, known.messages
    if since is None and run.data_source == "mock":
        since, cases, said = period.start, mock_month.cases(period, report.accounts), mock_month.said(period)
        messages = [each.told_at for each in cases if each.told_at]
    scores, lost_scores = opinions.scores(store, source, period)
    requests = paid.pages_in_month(store, source, period.start)
    made = Retrospective(
        since=since,
        messages=sum(moment.astimezone(UTC).date() in period for moment in messages),
        restated=_restated(store, run, period),
        forecasts=_forecasts(store, report, reports),
        requests=requests,
        usd=requests * paid.PRICE_OF_A_REQUEST,
        second_opinion=opinions.scoreboard(scores),
        **vars(figures(cases, said, period, report.accounts, known.rows)),
    )
    lost = (*unreadable, *rows.unreadable, *given.unreadable, *lost_scores)
    notes = (*report.notes, *keys.notes(lost))
    return LookedBack(replace(report, retrospective=made, notes=notes), lost)


def _restated(store: Store, run: Run, period: Period) -> tuple[DayThen, ...]:
    """Days that cost another amount now than the first report of them told."""
    now = documents.find_whole(store, keys.TO_TELL.key(run_id=run.run_id), Told)
    if now is None:
        return ()
    earlier = told.before(store, run, run.scheduled_time).earlier
    return tuple(DayThen(each.date, each.then, each.now) for each in closed.restated(now, earlier, period))


def _forecasts(store: Store, report: Report, reports: Sequence[CoveredDays]) -> tuple[ForecastMade, ...]:
    """What the month's end was forecast to be, and how far off that was."""
    chosen: dict[str, CoveredDays] = {}
    for number in FORECAST_DAYS:
        day = report.period.start + timedelta(days=number - 1)
        near = [each for each in reports if 0 <= (day - _last(each)).days <= _NEAR]
        if near:
            newest = max(near, key=lambda each: (each.end, each.at))
            chosen.setdefault(newest.run_id, newest)
    found = (_forecast(store, report, each) for each in chosen.values())
    return tuple(each for each in found if each)


def _forecast(store: Store, report: Report, made: CoveredDays) -> ForecastMade | None:
    earlier = documents.find_whole(store, keys.REPORT_DETECTED.key(run_id=made.run_id), Report)
    known = earlier.forecast if earlier else None
    if (
        known is None
        or known.month != report.period
        or earlier is None
        or earlier.currency != report.currency
    ):
        return None
    if known.month_end is None or known.low is None or known.high is None:
        return None
    error = percent(known.month_end - report.totals.period, report.totals.period)
    return ForecastMade(_last(made), known.month_end, known.low, known.high, error)


def _last(made: CoveredDays) -> date:
    return made.end - timedelta(days=1)
