"""A fall and a rise that are one cause, and those that are two."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finopsguard.incidents import causes
from finopsguard.models.cause import Cause
from finopsguard.models.costs import UsageLine
from tests.unit.incidents.causes.usage import ALL, BEFORE, DAYS, INCIDENT, START, lines, usage

USUAL = lines("NatGateway-Bytes", ALL, 10, 0.05, unit="GB")


def explain(*parts: list[UsageLine]) -> tuple[Cause, ...]:
    return causes.explain(usage(USUAL, *parts), START, INCIDENT)


@pytest.mark.parametrize(
    ("old", "price", "now", "price_now", "unit"),
    [
        ("EBS:VolumeUsage.gp2", 0.11, "EBS:VolumeUsage.gp3", 0.088, "GB-Mo"),
        ("EUW1-BoxUsage:m5.large", 0.1, "EUW1-BoxUsage:m6i.large", 0.12, "Hrs"),
        ("BoxUsage:m5.large", 0.1, "SpotUsage:m5.large", 0.03, "Hrs"),
        ("InstanceUsage:db.m5.large", 0.2, "Multi-AZUsage:db.m5.large", 0.4, "Hrs"),
        ("USE1-Haiku-input-tokens", 0.001, "USE1-Opus-input-tokens", 0.015, "1K tokens"),
        ("TimedStorage-ByteHrs", 0.023, "TimedStorage-GIR-ByteHrs", 0.004, "GB-Mo"),
    ],
)
def test_one_thing_in_place_of_another(old: str, price: float, now: str, price_now: float, unit: str) -> None:
    (cause,) = explain(lines(old, BEFORE, 1e4, price, unit=unit), lines(now, DAYS, 1e4, price_now, unit=unit))
    assert (cause.value, cause.from_value, cause.from_region) == (now, old, None)
    assert (cause.kind, cause.quantity_effect, cause.rest) == ("switched", Decimal(0), Decimal(0))
    assert (
        cause.impact
        == cause.price_effect
        == 3 * Decimal(10_000) * (Decimal(str(price_now)) - Decimal(str(price)))
    )


def test_a_region_moved() -> None:
    there = lines("EU-BoxUsage:m5.large", BEFORE, 240, 0.1)
    here = lines("APS3-BoxUsage:m5.large", DAYS, 240, 0.12, region="ap-south-1")
    (cause,) = explain(there, here)
    assert (cause.kind, cause.region, cause.from_region) == ("switched", "ap-south-1", "eu-west-1")
    assert (cause.impact, cause.from_value) == (Decimal("14.40"), "EU-BoxUsage:m5.large")


def test_half_as_many_of_twice_the_size() -> None:
    (cause,) = explain(
        lines("BoxUsage:m5.xlarge", BEFORE, 480, 0.2), lines("BoxUsage:m6i.2xlarge", DAYS, 240, 0.42)
    )
    assert (cause.kind, cause.impact) == ("switched", Decimal("14.40"))


def test_the_same_size_is_the_closest() -> None:
    fell = [
        lines(f"BoxUsage:m5.{size}", BEFORE, 240, price) for size, price in (("large", 0.1), ("xlarge", 0.2))
    ]
    rose = [
        lines(f"BoxUsage:{name}", DAYS, 240, price)
        for name, price in (("r5.large", 0.12), ("c5.xlarge", 0.24))
    ]
    found = explain(*fell, *rose)
    assert [(each.from_value, each.value) for each in found] == [
        ("BoxUsage:m5.xlarge", "BoxUsage:c5.xlarge"),
        ("BoxUsage:m5.large", "BoxUsage:r5.large"),
    ]


@pytest.mark.parametrize(
    "parts",
    [
        # As many hours of what costs much more.
        (lines("BoxUsage:m5.large", BEFORE, 24, 0.1), lines("BoxUsage:p5.48xlarge", DAYS, 24, 98)),
        (lines("BoxUsage:m5.large", BEFORE, 240, 0.1), lines("BoxUsage:g5.large", DAYS, 240, 0.5)),
        # Much less than what fell.
        (lines("BoxUsage:m5.large", BEFORE, 240, 0.1), lines("BoxUsage:m6i.large", DAYS, 72, 0.12)),
        # Other things are counted.
        (lines("LoadBalancerUsage", BEFORE, 240, 0.1), lines("BoxUsage:m5.large", DAYS, 240, 0.1)),
        (lines("S-Bytes", BEFORE, 240, 0.1, unit="GB"), lines("S-Requests", DAYS, 240, 0.1, unit="Requests")),
        # Much more than what fell.
        (lines("BoxUsage:m5.large", BEFORE, 24, 0.1), lines("BoxUsage:m6i.large", DAYS, 240, 0.12)),
        # Something else in another Region.
        (
            lines("BoxUsage:m5.large", BEFORE, 240, 0.1),
            lines("BoxUsage:m6i.large", DAYS, 240, 0.12, region="ap-south-1"),
        ),
        # On other days.
        (
            lines("BoxUsage:m5.large", ALL, lambda day: 0 if day == 0 else 240, 0.1),
            lines("BoxUsage:m6i.large", [1, 2], 120, 0.12),
        ),
        # A small part of what it was, or of what it is; or both, as what strays.
        (
            lines("BoxUsage:m5.large", ALL, lambda day: 1000 if day < 0 else 900, 0.1),
            lines("BoxUsage:m6i.large", DAYS, 100, 0.12),
        ),
        (
            lines("BoxUsage:m5.large", BEFORE, 100, 0.1),
            lines("BoxUsage:m6i.large", ALL, lambda day: 1000 if day < 0 else 1100, 0.12),
        ),
        (
            lines("BoxUsage:m5.large", ALL, lambda day: 1000 if day < 0 else 900, 0.1),
            lines("BoxUsage:m6i.large", ALL, lambda day: 1000 if day < 0 else 1100, 0.12),
        ),
    ],
)
def test_two_causes(parts: tuple[list[UsageLine], list[UsageLine]]) -> None:
    found = explain(*parts)
    assert len(found) == 2
    assert "switched" not in {cause.kind for cause in found}
