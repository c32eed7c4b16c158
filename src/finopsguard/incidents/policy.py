"""The customer's policy as the detector takes it."""

from __future__ import annotations

from finopsguard.config import DetectSettings
from finopsguard.detection import DetectionConfig


def detection_config(settings: DetectSettings) -> DetectionConfig:
    """Settings are in percent, the detector counts in fractions."""
    return DetectionConfig(
        min_usd=float(settings.anomaly_min_impact), min_pct=float(settings.anomaly_min_percent) / 100
    )
