"""The store in S3, on moto; its conditional writes also where answers are lost or writers meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError
from botocore.stub import Stubber
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT_ID
from moto.s3.models import s3_backends
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from finopsguard.aws.clients import Clients
from finopsguard.errors import InvalidConfiguration, ObjectMissing, StoreAccessDenied, StoreUnavailable
from finopsguard.ports import Place, Store
from finopsguard.store.bucket import BucketStore
from tests.recorder import STORE_ACTIONS

BUCKET = "finopsguard-reports"
KEY = "runs/weekly-2026-11-16/report.json"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = Clients("us-east-1").s3()
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def store(s3: Any) -> BucketStore:
    return BucketStore(s3, BUCKET, new_writer=lambda: "writer-1")


def lose_answers(s3: Any, times: int) -> None:
    """The next PutObject calls end with a closed connection."""
    left = iter(range(times))

    def close(**_: object) -> None:
        if next(left, None) is not None:
            raise ConnectionClosedError(endpoint_url="https://s3.amazonaws.com")

    s3.meta.events.register_first("before-send.s3.PutObject", close)


def test_written_bytes_are_read_back(store: BucketStore) -> None:
    assert not store.exists(KEY)
    store.write(KEY, b"\x00first")
    store.write(KEY, b"\x00second")
    assert store.exists(KEY)
    assert store.read(KEY) == b"\x00second"


def test_a_missing_object_is_named(store: BucketStore) -> None:
    with pytest.raises(ObjectMissing, match=r"report\.json is not in the bucket"):
        store.read(KEY)


@pytest.mark.parametrize("broken", [ProtocolError("Connection broken"), ReadTimeoutError(None, "", "slow")])  # type: ignore[arg-type]
def test_an_answer_without_an_object_that_breaks_off_is_transient(
    store: BucketStore, monkeypatch: pytest.MonkeyPatch, broken: HTTPError
) -> None:
    """botocore reads the body of a refusal itself where the operation's own would be a stream, and lets errors pass."""

    def breaks_off(answer: AWSResponse) -> bytes:
        raise broken

    monkeypatch.setattr(AWSResponse, "content", property(breaks_off))
    with pytest.raises(StoreUnavailable, match="could not be reached"):
        store.read(KEY)


def test_create_writes_only_the_first_time(store: BucketStore) -> None:
    assert store.create(KEY, b"first")
    assert not store.create(KEY, b"second")
    assert store.read(KEY) == b"first"


def test_create_does_not_replace_what_was_written(store: BucketStore) -> None:
    store.write(KEY, b"first")
    assert not store.create(KEY, b"second")


def test_a_creation_whose_answer_was_lost_is_ours(s3: Any, store: BucketStore) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"first", Metadata={"writer": "writer-1"})
    lose_answers(s3, 1)
    assert store.create(KEY, b"first")


def test_another_writers_object_is_not_ours_after_a_lost_answer(s3: Any, store: BucketStore) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"first", Metadata={"writer": "writer-2"})
    lose_answers(s3, 1)
    assert not store.create(KEY, b"first")


def test_a_lost_connection_is_survived_and_then_transient(s3: Any, store: BucketStore) -> None:
    lose_answers(s3, 4)
    store.write(KEY, b"first")
    assert store.read(KEY) == b"first"
    lose_answers(s3, 5)
    with pytest.raises(StoreUnavailable, match="could not be reached"):
        store.write(KEY, b"second")


def test_a_writer_at_the_same_moment_is_waited_for(s3: Any, store: BucketStore) -> None:
    with Stubber(s3) as stubber:
        for _ in range(2):
            stubber.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
        stubber.add_client_error("put_object", "PreconditionFailed", http_status_code=412)
        assert not store.create(KEY, b"first")
        stubber.assert_no_pending_responses()


def test_writers_that_go_on_meeting_are_transient(s3: Any, store: BucketStore) -> None:
    with Stubber(s3) as stubber:
        for _ in range(3):
            stubber.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
        with pytest.raises(StoreUnavailable, match="being written by somebody else"):
            store.create(KEY, b"first")


@pytest.mark.parametrize("method", ["write", "create"])
def test_a_refused_write(s3: Any, store: BucketStore, method: str) -> None:
    with Stubber(s3) as stubber:
        stubber.add_client_error("put_object", "AccessDenied", http_status_code=403)
        with pytest.raises(StoreAccessDenied, match="s3:PutObject"):
            getattr(store, method)(KEY, b"first")


def test_an_object_that_may_not_be_looked_at_is_not_called_missing(s3: Any, store: BucketStore) -> None:
    with Stubber(s3) as stubber:
        stubber.add_client_error("head_object", "403", http_status_code=403)
        with pytest.raises(StoreAccessDenied, match="s3:ListBucket"):
            store.exists(KEY)


def test_a_proxy_s_answer_is_not_taken_for_an_object_that_is_there(s3: Any, store: BucketStore) -> None:
    with Stubber(s3) as stubber:
        stubber.add_response("head_object", {})
        with pytest.raises(StoreUnavailable):
            store.exists(KEY)


def test_a_missing_bucket(s3: Any) -> None:
    elsewhere = BucketStore(s3, "no-such-bucket")
    for call in (lambda: elsewhere.read(KEY), lambda: elsewhere.create(KEY, b"")):
        with pytest.raises(InvalidConfiguration, match="FINOPSGUARD_BUCKET"):
            call()


def test_every_creation_signs_itself_anew(s3: Any) -> None:
    store = BucketStore(s3, BUCKET)
    store.create("one", b"")
    store.create("two", b"")
    writers = {s3.head_object(Bucket=BUCKET, Key=key)["Metadata"]["writer"] for key in ("one", "two")}
    assert len(writers) == 2


def test_keys_are_listed_by_prefix_over_more_than_one_page(s3: Any, store: BucketStore) -> None:
    keys = [f"incidents/aws/2026-11-23/{number:04d}.json" for number in range(1, 1003)]
    for key in [*keys, "incidents/mock/2026-11-23/001.json", "runs/x.json"]:
        # Where a PutObject ends: a thousand of them on their way take four seconds.
        s3_backends[ACCOUNT_ID]["aws"].put_object(BUCKET, key, b"")
    asked = []
    s3.meta.events.register("before-send.s3.ListObjectsV2", lambda **request: asked.append(request))
    assert store.list("incidents/aws/") == keys
    assert len(asked) == 2
    assert store.list("incidents/none/") == []


def test_a_listing_that_is_refused_or_no_answer_is_not_called_empty(s3: Any, store: BucketStore) -> None:
    with Stubber(s3) as stubber:
        stubber.add_client_error("list_objects_v2", "AccessDenied", http_status_code=403)
        with pytest.raises(StoreAccessDenied, match="s3:ListBucket"):
            store.list("incidents/aws/")
        stubber.add_response("list_objects_v2", {})
        with pytest.raises(StoreUnavailable, match="could not be reached"):
            store.list("incidents/aws/")
    with pytest.raises(InvalidConfiguration, match="FINOPSGUARD_BUCKET"):
        BucketStore(s3, "no-such-bucket").list("incidents/aws/")


def test_a_page_link_reads_the_page_for_so_long(store: BucketStore) -> None:
    store.write(KEY, b"<!doctype html>")
    link = store.page_link(KEY, timedelta(hours=12))
    assert link is not None
    query = parse_qs(urlsplit(link).query)
    assert query["X-Amz-Expires"] == ["43200"]
    assert query["response-content-type"] == ["text/html; charset=utf-8"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_an_object_has_a_place_in_its_partition(region: str, partition: str) -> None:
    place = BucketStore(Clients(region).s3(), BUCKET).place(KEY)
    assert place == Place(partition, region, BUCKET, KEY)


def actions(s3: Any, use: Callable[[BucketStore], object]) -> set[str]:
    """IAM actions of the calls that S3 gets; S3 authorizes a HEAD request as the GET (AWS: HeadObject)."""
    called: list[str] = []
    s3.meta.events.register_first("before-call.s3", lambda model, **_: called.append(model.name))
    use(BucketStore(s3, BUCKET))
    return {
        f"s3:{ {'HeadObject': 'GetObject', 'ListObjectsV2': 'ListBucket'}.get(name, name) }"
        for name in called
    }


@pytest.mark.parametrize("operation", STORE_ACTIONS)
def test_a_role_needs_what_an_operation_calls(s3: Any, operation: str) -> None:
    """ListBucket is what AWS wants besides, to say "not found" of a missing object; a link is only signed."""
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"first")
    lose_answers(s3, 1 if operation == "create" else 0)
    uses: dict[str, Callable[[BucketStore], object]] = {
        "read": lambda store: store.read(KEY),
        "exists": lambda store: store.exists(KEY),
        "list": lambda store: store.list("runs/"),
        "write": lambda store: store.write(KEY, b""),
        "create": lambda store: store.create(KEY, b""),
        "page_link": lambda store: store.page_link(KEY, timedelta(hours=1)),
        "place": lambda store: store.place(KEY),
    }
    asked_besides = set() if operation == "list" else {"s3:ListBucket"}
    signed = {"s3:GetObject"} if operation == "page_link" else set()
    assert actions(s3, uses[operation]) | signed == STORE_ACTIONS[operation] - asked_besides


def test_every_operation_of_the_port_is_known_to_the_guard() -> None:
    assert set(STORE_ACTIONS) == {name for name in vars(Store) if not name.startswith("_")}
