"""The last resort in template.yaml: who may publish to the topic, what is watched, and where every alarm goes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template import stack

TOPIC = {"Ref": "AlertTopic"}
QUEUE = {"Fn::GetAtt": ["UndeliveredQueue", "Arn"]}
ALARMS = {**stack.resources("AWS::CloudWatch::Alarm")}
OF_THIS_ACCOUNT = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def allowed(statements: list[dict[str, Any]], service: str) -> list[dict[str, Any]]:
    """What a resource's policy allows to a service of AWS."""
    return [
        each
        for each in statements
        if each["Effect"] == "Allow" and each["Principal"] == {"Service": f"{service}.amazonaws.com"}
    ]


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_goes_to_the_topic_and_says_where_it_is_explained(alarm: str) -> None:
    properties = ALARMS[alarm]
    assert properties["AlarmActions"] == [TOPIC]
    assert properties.get("OKActions", [TOPIC]) == [TOPIC]
    assert "docs/runbook.md" in properties["AlarmDescription"]
    runbook = (stack.ROOT / "docs" / "runbook.md").read_text("utf-8")
    assert f"| `...{alarm}...` |" in runbook.partition("\n## Alarmas\n")[2]


def test_the_topic_is_encrypted_with_a_key_that_alarms_may_use() -> None:
    topic = stack.resources("AWS::SNS::Topic")["AlertTopic"]
    assert topic["KmsMasterKeyId"] == {"Fn::GetAtt": ["AlertKey", "Arn"]}
    key = stack.resources("AWS::KMS::Key")["AlertKey"]
    assert key["EnableKeyRotation"] is True
    (alarms,) = allowed(key["KeyPolicy"]["Statement"], "cloudwatch")
    assert alarms["Action"] == ["kms:GenerateDataKey*", "kms:Decrypt"]
    assert alarms["Condition"] == OF_THIS_ACCOUNT


def test_alarms_of_this_account_and_notify_failure_publish_and_nobody_else() -> None:
    (policy,) = stack.resources("AWS::SNS::TopicPolicy").values()
    assert policy["Topics"] == [TOPIC]
    statements = policy["PolicyDocument"]["Statement"]
    (alarms,) = allowed(statements, "cloudwatch")
    assert (alarms["Action"], alarms["Resource"], alarms["Condition"]) == (
        "sns:Publish",
        TOPIC,
        OF_THIS_ACCOUNT,
    )
    assert [each["Effect"] for each in statements if each is not alarms] == ["Deny"]
    publishers = {
        role: statement["Resource"]
        for role in stack.resources("AWS::IAM::Role")
        for statement in stack.statements(role)
        if "sns:Publish" in stack.as_list(statement["Action"])
    }
    assert publishers == {"NotifyFailureRole": TOPIC}
    (key,) = (
        statement["Resource"]
        for statement in stack.statements("NotifyFailureRole")
        if "kms:GenerateDataKey" in stack.as_list(statement["Action"])
    )
    assert key == {"Fn::GetAtt": ["AlertKey", "Arn"]}


def test_an_address_is_subscribed_only_where_one_is_given() -> None:
    subscription = stack.template()["Resources"]["AlertSubscription"]
    condition = stack.template()["Conditions"][subscription["Condition"]]
    assert condition == {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlertEmail"}, ""]}]}
    assert subscription["Properties"] == {
        "TopicArn": TOPIC,
        "Protocol": "email",
        "Endpoint": {"Ref": "AlertEmail"},
    }
    assert stack.template()["Parameters"]["AlertEmail"]["Default"] == ""


def test_whatever_cannot_be_delivered_waits_in_the_queue_that_is_watched() -> None:
    targets = [schedule["Target"] for schedule in stack.resources("AWS::Scheduler::Schedule").values()]
    targets += [
        target for rule in stack.resources("AWS::Events::Rule").values() for target in rule["Targets"]
    ]
    assert [target["DeadLetterConfig"]["Arn"] for target in targets] == [QUEUE] * len(targets)
    on_failure = stack.functions()["NotifyFailure"]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert on_failure == {"Type": "SQS", "Destination": QUEUE}
    alarm = ALARMS["UndeliveredAlarm"]
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    (dimension,) = alarm["Dimensions"]
    assert dimension == {"Name": "QueueName", "Value": {"Fn::GetAtt": ["UndeliveredQueue", "QueueName"]}}


def test_an_alert_that_cannot_be_sent_is_watched() -> None:
    alarm = ALARMS["AlertFailedAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Errors")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "NotifyFailureFunction"}}]


@pytest.mark.parametrize("alarm", ["UndeliveredAlarm", "AlertFailedAlarm"])
def test_one_is_one_too_many_and_silence_is_good(alarm: str) -> None:
    properties = ALARMS[alarm]
    assert (properties["Threshold"], properties["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    assert (properties["EvaluationPeriods"], properties["TreatMissingData"]) == (1, "notBreaching")
