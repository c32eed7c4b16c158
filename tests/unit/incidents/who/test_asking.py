"""What a trail is asked about an incident."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from finopsguard.aws.trail import MOST_REQUESTS
from finopsguard.incidents import who
from finopsguard.incidents.who import kinds
from finopsguard.models.cause import Explained
from finopsguard.models.run import Run
from finopsguard.models.trail import TrailEvents, TrailQuestion
from tests.unit.fakes import make_run
from tests.unit.incidents.who.events import EVENING, GPU, caused, event, incident, resource

NOW = datetime(2026, 11, 18, 8, tzinfo=UTC)


def found(*causes: object, resources: tuple[object, ...] = ()) -> Explained:
    return Explained("one", causes or (caused(),), 3, (), resources)  # type: ignore[arg-type]


class Trail:
    """Answers the same to every question, and keeps them."""

    def __init__(self, *events: object) -> None:
        self.answer = TrailEvents(events)  # type: ignore[arg-type]
        self.questions: list[TrailQuestion] = []

    def events(self, _run: Run, question: TrailQuestion) -> TrailEvents:
        self.questions.append(question)
        return self.answer


def test_a_week_is_asked_for_up_to_the_end_of_the_first_day() -> None:
    (asked,) = who.questions(incident(), found(), NOW)
    assert (asked.account_id, asked.region) == ("111111111111", "eu-west-1")
    assert (asked.since, asked.until) == (
        datetime(2026, 11, 7, 12, tzinfo=UTC),
        datetime(2026, 11, 16, tzinfo=UTC),
    )
    assert {"RunInstances", "UpdateAutoScalingGroup"} <= set(asked.names)
    assert asked.resources == ()


def test_a_story_that_grows_is_asked_for_to_its_last_day() -> None:
    (asked,) = who.questions(incident(status="growing"), found(), NOW)
    assert asked.until == datetime(2026, 11, 18, tzinfo=UTC)


def test_resources_are_asked_for_by_every_name_of_theirs_in_their_own_region() -> None:
    arn = "arn:aws:rds:eu-central-1:1:db:shop"
    named, types = who.questions(incident(), found(resources=(resource(arn), resource("i-1", 5))), NOW)
    assert (named.region, named.resources, named.names) == ("eu-central-1", (arn, "shop"), ())
    assert (types.region, types.resources) == ("eu-west-1", ("i-1",))


def test_where_the_resources_are_known_only_what_stands_behind_them_is_asked_for_by_name() -> None:
    (asked,) = who.questions(incident(), found(resources=(resource("i-1"),)), NOW)
    assert asked.resources == ("i-1",)
    assert "UpdateAutoScalingGroup" in asked.names and "RunInstances" not in asked.names
    volumes = found(caused("EBS:VolumeUsage.gp3"), resources=(resource("vol-1"),))
    assert [each.names for each in who.questions(incident(), volumes, NOW)] == [()]


def test_two_regions_are_asked_at_most_and_what_is_none_never() -> None:
    regions = [caused(GPU, 500, region=f"eu-west-{number}") for number in (1, 2, 3)]
    assert [each.region for each in who.questions(incident(), found(*regions), NOW)] == [
        "eu-west-1",
        "eu-west-2",
    ]
    assert who.questions(incident(), found(caused(region="evil.example/x")), NOW) == ()


def test_nothing_is_asked_where_no_event_can_be_why_or_none_is_kept_any_more() -> None:
    assert who.questions(incident(), found(caused("DataTransfer-Out-Bytes")), NOW) == ()
    assert who.questions(incident(account_id=""), found(), NOW) == ()
    long_ago = incident(start=date(2026, 8, 24), last_day=date(2026, 11, 17))
    assert who.questions(long_ago, found(), NOW) == ()


@pytest.mark.parametrize("direction", [1, -1])
def test_all_names_of_a_kind_fit_into_the_requests_of_a_question(direction: int) -> None:
    """Half of them is left for resources and further pages."""
    for row in kinds._TABLE:
        names = row.kind.rises if direction > 0 else row.kind.falls
        assert 0 < len(names) <= MOST_REQUESTS * 0.6


def test_the_answer_is_judged_and_the_causes_stay() -> None:
    trail, explained = Trail(event()), replace(found(), unread=("weeks", "trail"))
    told = who.asked(incident(), explained, replace(make_run(), scheduled_time=NOW), trail)
    assert [act.at for act in told.who] == [EVENING]
    assert (told.causes, told.requests, told.unread) == (explained.causes, 3, ("weeks",))
    assert len(trail.questions) == 1


@pytest.mark.parametrize(
    ("usage_type", "service", "name"),
    [
        ("EUW2-BoxUsage:p5.48xlarge", "", "RunInstances"),
        ("EU-EBS:VolumeUsage.gp3", "EC2 - Other", "ModifyVolume"),
        ("NatGateway-Hours", "EC2 - Other", "CreateNatGateway"),
        ("USE1-Notebk:ml.p3.8xlarge", "Amazon SageMaker", "CreateNotebookInstance"),
        ("EU-Host:ml.m5.xlarge", "Amazon SageMaker", "CreateEndpoint"),
        ("EU-Train:ml.m5.4xlarge", "Amazon SageMaker", "CreateTrainingJob"),
        ("EU-Multi-AZUsage:db.r5.xlarge", "Amazon Relational Database Service", "ModifyDBInstance"),
        ("EU-NodeUsage:cache.r6g.large", "Amazon ElastiCache", "ModifyReplicationGroup"),
        ("EU-Node:ra3.4xlarge", "Amazon Redshift", "ResumeCluster"),
        ("EU-Lambda-GB-Second", "AWS Lambda", "UpdateFunctionConfiguration20150331v2"),
        ("EU-ReadCapacityUnit-Hrs", "Amazon DynamoDB", "UpdateTable"),
        ("EU-LoadBalancerUsage", "Amazon Elastic Load Balancing", "CreateLoadBalancer"),
        ("EU-TimedStorage-ByteHrs", "Amazon Simple Storage Service", "PutBucketLifecycle"),
        ("EU-TimedStorage-ByteHrs", "Amazon DynamoDB", None),
        ("EU-TimedStorage-ByteHrs", "", None),
        ("EU-NatGateway-Bytes", "EC2 - Other", None),
        ("EU-WriteRequestUnits", "Amazon DynamoDB", None),
        ("EU-Requests-Tier1", "Amazon Simple Storage Service", None),
        ("USE1-TokenUsage-input-tokens", "Amazon Bedrock", None),
    ],
)
def test_the_events_of_a_usage_type(usage_type: str, service: str, name: str | None) -> None:
    kind = kinds.kind_of(usage_type, service)
    assert (kind is not None and name in {each.name for each in kind.rises}) if name else kind is None


@pytest.mark.parametrize(
    ("usage_type", "size"),
    [
        ("EUW2-BoxUsage:p5.48xlarge", "p5.48xlarge"), ("InstanceUsage:db.r5.xlarge", "db.r5.xlarge"),
        ("Notebk:ml.p3.8xlarge", "ml.p3.8xlarge"), ("EU-EBS:VolumeUsage.gp3", "gp3"),
        ("EBS:VolumeP-IOPS.io2", "io2"), ("NatGateway-Hours", None),
    ],
)  # fmt: skip
def test_the_type_that_an_event_may_state(usage_type: str, size: str | None) -> None:
    assert kinds.size_of(usage_type) == size


def test_the_largest_resources_are_asked_for() -> None:
    given = tuple(resource(f"i-{number}", number) for number in (1, 5, 3, 4))
    (asked,) = who.questions(incident(), found(resources=given), NOW)
    assert asked.resources == ("i-5", "i-4", "i-3")
    assert asked.until - asked.since == timedelta(days=8, hours=12)
    assert Decimal(5) == given[1].impact
