"""Daily reports replayed: what they told, by the product's own replay."""

from __future__ import annotations

from datetime import date

from finopsguard.costs.series import DailySeries
from finopsguard.detection import DetectionConfig
from finopsguard.incidents.replay import mornings, replay
from finopsguard.models.incident import Incident
from finopsguard.variables import HISTORY_DAYS


def replayed(
    series: DailySeries, days: int, config: DetectionConfig = DetectionConfig()
) -> list[tuple[date, Incident]]:
    """(day of the report, incident) for every incident of every report of the newest `days` days."""
    return [
        (run.day, incident)
        for run in replay(mornings(series, days, history_days=HISTORY_DAYS), config)
        for incident in run.told
    ]
