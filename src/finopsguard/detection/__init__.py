"""Anomaly detection for daily cloud costs: numpy only, pure, all series at once.

`detect` finds anomalies, `expected_costs` says what days should have cost, `expected_since` what
they should have cost without what began on a day, `untold` why a day far above its expectation is
no anomaly. `judge_layers` judges roll-ups of what no series tells, `join_stories` joins anomalies that are one story.
`incidents/` makes incidents of anomalies.
"""

from finopsguard.detection.detector import detect
from finopsguard.detection.expected import expected_costs, expected_since
from finopsguard.detection.layers import LayerAnomaly, judge_layers, without_told
from finopsguard.detection.memory import Alike, Memory
from finopsguard.detection.model import Anomaly, DetectionConfig, Expected
from finopsguard.detection.stories import JoinedStory, fallen, join_stories, main_story
from finopsguard.detection.untold import Untold, untold

__all__ = [
    "Alike",
    "Anomaly",
    "DetectionConfig",
    "Expected",
    "JoinedStory",
    "LayerAnomaly",
    "Memory",
    "Untold",
    "detect",
    "expected_costs",
    "expected_since",
    "fallen",
    "join_stories",
    "judge_layers",
    "main_story",
    "untold",
    "without_told",
]
