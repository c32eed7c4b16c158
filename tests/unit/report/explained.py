"""A report whose anomalies have a cause of each kind: one to look into at once, and one that could not be explained."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Cause, CauseKind, ResourceCost
from finopsguard.models.notes import causes_missing
from finopsguard.models.report import Report
from finopsguard.models.run import Language
from tests.unit.report.cause_sample import KINDS, LEFT, used
from tests.unit.report.sample import ACCOUNTS, account_id, weekly

_SERVICES: dict[CauseKind, str] = {
    "changed": "EC2 - Other",
    "new_usage_type": "Amazon Elastic Container Service",
    "new_region": "Amazon Elastic Compute Cloud - Compute",
    "new_family": "Amazon Elastic Compute Cloud - Compute",
    "ended": "Amazon Relational Database Service",
    "switched": "EC2 - Other",
    "now_billed_as": "Amazon Aurora",
    "commitment_ended": "Amazon Elastic Compute Cloud - Compute",
    "moved_to_commitment": "Amazon Elastic Compute Cloud - Compute",
}

RESOURCES = (
    ResourceCost("i-0a7c41e9d20b6f358", Decimal("2359.68"), Decimal("2359.68")),
    ResourceCost(
        "arn:aws:ec2:us-east-1:111122223333:natgateway/nat-0c19f5be7d3a80264", Decimal(310), Decimal("240.1")
    ),
)
"""Of the anomaly in a Region that is new."""


def explained(language: Language = "en") -> Report:
    """Nine anomalies, of each kind one, and a tenth without causes."""
    base = weekly(language)
    lines = [_line(base.anomalies[0], index, kind) for index, kind in enumerate(_SERVICES)]
    bare = replace(base.anomalies[2], account_id=account_id(20), account_name="backup-dr", causes=())
    return replace(
        base,
        anomalies=(*lines, replace(bare, impact=Decimal("31.00"))),
        notes=(causes_missing("CostExplorerThrottled", [bare.id]),),
    )


def _line(like: AnomalyLine, index: int, kind: CauseKind) -> AnomalyLine:
    cause = KINDS[kind]
    small = used("EBS:VolumeIOUsage", "IOs", ("100000", "0.0001"), ("180000", "0.00012"))
    parts: tuple[Cause, ...] = ()
    if kind == "new_region":
        parts = tuple(
            Cause("service", name, Decimal(impact))
            for name, impact in (
                (_SERVICES[kind], "2359.68"),
                ("EC2 - Other", "240.10"),
                ("Amazon VPC", "12.00"),
            )
        )
    return replace(
        like,
        id=f"{like.id}/{index}",
        account_id=account_id(index),
        account_name=ACCOUNTS[index][0],
        service=_SERVICES[kind],
        impact=abs(cause.impact) + 30,
        direction=1 if cause.impact > 0 else -1,
        causes=(*parts, cause, small, LEFT),
        owner=None,
        region=cause.region,
        resources=RESOURCES if kind == "new_region" else (),
    )
