"""deploy/github-role.yaml: who assumes the role that deploys, what it reaches, and that it makes no stronger one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any

import pytest

from tests.template import iam, stack

FILE = stack.ROOT / "deploy" / "github-role.yaml"
BOUNDARY = "arn:aws:iam::111122223333:policy/finops-guard-boundary"
GIVEN = {"Repository": "Acme/finops", "StackName": iam.STACK, "PermissionsBoundaryArn": BOUNDARY}
ISSUER = "token.actions.githubusercontent.com"
OF_SAM = {
    "AWS::Serverless::Function": ("AWS::Lambda::Function", "AWS::Lambda::EventInvokeConfig"),
    "AWS::Serverless::LayerVersion": ("AWS::Lambda::LayerVersion",),
    "AWS::Serverless::StateMachine": ("AWS::StepFunctions::StateMachine",),
}
# What the registry names for properties that this template's resources do not have.
_UNUSED = (
    *("lakeformation:*", "elasticfilesystem:*", "s3files:*", "firehose:*", "glue:*", "*:*Tag*Stream"),
    *(
        "iam:CreateServiceLinkedRole",
        "iam:*GroupPolicy",
        "iam:*UserPolicy",
        "iam:DeleteRolePermissionsBoundary",
    ),
    *("kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "lambda:AssociateRuntimeAlias"),
    *("lambda:*CodeSigning*", "lambda:PassCapacityProvider", "logs:*LogDelivery", "s3:*Multipart*"),
    *(
        "s3:GetObjectVersion",
        "s3:PutObject",
        "s3:PutObjectAcl",
        "s3:DeleteObject",
        "s3:REST.PUT.OBJECT",
        "s3:DeleteBucket*",
        "s3:*Metadata*",
    ),
    *("s3:*Accelerate*", "s3:*Analytics*", "s3:*Inventory*", "s3:*Metrics*", "s3:*Replication*"),
    *(
        "s3:*IntelligentTiering*",
        "s3:*ObjectLock*",
        "s3:*Abac*",
        "s3tables:*",
        "ec2:DescribeNetworkInterfaces",
    ),
    *("s3:*TagResource", "s3:UntagResource", "s3:ListTagsForResource", "s3:ListAllMyBuckets"),
)


@cache
def template() -> dict[str, Any]:
    return stack.loaded(FILE)


def deployer(**parameters: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = iam.resolved(
        template()["Resources"]["Deployer"]["Properties"], {**GIVEN, **parameters}, template()
    )
    return found


def statements() -> list[Mapping[str, Any]]:
    [policy] = deployer()["Policies"]
    found: list[Mapping[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def may(action: str, resource: str, **context: str) -> bool:
    return iam.says("Allow", statements(), iam.Call(action, resource, context))


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("repo:Acme/finops:environment:staging", True),
        ("repo:Acme/finops:environment:production", False),
        ("repo:Acme/finops:ref:refs/heads/main", False),
        ("repo:Acme/finops:pull_request", False),
        ("repo:other/finops:environment:staging", False),
    ],
)
def test_one_environment_of_one_repository_assumes_it(subject: str, expected: bool) -> None:
    [trust] = deployer()["AssumeRolePolicyDocument"]["Statement"]
    told = {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": subject}
    call = iam.Call("sts:AssumeRoleWithWebIdentity", "*", told)
    assert iam.says("Allow", [{**trust, "Resource": "*"}], call) is expected
    assert trust["Condition"].keys() == {"StringEquals"}, "a pattern would let others in"


def test_it_makes_and_changes_a_role_only_with_the_boundary_and_never_another_s() -> None:
    own = f"arn:aws:iam::{iam.ACCOUNT}:role/{iam.STACK}-FetchCostsRole-1"
    for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"):
        assert may(action, own, **{"iam:PermissionsBoundary": BOUNDARY})
        assert not may(action, own)
        assert not may(
            action, own, **{"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}
        )
        other = own.replace(iam.STACK, "admin")
        assert not may(action, other, **{"iam:PermissionsBoundary": BOUNDARY})
    assert not may("iam:DeleteRolePermissionsBoundary", own)
    assert not may("iam:PassRole", own, **{"iam:PassedToService": "ec2.amazonaws.com"})
    assert "Default" not in template()["Parameters"]["PermissionsBoundaryArn"]


def test_it_reaches_what_is_named_after_the_stack_and_deletes_no_report() -> None:
    here = f"{iam.REGION}:{iam.ACCOUNT}"
    assert may(
        "lambda:UpdateFunctionCode", f"arn:aws:lambda:{here}:function:{iam.STACK}-FetchCostsFunction-1"
    )
    assert not may("lambda:UpdateFunctionCode", f"arn:aws:lambda:{here}:function:other")
    reports = f"arn:aws:s3:::{iam.STACK}-bucket-1"
    assert may("s3:GetObject", f"{reports}/runs/x/report.json")
    for action in ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject", "s3:DeleteBucket"):
        assert not may(action, f"{reports}/deliveries/x"), action
    assert not may("kms:ScheduleKeyDeletion", "arn:aws:kms:eu-west-1:111122223333:key/1")
    assert not may("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x")


def test_cloudformation_may_do_with_it_what_its_registry_says_the_resources_need() -> None:
    """AWS: the handlers' permissions in the registry's schemas, of which cfn-lint has a copy."""
    allowed = [action for each in statements() for action in stack.as_list(each["Action"])]
    needed = {
        action
        for resource in stack.template()["Resources"].values()
        # Off unless AthenaDatabase is set, which is deployed by hand: a table's rights are the catalogue's.
        if not resource["Type"].startswith(("AWS::Glue::", "AWS::Athena::NamedQuery"))
        for kind in OF_SAM.get(resource["Type"], (resource["Type"],))
        for action in handled(kind)
        if not any(fnmatchcase(action, pattern) for pattern in _UNUSED)
    }
    assert len(needed) > 100
    missing = {action for action in needed if not any(fnmatchcase(action, each) for each in allowed)}
    assert missing == set()


def handled(kind: str) -> set[str]:
    """The actions that making, reading, changing and deleting a resource of a type takes."""
    handlers = registry()[kind]["handlers"]
    return {
        action
        for each in ("create", "read", "update", "delete")
        for action in handlers.get(each, {}).get("permissions", ())
    }


@cache
def registry() -> dict[str, dict[str, Any]]:
    """The schemas of the types that the template has."""
    kinds = {each["Type"] for each in stack.template()["Resources"].values()}
    kinds |= {kind for several in OF_SAM.values() for kind in several}
    found: dict[str, dict[str, Any]] = {}
    for file in (resources.files("cfnlint.data.schemas") / "resources").iterdir():
        text = file.read_text("utf-8")
        if '"handlers"' in text:
            schema = json.loads(text)
            if schema.get("typeName") in kinds:
                found.setdefault(schema["typeName"], schema)
    return found
