"""What `finopsguard.detection` offers to others is what its `__all__` says."""

from __future__ import annotations

from types import ModuleType

from finopsguard import detection


def test_detection_offers_what_it_says() -> None:
    public = {name for name in vars(detection) if not name.startswith("_")}
    modules = {name for name in public if isinstance(getattr(detection, name), ModuleType)}
    assert public - modules == set(detection.__all__)
    assert len(detection.__all__) == len(set(detection.__all__))
    assert all(getattr(detection, name).__module__.startswith("finopsguard.") for name in detection.__all__)
    assert {"detect", "DetectionConfig", "Anomaly"} <= set(detection.__all__)
