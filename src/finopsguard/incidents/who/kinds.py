"""Which management events make, change or end what a usage type bills: one table, by the usage type's form.

Events are named as CloudTrail names them: as the API's operation (documented by AWS: each service's API reference), but
for Lambda's, which have dates (Lambda Developer Guide, "Logging AWS Lambda API calls using AWS CloudTrail"), and S3's
PutBucketLifecycleConfiguration, which is PutBucketLifecycle (S3 User Guide, "Amazon S3 CloudTrail events"). What is
billed by use alone (requests, transfer, tokens) is made by no management event, and is in no row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from finopsguard.incidents.causes import usage_types


class Named(NamedTuple):
    """An event by its source and name: `ec2.amazonaws.com`, `RunInstances`."""

    source: str
    name: str


class Kind(NamedTuple):
    """Events by what they do to a cost. `behind` are changes of what a service of AWS then acts upon by itself, as a
    group of instances: they come in place of that service's own acts.
    """

    rises: frozenset[Named]
    falls: frozenset[Named]
    behind: frozenset[Named]

    @property
    def behind_alone(self) -> Kind:
        """Without the events that name what is billed."""
        return Kind(self.rises & self.behind, self.falls & self.behind, self.behind)


class _Row(NamedTuple):
    """`form` is searched in a usage type without its Region, `service` a part of the service's name that it needs."""

    form: re.Pattern[str]
    service: str
    kind: Kind


def _events(text: str) -> frozenset[Named]:
    """`ec2: RunInstances StartInstances; eks: CreateNodegroup`."""
    parts = [part.partition(":") for part in text.split(";") if part.strip()]
    return frozenset(
        Named(f"{prefix.strip()}.amazonaws.com", name) for prefix, _, names in parts for name in names.split()
    )


def _row(form: str, rises: str, falls: str, *, service: str = "", behind: tuple[str, str] = ("", "")) -> _Row:
    """`behind` are those of rises and of falls."""
    more, less = (_events(each) for each in behind)
    kind = Kind(_events(rises) | more, _events(falls) | less, more | less)
    return _Row(re.compile(form), service, kind)


_TABLE: Sequence[_Row] = (
    _row(
        r"^(?:BoxUsage|SpotUsage|DedicatedUsage|HostBoxUsage|HostUsage|UnusedBox|UnusedDed)",
        "ec2: RunInstances StartInstances ModifyInstanceAttribute CreateFleet AllocateHosts",
        "ec2: TerminateInstances StopInstances ModifyInstanceAttribute DeleteFleets ReleaseHosts",
        behind=(
            "autoscaling: CreateAutoScalingGroup UpdateAutoScalingGroup SetDesiredCapacity;"
            " eks: CreateNodegroup UpdateNodegroupConfig; elasticmapreduce: RunJobFlow",
            "autoscaling: DeleteAutoScalingGroup UpdateAutoScalingGroup SetDesiredCapacity;"
            " eks: DeleteNodegroup UpdateNodegroupConfig; elasticmapreduce: TerminateJobFlows",
        ),
    ),
    _row(r"^EBS:Volume", "ec2: CreateVolume ModifyVolume", "ec2: DeleteVolume ModifyVolume"),
    _row(
        r"^EBS:Snapshot",
        "ec2: CreateSnapshot CreateSnapshots CopySnapshot; dlm: CreateLifecyclePolicy UpdateLifecyclePolicy",
        "ec2: DeleteSnapshot; dlm: UpdateLifecyclePolicy DeleteLifecyclePolicy",
    ),
    _row(r"^NatGateway-Hours", "ec2: CreateNatGateway", "ec2: DeleteNatGateway"),
    _row(r"^VpcEndpoint-Hours", "ec2: CreateVpcEndpoint", "ec2: DeleteVpcEndpoints"),
    _row(
        r"^(?:ElasticIP|PublicIPv4):",
        "ec2: AllocateAddress DisassociateAddress",
        "ec2: ReleaseAddress AssociateAddress",
    ),
    _row(
        r"^TransitGateway-Hours",
        "ec2: CreateTransitGatewayVpcAttachment",
        "ec2: DeleteTransitGatewayVpcAttachment",
    ),
    _row(
        r"^(?:InstanceUsage|Multi-AZUsage|Multi-AZClusterUsage):db\.|^Aurora:ServerlessV2",
        "rds: CreateDBInstance ModifyDBInstance StartDBInstance CreateDBInstanceReadReplica"
        " RestoreDBInstanceFromDBSnapshot RestoreDBInstanceToPointInTime CreateDBCluster"
        " ModifyDBCluster StartDBCluster",
        "rds: DeleteDBInstance ModifyDBInstance StopDBInstance DeleteDBCluster ModifyDBCluster StopDBCluster",
    ),
    _row(
        r"^RDS:(?:Multi-AZ-)?(?:GP2|GP3|PIOPS|StorageUsage)",
        "rds: CreateDBInstance ModifyDBInstance CreateDBInstanceReadReplica RestoreDBInstanceFromDBSnapshot"
        " RestoreDBInstanceToPointInTime",
        "rds: DeleteDBInstance ModifyDBInstance",
    ),
    _row(
        r"^NodeUsage:cache\.",
        "elasticache: CreateReplicationGroup ModifyReplicationGroup CreateCacheCluster ModifyCacheCluster"
        " IncreaseReplicaCount ModifyReplicationGroupShardConfiguration",
        "elasticache: DeleteReplicationGroup ModifyReplicationGroup DeleteCacheCluster ModifyCacheCluster"
        " DecreaseReplicaCount ModifyReplicationGroupShardConfiguration",
    ),
    _row(
        r"^Node:",
        "redshift: CreateCluster ModifyCluster ResizeCluster ResumeCluster RestoreFromClusterSnapshot",
        "redshift: DeleteCluster ModifyCluster ResizeCluster PauseCluster",
        service="Redshift",
    ),
    _row(
        r"(?:^|-)Notebk:",
        "sagemaker: CreateNotebookInstance StartNotebookInstance UpdateNotebookInstance",
        "sagemaker: StopNotebookInstance DeleteNotebookInstance UpdateNotebookInstance",
    ),
    _row(
        r"(?:^|-)Host(?:Async)?:ml\.",
        "sagemaker: CreateEndpoint UpdateEndpoint UpdateEndpointWeightsAndCapacities",
        "sagemaker: DeleteEndpoint UpdateEndpoint UpdateEndpointWeightsAndCapacities",
    ),
    _row(
        r"(?:^|-)Train:ml\.",
        "sagemaker: CreateTrainingJob CreateHyperParameterTuningJob",
        "sagemaker: StopTrainingJob StopHyperParameterTuningJob",
    ),
    _row(r"(?:^|-)Processing:ml\.", "sagemaker: CreateProcessingJob", "sagemaker: StopProcessingJob"),
    _row(r"(?:^|-)Studio:", "sagemaker: CreateApp CreateSpace", "sagemaker: DeleteApp DeleteSpace"),
    _row(
        r"^ESInstance:|\.search$",
        "es: CreateDomain UpdateDomainConfig CreateElasticsearchDomain UpdateElasticsearchDomainConfig",
        "es: DeleteDomain UpdateDomainConfig DeleteElasticsearchDomain UpdateElasticsearchDomainConfig",
    ),
    _row(
        r"^Lambda-(?:GB-Second|Provisioned)",
        "lambda: CreateFunction20150331 UpdateFunctionConfiguration20150331v2 UpdateFunctionCode20150331v2"
        " CreateEventSourceMapping20150331 PutProvisionedConcurrencyConfig",
        "lambda: DeleteFunction20150331 UpdateFunctionConfiguration20150331v2 UpdateFunctionCode20150331v2"
        " PutFunctionConcurrency20171031 DeleteEventSourceMapping20150331 DeleteProvisionedConcurrencyConfig",
    ),
    _row(
        r"^(?:Read|Write)CapacityUnit-Hrs",
        "dynamodb: CreateTable UpdateTable",
        "dynamodb: DeleteTable UpdateTable",
    ),
    _row(
        r"^LoadBalancerUsage", "elasticloadbalancing: CreateLoadBalancer", "elasticloadbalancing: DeleteLoadBalancer"
    ),
    _row(
        r"^TimedStorage-",
        "s3: CreateBucket DeleteBucketLifecycle PutBucketLifecycle PutBucketVersioning PutBucketReplication",
        "s3: DeleteBucket PutBucketLifecycle PutBucketVersioning DeleteBucketReplication",
        service="Simple Storage",
    ),
    _row(
        r"^Fargate-",
        "ecs: CreateService UpdateService RunTask; eks: CreateFargateProfile",
        "ecs: DeleteService UpdateService StopTask; eks: DeleteFargateProfile",
    ),
    _row(r"^AmazonEKS-Hours", "eks: CreateCluster", "eks: DeleteCluster"),
    _row(
        r"^Kafka\.",
        "kafka: CreateCluster CreateClusterV2 UpdateBrokerCount UpdateBrokerType",
        "kafka: DeleteCluster UpdateBrokerCount UpdateBrokerType",
    ),
    _row(
        r"ShardHour",
        "kinesis: CreateStream UpdateShardCount UpdateStreamMode",
        "kinesis: DeleteStream UpdateShardCount UpdateStreamMode",
    ),
    _row(r"^ETL-(?:Flex-)?DPU", "glue: StartJobRun CreateJob UpdateJob", "glue: DeleteJob UpdateJob BatchStopJobRun"),
)  # fmt: skip


@cache
def kind_of(usage_type: str, service: str = "") -> Kind | None:
    """The events behind a usage type; None where none is known. `service` is its service, empty if it is not known."""
    name = usage_types.without_region(usage_type)
    for row in _TABLE:
        if row.form.search(name) and row.service in service:
            return row.kind
    return None


@cache
def size_of(usage_type: str) -> str | None:
    """The instance or volume type that an event may state: `p5.48xlarge`, `db.r5.xlarge`, `gp3`; None for neither."""
    name = usage_types.without_region(usage_type)
    if volume := re.match(r"EBS:Volume\w*(?:-\w+)?\.(gp2|gp3|io1|io2|st1|sc1)\b", name):
        return volume[1]
    detail = name.rpartition(":")[2]
    return detail if usage_types.instance_type(name) else None


# Of a resource whose usage type has no row: words at the beginning of an event's name, and what has nothing to do with
# a cost.
_MAKES = ("Create", "Run", "Start", "Restore", "Resume", "Allocate", "Increase")
_ENDS = ("Delete", "Stop", "Terminate", "Pause", "Release", "Decrease")
_CHANGES = ("Modify", "Update", "Resize")
_IDLE = re.compile(r"Tag|Polic|Permission|Alarm|Rule|Attachment|Description|Password|Metadata|Acl|Role|Grant")


def may_explain(event: Named, direction: int) -> bool:
    """Whether an event that names a resource may be why it costs more (1), or less (-1)."""
    words = (*_MAKES, *_CHANGES) if direction > 0 else (*_ENDS, *_CHANGES)
    return event.name.startswith(words) and not _IDLE.search(event.name)


def makes(name: str) -> bool:
    """True for an event that makes something, rather than changes it."""
    return name.startswith(_MAKES)
