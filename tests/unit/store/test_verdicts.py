"""A verdict is given once, kept as it was given, and found in the order in which they were given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from finopsguard.errors import InvalidInput, VerdictGiven
from finopsguard.models.verdict import Verdict
from finopsguard.store import keys, verdicts
from finopsguard.store.memory import MemoryStore

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MUTE = Verdict(
    "20261123T120000Z-00000001",
    "mute",
    "a migration that ends next week",
    NOON,
    "assumed-role/FinOps",
    "command",
    incident_id="111111111111/2026-11-20/up",
    account_id="111111111111",
    until=date(2026, 12, 1),
)
BACK = Verdict(
    "20261123T130000Z-00000002",
    "withdrawn",
    "it ended today",
    NOON + timedelta(hours=1),
    "julia",
    "command",
    withdraws=MUTE.mark,
)


def test_what_is_given_is_found_as_it_was_given_the_oldest_first() -> None:
    store = MemoryStore()
    for each in (BACK, MUTE):
        assert verdicts.give(store, "aws", each) == f"verdicts/aws/{each.mark}.json"
    assert verdicts.given(store, "aws") == ((MUTE, BACK), ())
    assert verdicts.given(store, "mock") == ((), ())


def test_one_of_the_same_moment_comes_after_the_smaller_mark() -> None:
    store = MemoryStore()
    for mark in ("20261123T120000Z-00000009", "20261123T120000Z-00000003"):
        verdicts.give(store, "aws", replace(MUTE, mark=mark))
    assert [each.mark[-1] for each in verdicts.given(store, "aws").verdicts] == ["3", "9"]


def test_a_mark_is_given_once_and_the_first_stays() -> None:
    store = MemoryStore()
    verdicts.give(store, "aws", MUTE)
    with pytest.raises(VerdictGiven, match=MUTE.mark):
        verdicts.give(store, "aws", replace(MUTE, reason="another"))
    assert verdicts.given(store, "aws").verdicts == (MUTE,)


@pytest.mark.parametrize("data", [b"{}", b"garbage", b'{"verdict":"mute"}'])
def test_one_that_cannot_be_read_is_named_and_the_others_count(data: bytes) -> None:
    store = MemoryStore()
    key = verdicts.give(store, "aws", MUTE)
    verdicts.give(store, "aws", BACK)
    store.objects[key] = data
    assert verdicts.given(store, "aws") == ((BACK,), (key,))
    assert keys.notes([key]) == ("verdicts_unreadable",)


@pytest.mark.parametrize("by", ["julia@example.com", "", "a b"])
def test_who_gave_it_is_no_address(by: str) -> None:
    with pytest.raises(InvalidInput, match="by"):
        verdicts.give(MemoryStore(), "aws", replace(MUTE, by=by))


@pytest.mark.parametrize("mark", ["../../x", "short", "20261123T120000Z/1", "a" * 81])
def test_a_mark_names_no_other_place(mark: str) -> None:
    store = MemoryStore()
    with pytest.raises((InvalidInput, ValueError)):
        verdicts.give(store, "aws", replace(MUTE, mark=mark))
    assert store.objects == {}


def test_a_new_mark_says_when_and_is_another_each_time() -> None:
    marks = {verdicts.new_mark(NOON) for _ in range(3)}
    assert len(marks) == 3
    assert all(mark.startswith("20261123T120000Z-") for mark in marks)
