"""The customer's settings become the detector's policy, and the report says them as they were set."""

from __future__ import annotations

from decimal import Decimal

from finopsguard.config import DetectSettings
from finopsguard.detection import DetectionConfig
from finopsguard.incidents.follow import judged_with
from finopsguard.models.report import JudgedWith


def test_without_settings_the_policy_is_the_detector_s_own() -> None:
    config, said = judged_with(DetectSettings.from_env({}))
    assert config == DetectionConfig()
    assert said == JudgedWith(Decimal(1), Decimal(10), Decimal(20), 14, ())


def test_each_setting_reaches_the_detector() -> None:
    config, said = judged_with(
        DetectSettings.from_env(
            {
                "FINOPSGUARD_ANOMALY_MIN_IMPACT": "300",
                "FINOPSGUARD_ANOMALY_MIN_PERCENT": "30",
                "FINOPSGUARD_SENSITIVITY": "1.3",
                "FINOPSGUARD_QUIET_DAYS": "7",
                "FINOPSGUARD_UNJUDGED_SERVICES": "EC2 - Other, AWS Cost Explorer",
            }
        )
    )
    services = ("EC2 - Other", "AWS Cost Explorer")
    assert config == DetectionConfig(
        min_usd=300,
        min_pct=0.3,
        large_usd=300,
        drop_usd=300,
        sensitivity=1.3,
        quiet_days=7,
        excluded_services=frozenset(services),
    )
    assert said == JudgedWith(Decimal("1.3"), Decimal(300), Decimal(30), 7, services)
