"""A report goes to each of its channels: one that fails stops no other, and a redrive is for those that failed."""

from __future__ import annotations

from threading import Barrier
from typing import Any

import pytest

from finopsguard.failures import plain_cause
from tests.workflow.fakes import Fakes, batch, failure

GONE = failure("TeamsRejected", "The webhook is gone. Make it anew.")


def made(channels: list[str], **failing: Exception) -> Fakes:
    """A run with these channels, some of which fail."""
    fakes = Fakes([batch(1)])
    fakes.channels = channels
    fakes.failing_channels = failing
    return fakes


def posted_to(fakes: Fakes) -> list[str]:
    """The channels that PostToTeams was called for, in the order of the report."""
    return sorted(
        (it["message"]["channel"] for it in fakes.inputs["post_to_teams"]), key=fakes.channels.index
    )


@pytest.mark.parametrize("channels", [["teams"], ["teams", "finance"], [f"team-{n}" for n in range(12)]])
def test_every_channel_gets_its_own_message(channels: list[str]) -> None:
    fakes = made(channels)
    execution = fakes.run()
    assert execution.status == "SUCCEEDED"
    assert [it["channel"] for it in execution.output["deliveries"]] == channels
    assert execution.output["run_id"] == "weekly-2026-11-16"
    assert posted_to(fakes) == channels
    for given in fakes.inputs["post_to_teams"]:
        assert given["message"]["key"] == f"runs/messages/{given['message']['channel']}.json"
        assert given["run"]["run_id"] == "weekly-2026-11-16"


@pytest.mark.parametrize("status", ["delivered", "already_delivered", "not_configured"])
def test_each_of_these_outcomes_is_a_success(status: str) -> None:
    fakes = made(["teams", "finance"])
    fakes.outputs["post_to_teams"] = {"status": status, "bytes": 1, "channel": "x"}
    execution = fakes.run()
    assert (execution.status, fakes.inputs["notify_failure"]) == ("SUCCEEDED", [])
    assert [it["status"] for it in execution.output["deliveries"]] == [status, status]


def test_a_channel_that_fails_stops_no_other_and_a_redrive_posts_to_it_alone() -> None:
    fakes = made(["teams", "finance"], teams=GONE)
    failed = fakes.run()
    assert (failed.status, failed.error) == ("FAILED", "TeamsRejected")
    assert fakes.posted == ["finance"]
    (given,) = fakes.entered("PostToTeams")
    (alert,) = fakes.inputs["notify_failure"]
    assert alert["input"] == given
    assert {key: alert["failure"][key] for key in ("state", "error", "redriveCount")} == {
        "state": "PostToTeams",
        "error": "TeamsRejected",
        "redriveCount": 0,
    }
    assert plain_cause(alert["failure"]["cause"]) == "The webhook is gone. Make it anew."

    fakes.failing_channels.clear()
    resumed = fakes.redrive()
    assert resumed.status == "SUCCEEDED"
    assert fakes.posted == ["finance", "teams"]
    assert {it["channel"]: it["status"] for it in resumed.output["deliveries"]} == {
        "teams": "delivered",
        "finance": "already_delivered",
    }


def test_the_first_of_several_failures_is_told() -> None:
    fakes = made(["a", "b", "c"], b=failure("TeamsRejected", "b"), c=failure("CardTooLarge", "c"))
    assert fakes.run().error == "TeamsRejected"
    (given,) = fakes.entered("CheckDeliveries")
    assert [it["channel"] for it in given["failed"]] == ["b", "c"]
    assert [it["status"] for it in given["deliveries"]] == ["delivered", "failed", "failed"]
    assert given["failed"][0]["bytes"] == 7
    assert fakes.posted == ["a"]


def test_a_channel_that_fails_after_a_redrive_is_held_again_and_counted() -> None:
    fakes = made(["teams", "finance"], finance=GONE)
    fakes.run()
    again = fakes.redrive()
    assert (again.status, again.error) == ("FAILED", "TeamsRejected")
    assert fakes.inputs["notify_failure"][1]["failure"]["redriveCount"] == 1
    assert fakes.posted == ["teams"]


def test_the_cause_of_a_channel_is_cut() -> None:
    fakes = made(["teams"], teams=failure("TeamsRejected", "é" * 5_000))
    fakes.run()
    (given,) = fakes.entered("CheckDeliveries")
    assert len(given["failed"][0]["cause"]) == 1_000


@pytest.mark.parametrize("messages", [{"not": "a list"}, None])
def test_a_map_that_fails_as_a_whole_is_told_and_entered_anew(messages: Any) -> None:
    fakes = made(["teams"])
    fakes.outputs["build_card"] = {"run": {"run_id": "x"}, "messages": messages}
    failed = fakes.run()
    assert (failed.status, failed.error) == ("FAILED", "StatesQueryEvaluationError")
    (alert,) = fakes.inputs["notify_failure"]
    assert alert["failure"]["state"] == "PostToTeams"
    held = fakes.entered("HoldForRedrive")[0]
    held["input"]["messages"] = [{"channel": "teams", "key": "k", "bytes": 7}]
    assert fakes.run(held, start_at="HoldForRedrive", redrive_count=1).status == "SUCCEEDED"


def test_an_outcome_that_nobody_knows_is_no_success() -> None:
    fakes = made(["teams", "finance"])
    fakes.outputs["post_to_teams"] = {"status": "vanished", "error": "Odd", "cause": ""}
    assert fakes.run().error == "Odd"


def test_channels_are_posted_to_side_by_side() -> None:
    """So that one that does not answer delays no other."""
    fakes = Fakes()
    fakes.channels = [f"channel-{number}" for number in range(6)]
    together = Barrier(len(fakes.channels), timeout=5)
    fakes.before_posting = together.wait
    assert fakes.run().status == "SUCCEEDED"
    assert sorted(fakes.posted) == fakes.channels


def test_corrections_are_posted_after_the_report_one_by_one() -> None:
    """So that a report is in the channel before the corrections that point to it."""
    fakes = made([f"channel-{number}" for number in range(3)])
    fakes.corrects = "weekly-2026-11-09"
    assert fakes.run().status == "SUCCEEDED"
    assert fakes.posted == [*fakes.channels, *(f"correction to {each}" for each in fakes.channels)]
