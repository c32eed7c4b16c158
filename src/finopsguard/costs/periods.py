"""The days that a report covers.

All derives from the scheduled time, never from the clock: a re-run tomorrow reports the same period.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from finopsguard.config import PlanSettings
from finopsguard.errors import FuturePeriod
from finopsguard.models.messages import RunRequest
from finopsguard.models.run import Period, ReportName, Run

PERIOD_DAYS: Mapping[ReportName, int] = {"daily": 1, "weekly": 7}


def plan_run(request: RunRequest, settings: PlanSettings, now: datetime) -> Run:
    """The run of a request, its period frozen; raises FuturePeriod for one that is not over at `now`."""
    period = report_period(request.report, request.scheduled_time, settings.time_zone)
    if period.end > now.astimezone(UTC).date():
        raise FuturePeriod(
            f"The period {period.start} to {period.end} is not over. Use a scheduled time that is not in the future."
        )
    length = timedelta(days=period.days)
    source = "-mock" if settings.use_mock_data else ""
    history_start: date = period.end - timedelta(days=settings.history_days)
    return Run(
        run_id=f"{request.report}-{period.start}{source}",
        report=request.report,
        scheduled_time=request.scheduled_time,
        period=period,
        previous_period=Period(period.start - length, period.start),
        history_start=history_start,
        time_zone=settings.time_zone,
        language=settings.language,
        cost_metric=settings.cost_metric,
        data_source="mock" if settings.use_mock_data else "cost_explorer",
        execution=request.execution,
    )


def report_period(report: ReportName, scheduled_time: datetime, time_zone: str) -> Period:
    """The last complete day (daily) or the last seven (weekly) at the scheduled time.

    A day must be over for the customer and over in UTC, where Cost Explorer's days end.
    """
    local = scheduled_time.astimezone(ZoneInfo(time_zone)).date()
    end = min(local, scheduled_time.astimezone(UTC).date())
    return Period(end - timedelta(days=PERIOD_DAYS[report]), end)
