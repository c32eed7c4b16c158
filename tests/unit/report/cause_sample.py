"""Causes of every kind whose numbers fit: dollars are quantity times price, and the effects add up to them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from finopsguard.models.cause import Cause, CauseKind
from finopsguard.models.money import CENT


def used(
    value: str,
    unit: str,
    before: tuple[str, str],
    now: tuple[str, str],
    kind: CauseKind = "changed",
    region: str | None = "us-east-1",
    **more: Any,
) -> Cause:
    """A usage type with quantity and price of a unit before and now, split as incidents/causes.py splits it."""
    (q0, p0), (q1, p1) = ((Decimal(quantity), Decimal(price)) for quantity, price in (before, now))
    impact = (q1 * p1 - q0 * p0).quantize(CENT)
    quantity = ((q1 - q0) * (p1 + p0) / 2).quantize(CENT)
    price = ((p1 - p0) * (q1 + q0) / 2).quantize(CENT)
    return Cause(
        "usage_type",
        value,
        impact,
        kind,
        region,
        None,
        quantity,
        price,
        impact - quantity - price,
        q1,
        q0,
        unit,
        **more,
    )


def only(value: str, impact: str, kind: CauseKind = "changed", **more: Any) -> Cause:
    """A usage type of mixed units: dollars alone."""
    return Cause(
        "usage_type", value, Decimal(impact), kind, more.pop("region", "us-east-1"), rest=Decimal(impact), **more
    )  # fmt: skip


KINDS: Mapping[CauseKind, Cause] = {
    "changed": used("EUW1-NatGateway-Bytes", "GB", ("4087", "0.048"), ("12670", "0.048"), region="eu-west-1"),
    "new_usage_type": used("USE2-Fargate-vCPU-Hours:perCPU", "Hrs", ("0", "0.04048"), ("9600", "0.04048"), "new_usage_type", "us-east-2"),
    "new_region": used("BoxUsage:p5.48xlarge", "Hrs", ("0", "98.32"), ("24", "98.32"), "new_region"),
    "new_family": used("EUW1-SpotUsage:g6e.12xlarge", "Hrs", ("0", "4.61"), ("96", "4.61"), "new_family", "eu-west-1"),
    "ended": used("InstanceUsage:db.r6g.4xlarge", "Hrs", ("168", "2.07"), ("0", "2.07"), "ended"),
    "switched": used("EBS:VolumeUsage.gp3", "GB-Mo", ("4200", "0.10"), ("4200", "0.08"), "switched", from_value="EBS:VolumeUsage.gp2"),
    "now_billed_as": used("Aurora:ServerlessV2Usage", "ACU-Hr", ("500", "0.12"), ("501", "0.12"), "now_billed_as", from_value="Aurora:ServerlessUsage"),
    "commitment_ended": used("BoxUsage:m5.4xlarge", "Hrs", ("4320", "0.384"), ("4320", "0.768"), "commitment_ended", from_value="SavingsPlanCoveredUsage"),
    "moved_to_commitment": used("BoxUsage:c7g.2xlarge", "Hrs", ("1680", "0.29"), ("1680", "0.19"), "moved_to_commitment", from_value="Usage"),
}  # fmt: skip
"""One cause of each kind."""
