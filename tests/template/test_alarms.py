"""The last resort in template.yaml: who may publish to the topic, what is watched, and where every alarm goes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from finopsguard import contracts, telemetry
from finopsguard.models.messages import Heartbeat, HeartbeatRequest
from tests.template import iam, stack

TOPIC = {"Ref": "AlertTopic"}
QUEUE = {"Fn::GetAtt": ["UndeliveredQueue", "Arn"]}
KEY = {"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, {"Fn::GetAtt": ["AlertKey", "Arn"]}]}
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
    assert topic["KmsMasterKeyId"] == KEY
    assert stack.template()["Resources"]["AlertKey"]["Condition"] == "HasOwnAlertKey"
    key = stack.resources("AWS::KMS::Key")["AlertKey"]
    assert key["EnableKeyRotation"] is True
    (alarms,) = allowed(key["KeyPolicy"]["Statement"], "cloudwatch")
    assert alarms["Action"] == ["kms:GenerateDataKey*", "kms:Decrypt"]
    assert "Condition" not in alarms


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
    assert KEY in [
        statement["Resource"]
        for statement in stack.statements("NotifyFailureRole")
        if "kms:GenerateDataKey" in stack.as_list(statement["Action"])
    ]


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


@pytest.mark.parametrize("report", ["daily", "weekly"])
def test_a_report_that_does_not_come_is_alarming_and_an_age_that_is_not_sent_too(report: str) -> None:
    alarm = ALARMS[f"{report.title()}MissingAlarm"]
    age = telemetry.metrics().namespace, f"{report.title()}ReportAgeHours"
    assert (alarm["Namespace"], alarm["MetricName"]) == age
    # The dimension that Powertools gives every metric: tests/unit/test_runtime.py.
    assert alarm["Dimensions"] == [{"Name": "service", "Value": {"Ref": "AWS::StackName"}}]
    variables = stack.template()["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["Threshold"] == {"Ref": f"{report.title()}MissingHours"}
    # Documented by AWS: a period of an hour or more times the periods is at most 604,800 s.
    assert 3600 <= alarm["Period"] * alarm["EvaluationPeriods"] <= 604_800


def test_the_first_monthly_report_may_be_weeks_away_and_a_later_one_that_does_not_come_is_alarming() -> None:
    alarm = ALARMS["MonthlyMissingAlarm"]
    assert alarm["MetricName"] == "MonthlyReportAgeHours"
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["Threshold"] == {"Ref": "MonthlyMissingHours"}
    assert stack.template()["Parameters"]["MonthlyMissingHours"]["Default"] == (5 * 7 + 1) * 24


def test_the_limits_are_a_report_and_its_time_out_and_a_weekly_one_has_a_day() -> None:
    parameters = stack.template()["Parameters"]
    assert parameters["DailyMissingHours"]["Default"] == 24 + 2
    assert parameters["WeeklyMissingHours"]["Default"] == 8 * 24


@pytest.mark.parametrize("report", ["Daily", "Weekly", "Monthly"])
def test_it_is_waited_for_a_report_that_is_switched_on_also_where_its_schedule_is_off_by_hand(
    report: str,
) -> None:
    resource = stack.template()["Resources"][f"{report}MissingAlarm"]
    conditions = stack.template()["Conditions"]
    assert conditions[resource["Condition"]] == {"Fn::Equals": [{"Ref": f"{report}State"}, "ENABLED"]}


def test_the_age_is_measured_twice_in_an_alarm_s_period_while_any_report_is_switched_on() -> None:
    heartbeat = stack.resources("AWS::Scheduler::Schedule")["Heartbeat"]
    assert heartbeat["ScheduleExpression"] == "rate(30 minutes)"
    assert heartbeat["State"] == {"Fn::If": ["AnyIsOn", "ENABLED", "DISABLED"]}
    any_is_on = stack.template()["Conditions"]["AnyIsOn"]["Fn::Or"]
    assert [each["Condition"] for each in any_is_on] == ["WeeklyIsOn", "DailyIsOn", "MonthlyIsOn"]
    sent = json.loads(
        heartbeat["Target"]["Input"].replace("<aws.scheduler.scheduled-time>", "2026-11-16T08:00:00Z")
    )
    assert contracts.from_json(HeartbeatRequest, sent).at == datetime(2026, 11, 16, 8, tzinfo=UTC)
    invoked = [
        each["Resource"]
        for each in stack.statements("ScheduleRole")
        if each["Action"] == "lambda:InvokeFunction"
    ]
    assert invoked == [heartbeat["Target"]["Arn"]]


@pytest.mark.parametrize(
    ("alarm", "metric"), [("VerdictFailedAlarm", "Url5xxCount"), ("VerdictRefusedAlarm", "Url4xxCount")]
)
def test_what_the_verdict_links_refuse_and_fail_at_is_watched_where_they_are(alarm: str, metric: str) -> None:
    properties = ALARMS[alarm]
    assert (properties["Namespace"], properties["MetricName"]) == ("AWS/Lambda", metric)
    assert properties["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "TakeVerdictFunction"}}]
    assert stack.template()["Resources"][alarm]["Condition"] == "HasVerdictLinks"
    assert properties["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("alarm", ["UndeliveredAlarm", "AlertFailedAlarm", "VerdictFailedAlarm"])
def test_one_is_one_too_many_and_silence_is_good(alarm: str) -> None:
    properties = ALARMS[alarm]
    assert (properties["Threshold"], properties["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    assert (properties["EvaluationPeriods"], properties["TreatMissingData"]) == (1, "notBreaching")


def metrics(alarm: str) -> list[dict[str, Any]]:
    """What an alarm adds up, whose sum is its one result."""
    total, *parts = ALARMS[alarm]["Metrics"]
    assert total["Expression"] == "SUM(FILL(METRICS(), 0))"
    assert [each["ReturnData"] for each in parts] == [False] * len(parts)
    assert {each["MetricStat"]["Stat"] for each in parts} == {"Sum"}
    return [each["MetricStat"]["Metric"] for each in parts]


def test_each_way_to_end_without_a_report_is_watched() -> None:
    machine = [{"Name": "StateMachineArn", "Value": {"Ref": "StateMachine"}}]
    ways = metrics("ExecutionAlarm")
    assert {each["MetricName"] for each in ways} == {
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "ExecutionsAborted",
    }
    assert [each["Dimensions"] for each in ways] == [machine] * 3
    throttled = ALARMS["ThrottledAlarm"]
    assert (throttled["MetricName"], throttled["Dimensions"]) == ("ExecutionThrottled", machine)


def test_the_errors_of_every_function_are_watched_but_those_that_the_gate_means() -> None:
    watched = {
        each["Dimensions"][0]["Value"]["Ref"].removesuffix("Function")
        for each in metrics("FunctionErrorsAlarm")
    }
    # AlertFailedAlarm, an age that is not sent, and VerdictFailedAlarm.
    own = {"NotifyFailure", "CheckHeartbeat", "TakeVerdict"}
    assert watched == stack.functions().keys() - {"HoldForRedrive"} - own


def test_a_start_that_was_given_up_is_seen_among_the_stacks_own_schedules() -> None:
    group = {"Ref": "Schedules"}
    schedules = stack.resources("AWS::Scheduler::Schedule").values()
    assert [each["GroupName"] for each in schedules] == [group] * len(schedules)
    alarm = ALARMS["ScheduleDroppedAlarm"]
    assert alarm["MetricName"] == "InvocationDroppedCount"
    assert alarm["Dimensions"] == [{"Name": "ScheduleGroup", "Value": group}]


def test_the_month_s_price_is_held_to_the_limit_where_there_is_one() -> None:
    alarm = stack.template()["Resources"]["CostExplorerBudgetAlarm"]
    percent, usd = alarm["Properties"]["Metrics"]
    assert percent["Expression"] == {"Fn::Sub": "100 * usd / ${MaxCeUsdMonth}"}
    assert (usd["Id"], usd["ReturnData"], usd["MetricStat"]["Stat"]) == ("usd", False, "Maximum")
    metric = usd["MetricStat"]["Metric"]
    assert metric["MetricName"] in {measure(Anything())[0] for measure in telemetry._MEASURES[Heartbeat]}
    assert metric["Dimensions"] == [{"Name": "service", "Value": {"Ref": "AWS::StackName"}}]
    assert alarm["Properties"]["Threshold"] == 80
    # Nothing is divided by a limit of 0, and where no report is switched on nothing measures.
    for limit, holds in ((50, True), (0, False)):
        given = {"WeeklyState": "ENABLED", "MaxCeUsdMonth": str(limit)}
        assert iam.holds({"Condition": alarm["Condition"]}, given) is holds
    assert not iam.holds({"Condition": alarm["Condition"]}, {"MaxCeUsdMonth": "50"})


class Anything:
    """An output of any step, all of whose numbers are 1."""

    def __getattr__(self, name: str) -> int:
        return 1


def test_the_dashboard_shows_metrics_that_are_sent_and_covers_what_the_report_is_asked_for() -> None:
    (dashboard,) = stack.resources("AWS::CloudWatch::Dashboard").values()
    body = json.loads(dashboard["DashboardBody"]["Fn::Sub"])
    names = {("AWS/States", name) for name in ("ExecutionTime", "ExecutionsSucceeded")}
    shown = set[tuple[str, str]]()
    for widget in body["widgets"]:
        namespace, dimension, value = "", "", ""
        for metric in widget["properties"]["metrics"]:
            words = [each for each in metric if isinstance(each, str)]
            if not words:
                continue
            namespace = namespace if words[0] == "." else words[0]
            dimension, value = (dimension, value) if words[2] == "." else (words[2], words[3])
            shown.add((namespace, words[1]))
            of_machine = namespace == "AWS/States"
            assert dimension == ("StateMachineArn" if of_machine else "service")
            assert value == ("${StateMachine}" if of_machine else "${AWS::StackName}")
    own = {name for namespace, name in shown if namespace == telemetry.metrics().namespace}
    assert own <= {measure(Anything())[0] for each in telemetry._MEASURES.values() for measure in each}
    assert own >= {
        "WeeklyReportAgeHours",
        "MonthlyReportAgeHours",
        "CostExplorerRequests",
        "DataAgeHours",
        "Anomalies",
    }
    assert names < shown
