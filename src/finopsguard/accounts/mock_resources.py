"""What the invented company's services run on: resources as AWS names them in a bill, by their shares of a cost.

Only tables. Each service's ordinary cost is spread over some resources; what is planted is one or a few by name. In an
id `{account}` is the account's, `{mark}` 16 letters and digits that are its own; an empty id is what has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from finopsguard.accounts.mock_company import (
    BY_NAME,
    CLOUDFRONT,
    CLOUDWATCH,
    COMPUTE,
    DYNAMODB,
    EC2_OTHER,
    ELB,
    GUARDDUTY,
    LAMBDA,
    RDS,
    REDSHIFT,
    S3,
    SAGEMAKER,
)
from finopsguard.accounts.mock_usage import HOME


class Owned(NamedTuple):
    """A share of a cost, and the resource that has it; the shares of one cost add up to 1."""

    share: Decimal
    resource: str


def _owned(*shares: tuple[str, str]) -> tuple[Owned, ...]:
    return tuple(Owned(Decimal(share), resource) for share, resource in shares)


def _arn(service: str, resource: str, region: str = HOME) -> str:
    return f"arn:aws:{service}:{region}:{{account}}:{resource}"


RESOURCES: Mapping[str, Sequence[Owned]] = MappingProxyType(
    {
        COMPUTE: _owned(
            ("0.3", "i-0{mark}"),
            ("0.25", "i-0{mark}"),
            ("0.2", "i-0{mark}"),
            ("0.15", "i-0{mark}"),
            ("0.1", "i-0{mark}"),
        ),
        EC2_OTHER: _owned(
            ("0.35", _arn("ec2", "natgateway/nat-0{mark}")),
            ("0.3", "vol-0{mark}"),
            ("0.2", "vol-0{mark}"),
            ("0.15", ""),
        ),
        RDS: _owned(("0.7", _arn("rds", "db:main")), ("0.3", _arn("rds", "db:main-replica"))),
        S3: _owned(
            ("0.6", "marea-{account}-originals"),
            ("0.3", "marea-{account}-exports"),
            ("0.1", "marea-{account}-logs"),
        ),
        LAMBDA: _owned(("0.6", _arn("lambda", "function:api")), ("0.4", _arn("lambda", "function:notify"))),
        CLOUDWATCH: _owned(
            ("0.5", _arn("logs", "log-group:/aws/lambda/api")),
            ("0.3", _arn("logs", "log-group:/app/web")),
            ("0.2", ""),
        ),
        DYNAMODB: _owned(
            ("0.8", _arn("dynamodb", "table/sessions")), ("0.2", _arn("dynamodb", "table/carts"))
        ),
        ELB: _owned(("1", _arn("elasticloadbalancing", "loadbalancer/app/web/{mark}"))),
        CLOUDFRONT: _owned(("1", "arn:aws:cloudfront::{account}:distribution/E{mark}")),
        REDSHIFT: _owned(("1", _arn("redshift", "cluster:reports"))),
        GUARDDUTY: _owned(("1", _arn("guardduty", "detector/{mark}"))),
        SAGEMAKER: _owned(
            ("0.7", _arn("sagemaker", "endpoint/ranking")),
            ("0.3", _arn("sagemaker", "notebook-instance/research")),
        ),
    }
)
"""What a service's ordinary cost is of, in every account."""

PLANTED_RESOURCES: Mapping[tuple[str, str], Sequence[Owned]] = MappingProxyType(
    {
        (BY_NAME["payments-prod"].id, LAMBDA): _owned(("1", _arn("lambda", "function:settle-payment"))),
        (BY_NAME["payments-prod"].id, CLOUDWATCH): _owned(
            ("1", _arn("logs", "log-group:/aws/lambda/settle-payment"))
        ),
        # The group's minimum was doubled.
        (BY_NAME["search-prod"].id, COMPUTE): _owned(
            ("0.4", "i-0a7c41e9d20b6f358"), ("0.35", "i-0c19f5be7d3a80264"), ("0.25", "i-04e8d6a2b7f1c9350")
        ),
        (BY_NAME["sandbox-ml"].id, SAGEMAKER): _owned(
            ("1", _arn("sagemaker", "notebook-instance/gpu-experiment", "us-east-1"))
        ),
        (BY_NAME["data-prod"].id, REDSHIFT): RESOURCES[REDSHIFT],
        (BY_NAME["media-prod"].id, S3): _owned(("1", "marea-{account}-originals")),
        (BY_NAME["booking-staging"].id, COMPUTE): _owned(("1", "i-0f2b93d7c5a61e804")),
        (BY_NAME["booking-prod"].id, RDS): _owned(("1", _arn("rds", "db:main"))),
        # What the plan covered.
        (BY_NAME["booking-prod"].id, COMPUTE): RESOURCES[COMPUTE],
        (BY_NAME["network"].id, EC2_OTHER): _owned(("1", _arn("ec2", "natgateway/nat-0d5a8e71c3f92b604"))),
        # The first, which was on Spot, is gone.
        (BY_NAME["mobile-prod"].id, COMPUTE): _owned(
            ("-0.5", "i-0{mark}"), ("0.9", "i-0b6e2d94f8a17c530"), ("0.6", "i-09d3c7a5e1f4b8206")
        ),
    }
)
"""By account and service: which have what is above, or below, the ordinary cost."""
