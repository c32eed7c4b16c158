"""An Organization trail through Athena: the same events as the event history has, paid once, and nothing of people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from finopsguard import errors
from finopsguard.accounts import trail_statement
from finopsguard.accounts.organization_trail import ANSWER_WAITS, SERVICES, OrganizationTrail
from finopsguard.accounts.trail import AwsTrail
from finopsguard.aws import trail as border
from finopsguard.aws.athena import Athena
from finopsguard.aws.clients import Clients
from finopsguard.aws.trail_files import size_below
from finopsguard.costs import scanned
from finopsguard.costs.scanned import Limit, TrailMeter
from finopsguard.models.report import TrailUse
from finopsguard.models.trail import TrailEvents, TrailQuestion
from finopsguard.ports import Place
from finopsguard.store import keys
from finopsguard.store.memory import MemoryStore
from tests import planted
from tests.standins import StandIns, trail_table
from tests.standins.athena import WORKGROUP
from tests.standins.cloudtrail import role
from tests.standins.s3 import BUCKET as OWN_BUCKET
from tests.unit.fakes import make_run

OWN, MEMBER = "111100000000", "111100000001"
AT = datetime(2026, 11, 14, 22, 10, tzinfo=UTC)
RUN = make_run()
ASKED = TrailQuestion(
    MEMBER, "eu-west-1", AT - timedelta(days=8), AT + timedelta(days=1), ("i-0abc",), ("RunInstances",)
)
PERSON = role("AWSReservedSSO_Ops_0123456789abcdef", "ana@firma.example")
AGENT = "APN/1.0 HashiCorp/1.0 Terraform/1.9.5"
LIMIT = Limit(1, Decimal(50))
Make = Callable[..., OrganizationTrail]


class OwnBucket(MemoryStore):
    """Our bucket, of which Athena's stand-in writes the objects."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        super().__init__()
        self.objects = objects

    def place(self, key: str) -> Place:
        return Place("aws", "us-east-1", OWN_BUCKET, key)


@pytest.fixture(scope="module")
def running() -> Iterator[StandIns]:
    with StandIns() as found:
        yield found


@pytest.fixture(scope="module")
def made_clients() -> Clients:
    return Clients("us-east-1")


@pytest.fixture
def world(running: StandIns, monkeypatch: pytest.MonkeyPatch) -> StandIns:
    for name, value in {**running.environ(), "AWS_ENDPOINT_URL_S3": running.endpoint}.items():
        monkeypatch.setenv(name, value)
    running.cloudtrail.acts.clear()
    running.cloudtrail.bucket_denied = False
    running.s3.objects.clear()
    running.athena.__init__(running.sts, running.exports, running.s3)  # type: ignore[misc]
    running.athena.acts = lambda: running.cloudtrail.acts
    return running


@pytest.fixture
def store(world: StandIns) -> OwnBucket:
    return OwnBucket(world.s3.objects)


@pytest.fixture
def make(made_clients: Clients, store: OwnBucket) -> Make:
    def made(
        *, shorten: bool = True, table: str = trail_table.TABLE, limit: Limit = LIMIT
    ) -> OrganizationTrail:
        athena = Athena(
            made_clients.athena,
            made_clients.glue,
            workgroup=WORKGROUP,
            database=trail_table.DATABASE,
            table=table,
            services=SERVICES,
        )
        return OrganizationTrail(
            lambda: athena,
            lambda bucket, prefix: size_below(made_clients.s3(), bucket, prefix),
            lambda run: TrailMeter(store, run, limit),
            store,
            shorten=shorten,
            sleep=lambda _: None,
        )

    return made


def ran(world: StandIns, name: str = "RunInstances", at: datetime = AT, **more: Any) -> None:
    instance = {"instancesSet": {"items": [{"instanceId": "i-0abc", "instanceType": "p5.48xlarge"}]}}
    given: dict[str, Any] = {
        "account_id": MEMBER,
        "identity": role("terraform-deploy"),
        "userAgent": AGENT,
        "requestParameters": {"instanceType": "p5.48xlarge", "imageId": "ami-1"},
        "responseElements": instance,
        "resources_named": ("i-0abc",),
        **more,
    }
    named = given.pop("resources_named")
    world.cloudtrail.record(name, at, resources=named, **given)


# ---- what is found ---------------------------------------------------------------------------------------------------


def test_it_is_what_the_event_history_says_without_a_role_in_the_account(
    world: StandIns, make: Make, made_clients: Clients
) -> None:
    """Of events of all kinds, in the account that is asked for and in others."""
    ran(world)
    ran(world, at=AT - timedelta(days=3), identity=PERSON)
    ran(world, "ModifyInstanceAttribute", requestParameters={"instanceId": "i-0abc"}, responseElements=None)
    ran(
        world,
        "StopInstances",
        requestParameters={"instanceId": "i-0abcdef"},
        responseElements=None,
        resources_named=("i-0abcdef",),
    )
    refused: tuple[dict[str, Any], ...] = (
        {"errorCode": "Client.UnauthorizedOperation"},
        {"errorMessage": "no"},
        {"readOnly": True},
    )
    for hour, why in enumerate(refused, start=1):
        ran(world, at=AT - timedelta(hours=hour), **why)
    ran(world, account_id=OWN)
    ran(world, region="us-east-1")
    ran(world, at=AT + timedelta(days=1))
    ran(world, identity={"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"})
    role_arn = f"arn:aws:iam::{MEMBER}:role/FinOpsGuardTrail"
    world.sts.roles = {role_arn}
    history = AwsTrail(
        made_clients.cloud_trail,
        lambda: border.own_account(made_clients.sts()),
        made_clients.partition,
        role="FinOpsGuardTrail",
        shorten=True,
        sleep=lambda _: None,
    )
    told = make().events(RUN, ASKED)
    assert without_listed(told) == without_listed(history.events(RUN, ASKED))
    assert [event.name for event in told.events].count("RunInstances") == 3
    assert all("i-0abc" in event.resources for event in told.events)


def without_listed(found: TrailEvents) -> list[Any]:
    """The event history lists what a record does not name besides; what was asked for is in both."""
    return sorted((event._replace(resources=event.resources & {"i-0abc"}) for event in found.events), key=str)


@pytest.mark.parametrize("shorten", [True, False])
def test_no_address_of_a_person_is_written_by_athena_where_names_are_shortened(
    world: StandIns, make: Make, store: OwnBucket, shorten: bool
) -> None:
    ran(
        world,
        identity=PERSON,
        userAgent="console ana@firma.example",
        requestParameters={"tags": ["ana@firma.example"], "more": '"ana@firma.example"'},
    )
    dict.update(world.cloudtrail.acts[-1].record, resources=[{"ARN": "arn:aws:x:::ana@firma.example/i-0abc"}])
    (event,) = make(shorten=shorten).events(RUN, ASKED).events
    (answer,) = (data for key, data in store.objects.items() if key.endswith(".csv"))
    assert (b"firma.example" not in answer, "firma.example" not in repr(event)) == (shorten, shorten)
    assert event.principal == f"sso/Ops/{'ana@…' if shorten else 'ana@firma.example'}"
    assert planted.MARK.encode() not in answer, "neither keys nor addresses are asked for"


def test_of_a_name_with_too_many_events_it_is_said(world: StandIns, make: Make, monkeypatch: Any) -> None:
    monkeypatch.setattr(trail_statement, "EVENTS_OF_A_NAME", 2)
    for hour in range(3):
        ran(world, at=AT + timedelta(hours=hour), responseElements=None)
    ran(world, "StopInstances", responseElements=None)
    asked = replace(ASKED, names=("RunInstances", "StopInstances"))
    found = make().events(RUN, asked)
    assert (found.cut, len(found.events)) == (frozenset({"RunInstances"}), 3)
    monkeypatch.setattr(trail_statement, "MOST_EVENTS", 3)
    assert make().events(RUN, asked).cut == {"RunInstances", "StopInstances"}


def test_what_is_longer_than_is_read_names_nobody(world: StandIns, make: Make, monkeypatch: Any) -> None:
    monkeypatch.setattr(trail_statement, "LONGEST_FIELD", 10)
    ran(world)
    (event,) = make().events(RUN, ASKED).events
    assert event.resources == frozenset()


@pytest.mark.parametrize("hostile", ["i-0'); DROP TABLE x; --", "'", '"', "%", "i\\'0", "${day}", "?"])
def test_untrusted_texts_are_texts(world: StandIns, make: Make, hostile: str) -> None:
    ran(world, responseElements={"instanceId": hostile}, identity=role(hostile))
    ran(world, "StopInstances", responseElements={"instanceId": "another"})
    asked = replace(ASKED, resources=(hostile,), names=(hostile,))
    (event,) = make().events(RUN, asked).events
    assert (event.resources, event.principal) == (frozenset({hostile}), f"role/{hostile}")


# ---- what it costs ---------------------------------------------------------------------------------------------------


def test_only_the_folders_of_the_question_are_scanned_and_it_is_paid_once(
    world: StandIns, make: Make, store: OwnBucket
) -> None:
    ran(world)
    ran(world, account_id=OWN)
    ran(world, at=AT - timedelta(days=30))
    trail = make()
    assert trail.events(RUN, ASKED) == trail.events(RUN, ASKED)
    (query,) = world.athena.queries.values()
    (size,) = (
        len(data) for key, data in trail_table.files_of(world.cloudtrail.acts).items() if "/000000." in key
    )
    assert query.scanned == size
    assert scanned.trail_use(store, RUN) == TrailUse(1, size, Decimal("0.00005"))
    assert scanned.use(store, replace(RUN, data_source="data_export")).readings == 0  # type: ignore[union-attr]
    assert scanned.usd_of_month(store, RUN) == Decimal("0.00005")
    assert trail.events(replace(RUN, run_id="another"), ASKED).events
    assert len(world.athena.queries) == 2, "another report asks anew, for trails come late"


def test_more_than_is_allowed_is_not_begun(world: StandIns, make: Make, monkeypatch: Any) -> None:
    ran(world)
    with pytest.raises(errors.BudgetExceeded, match=r"trail of account 1+0+1 .*MAX_ATHENA_USD_MONTH"):
        make(limit=Limit(1, Decimal(0))).events(RUN, ASKED)
    monkeypatch.setattr(scanned, "GB", 1)
    with pytest.raises(errors.BudgetExceeded, match="FINOPSGUARD_MAX_ATHENA_GB"):
        make().events(RUN, ASKED)
    assert not world.athena.queries


def test_one_that_failed_or_is_not_over_counts_as_aws_charges_it(
    world: StandIns, make: Make, store: OwnBucket
) -> None:
    ran(world)
    world.athena.looks = len(ANSWER_WAITS) + 1
    with pytest.raises(errors.TrailUnavailable, match="still reads the trail"):
        make().events(RUN, ASKED)
    most = scanned.trail_use(store, RUN)
    assert most and most.bytes > 0
    assert make().events(RUN, ASKED).events, "a second attempt finds it"
    world.athena.looks, world.athena.ends = 0, [("FAILED", "SYNTAX_ERROR", False)]
    failed = replace(RUN, run_id="failed")
    with pytest.raises(errors.TrailRejected, match="SYNTAX_ERROR"):
        make().events(failed, ASKED)
    assert scanned.trail_use(store, failed) == TrailUse(1, 0, Decimal(0))


# ---- what is not there -----------------------------------------------------------------------------------------------

TABLE_OF_ONE_REGION = "s3://trail-of-the-organization/AWSLogs/${account}/CloudTrail/eu-west-1/${day}"
TABLE_OF_ANY_REGION = "s3://trail-of-the-organization/${organization}/${account}/CloudTrail/${day}"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"trail_template": ""}, "would scan the whole trail"),
        ({"trail_template": TABLE_OF_ONE_REGION}, "would scan the whole trail"),
        ({"trail_template": TABLE_OF_ANY_REGION}, "would scan the whole trail"),
        ({"trail_partitions": ("region", "day")}, "would scan the whole trail"),
        ({"trail_template": f"s3://x-bucket/${{org}}/{trail_table.TEMPLATE}"}, "would scan the whole trail"),
    ],
)
def test_a_table_that_is_not_partitioned_so_is_refused_before_anything_is_scanned(
    world: StandIns, make: Make, change: dict[str, Any], says: str
) -> None:
    for name, value in change.items():
        setattr(world.athena, name, value)
    with pytest.raises(errors.TrailRejected, match=says):
        make().events(RUN, ASKED)
    assert not world.athena.queries


@pytest.mark.parametrize("day", ["timestamp", "date", "day"])
def test_partitions_have_the_names_that_aws_documents(world: StandIns, make: Make, day: str) -> None:
    table = Athena.table(make()._athena())
    named = table._replace(
        partitions=("account_id", "region", day),
        template=table.template.replace("${account}", "${account_id}").replace("${day}", f"${{{day}}}"),
    )
    trail = trail_statement.trail_of(named, "a", "b")
    (first, *_) = trail.folders(ASKED)
    assert first == f"AWSLogs/o-exampleorgid/{MEMBER}/CloudTrail/eu-west-1/2026/11/06/"
    assert f"\"{day}\" >= '2026/11/06'" in trail_statement.select(trail, ASKED, shorten=True)


def test_a_table_without_a_column_is_named(make: Make) -> None:
    table = Athena.table(make()._athena())
    columns = {name: kind for name, kind in table.columns.items() if name != "readonly"}
    with pytest.raises(errors.TrailRejected, match="has no readonly"):
        trail_statement.trail_of(table._replace(columns=columns), "a", "b")


def test_an_account_of_which_the_trail_has_nothing_is_said(world: StandIns, make: Make) -> None:
    ran(world, account_id=OWN)
    with pytest.raises(errors.TrailRejected, match=r"no file of account 1+0+1 .*whole Organization"):
        make().events(RUN, ASKED)


def test_what_may_not_be_read_or_is_not_there_is_named(world: StandIns, make: Make, store: OwnBucket) -> None:
    ran(world)
    with pytest.raises(errors.TrailRejected, match="FINOPSGUARD_TRAIL_DATABASE"):
        make(table="another").events(RUN, ASKED)
    world.athena.ends = [("FAILED", "Access denied when writing", False), ("FAILED", "a node was lost", True)]
    with pytest.raises(errors.TrailAccessDenied, match="s3:GetObject"):
        make().events(RUN, ASKED)
    with pytest.raises(errors.TrailUnavailable, match="next report"):
        make().events(replace(RUN, run_id="2"), ASKED)
    world.athena.enforced = "s3://elsewhere/"
    with pytest.raises(errors.TrailRejected, match="EnforceWorkGroupConfiguration"):
        make().events(replace(RUN, run_id="3"), ASKED)
    world.athena.enforced = ""
    world.athena.before_run = lambda: clear_answers(store)
    with pytest.raises(errors.TrailUnavailable, match="is gone"):
        make().events(replace(RUN, run_id="4"), ASKED)
    world.cloudtrail.bucket_denied = True
    with pytest.raises(errors.TrailAccessDenied, match="s3:ListBucket to the role on it and s3:GetObject"):
        make().events(RUN, ASKED)


def clear_answers(store: OwnBucket) -> None:
    for key in [key for key in store.objects if keys.UNLOADED_LIST.matches(key)]:
        del store.objects[key]


@pytest.mark.parametrize("answer", [b"\xff", b"a,b\n1,2\n", b"", b'"of_name","requestparameters"\n"1","{"\n'])
def test_an_answer_that_is_none_is_refused(answer: bytes) -> None:
    if answer:
        with pytest.raises(errors.TrailRejected, match="cannot be read"):
            trail_statement.rows(answer)
    else:
        assert trail_statement.rows(answer) == []
