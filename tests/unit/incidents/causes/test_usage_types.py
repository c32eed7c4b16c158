"""What AWS's names of usage types say."""

from __future__ import annotations

import pytest

from finopsguard.incidents.causes import usage_types


@pytest.mark.parametrize(
    ("usage_type", "name"),
    [
        ("BoxUsage:m5.large", "BoxUsage:m5.large"),
        ("EU-BoxUsage:m5.large", "BoxUsage:m5.large"),
        ("EUW1-BoxUsage:m5.large", "BoxUsage:m5.large"),
        ("USE1-EUC1-AWS-Out-Bytes", "AWS-Out-Bytes"),
        ("VPN-Usage-Hours:ipsec.1", "VPN-Usage-Hours:ipsec.1"),
        ("AWS-Out-Bytes", "AWS-Out-Bytes"),
        ("EUW2-", "EUW2-"),
        ("", ""),
    ],
)
def test_the_region_in_front(usage_type: str, name: str) -> None:
    assert usage_types.without_region(usage_type) == name


@pytest.mark.parametrize(
    ("usage_type", "family", "instance_type"),
    [
        ("BoxUsage:p5.48xlarge", "p5", "p5.48xlarge"),
        ("EUW1-SpotUsage:c7g.medium", "c7g", "c7g.medium"),
        ("USW2-InstanceUsage:db.r6g.large", "r6g", "r6g.large"),
        ("EU-Multi-AZUsage:db.m5.2xlarge", "m5", "m5.2xlarge"),
        ("NodeUsage:cache.t4g.micro", "t4g", "t4g.micro"),
        ("EUC1-Host:ml.g5.xlarge", "g5", "g5.xlarge"),
        ("USE1-Train:ml.p4d.24xlarge", "p4d", "p4d.24xlarge"),
        ("ESInstance:r6g.large.search", "r6g", "r6g.large"),
        ("BoxUsage:u-6tb1.metal", "u-6tb1", "u-6tb1.metal"),
        ("HostUsage:mac2", "mac2", None),
        ("Node:ra3.4xlarge", "ra3", "ra3.4xlarge"),
        ("BoxUsage", None, None),
        ("EBS:VolumeUsage.gp3", None, None),
        ("TimedStorage-ByteHrs", None, None),
        ("USE1-Claude3.5Sonnet-input-tokens", None, None),
        ("CPUCredits:t3", None, None),
    ],
)
def test_the_family_of_an_instance(usage_type: str, family: str | None, instance_type: str | None) -> None:
    assert usage_types.family(usage_type) == family
    assert usage_types.instance_type(usage_type) == instance_type


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("BoxUsage:m5.large", "EU-BoxUsage:m6i.large", True),
        ("EBS:VolumeUsage.gp2", "EUW2-EBS:VolumeUsage.gp3", True),
        ("EBS:VolumeUsage.gp2", "EBS:SnapshotUsage", False),
        ("EBS:VolumeUsage.gp3", "EBS:VolumeP-IOPS.gp3", False),
        ("RDS:GP2-Storage", "RDS:GP3-Storage", True),
        ("RDS:GP2-Storage", "RDS:ChargedBackupUsage", False),
        ("TimedStorage-ByteHrs", "TimedStorage-GIR-ByteHrs", True),
        ("USE1-ClaudeSonnet-input-tokens", "USE1-NovaPro-input-tokens", True),
        ("USE1-ClaudeSonnet-input-tokens", "USE1-ClaudeSonnet-output-tokens", False),
        ("Fargate-vCPU-Hours:perCPU", "Fargate-ARM-vCPU-Hours:perCPU", True),
        ("NatGateway-Bytes", "DataTransfer-Out-Bytes", False),
    ],
)
def test_what_is_counted(one: str, other: str, same: bool) -> None:
    assert (usage_types.counted(one) == usage_types.counted(other)) is same
