"""Anomaly detection for daily cloud costs: numpy only, pure, all series at once.

`detect` finds anomalies, `expected_costs` says what days should have cost, `expected_since` what
they should have cost without what began on a day, `untold` why a day far above its expectation is
no anomaly. `incidents/` makes stories of anomalies.
"""

from finopsguard.detection.detector import detect
from finopsguard.detection.expected import expected_costs, expected_since
from finopsguard.detection.memory import Memory
from finopsguard.detection.model import Anomaly, DetectionConfig
from finopsguard.detection.untold import Untold, untold

__all__ = [
    "Anomaly",
    "DetectionConfig",
    "Memory",
    "Untold",
    "detect",
    "expected_costs",
    "expected_since",
    "untold",
]
