"""What `finopsguard run` says of a report's channels; tests/integration runs the command itself."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

import pytest

from finopsguard import contracts
from finopsguard.commands import run
from finopsguard.models.messages import Deliveries, Delivery, DeliveryStatus
from finopsguard.models.report import ChannelDelivery, DeliveryNote, Report
from finopsguard.store import documents, keys
from finopsguard.store.memory import MemoryStore
from tests.unit.report import cases


@pytest.mark.parametrize("status", get_args(DeliveryStatus))
def test_one_channel_needs_no_name(status: DeliveryStatus) -> None:
    told = run.outcome([ChannelDelivery("teams", status, 7)], run._OUTCOMES)
    assert told == run._OUTCOMES[status]
    assert run.outcome([ChannelDelivery("teams", status, 7)], run._STATUSES) == status


def test_several_channels_are_named() -> None:
    deliveries = [
        ChannelDelivery("teams", "delivered", 7),
        ChannelDelivery("finance", "already_delivered", 7),
    ]
    assert run.outcome(deliveries, run._STATUSES) == "teams: delivered finance: already_delivered"
    assert run.outcome(deliveries, run._OUTCOMES).startswith("teams: The card was posted to Teams. finance: ")


def test_report_and_first_card_are_collected_with_what_became_of_them(tmp_path: Path) -> None:
    report, store = cases.daily(), MemoryStore()
    documents.write(store, keys.REPORT.key(run_id=report.run_id), report)
    store.write(keys.PAGE.key(run_id=report.run_id), b"<!doctype html>")
    for channel in ("teams", "finance"):
        name = keys.execution_name("arn:one")
        key = keys.MESSAGE.key(run_id=report.run_id, execution=name, channel=channel)
        store.write(key, channel.encode())
    made = Deliveries(
        report.run_id,
        (
            Delivery("delivered", 5, "teams"),
            Delivery("not_configured", 7, "finance", report.run_id),
            # The correction of an earlier report is no delivery of this one.
            Delivery("delivered", 3, "teams", "daily-2026-11-14"),
        ),
    )
    run._collect(made, "arn:one", store, tmp_path)
    assert (tmp_path / "card.json").read_bytes() == b"teams"
    written = contracts.decode(Report, (tmp_path / "report.json").read_bytes())
    assert written.delivery == DeliveryNote("delivered", 5)
    assert written.deliveries == (
        ChannelDelivery("teams", "delivered", 5),
        ChannelDelivery("finance", "not_configured", 7),
    )


def test_a_report_without_a_scheduled_time_is_made_by_hand_and_not_one_of_the_row() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--report")
    run.add_options(parser)
    by_hand = run._request(parser.parse_args(["--report", "daily"]))
    scheduled = run._request(
        parser.parse_args(["--report", "daily", "--scheduled-time", "2026-11-23T09:00:00Z"])
    )
    assert (by_hand["continues"], scheduled["continues"]) == (False, True)
    forced = run._request(parser.parse_args(["--report", "daily", "--force"]))
    assert (forced["force"], scheduled["force"]) == (True, False)
