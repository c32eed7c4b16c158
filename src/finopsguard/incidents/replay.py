"""What daily runs would have told: the judgement of a run, on one day after another of a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from finopsguard.costs.completeness import provisional_days
from finopsguard.costs.series import DailySeries
from finopsguard.detection import DetectionConfig
from finopsguard.incidents.follow import JUDGED_DAYS, follow
from finopsguard.models.incident import Incident
from finopsguard.models.run import Period

# When the replayed runs are scheduled, UTC: the hour of the template's daily schedule.
RUN_TIME = time(9, tzinfo=UTC)


def replay(
    series: DailySeries, days: int, config: DetectionConfig, *, history_days: int
) -> Iterator[tuple[date, tuple[Incident, ...]]]:
    """(day of the run, incidents of its report) of the daily runs after each of the newest `days` days.

    A run sees `history_days` days, as they are in the series. Which of them are provisional it judges as a run does: by
    their age at nine the next morning, and by their completeness. Raises InvalidInput for costs that cannot be judged.
    """
    totals = series.total_by_day()
    life: tuple[Incident, ...] = ()
    for back in range(days - 1, -1, -1):
        end = series.end - timedelta(days=back)
        window = Period(end - timedelta(days=history_days), end)
        scheduled = datetime.combine(end, RUN_TIME)
        life, told = follow(
            life,
            series.until(end).newest(history_days).since_first_cost(),
            Period(end - timedelta(days=1), end),
            judged_days=JUDGED_DAYS["daily"],
            provisional_days=provisional_days(totals, window, scheduled),
            config=config,
        )
        yield end, told
