"""The days that a report covers.

All derives from the scheduled time, never from the clock: a re-run tomorrow reports the same period. A period ends a
fixed time before the schedule's hour on the local clock, counted with the zone's largest offset of the year: so that
each new day's report ends one day later, also where clocks change, and no day is skipped or told twice. What a missed
run or a changed schedule would leave out, the next report covers: it begins where the last delivered one ended. A
monthly report is about the calendar month before, and about no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from finopsguard.config import PlanSettings
from finopsguard.errors import FuturePeriod, InvalidInput
from finopsguard.models.ledger import CoveredDays, FailedReport
from finopsguard.models.messages import RunRequest
from finopsguard.models.run import DataSource, Period, ReportName, Run

PERIOD_DAYS: Mapping[str, int] = {"daily": 1, "weekly": 7}
MOST_DAYS: Mapping[str, int] = {"daily": 7, "weekly": 28}
"""The longest period of a report that covers the days of missed ones too."""

LATE_HOURS = 72
"""From so many hours after its end on a day is taken as it is: what it lacks then is a fall."""

_WEEK = 7
# AWS's first services were billed in 2006; two years of history before it are still days of the calendar.
_FIRST_DAY = date(2006, 1, 1)


def plan_run(request: RunRequest, settings: PlanSettings, now: datetime) -> Run:
    """The run of a request over its regular period.

    Raises FuturePeriod for a day that has not begun at `now`, InvalidInput for one before any bill of AWS.
    """
    day = request.scheduled_time.astimezone(UTC).date()
    if day < _FIRST_DAY:
        raise InvalidInput(f"{day} is before the first bill of AWS. Correct `scheduled_time`.")
    if day > now.astimezone(UTC).date():
        raise FuturePeriod(f"{day} has not begun. Use a scheduled time that is not in the future.")
    period = report_period(request.report, request.scheduled_time, settings.time_zone, settings.settle_hours)
    source: DataSource = "mock" if settings.use_mock_data else settings.cost_source
    run = Run(
        run_id=_run_id(request.report, period, source),
        report=request.report,
        scheduled_time=request.scheduled_time,
        period=period,
        previous_period=period_before(period),
        history_start=period.end - timedelta(days=settings.history_days),
        time_zone=settings.time_zone,
        language=settings.language,
        cost_metric=settings.cost_metric,
        data_source=source,
        execution=request.execution,
        until=read_until(request.scheduled_time, settings.time_zone),
        settle_hours=settings.settle_hours,
        basis=settings.headline,
        continues=request.continues,
    )
    return _of_a_month(run) if run.looks_back else run


def planned(run: Run, before: CoveredDays | None, request: RunRequest) -> tuple[Run, tuple[str, ...]]:
    """As `continued`; a report by hand continues nothing, but one that is made again by force is made as it was."""
    again = request.force and before is not None and run.period.end <= before.end
    return continued(run, before) if request.continues or again else (run, ())


def continued(run: Run, before: CoveredDays | None) -> tuple[Run, tuple[str, ...]]:
    """The run after what was covered before it, and the notes `gap_covered` or `gap_left`.

    `before`: the days that hold the run's last one, which is then made again as it was; else the newest that end before
    it, or None. A gap is covered by this run, up to MOST_DAYS; days that were covered are not told again. A month is
    told by its own report alone.
    """
    period = run.period
    if before is None or run.looks_back:
        return run, ()
    if period.end <= before.end:
        return _over(run, Period(before.start, before.end)), ()
    first = period.end - timedelta(days=MOST_DAYS[run.report])
    start = max(before.end, first)
    if start >= period.start:
        return _over(run, Period(start, period.end)), ()
    note = "gap_covered" if before.end >= first else "gap_left"
    return _over(run, Period(start, period.end)), (note,)


def report_period(report: ReportName, scheduled_time: datetime, time_zone: str, settle_hours: int) -> Period:
    """The newest day that is settled (daily), or the seven newest days that are over (weekly), in UTC as AWS bills.

    Monthly: the newest calendar month that is over.
    """
    lag = timedelta(hours=settle_hours if report == "daily" else 0)
    end = (_steady_clock(scheduled_time, time_zone) - lag).date()
    if report == "monthly":
        return Period(month_before(end.replace(day=1)), end.replace(day=1))
    return Period(end - timedelta(days=PERIOD_DAYS[report]), end)


def by(settings: PlanSettings) -> Callable[[FailedReport], Period]:
    """What says which regular period a report has that failed, by the settings of now."""
    zone, hours = settings.time_zone, settings.settle_hours
    return lambda failed: report_period(failed.report, failed.scheduled_time, zone, hours)


def read_until(scheduled_time: datetime, time_zone: str) -> date:
    """The end of the newest UTC day that is over at the scheduled time, settled or not."""
    return _steady_clock(scheduled_time, time_zone).date()


def period_before(period: Period) -> Period:
    """As many days on the same weekdays, as few whole weeks before as possible."""
    shift = timedelta(weeks=-(-period.days // _WEEK))
    return Period(period.start - shift, period.end - shift)


def month_before(first: date) -> date:
    """The first day of the month before that of which `first` is the first day."""
    return (first - timedelta(days=1)).replace(day=1)


def _of_a_month(run: Run) -> Run:
    """The run over its month and the one before, as far as a run's history reaches; nothing newer is read."""
    before = Period(month_before(run.period.start), run.period.start)
    return replace(
        run, previous_period=before, history_start=max(run.history_start, before.start), until=None
    )


def _over(run: Run, period: Period) -> Run:
    history = run.period.end - run.history_start
    return replace(
        run,
        run_id=_run_id(run.report, period, run.data_source),
        period=period,
        previous_period=period_before(period),
        history_start=period.end - history,
        until=max(run.window.end, period.end),
    )


def _run_id(report: ReportName, period: Period, source: DataSource) -> str:
    regular = report == "monthly" or period.days == PERIOD_DAYS[report]
    last = "" if regular else f"-{period.end - timedelta(days=1)}"
    return f"{report}-{period.start}{last}{'-mock' if source == 'mock' else ''}"


def _steady_clock(scheduled_time: datetime, time_zone: str) -> datetime:
    """UTC as it would be if the zone had its largest offset all year: never later than UTC is."""
    local = scheduled_time.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None)
    return local - _largest_offset(time_zone, local.date())


@lru_cache(maxsize=1024)
def _largest_offset(time_zone: str, day: date) -> timedelta:
    """The zone's largest offset within half a year of the day; no zone has its largest for less than a week."""
    zone = ZoneInfo(time_zone)
    return max(zone.utcoffset(noon) or timedelta() for noon in _noons_around(day))


@lru_cache(maxsize=1024)
def _noons_around(day: date) -> tuple[datetime, ...]:
    noon = datetime.combine(day, time(12))
    return tuple(noon + timedelta(weeks=week) for week in range(-26, 27))
