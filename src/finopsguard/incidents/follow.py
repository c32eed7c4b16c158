"""One report's judgement: from the daily costs and what was known before to what is known and told now.

Pure: a run and a backtest call the same function, so a backtest tells what runs would have told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import NamedTuple, TypeAlias

from finopsguard.config import DetectSettings
from finopsguard.costs.regions import RegionSeries
from finopsguard.costs.series import DailySeries
from finopsguard.detection import Anomaly, DetectionConfig, Memory, detect
from finopsguard.incidents.joined import falls_of, joined, stories_of, with_rollups
from finopsguard.incidents.known import memory_of, with_unknown
from finopsguard.incidents.look import look_at
from finopsguard.incidents.regional import follow_regions
from finopsguard.incidents.rollups import follow_rollups, rest_of
from finopsguard.incidents.rules import update_incidents
from finopsguard.incidents.verdicts import decided, held, with_plans
from finopsguard.models.incident import Incident
from finopsguard.models.report import JudgedWith
from finopsguard.models.run import Period, ReportName
from finopsguard.models.verdict import Verdict

# A daily report looks back over the days that may have grown since they were last judged, a weekly one over its week.
JUDGED_DAYS: Mapping[ReportName, int] = {"daily": 3, "weekly": 7}

Amount: TypeAlias = Decimal | float


class Known(NamedTuple):
    """What is known before a report: incidents, days of accounts that no report has judged (`unread.py`), verdicts."""

    incidents: Sequence[Incident] = ()
    owed: Mapping[str, date] = {}
    verdicts: Sequence[Verdict] = ()


def follow(
    known: Known,
    series: DailySeries,
    period: Period,
    *,
    judged_days: int,
    provisional_days: Sequence[date],
    config: DetectionConfig,
    regions: RegionSeries | None = None,
) -> tuple[tuple[Incident, ...], tuple[Incident, ...]]:
    """Judges the newest days: (incidents to keep, those of this report), both by impact.

    First what people said of what is known (`verdicts.py`), then accounts and services, then Regions where they were
    read, then roll-ups of what these do not tell; incidents that are one story get one line, and what is muted or
    planned is held back. Of an account that is `owed` days from an earlier one on, those are judged too.

    `series` ends with the period, which is of the newest days that are read (see `newest_days`). Of this report are the
    incidents that go on and those that were resolved since the period began, by whichever report. Days that are still
    provisional can hide an excess but never invent one: rises are judged on them, drops are not. Raises InvalidInput
    for costs that cannot be judged.
    """
    complete_until = min(provisional_days, default=period.end)
    before = decided(known.incidents, known.verdicts, period.end)
    own = [each for each in before if each.scope == "account_service"]
    regional = [each for each in before if each.scope == "service_region"]
    rolled = [each for each in before if each.scope not in ("account_service", "service_region")]
    memory = with_unknown(with_plans(memory_of(own), known.verdicts, series), series)
    found = _found(memory, series, period.end, judged_days, complete_until, config, known.owed)
    stories = stories_of(found, series, config, complete_until)
    look = look_at(own, found, series, config, memory)
    after = update_incidents(own, found, period.end, config, look=look, settled_until=complete_until)
    if falls := falls_of(after, stories, found, series):
        both = [*found, *falls]
        look = look_at(own, both, series, config, memory)
        after = update_incidents(own, both, period.end, config, look=look, settled_until=complete_until)
    after = joined(after, stories, found, series)
    rest = rest_of(series, after, found)
    judged = follow_regions(
        regional,
        after,
        series,
        regions,
        rest,
        judged_days=judged_days,
        settled_until=complete_until,
        config=config,
    )
    after, of_regions, rest = judged
    rollups = follow_rollups(
        rolled, series, rest, judged_days=judged_days, settled_until=complete_until, config=config
    )
    after = (*with_rollups(after, rollups, series, rest), *of_regions)
    after = held(after, known.incidents, known.verdicts, period.end, config)
    after = tuple(sorted(after, key=lambda incident: (-abs(incident.impact), incident.id)))
    open_lines = {each.line for each in after if each.closed_on is None}
    told = tuple(
        each
        for each in after
        if each.closed_on is None or each.closed_on > period.start or each.line in open_lines
    )
    return after, told


def _found(
    memory: Mapping[tuple[str, str], Memory],
    series: DailySeries,
    end: date,
    judged_days: int,
    complete_until: date,
    config: DetectionConfig,
    owed: Mapping[str, date],
) -> list[Anomaly]:
    """The anomalies of accounts and services: of the newest days, and of accounts that are owed more of those."""
    judge = partial(
        detect,
        series.costs,
        series.first_day,
        accounts=series.accounts,
        services=series.services,
        config=config,
        complete_until=complete_until,
        memory=memory,
    )
    found = judge(window=judged_days)
    if days := max(((end - first).days for first in owed.values()), default=0):
        late = [
            each
            for each in judge(window=days)
            if each.account_id in owed and each.day >= owed[each.account_id]
        ]
        found = [*(each for each in found if each.account_id not in owed), *late]
    return found


def newest_days(report: ReportName, period: Period, window: Period) -> tuple[Period, int]:
    """(as many days as the period has, the newest of the window; how many days are judged).

    A daily report's newest days lie after its period: they are judged too, and what ended since the report before is
    what ended since as many days before the end of all that is read.
    """
    newest = Period(window.end - timedelta(days=period.days), window.end)
    return newest, max(JUDGED_DAYS[report], (window.end - period.start).days)


def policy(
    min_usd: Amount, min_percent: Amount, sensitivity: Amount, quiet_days: int, unjudged: Iterable[str]
) -> DetectionConfig:
    """The customer's policy: people count in percent, the detector in fractions.

    Nothing below the customer's dollars is told: a large rise and a fall have gates of their own, which are no lower.
    Raises InvalidInput for one that means nothing.
    """
    asked = DetectionConfig(
        min_pct=float(min_percent) / 100,
        sensitivity=float(sensitivity),
        quiet_days=quiet_days,
        excluded_services=frozenset(unjudged),
    )
    return with_least(asked, min_usd)


def with_least(config: DetectionConfig, min_usd: Amount) -> DetectionConfig:
    """The same policy with another least excess a day; raises InvalidInput for one that means nothing."""
    usual, least = DetectionConfig(), float(min_usd)
    return replace(
        config,
        min_usd=least,
        large_usd=max(usual.large_usd, least),
        drop_usd=max(usual.drop_usd, least),
    )


def judged_with(settings: DetectSettings) -> tuple[DetectionConfig, JudgedWith]:
    """A run's policy, as the detector takes it and as the report says it."""
    each = settings
    config = policy(
        each.anomaly_min_impact,
        each.anomaly_min_percent,
        each.sensitivity,
        each.quiet_days,
        each.unjudged_services,
    )
    said = JudgedWith(
        each.sensitivity,
        each.anomaly_min_impact,
        each.anomaly_min_percent,
        each.quiet_days,
        each.unjudged_services,
    )
    return config, said
