"""How the delivery ledger stands, and what of it the next card says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from finopsguard.channels import standings
from finopsguard.errors import DeliveryUncertain
from finopsguard.models.ledger import AttemptStatus, DeliveryAttempt, Standing
from finopsguard.store import documents
from tests.unit.channels.test_decisions import GIVEN, LATER, WEEK, Kept, failed, post
from tests.unit.fakes import NOW, FakeChannel, make_run

# ---- how they stand --------------------------------------------------------------------------------------------------


def test_each_post_stands_as_its_newest_attempt_says() -> None:
    store = Kept()
    failed(store)
    post(store, FakeChannel(), at=NOW + timedelta(seconds=1))
    correction = replace(GIVEN, message=replace(GIVEN.message, corrects="daily-2026-11-15"))
    with pytest.raises(DeliveryUncertain):
        post(store, FakeChannel(DeliveryUncertain("?")), correction)
    documents.write(store, "deliveries/a/teams/001.json", DeliveryAttempt("posting", NOW, ""))
    documents.write(store, "deliveries/b/teams/001.json", DeliveryAttempt("posting", LATER, ""))
    documents.write(store, "deliveries/c/teams/001.json", DeliveryAttempt("failed", NOW, ""))
    store.objects["deliveries/d/teams/001.json"] = b"?"
    store.objects["deliveries/not/ours.json"] = store.objects["deliveries/a/b/c.json"] = b"{}"
    about = "daily-2026-11-15"
    assert standings.standings(store, LATER) == [
        Standing("d/teams/001", "d", False, "teams", "uncertain", None, 1),
        Standing("b/teams/001", "b", False, "teams", "in_progress", LATER, 1),
        Standing(f"{WEEK}/teams/002", WEEK, False, "teams", "posted", NOW + timedelta(seconds=1), 2),
        Standing(f"{about}-correction/teams/001", about, True, "teams", "uncertain", NOW, 1),
        Standing("c/teams/001", "c", False, "teams", "failed", NOW, 1),
        Standing("a/teams/001", "a", False, "teams", "uncertain", NOW, 1),
    ]


# ---- what the next card says of it -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("post", "is_said"),
    [
        ("daily-2026-11-20", True),
        ("daily-2026-11-20-correction", True),
        ("weekly-2026-10-19-r2", True),
        ("daily-2026-10-18", False),
        ("daily-2026-11-20-mock", False),
        (WEEK, False),
        ("other", False),
    ],
)
def test_a_card_says_that_an_earlier_one_of_its_kind_of_data_is_still_open(post: str, is_said: bool) -> None:
    store = Kept()
    documents.write(store, f"deliveries/{post}/teams/001.json", DeliveryAttempt("uncertain", NOW, ""))
    assert standings.notes(store, GIVEN.run, LATER) == (("delivery_open",) if is_said else ())
    mock = make_run(run_id=f"{WEEK}-mock", data_source="mock")
    assert standings.notes(store, mock, LATER) == (("delivery_open",) if "mock" in post else ())


@pytest.mark.parametrize("status", ["posted", "failed"])
def test_a_card_says_nothing_of_what_is_known(status: AttemptStatus) -> None:
    store = Kept()
    documents.write(
        store, "deliveries/daily-2026-11-20/teams/001.json", DeliveryAttempt("uncertain", NOW, "")
    )
    documents.write(store, "deliveries/daily-2026-11-20/teams/002.json", DeliveryAttempt(status, NOW, ""))
    assert standings.notes(store, GIVEN.run, LATER) == ()
