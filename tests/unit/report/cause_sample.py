"""Causes of every kind whose numbers fit: dollars are quantity times price, and the effects add up to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from typing import Any, get_args

from hypothesis import strategies as st

from finopsguard.models.cause import Act, Cause, CauseKind, WhoGrade
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


def any_cause(names: st.SearchStrategy[str], amounts: st.SearchStrategy[Decimal]) -> st.SearchStrategy[Cause]:
    """A cause with anything in it: known and unknown dimensions and usage types, and effects that do not fit."""
    optional, quantities = st.none() | names, st.none() | st.decimals(0, 10**15, places=6)
    return st.builds(
        Cause,
        dimension=names.filter(bool) | st.sampled_from(["usage_type", "service", "others"]),
        value=names | st.sampled_from(["3", *(cause.value for cause in KINDS.values())]),
        impact=amounts,
        kind=st.none() | st.sampled_from(get_args(CauseKind)),
        region=optional,
        operation=optional,
        quantity_effect=st.none() | amounts,
        price_effect=st.none() | amounts,
        rest=st.none() | amounts,
        quantity=quantities,
        quantity_before=quantities,
        unit=optional | st.sampled_from(["Hrs", "N/A"]),
        from_value=optional,
        from_region=optional,
    )


def any_act(names: st.SearchStrategy[str]) -> st.SearchStrategy[Act]:
    """An act with anything in it."""
    return st.builds(
        Act, grade=st.sampled_from(get_args(WhoGrade)), event=names, source=names, principal=names, tool=names,
        at=st.datetimes(timezones=st.just(UTC)), region=names, resource=st.none() | names,
    )  # fmt: skip


def only(value: str, impact: str, kind: CauseKind = "changed", **more: Any) -> Cause:
    """A usage type of mixed units: dollars alone."""
    return Cause(
        "usage_type",
        value,
        Decimal(impact),
        kind,
        more.pop("region", "us-east-1"),
        rest=Decimal(impact),
        **more,
    )


KINDS: Mapping[CauseKind, Cause] = {
    "changed": used("EUW1-NatGateway-Bytes", "GB", ("4087", "0.048"), ("12670", "0.048"), region="eu-west-1"),
    "new_usage_type": used(
        "USE2-Fargate-vCPU-Hours:perCPU",
        "Hrs",
        ("0", "0.04048"),
        ("9600", "0.04048"),
        "new_usage_type",
        "us-east-2",
    ),
    "new_region": used("BoxUsage:p5.48xlarge", "Hrs", ("0", "98.32"), ("24", "98.32"), "new_region"),
    "new_family": used(
        "EUW1-SpotUsage:g6e.12xlarge", "Hrs", ("0", "4.61"), ("96", "4.61"), "new_family", "eu-west-1"
    ),
    "ended": used("InstanceUsage:db.r6g.4xlarge", "Hrs", ("168", "2.07"), ("0", "2.07"), "ended"),
    "switched": used(
        "EBS:VolumeUsage.gp3",
        "GB-Mo",
        ("4200", "0.10"),
        ("4200", "0.08"),
        "switched",
        from_value="EBS:VolumeUsage.gp2",
    ),
    "now_billed_as": Cause(
        "service",
        "Amazon Aurora",
        Decimal("0.12"),
        "now_billed_as",
        from_value="Amazon Relational Database Service",
    ),
    "commitment_ended": used(
        "BoxUsage:m5.4xlarge",
        "Hrs",
        ("4320", "0.384"),
        ("4320", "0.768"),
        "commitment_ended",
        from_value="SavingsPlanCoveredUsage",
    ),
    "moved_to_commitment": used(
        "BoxUsage:c7g.2xlarge",
        "Hrs",
        ("1680", "0.29"),
        ("1680", "0.19"),
        "moved_to_commitment",
        from_value="Usage",
    ),
}
"""One cause of each kind."""

LEFT = Cause(
    "others",
    "4",
    Decimal("12.30"),
    None,
    None,
    None,
    Decimal("12.00"),
    Decimal("0.00"),
    Decimal("0.30"),
)
"""What is left: several small parts together."""

CAUSES: Mapping[str, tuple[Cause, ...]] = {
    "p5": (
        used("BoxUsage:p5.48xlarge", "Hrs", ("42.5", "98.32"), ("122.5", "98.32")),
        used("EBS:VolumeUsage.gp3", "GB-Mo", ("400", "0.08"), ("5200", "0.08")),
        used("DataTransfer-Regional-Bytes", "GB", ("900", "0.01"), ("2100", "0.01")),
    ),
    "redshift": (
        used("EU-Node:ra3.4xlarge", "Hrs", ("808", "3.26"), ("1716", "3.26"), region="eu-west-1"),
        used("EU-RMS:ra3.4xlarge", "GB-Mo", ("820", "0.024"), ("790", "0.024"), region="eu-west-1"),
    ),
    "transfer": (used("USE1-EUW1-AWS-Out-Bytes", "GB", ("0", "0.02"), ("138956", "0.02"), "new_usage_type"),),
    "eks": (
        used("EU-AmazonEKS-Hours:perCluster", "Hrs", ("20400", "0.1"), ("610", "0.1"), region="eu-west-1"),
        used("EU-EBS:VolumeUsage.gp2", "GB-Mo", ("300", "0.11"), ("0", "0.11"), "ended", "eu-west-1"),
    ),
    "logs": (
        used("DataProcessing-Bytes", "GB", ("1900", "0.50"), ("3240", "0.50")),
        only("CW:MetricMonitorUsage", "12.40"),
    ),
}
"""Causes of the weekly sample's anomalies."""
