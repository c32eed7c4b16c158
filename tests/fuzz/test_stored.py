"""What lies in the store, damaged in any way: who reads it gives a valid result and right sum, or a named error."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard import contracts
from finopsguard.errors import FinOpsGuardError
from finopsguard.models.messages import CostReport
from finopsguard.store import keys, seal
from finopsguard.store.bucket import BucketStore
from finopsguard.store.directory import DirectoryStore
from tests.contracts.test_contracts import CONTRACTS, OUTPUT_OF
from tests.fuzz.golden import golden, invoke, ports_over
from tests.fuzz.held import outcome, tries
from tests.fuzz.shapes import damaged, odd_text, spoiled
from tests.fuzz.wire import Reply, answers, clients
from tests.sweeps import sampled

_CONTRACTS = {contracts.contract_name(each): each for each in CONTRACTS}
SCHEMAS = {**_CONTRACTS, "incident_life_v1": _CONTRACTS["incident_life_v1"]}


def places() -> list[tuple[str, str, str]]:
    """Every kind that a step reads, the step, and an object of that kind which lies there."""
    found = []
    for kind in keys.TABLE:
        for reader in kind.readers:
            step = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in reader).lstrip(
                "_"
            )
            key = next((key for key in golden().before[step] if kind.matches(key)), None)
            if key is not None:
                found.append((step, kind.pattern, key))
    return found


def goes_on(step: str, key: str, data: bytes) -> None:
    """The step on a store with this object in it."""
    objects = {**golden().before[step], key: data}
    ports = ports_over(objects)
    found = outcome(lambda: invoke(step, golden().events[step], ports))
    if isinstance(found, FinOpsGuardError):
        return
    made: object = contracts.from_json(OUTPUT_OF[step], found)
    if isinstance(made, CostReport):
        assert made.total == Decimal(1000), "two accounts of $500"


@sampled(every=4)
@pytest.mark.parametrize(
    ("step", "key"),
    [(step, key) for step, _, key in places()],
    ids=[f"{step}-{kind}" for step, kind, _ in places()],
)
def test_damaged_bytes_are_seen(step: str, key: str) -> None:
    @tries(1)
    @given(data=damaged(golden().before[step][key]))
    def holds(data: bytes) -> None:
        goes_on(step, key, data)

    holds()


@sampled(every=2)
@pytest.mark.parametrize(
    ("step", "key"),
    [(step, key) for step, _, key in places() if key.endswith(".json") and "/messages/" not in key],
    ids=[
        f"{step}-{kind}" for step, kind, key in places() if key.endswith(".json") and "/messages/" not in key
    ],
)
def test_documents_of_a_wrong_shape_are_refused_or_read(step: str, key: str) -> None:
    """Without a seal, as an earlier version or a person leaves them; and under a good one, as a bug of ours would."""
    schema = (keys.kind_of(key) or keys.REPORT).schema or "report"
    document = json.loads(seal.opened(golden().before[step][key], schema).document)

    @tries(1)
    @given(made=spoiled(st.just(document)), sealed=st.booleans())
    def holds(made: Any, sealed: bool) -> None:
        data = json.dumps(made).encode()
        goes_on(step, key, seal.sealed(data, schema) if sealed and data.endswith(b"}") else data)

    holds()


odd_keys = st.one_of(
    odd_text, st.lists(odd_text, min_size=2, max_size=4).map("/".join), st.just("runs/" + "x" * 300)
)


@tries(8)
@given(key=odd_keys, data=st.binary(max_size=20))
def test_a_directory_takes_any_key_or_refuses_it(key: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = DirectoryStore(Path(folder, "state"))
        uses: tuple[Callable[[], object], ...] = (
            lambda: store.exists(key),
            lambda: store.list(key),
            lambda: store.create(key, data),
            lambda: store.read(key),
            lambda: store.write(key, data),
            lambda: store.read(key),
        )
        for use in uses:
            found = outcome(use)
        assert isinstance(found, FinOpsGuardError) or found == data


bodies = st.one_of(
    st.binary(max_size=60),
    damaged(b"<ListBucketResult><KeyCount>1</KeyCount><Contents><Key>a</Key></Contents></ListBucketResult>"),
    damaged(b"<Error><Code>NoSuchKey</Code><Message>no</Message></Error>"),
)
headers = st.sampled_from(
    [
        {},
        {"content-length": "3", "etag": "x"},
        {"content-length": "x"},
        {"content-length": "-1"},
        {"last-modified": "never"},
    ]
)


@tries(8)
@given(
    key=odd_keys,
    status=st.sampled_from([200, 200, 200, 206, 301, 400, 403, 404, 409, 412, 500, 503]),
    head=headers,
    body=bodies,
)
def test_a_bucket_answers_anything(key: str, status: int, head: dict[str, str], body: bytes) -> None:
    def reply(*_: object) -> Reply:
        return status, head, body

    store = BucketStore(answers(clients().s3(), reply), "a-bucket")
    for use in (
        store.exists,
        store.list,
        store.read,
        lambda name: store.create(name, b"x"),
        lambda name: store.write(name, b"x"),
    ):
        outcome(lambda use=use: use(key))  # type: ignore[misc]
