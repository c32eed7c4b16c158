"""The rule of docs/events.md: our own events through its pattern, on moto's EventBridge."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import boto3
from moto import mock_aws

from finopsguard.aws.events import AwsEventBus
from finopsguard.channels import events
from finopsguard.channels.event_bus import DetailBus
from finopsguard.models.event import IncidentEvent
from tests.unit.fakes import make_run
from tests.unit.report.cases import CASES

ROOT = Path(__file__).parents[3]
PATTERN = (ROOT / "deploy" / "event-rule.json").read_text("utf-8")
REPORT = CASES["graded"]("en")
NAME = "finops-incidents"


def told() -> list[IncidentEvent]:
    """New, grown and closed, of each severity, and one that is high but invented."""
    run = make_run(run_id=REPORT.run_id)
    made = [events.event(line, change, REPORT, run, None) for line, change in events.changes(REPORT)]
    return [*made, replace(made[0], data_source="mock", event_id="0" * 32)]


def test_the_rule_takes_what_is_high_and_new_or_grown_and_nothing_else() -> None:
    with mock_aws():
        client, queues = (boto3.client(name, region_name="eu-west-1") for name in ("events", "sqs"))
        bus = client.create_event_bus(Name=NAME)["EventBusArn"]
        queue = queues.create_queue(QueueName="tickets")["QueueUrl"]
        arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        client.put_rule(Name="finops-high", EventBusName=NAME, EventPattern=PATTERN)
        client.put_targets(Rule="finops-high", EventBusName=NAME, Targets=[{"Id": "queue", "Arn": arn}])
        given = told()
        answer = DetailBus(AwsEventBus(lambda: client, bus)).put(given)
        came = []
        while found := queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            came += [json.loads(each["Body"])["detail"] for each in found]

    assert answer.taken == [True] * len(given)
    assert answer.trouble is None
    wanted = [
        each.event_id
        for each in given
        if each.severity == "high" and each.change != "closed" and each.data_source != "mock"
    ]
    assert sorted(each["event_id"] for each in came) == sorted(wanted)
    assert 0 < len(wanted) < len(given) - 1


def test_the_page_shows_the_rule_as_it_is() -> None:
    assert f"```json\n{PATTERN}```" in (ROOT / "docs" / "events.md").read_text("utf-8")
