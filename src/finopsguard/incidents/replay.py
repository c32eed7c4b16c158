"""What daily runs would have told: the judgement of a run, on one day after another of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from finopsguard.costs.completeness import provisional_days
from finopsguard.costs.periods import read_until, report_period
from finopsguard.costs.series import DailySeries
from finopsguard.detection import DetectionConfig
from finopsguard.incidents.follow import Known, follow, newest_days
from finopsguard.incidents.standing import in_force
from finopsguard.incidents.told import Line, told_lines
from finopsguard.models.incident import Incident
from finopsguard.models.run import Period
from finopsguard.models.verdict import Verdict
from finopsguard.variables import SETTLE_HOURS

# When the replayed runs are scheduled: the hour and the zone of the template's daily schedule.
RUN_TIME = time(9, tzinfo=UTC)
RUN_ZONE = "UTC"


@dataclass(frozen=True)
class Morning:
    """What a daily run goes by, whatever its policy: when it was due, the costs that it read and its newest days.

    `judged_days` of them are judged; `provisional` are those that were not settled.
    """

    scheduled: datetime
    read: DailySeries
    newest: Period
    judged_days: int
    provisional: tuple[date, ...]


@dataclass(frozen=True)
class ReplayedRun:
    """One daily run: when it was due, what was known before it, what its report told, and what is known after it."""

    scheduled: datetime
    before: tuple[Incident, ...]
    told: tuple[Incident, ...]
    life: tuple[Incident, ...]

    @property
    def lines(self) -> list[Line]:
        """What its report told, those that are one story as one."""
        return told_lines(self.told)

    @property
    def day(self) -> date:
        """The day on which it ran."""
        return self.scheduled.date()


def mornings(series: DailySeries, days: int, *, history_days: int) -> list[Morning]:
    """Those after each of the newest `days` days.

    A run has the period of a run at nine that morning, sees `history_days` days before its end and the newer ones, as
    they are in the series, and judges which of them are provisional as a run does.
    """
    found = []
    for back in range(days - 1, -1, -1):
        scheduled = datetime.combine(series.end - timedelta(days=back), RUN_TIME)
        period = report_period("daily", scheduled, RUN_ZONE, SETTLE_HOURS)
        window = Period(period.end - timedelta(days=history_days), read_until(scheduled, RUN_ZONE))
        read = series.until(window.end).newest(window.days)
        newest, judged_days = newest_days("daily", period, window)
        unsettled = provisional_days(read, scheduled, SETTLE_HOURS)
        found.append(Morning(scheduled, read.since_first_cost(), newest, judged_days, unsettled.provisional))
    return found


def replay(
    mornings: Iterable[Morning], config: DetectionConfig, verdicts: Sequence[Verdict] = ()
) -> Iterator[ReplayedRun]:
    """The daily runs of these mornings, one after another; each goes by the verdicts that were given before it.

    Raises InvalidInput for costs that cannot be judged.
    """
    life: tuple[Incident, ...] = ()
    for each in mornings:
        before = life
        given = [said for said in verdicts if said.at < each.scheduled]
        life, told = follow(
            Known(before, verdicts=in_force(given, before, each.newest.end)),
            each.read,
            each.newest,
            judged_days=each.judged_days,
            provisional_days=each.provisional,
            config=config,
        )
        yield ReplayedRun(each.scheduled, before, told, life)
