"""What somebody does to a bill, and what else goes on in an account; written from AWS's references, not from the rules.

Some of it the product knows nothing of: WorkSpaces, brokers, replication instances, file systems.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

EC2, OTHER = "Amazon Elastic Compute Cloud - Compute", "EC2 - Other"
REGIONS = ("eu-west-1", "us-east-1", "eu-central-1", "sa-east-1")
PREFIX = {"eu-west-1": "EU-", "us-east-1": "", "eu-central-1": "EUC1-", "sa-east-1": "SAE1-"}
INSTANCES = (
    "m5.large",
    "m5.4xlarge",
    "c6i.2xlarge",
    "r6g.xlarge",
    "g5.12xlarge",
    "p4d.24xlarge",
    "t3.medium",
)
DATABASES = ("db.r5.xlarge", "db.t3.medium", "db.m6g.2xlarge")


class Story(NamedTuple):
    """An act and what it is billed as; a request states one of the `sizes` in `field`. `resource` is the id's form.

    `way` is 1 for a rise, -1 for a fall.
    """

    name: str
    usage: str
    service: str
    source: str
    event: str
    resource: str
    sizes: Sequence[str] = ("",)
    field: str = ""
    way: int = 1


def _arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{{region}}:111122223333:{rest}"


STORIES: Sequence[Story] = (
    Story("instances", "BoxUsage:{size}", EC2, "ec2", "RunInstances", "i-{n:017x}", INSTANCES, "instanceType"),
    Story("spot", "SpotUsage:{size}", EC2, "ec2", "RunInstances", "i-{n:017x}", INSTANCES, "instanceType"),
    Story("started", "BoxUsage:{size}", EC2, "ec2", "StartInstances", "i-{n:017x}", INSTANCES),
    Story(
        "resized", "BoxUsage:{size}", EC2, "ec2", "ModifyInstanceAttribute", "i-{n:017x}", INSTANCES,
        "instanceType",
    ),
    Story("group", "BoxUsage:{size}", EC2, "autoscaling", "UpdateAutoScalingGroup", "", INSTANCES),
    Story("node group", "BoxUsage:{size}", EC2, "eks", "UpdateNodegroupConfig", "", INSTANCES),
    Story("terminated", "BoxUsage:{size}", EC2, "ec2", "TerminateInstances", "i-{n:017x}", INSTANCES, way=-1),
    Story("stopped", "BoxUsage:{size}", EC2, "ec2", "StopInstances", "i-{n:017x}", INSTANCES, way=-1),
    Story(
        "volumes", "EBS:VolumeUsage.{size}", OTHER, "ec2", "CreateVolume", "vol-{n:017x}", ("gp3", "io2"),
        "volumeType",
    ),
    Story(
        "volume changed", "EBS:VolumeUsage.{size}", OTHER, "ec2", "ModifyVolume", "vol-{n:017x}", ("gp3", "gp2"),
        "volumeType",
    ),
    Story("gateway", "NatGateway-Hours", OTHER, "ec2", "CreateNatGateway", _arn("ec2", "natgateway/nat-{n:017x}")),
    Story(
        "database", "InstanceUsage:{size}", "Amazon Relational Database Service", "rds", "CreateDBInstance",
        _arn("rds", "db:shop{n}"), DATABASES, "dBInstanceClass",
    ),
    Story(
        "multi-az", "Multi-AZUsage:{size}", "Amazon Relational Database Service", "rds", "ModifyDBInstance",
        _arn("rds", "db:shop{n}"), DATABASES,
    ),
    Story(
        "database stopped", "InstanceUsage:{size}", "Amazon Relational Database Service", "rds", "StopDBInstance",
        _arn("rds", "db:shop{n}"), DATABASES, way=-1,
    ),
    Story(
        "cache", "NodeUsage:{size}", "Amazon ElastiCache", "elasticache", "ModifyReplicationGroup",
        _arn("elasticache", "cluster:c{n}"), ("cache.r6g.large",), "cacheNodeType",
    ),
    Story(
        "warehouse", "Node:{size}", "Amazon Redshift", "redshift", "ResizeCluster",
        _arn("redshift", "cluster:w{n}"), ("ra3.4xlarge", "dc2.large"), "nodeType",
    ),
    Story(
        "paused", "Node:{size}", "Amazon Redshift", "redshift", "PauseCluster", _arn("redshift", "cluster:w{n}"),
        ("ra3.4xlarge",), way=-1,
    ),
    Story(
        "notebook", "Notebk:{size}", "Amazon SageMaker", "sagemaker", "CreateNotebookInstance",
        _arn("sagemaker", "notebook-instance/nb{n}"), ("ml.p3.8xlarge", "ml.t3.medium"), "instanceType",
    ),
    Story(
        "endpoint", "Host:{size}", "Amazon SageMaker", "sagemaker", "CreateEndpoint",
        _arn("sagemaker", "endpoint/e{n}"), ("ml.g5.2xlarge",),
    ),
    Story(
        "function", "Lambda-GB-Second", "AWS Lambda", "lambda", "UpdateFunctionConfiguration20150331v2",
        _arn("lambda", "function:f{n}"),
    ),
    Story(
        "table", "ReadCapacityUnit-Hrs", "Amazon DynamoDB", "dynamodb", "UpdateTable",
        _arn("dynamodb", "table/t{n}"),
    ),
    Story(
        "load balancer", "LoadBalancerUsage", "Amazon Elastic Load Balancing", "elasticloadbalancing",
        "CreateLoadBalancer", _arn("elasticloadbalancing", "loadbalancer/app/lb/{n:x}"),
    ),
    Story(
        "search", "ESInstance:{size}", "Amazon OpenSearch Service", "es", "UpdateDomainConfig",
        _arn("es", "domain/d{n}"), ("r6g.large.search",), "instanceType",
    ),
    Story(
        "tasks", "Fargate-vCPU-Hours:perCPU", "Amazon Elastic Container Service", "ecs", "UpdateService",
        _arn("ecs", "service/shop/s{n}"),
    ),
    Story(
        "lifecycle", "TimedStorage-ByteHrs", "Amazon Simple Storage Service", "s3", "DeleteBucketLifecycle",
        "arn:aws:s3:::bucket-{n}",
    ),
    # Unknown to the product.
    Story(
        "desktops", "AW-HW-2-AutoStop-User", "Amazon WorkSpaces", "workspaces", "CreateWorkspaces",
        _arn("workspaces", "workspace/ws-{n}"),
    ),
    Story("broker", "mq.m5.large-HRS", "Amazon MQ", "amazonmq", "CreateBroker", _arn("mq", "broker:b:b-{n}")),
    Story(
        "replication", "InstanceUsg:{size}", "AWS Database Migration Service", "dms", "CreateReplicationInstance",
        _arn("dms", "rep:r{n}"), ("dms.r5.large",),
    ),
    Story(
        "file system", "Storage-SSD:MAZ:WIN", "Amazon FSx", "fsx", "CreateFileSystem",
        _arn("fsx", "file-system/fs-{n}"),
    ),
)  # fmt: skip

NOBODYS: Sequence[tuple[str, str, str]] = (
    ("transfer", "DataTransfer-Out-Bytes", EC2),
    ("gateway data", "NatGateway-Bytes", OTHER),
    ("requests", "Requests-Tier1", "Amazon Simple Storage Service"),
    ("invocations", "Request", "AWS Lambda"),
    ("on-demand reads", "ReadRequestUnits", "Amazon DynamoDB"),
    ("logs", "DataProcessing-Bytes", "AmazonCloudWatch"),
    ("tokens", "Claude-input-tokens", "Amazon Bedrock"),
)
"""What is used more without that anybody created or changed a thing: name, usage type, service."""

PIPELINES = ("ci-deploy", "terraform-apply", "gitlab-runner", "ops-nightly", "data-pipeline")
PEOPLE = ("ana@firma.es", "luis@firma.es", "noor@firma.es", "x.li@firma.es", "eva@firma.es", "tom@firma.es")
AGENTS = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.5", "aws-cli/2.17.0", "Boto3/1.34", "Mozilla/5.0", "aws-sdk-go/1.44", "curl/8",
)  # fmt: skip
READS = ("DescribeInstances", "ListBuckets", "GetFunction", "DescribeDBInstances", "AssumeRole")
IDLE = (
    "CreateTags",
    "PutBucketPolicy",
    "AttachRolePolicy",
    "AuthorizeSecurityGroupIngress",
    "PutMetricAlarm",
)
