"""A record of CloudTrail as an event: who acted, with what tool, on what. Names of people are shortened here, before
anything is kept.

Read as documented by AWS (CloudTrail User Guide: "CloudTrail record contents" and "CloudTrail userIdentity element").
What a user agent says is not documented; whoever acts can write there what they like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from finopsguard.models.trail import TrailEvent

LONGEST_ID = 2048
"""Characters of a name, an id or an ARN that are kept: an ARN of IAM's may have as many."""
LISTED_RESOURCES = 1000
"""One RunInstances may start as many instances."""
_DEPTH = 12
_MOST_PARTS = 20_000

_ADDRESS = re.compile(r"([^\s/@:]*)@[^\s/:]+")
# Documented by AWS (IAM Identity Center: permission sets): the role of a permission set, and a suffix.
_SSO = re.compile(r"AWSReservedSSO_(.+)_[0-9a-f]{16}")
_SERVICE = re.compile(r"[a-z0-9.-]+\.(?:amazonaws\.com(?:\.cn)?|aws\.internal)")
_SERVICE_ROLE = "/aws-service-role/"
# Where instance and volume types stand in requests and answers of EC2, RDS, ElastiCache, Redshift and SageMaker.
_SIZES = frozenset({"instanceType", "volumeType", "dBInstanceClass", "cacheNodeType", "nodeType"})
_IDS = frozenset({
    "instanceId", "volumeId", "natGatewayId", "vpcEndpointId", "allocationId", "snapshotId", "dBInstanceArn",
    "dBClusterArn", "functionArn", "loadBalancerArn", "clusterArn", "tableArn", "notebookInstanceArn", "endpointArn",
    "fileSystemId", "hostId",
})  # fmt: skip
"""Fields of answers and requests with the id of what an event is about; most events list no resources."""

TOOLS: Sequence[tuple[str, str]] = (
    ("terraform", "Terraform"), ("opentofu", "OpenTofu"), ("pulumi", "Pulumi"), ("aws-cdk", "CDK"),
    ("cloudformation", "CloudFormation"), ("karpenter", "Karpenter"), ("eksctl", "eksctl"), ("ansible", "Ansible"),
    ("packer", "Packer"), ("cloudshell", "CloudShell"), ("console.amazonaws.com", "console"),
    ("signin.amazonaws.com", "console"), ("s3console", "console"), ("mozilla/", "console"), ("aws-cli/", "AWS CLI"),
    ("boto3/", "Boto3"), ("botocore/", "Boto3"), ("aws-sdk-", "AWS SDK"), ("m/aws-sdk", "AWS SDK"),
)  # fmt: skip
"""What a user agent has in it, in small letters, and the tool that it is; the first that fits."""


def event_of(record: Mapping[str, Any], listed: Sequence[str], *, shorten: bool) -> TrailEvent | None:
    """The event; None for what only read, was refused, or is no record of an act.

    `listed` are the resources that the event history has beside it.
    """
    name, source, region = (_text(record.get(each)) for each in ("eventName", "eventSource", "awsRegion"))
    at = _moment(record.get("eventTime"))
    if not name or not source or at is None or record.get("readOnly") in (True, "true"):
        return None
    if record.get("errorCode") or record.get("errorMessage"):
        return None
    identity = _mapping(record.get("userIdentity"))
    principal, by_service = _principal(identity)
    return TrailEvent(
        name,
        source,
        at,
        region,
        shortened(principal) if shorten else principal,
        _tool(record, identity, by_service=by_service),
        by_service,
        frozenset([*listed[:LISTED_RESOURCES], *_resources(record)]),
        frozenset(_sizes(record)),
    )


def named_in(record: Mapping[str, Any], ids: Sequence[str]) -> list[str]:
    """Those of the ids that stand as they are in what was asked for or answered, or among the record's resources.

    The files of a trail have no list of resources beside a record, as the event history has.
    """
    wanted, found = frozenset(ids), set[str]()
    waiting: list[tuple[int, Any]] = [
        (0, record.get(each)) for each in ("requestParameters", "responseElements", "resources")
    ]
    for depth, part in waiting:  # grows while it is walked
        if depth > _DEPTH or len(waiting) > _MOST_PARTS:
            break
        if isinstance(part, str) and part in wanted:
            found.add(part)
        elif isinstance(part, dict | list):
            waiting += [(depth + 1, each) for each in (part.values() if isinstance(part, dict) else part)]
    return [each for each in ids if each in found]


def shortened(name: str) -> str:
    """`ana@…` of `ana@firma.es`; the rest of a name as it is."""
    return _ADDRESS.sub(r"\1@…", name)


def _principal(identity: Mapping[str, Any]) -> tuple[str, bool]:
    """Who acted, and whether it is a service of AWS by itself; empty where the record does not say."""
    service = _service(identity)
    if service is not None:
        return (f"service/{service}" if service else ""), True
    return _person(identity), False


def _service(identity: Mapping[str, Any]) -> str | None:
    """The service that acts by itself, directly or through its own role in the account; None for anybody else."""
    role = _text(_issuer(identity).get("arn"))
    if _SERVICE_ROLE in role:
        name = role.partition(_SERVICE_ROLE)[2].partition("/")[0]
    elif identity.get("type") == "AWSService":
        name = _text(identity.get("invokedBy"))
    else:
        return None
    return name if _SERVICE.fullmatch(name) else ""


def _person(identity: Mapping[str, Any]) -> str:
    kind, arn = _text(identity.get("type")), _text(identity.get("arn"))
    if kind == "Root":
        return "root"
    if kind == "AssumedRole":
        return _role(_text(_issuer(identity).get("userName")), arn.rpartition("/")[2])
    name = _text(identity.get("userName")) or arn.rpartition("/")[2]
    if kind in ("IAMUser", "FederatedUser", "SAMLUser", "WebIdentityUser") and name:
        return f"user/{name}"
    account = _text(identity.get("accountId"))
    return f"account/{account}" if kind == "AWSAccount" and account else ""


def _issuer(identity: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(_mapping(identity.get("sessionContext")).get("sessionIssuer"))


def _role(role: str, session: str) -> str:
    """A role, and its session where that is a person: of IAM Identity Center, or an address."""
    if sso := _SSO.fullmatch(role):
        return f"sso/{sso[1]}/{session}"
    if not role:
        return ""
    return f"role/{role}/{session}" if "@" in session else f"role/{role}"


def _tool(record: Mapping[str, Any], identity: Mapping[str, Any], *, by_service: bool) -> str:
    """With what it was done; empty where that is not known."""
    agent, invoked = _text(record.get("userAgent")).lower(), _text(identity.get("invokedBy")).lower()
    if by_service:
        return ""
    if invoked.startswith("cloudformation.") or agent == "cloudformation.amazonaws.com":
        # Documented by AWS (CDK: bootstrapping): the roles that CDK makes.
        return "CDK" if _text(_issuer(identity).get("userName")).startswith("cdk-") else "CloudFormation"
    if record.get("sessionCredentialFromConsole") in (True, "true"):
        return "console"
    return next(
        (tool for part, tool in TOOLS if part in agent), invoked if _SERVICE.fullmatch(invoked) else ""
    )


def _resources(record: Mapping[str, Any]) -> Iterator[str]:
    listed = record.get("resources")
    for each in listed[:LISTED_RESOURCES] if isinstance(listed, list) else ():
        if arn := _id(_mapping(each).get("ARN")):
            yield arn
    yield from _values(record, _IDS)


def _sizes(record: Mapping[str, Any]) -> Iterator[str]:
    for value in _values(record, _SIZES):
        yield value.lower()


def _values(record: Mapping[str, Any], names: frozenset[str]) -> Iterator[str]:
    """What fields of these names hold, in what was asked for and what was answered."""
    waiting: list[tuple[int, Any]] = [
        (0, record.get(each)) for each in ("requestParameters", "responseElements")
    ]
    for depth, part in waiting:  # grows while it is walked
        if depth > _DEPTH or len(waiting) > _MOST_PARTS:
            return
        if isinstance(part, list):
            waiting += [(depth + 1, each) for each in part]
        if not isinstance(part, dict):
            continue
        for name, value in part.items():
            # ModifyInstanceAttribute has {"instanceType": {"value": "m5.large"}}.
            found = value.get("value") if isinstance(value, dict) and name in names else value
            if name in names and (text := _id(found)):
                yield text
            elif isinstance(value, dict | list):
                waiting.append((depth + 1, value))


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """A text as it can be stored; half of a pair of surrogates no file can hold."""
    return value[:LONGEST_ID].encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _id(value: object) -> str:
    return _text(value) if isinstance(value, str) and len(value) <= LONGEST_ID else ""
