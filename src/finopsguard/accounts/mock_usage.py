"""What the invented company's services are made of: usage types as AWS names them, their Regions, units and prices.

Only tables. Each service's parts are shares of its ordinary cost; what is planted is made of parts of its own.
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

HOME = "eu-west-1"
GLOBAL = "global"


class Kind(NamedTuple):
    """A usage type of a Region; `price` is USD for one `unit`, about what AWS lists."""

    usage_type: str
    operation: str
    unit: str
    price: Decimal
    region: str = HOME


class Part(NamedTuple):
    """A share of a cost, and what it is billed as; the shares of one cost add up to 1."""

    share: Decimal
    kind: Kind


def _part(share: str, usage_type: str, operation: str, unit: str, price: str, region: str = HOME) -> Part:
    return Part(Decimal(share), Kind(usage_type, operation, unit, Decimal(price), region))


PARTS: Mapping[str, Sequence[Part]] = MappingProxyType(
    {
        COMPUTE: (
            _part("0.55", "EU-BoxUsage:m5.xlarge", "RunInstances", "Hrs", "0.214"),
            _part("0.3", "EU-BoxUsage:c5.2xlarge", "RunInstances", "Hrs", "0.384"),
            _part("0.15", "EU-BoxUsage:r5.large", "RunInstances", "Hrs", "0.141"),
        ),
        EC2_OTHER: (
            _part("0.4", "EU-EBS:VolumeUsage.gp3", "CreateVolume-Gp3", "GB-Mo", "0.088"),
            _part("0.2", "EU-NatGateway-Bytes", "NatGateway", "GB", "0.048"),
            _part("0.15", "EU-EBS:SnapshotUsage", "CreateSnapshot", "GB-Mo", "0.05"),
            _part("0.1", "EU-NatGateway-Hours", "NatGateway", "Hrs", "0.048"),
            _part("0.1", "EU-DataTransfer-Regional-Bytes", "InterZone-In", "GB", "0.01"),
            _part("0.05", "EU-EBS:VolumeUsage.gp2", "CreateVolume-Gp2", "GB-Mo", "0.11"),
        ),
        RDS: (
            _part("0.7", "EU-InstanceUsage:db.r5.xlarge", "CreateDBInstance:0014", "Hrs", "0.56"),
            _part("0.2", "EU-RDS:GP3-Storage", "CreateDBInstance:0014", "GB-Mo", "0.127"),
            _part("0.1", "EU-RDS:ChargedBackupUsage", "CreateDBInstance:0014", "GB-Mo", "0.095"),
        ),
        S3: (
            _part("0.8", "EU-TimedStorage-ByteHrs", "StandardStorage", "GB-Mo", "0.023"),
            _part("0.12", "EU-Requests-Tier1", "PutObject", "Requests", "0.000005"),
            _part("0.08", "EU-DataTransfer-Out-Bytes", "GetObject", "GB", "0.09"),
        ),
        LAMBDA: (
            _part("0.9", "EU-Lambda-GB-Second", "Invoke", "Lambda-GB-Second", "0.0000166667"),
            _part("0.1", "EU-Request", "Invoke", "Requests", "0.0000002"),
        ),
        CLOUDWATCH: (
            _part("0.5", "EU-DataProcessing-Bytes", "PutLogEvents", "GB", "0.57"),
            _part("0.35", "EU-CW:MetricMonitorUsage", "MetricStorage", "Metrics", "0.3"),
            _part("0.15", "EU-TimedStorage-ByteHrs", "HourlyStorageMetering", "GB-Mo", "0.03"),
        ),
        DYNAMODB: (
            _part("0.4", "EU-ReadRequestUnits", "PayPerRequestThroughput", "ReadRequestUnits", "0.000000283"),
            _part(
                "0.4", "EU-WriteRequestUnits", "PayPerRequestThroughput", "WriteRequestUnits", "0.000001415"
            ),
            _part("0.2", "EU-TimedStorage-ByteHrs", "StandardStorage", "GB-Mo", "0.283"),
        ),
        ELB: (
            _part("0.7", "EU-LoadBalancerUsage", "LoadBalancing:Application", "Hrs", "0.0252"),
            _part("0.3", "EU-LCUUsage", "LoadBalancing:Application", "LCU-Hrs", "0.008"),
        ),
        CLOUDFRONT: (
            _part("0.85", "EU-DataTransfer-Out-Bytes", "GET", "GB", "0.085", GLOBAL),
            _part("0.15", "EU-Requests-Tier2-HTTPS", "GET", "Requests", "0.0000012", GLOBAL),
        ),
        REDSHIFT: (
            _part("0.98", "EU-Node:ra3.4xlarge", "RunComputeNode:0001", "Hrs", "3.606"),
            _part("0.02", "EU-RMS:ra3.4xlarge", "RunComputeNode:0001", "GB-Mo", "0.0261"),
        ),
        GUARDDUTY: (
            _part("0.6", "EU-PaidEventsAnalyzed", "None", "Events", "0.0000044"),
            _part("0.4", "EU-PaidEventsAnalyzed-Bytes", "None", "GB", "1.1"),
        ),
        SAGEMAKER: (
            _part("0.6", "EU-Train:ml.m5.4xlarge", "RunInstance", "Hrs", "1.03"),
            _part("0.3", "EU-Host:ml.m5.xlarge", "RunInstance", "Hrs", "0.257"),
            _part("0.1", "EU-Notebk:ml.t3.medium", "RunInstance", "Hrs", "0.0584"),
        ),
    }
)

_C5 = (
    _part("-0.5", "EU-SpotUsage:c5.xlarge", "RunInstances:SV047", "Hrs", "0.064"),
    _part("1.5", "EU-BoxUsage:c5.xlarge", "RunInstances", "Hrs", "0.192"),
)
OWN_PARTS: Mapping[tuple[str, str], Sequence[Part]] = MappingProxyType(
    {
        (BY_NAME["mobile-prod"].id, COMPUTE): (
            _part("0.7", "EU-BoxUsage:m5.xlarge", "RunInstances", "Hrs", "0.214"),
            _C5[0]._replace(share=Decimal("0.3")),
        ),
    }
)
"""By account and service: what it is made of where that is not what the service is made of elsewhere."""

_NODES = _part("1", "EU-Node:ra3.4xlarge", "RunComputeNode:0001", "Hrs", "3.606")
PLANTED_PARTS: Mapping[tuple[str, str], Sequence[Part]] = MappingProxyType(
    {
        (BY_NAME["payments-prod"].id, LAMBDA): (
            _part("0.97", "EU-Lambda-GB-Second", "Invoke", "Lambda-GB-Second", "0.0000166667"),
            _part("0.03", "EU-Request", "Invoke", "Requests", "0.0000002"),
        ),
        (BY_NAME["payments-prod"].id, CLOUDWATCH): (
            _part("1", "EU-DataProcessing-Bytes", "PutLogEvents", "GB", "0.57"),
        ),
        (BY_NAME["search-prod"].id, COMPUTE): (
            _part("1", "EU-BoxUsage:m5.xlarge", "RunInstances", "Hrs", "0.214"),
        ),
        # A Region where the account never was.
        (BY_NAME["sandbox-ml"].id, SAGEMAKER): (
            _part("1", "USE1-Notebk:ml.p3.8xlarge", "RunInstance", "Hrs", "14.688", "us-east-1"),
        ),
        (BY_NAME["data-prod"].id, REDSHIFT): (_NODES,),
        (BY_NAME["media-prod"].id, S3): (
            _part("1", "EU-TimedStorage-ByteHrs", "StandardStorage", "GB-Mo", "0.023"),
        ),
        (BY_NAME["booking-staging"].id, COMPUTE): (
            _part("1", "EU-BoxUsage:c5.9xlarge", "RunInstances", "Hrs", "1.728"),
        ),
        # What the plan covered, each kind of it.
        (BY_NAME["booking-prod"].id, COMPUTE): PARTS[COMPUTE],
        (BY_NAME["network"].id, EC2_OTHER): (_part("1", "EU-NatGateway-Bytes", "NatGateway", "GB", "0.048"),),
        # At three times the price: what ran on Spot is 0.3 of the ordinary cost, and 0.9 of it now.
        (BY_NAME["mobile-prod"].id, COMPUTE): _C5,
        (BY_NAME["booking-prod"].id, RDS): (
            _part("1", "EU-Multi-AZUsage:db.r5.xlarge", "CreateDBInstance:0014", "Hrs", "1.12"),
        ),
    }
)
"""By account and service: what the part of a cost is billed as that is above, or below, the ordinary one."""
