"""A record of CloudTrail read: who, with what, on what; and what is no act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finopsguard.accounts.trail_record import event_of, shortened
from finopsguard.models.trail import TrailEvent
from tests.standins.cloudtrail import role
from tests.sweeps import examples

SERVICE_ROLE: Mapping[str, Any] = {
    "type": "AssumedRole",
    "invokedBy": "autoscaling.amazonaws.com",
    "arn": "arn:aws:sts::111100000000:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling",
    "sessionContext": {
        "sessionIssuer": {
            "userName": "AWSServiceRoleForAutoScaling",
            "arn": "arn:aws:iam::111100000000:role/aws-service-role/autoscaling.amazonaws.com/"
            "AWSServiceRoleForAutoScaling",
        }
    },
}
RECORD: Mapping[str, Any] = {
    "eventName": "RunInstances",
    "eventSource": "ec2.amazonaws.com",
    "eventTime": "2026-11-14T22:10:00Z",
    "awsRegion": "eu-west-1",
    "readOnly": False,
    "userIdentity": role("deploy"),
}


def event(**changed: Any) -> TrailEvent | None:
    return event_of({**RECORD, **changed}, (), shorten=True)


def read(**changed: Any) -> TrailEvent:
    found = event(**changed)
    assert found
    return found


@pytest.mark.parametrize(
    ("identity", "principal"),
    [
        (role("deploy", "build-71"), "role/deploy"),
        (role("Support", "luis@firma.es"), "role/Support/luis@…"),
        (role("AWSReservedSSO_Data_Science_0123456789abcdef", "ana"), "sso/Data_Science/ana"),
        ({"type": "IAMUser", "userName": "ana", "arn": "arn:aws:iam::1:user/ana"}, "user/ana"),
        ({"type": "IAMUser", "userName": "ana@firma.es"}, "user/ana@…"),
        ({"type": "FederatedUser", "arn": "arn:aws:sts::1:federated-user/ana"}, "user/ana"),
        ({"type": "Root", "arn": "arn:aws:iam::1:root"}, "root"),
        ({"type": "AWSAccount", "accountId": "222200000000"}, "account/222200000000"),
        ({"type": "AWSService", "invokedBy": "dlm.amazonaws.com"}, "service/dlm.amazonaws.com"),
        (SERVICE_ROLE, "service/autoscaling.amazonaws.com"),
        ({"type": "AWSService", "invokedBy": "<at>evil</at>"}, ""),
        ({"type": "AssumedRole"}, ""),
        ({"type": "Directory", "userName": "ana"}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_who_acted(identity: object, principal: str) -> None:
    found = read(userIdentity=identity)
    assert (found.principal, found.by_service) == (
        principal,
        "service" in principal or "evil" in repr(identity),
    )


@pytest.mark.parametrize(
    ("agent", "tool"),
    [
        ("APN/1.0 HashiCorp/1.0 Terraform/1.9.5 aws-sdk-go-v2/1.30", "Terraform"),
        ("cloudformation.amazonaws.com", "CloudFormation"),
        ("aws-cli/2.17.0 md/awscrt#0.20", "AWS CLI"),
        ("aws-cli/2.17.0 exec-env/CloudShell", "CloudShell"),
        ("Boto3/1.34 md/Botocore#1.34", "Boto3"),
        ("aws-sdk-go/1.44 (go1.21; linux; amd64)", "AWS SDK"),
        ("karpenter.sh-v1.0 aws-sdk-go/1.44", "Karpenter"),
        ("Mozilla/5.0 (X11; Linux)", "console"),
        ("console.amazonaws.com", "console"),
        ("curl/8.5", ""),
        (None, ""),
        (["aws-cli/"], ""),
    ],
)
def test_with_what(agent: object, tool: str) -> None:
    assert read(userAgent=agent).tool == tool


def test_what_the_record_says_itself_comes_before_the_user_agent() -> None:
    assert read(userAgent="aws-internal/3", sessionCredentialFromConsole="true").tool == "console"
    by_stack = {**role("deploy"), "invokedBy": "cloudformation.amazonaws.com"}
    assert read(userIdentity=by_stack).tool == "CloudFormation"
    by_cdk = {**role("cdk-hnb659fds-cfn-exec-role"), "invokedBy": "cloudformation.amazonaws.com"}
    assert read(userIdentity=by_cdk).tool == "CDK"
    assert read(userIdentity=SERVICE_ROLE, userAgent="autoscaling.amazonaws.com").tool == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"readOnly": True},
        {"errorCode": "Client.UnauthorizedOperation"},
        {"errorCode": "Client.DryRunOperation"},
        {"errorMessage": "no"},
        {"eventTime": "yesterday"},
        {"eventTime": "2026-11-14T22:10:00"},
        {"eventTime": 7},
        {"eventName": None},
        {"eventSource": ["ec2"]},
    ],
)
def test_what_read_was_refused_or_is_no_record_is_no_act(changed: Mapping[str, Any]) -> None:
    assert event(**changed) is None


def test_resources_and_types_are_found_in_what_was_asked_and_answered() -> None:
    found = read(
        requestParameters={"instanceType": "p5.48xlarge", "userData": "x"},
        responseElements={
            "instancesSet": {"items": [{"instanceId": "i-1", "instanceType": "p5.48xlarge"}]},
            "dBInstanceArn": "arn:aws:rds:eu-west-1:1:db:shop",
        },
        resources=[{"ARN": "arn:aws:s3:::bucket"}, "no", {}],
    )
    assert found.sizes == {"p5.48xlarge"}
    assert found.resources == {"i-1", "arn:aws:rds:eu-west-1:1:db:shop", "arn:aws:s3:::bucket"}
    changed = read(requestParameters={"instanceType": {"value": "m5.large"}, "instanceId": "i-2"})
    assert changed.sizes == {"m5.large"}
    assert changed.resources == {"i-2"}


def test_only_addresses_are_shortened() -> None:
    assert shortened("sso/Admin/ana.perez@firma.es") == "sso/Admin/ana.perez@…"
    assert shortened("role/deploy/build 71") == "role/deploy/build 71"
    assert shortened("ana@x@firma.es") == "ana@…"
    assert shortened("role/@firma.es") == "role/@…"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=12), each, max_size=3),
    max_leaves=8,
)


@settings(max_examples=examples(60), deadline=None)
@given(st.dictionaries(st.sampled_from([*RECORD, "userAgent", "resources", "requestParameters"]), anything))
def test_a_record_of_any_form_is_an_act_or_none(changed: Mapping[str, Any]) -> None:
    found = event_of({**RECORD, **changed}, (), shorten=True)
    assert found is None or all(isinstance(each, str) for each in (*found[:2], *found[3:6]))
