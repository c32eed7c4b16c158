"""A key of the customer's: what it encrypts, who uses it for what, and what docs/permissions.md says of its policy."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.docs import markdown
from tests.template import iam, stack
from tests.template.worlds import KEY

WITH, WITHOUT = {"KmsKeyArn": KEY}, {"KmsKeyArn": ""}
ROLES = sorted(iam.roles())


def made(kind: str, parameters: dict[str, str]) -> list[dict[str, Any]]:
    """The properties of all resources of a type, those that are made with these parameters."""
    return [
        iam.resolved(each.get("Properties", {}), parameters)
        for each in stack.template()["Resources"].values()
        if each["Type"] == kind
        and ("Condition" not in each or iam.holds({"Condition": each["Condition"]}, parameters))
    ]


def test_everything_that_is_kept_is_encrypted_with_it() -> None:
    (bucket,) = made("AWS::S3::Bucket", WITH)
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {
        "BucketKeyEnabled": True,
        "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY},
    }
    assert {group["KmsKeyId"] for group in made("AWS::Logs::LogGroup", WITH)} == {KEY}
    (queue,) = made("AWS::SQS::Queue", WITH)
    assert queue["KmsMasterKeyId"] == KEY
    assert "SqsManagedSseEnabled" not in queue
    (topic,) = made("AWS::SNS::Topic", WITH)
    assert topic["KmsMasterKeyId"] == KEY
    assert made("AWS::KMS::Key", WITH) == []
    (links,) = made("AWS::SecretsManager::Secret", {**WITH, "VerdictLinks": "true"})
    assert links["KmsKeyId"] == KEY


def test_without_it_keys_of_aws_and_the_topics_own_are_used() -> None:
    (bucket,) = made("AWS::S3::Bucket", WITHOUT)
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert all("KmsKeyId" not in group for group in made("AWS::Logs::LogGroup", WITHOUT))
    (queue,) = made("AWS::SQS::Queue", WITHOUT)
    assert queue["SqsManagedSseEnabled"] is True
    assert "KmsMasterKeyId" not in queue
    (topic,) = made("AWS::SNS::Topic", WITHOUT)
    assert topic["KmsMasterKeyId"] == iam.arn("AlertKey")
    assert len(made("AWS::KMS::Key", WITHOUT)) == 1


def of_the_key(role: str, service: str) -> list[dict[str, Any]]:
    """A role's statements about keys that are used through a service."""
    via = f"{service}.{iam.REGION}.amazonaws.com"
    return [
        dict(each)
        for each in iam.statements(role, WITH)
        if each.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService") == via
    ]


@pytest.mark.parametrize("role", ROLES)
def test_who_reads_objects_decrypts_and_who_writes_them_encrypts_through_s3(role: str) -> None:
    actions = {action for each in iam.statements(role, WITH) for action in stack.as_list(each["Action"])}
    needs = {"s3:GetObject": "kms:Decrypt", "s3:PutObject": "kms:GenerateDataKey"}
    wanted = {key for action, key in needs.items() if action in actions}
    found = of_the_key(role, "s3")
    assert {action for each in found for action in stack.as_list(each["Action"])} == wanted
    for each in found:
        assert each["Resource"] == KEY
        # With a bucket key that is what S3 tells KMS (documented by AWS).
        assert each["Condition"]["StringEquals"]["kms:EncryptionContext:aws:s3:arn"] == iam.arn("Bucket")


@pytest.mark.parametrize(("service", "sending"), [("sns", "sns:Publish"), ("sqs", "sqs:SendMessage")])
def test_who_sends_uses_the_key_through_the_queue_or_the_topic(service: str, sending: str) -> None:
    senders = {
        role
        for role in ROLES
        if any(sending in stack.as_list(each["Action"]) for each in iam.statements(role, WITH))
    }
    assert {role for role in ROLES if of_the_key(role, service)} == senders
    for role in senders:
        (each,) = of_the_key(role, service)
        assert (each["Action"], each["Resource"]) == (["kms:GenerateDataKey", "kms:Decrypt"], KEY)


@pytest.mark.parametrize("role", ROLES)
def test_no_key_is_used_but_through_a_service(role: str) -> None:
    for parameters in (WITH, WITHOUT, {**WITHOUT, "WebhookSecretKeyArn": KEY, "TeamsWebhookSecretArn": "x"}):
        for each in iam.statements(role, parameters):
            if any(action.startswith("kms:") for action in stack.as_list(each["Action"])):
                assert "kms:ViaService" in each["Condition"]["StringEquals"]
                assert each["Resource"] in (KEY, iam.arn("AlertKey"))


# ---- the key's policy, which the customer writes ---------------------------------------------------------------------


def policy() -> dict[str, dict[str, Any]]:
    """The statements of docs/permissions.md, by their name."""
    page = (stack.ROOT / "docs" / "permissions.md").read_text("utf-8")
    (block,) = markdown.blocks(page.partition("## A key of your own")[2], "json")
    return {each["Sid"]: each for each in json.loads(block)}


def test_the_page_lets_every_service_use_the_key_that_has_no_role_here() -> None:
    publishers = {
        each["Principal"]["Service"]
        for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
        for properties in made(kind, WITH)
        for each in properties["PolicyDocument"]["Statement"]
        if each["Effect"] == "Allow"
    }
    found = {each["Principal"]["Service"] for each in policy().values()}
    assert found == {*publishers, "logs.<REGION>.amazonaws.com"}
    for each in policy().values():
        assert {"kms:Decrypt"} < set(each["Action"])
        assert any(action.startswith("kms:GenerateDataKey") for action in each["Action"])


def test_the_page_lets_cloudwatch_encrypt_every_log_group_of_the_stack_and_no_other() -> None:
    (patterns,) = (
        condition["kms:EncryptionContext:aws:logs:arn"]
        for condition in policy()["Logs"]["Condition"].values()
    )
    known = {"<REGION>": iam.REGION, "<ACCOUNT_ID>": iam.ACCOUNT, "<STACK>": iam.STACK}
    for name, value in known.items():
        patterns = [pattern.replace(name, value) for pattern in patterns]
    for group in made("AWS::Logs::LogGroup", WITH):
        arn = f"arn:aws:logs:{iam.REGION}:{iam.ACCOUNT}:log-group:{group['LogGroupName']}"
        assert any(fnmatchcase(arn, pattern) for pattern in patterns), arn
        assert not any(fnmatchcase(arn.replace(iam.STACK, "another"), pattern) for pattern in patterns)
