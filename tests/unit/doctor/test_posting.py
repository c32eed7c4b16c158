"""The webhook is looked at without being shown, and a card is posted when it is asked for only."""

from __future__ import annotations

from pathlib import Path

import pytest

from finopsguard.models.route import Route, Routes
from finopsguard.store import routes
from finopsguard.store.directory import DirectoryStore
from tests import planted
from tests.standins import StandIns
from tests.unit.doctor.examining import around, found, only

LOGIC = "https://prod-1.westeurope.logic.azure.com/workflows/x/triggers/manual/paths/invoke?sp=1"


def test_the_secrets_url_is_looked_at_and_not_shown(standins: StandIns) -> None:
    [finding] = found("webhook", around({}))
    assert (finding.state, finding.said, finding.values) == ("pass", "webhook_secret", {"host": "127.0.0.1"})


def test_a_secret_that_is_not_there(standins: StandIns) -> None:
    standins.secrets_manager.secrets.clear()
    assert only("webhook", around({}))[2].startswith(
        "The webhook's secret does not exist. Create it or correct"
    )


@pytest.mark.parametrize(
    ("url", "state", "said"),
    [
        (f"{LOGIC}&sig={planted.secret('sig')}", "pass", ""),
        (LOGIC, "fail", "The Teams webhook has no signature (sig)"),
        (
            f"https://example.com/?sig={planted.secret('sig')}",
            "fail",
            "The Teams webhook's host example.com is not",
        ),
        (planted.secret("half"), "fail", "The Teams webhook is not a URL."),
        ("", "warn", ""),
    ],
)
def test_a_url_of_a_setting(url: str, state: str, said: str) -> None:
    found_state, _, error = only("webhook", around({"TEAMS_WEBHOOK_URL": url}))
    assert found_state == state
    assert error.startswith(said)


def test_a_card_is_posted_when_it_is_asked_for(standins: StandIns) -> None:
    assert only("card", around({}))[:2] == ("skip", "card_not_asked")
    assert standins.workflows.posts == []
    for language, words in (("es", "puede publicar aquí"), ("en", "can post here")):
        assert only("card", around({"FINOPSGUARD_LANGUAGE": language}, post=True))[:2] == ("pass", "card")
        message = standins.workflows.messages()[-1]
        assert words in str(message)
        assert "1.2.3" in str(message)


def test_a_card_that_teams_refuses_and_one_without_a_webhook(standins: StandIns) -> None:
    standins.workflows.answer(401, times=2)
    assert only("card", around({}, post=True))[:2] == ("fail", "error")
    none = {"TEAMS_WEBHOOK_SECRET_ARN": ""}
    assert only("card", around(none, post=True))[:2] == ("fail", "card_no_webhook")
    assert only("card", around(none))[:2] == ("skip", "card_no_webhook")


def test_each_channel_of_the_route_file_is_looked_at(standins: StandIns, tmp_path: Path) -> None:
    arn = standins.webhook_secret_arn
    state = {"FINOPSGUARD_STATE_DIR": str(tmp_path), "FINOPSGUARD_ROUTES": "true"}
    assert only("routes", around({}))[:2] == ("skip", "routes_off")
    assert only("routes", around(state))[2].startswith("FINOPSGUARD_ROUTES is true and there is no routes/")
    there = Route("there", accounts=("111100000001",), webhook_secret_arn=arn)
    kept = DirectoryStore(tmp_path)
    routes.put(kept, Routes((there,)))
    assert only("routes", around(state))[:2] == ("pass", "routes")
    routes.put(
        kept,
        Routes(
            (
                there,
                Route("gone", owners=("b",), webhook_secret_arn=f"{arn}-gone"),
                Route("none", remainder=True),
            )
        ),
    )
    said = found("routes", around(state))
    assert [(each.state, each.said) for each in said] == [
        ("fail", "error"),
        ("warn", "routes_no_webhook"),
        ("warn", "routes_no_owner_tag"),
    ]
    assert (said[0].error or "").startswith("Channel gone: The webhook's secret does not exist.")
