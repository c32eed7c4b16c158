"""Anomaly detection for daily cloud costs: numpy only, pure, all series at once.

`detect` finds anomalies, `expected_costs` says what days should have cost, `update_incidents` makes stories
of anomalies.
"""

from finopsguard.detection.detector import detect
from finopsguard.detection.expected import expected_costs
from finopsguard.detection.model import Anomaly, DetectionConfig, Expected
from finopsguard.incidents.rules import Incident, IncidentState, Member, update_incidents

__all__ = [
    "Anomaly",
    "DetectionConfig",
    "Expected",
    "Incident",
    "IncidentState",
    "Member",
    "detect",
    "expected_costs",
    "update_incidents",
]
