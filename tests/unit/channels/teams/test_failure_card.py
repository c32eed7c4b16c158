"""The failure card: what it means for the reader, why, what to do; small and safe whatever it is given."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard import contracts
from finopsguard.channels.teams import failure_card, limits, phone
from finopsguard.models.messages import Failure, FailureDetail
from finopsguard.models.run import Language
from finopsguard.report.failure_story import FailureStory
from tests.leaf_errors import leaves
from tests.unit.channels.teams.cards import content, outline, problems, schema_problems, texts
from tests.unit.channels.teams.failure_cases import FAILURES
from tests.unit.channels.teams.test_card import SNAPSHOTS, assert_no_markup_from_data
from tests.unit.report.sample import EXECUTION

BOTH = pytest.mark.parametrize("language", get_args(Language))
EVERY = pytest.mark.parametrize("case", FAILURES)


def card_of(failure: Failure, language: Language = "en") -> dict[str, Any]:
    """The card after checks that hold for every failure."""
    message = failure_card.message(FailureStory(failure, language, "Europe/Madrid"))
    made = content(message)
    assert len(contracts.encode(message)) <= limits.MAX_FAILURE_BYTES
    assert problems(made) == []
    assert_no_markup_from_data(made)
    return made


def lines(failure: Failure, language: Language = "en") -> str:
    """What is read."""
    return "\n".join(texts(card_of(failure, language)))


@BOTH
@EVERY
def test_snapshot(case: str, language: Language) -> None:
    """See test_card.py."""
    made = card_of(FAILURES[case](language), language)
    file = SNAPSHOTS / f"{case}.{language}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(outline(made), "utf-8")

    assert outline(made) == file.read_text("utf-8")
    assert phone.height(made) < 800


@EVERY
def test_microsofts_schema(case: str) -> None:
    assert schema_problems(card_of(FAILURES[case]("en"))) == []


def test_says_what_is_missing_and_what_was_read() -> None:
    text = lines(FAILURES["failed_aggregate"]("en"))

    assert "The weekly cost report failed" in text
    assert "No report for 9–15 Nov 2026. 23 of 25 batches of accounts had been read." in text


def test_counts_accounts_where_the_input_tells_them() -> None:
    failure = FAILURES["failed_teams"]("en")
    failure = replace(
        failure,
        input={**failure.input, "accounts_expected": 25, "accounts_reported": 23},
        failure=replace(failure.failure, state="DetectAnomalies"),
    )

    assert "23 of 25 accounts had been read. What was read is kept." in lines(failure)


def test_the_cause_is_the_message_alone() -> None:
    text = lines(FAILURES["failed_teams"]("en"))

    assert "Teams refused the webhook (HTTP 401). Create the webhook anew" in text
    assert "stackTrace" not in text
    assert "errorMessage" not in text


def test_permanent_and_transient_errors_need_different_steps() -> None:
    permanent = replace(
        FAILURES["failed_fetch"]("en"), failure=FailureDetail("FetchCosts", "CostExplorerAccessDenied", "no")
    )

    assert "Do what the message above says." in lines(permanent)
    assert "Wait some minutes" in lines(FAILURES["failed_fetch"]("en"))
    unknown = replace(permanent, failure=FailureDetail("FetchCosts", "States.TaskFailed", "no"))
    assert "Open the logs" in lines(unknown)


def test_redrive_has_a_date() -> None:
    assert "choose Redrive, by 30 Nov 2026 at the latest" in lines(FAILURES["failed_teams"]("en"))


def test_links_to_the_execution_and_the_failed_steps_log() -> None:
    actions = card_of(FAILURES["failed_fetch"]("en"))["actions"]

    assert [action["title"] for action in actions] == ["Open execution", "Logs"]
    assert actions[0]["url"].endswith(f"#/v2/executions/details/{EXECUTION}")
    assert actions[1]["url"].endswith(
        "#logsV2:log-groups/log-group/$252Faws$252Flambda$252Ffinops-guard-prod$252FFetchCosts"
    )


def test_runbook_button_where_its_address_is_known() -> None:
    message = failure_card.message(
        FailureStory(FAILURES["failed_fetch"]("en"), "en", runbook_url="https://example.com/runbook")
    )

    assert content(message)["actions"][-1] == {
        "type": "Action.OpenUrl",
        "title": "Runbook",
        "url": "https://example.com/runbook",
    }


def test_on_a_laptop_there_is_nothing_to_open() -> None:
    """moto invents executions of account 123456789012."""
    failure = replace(
        FAILURES["failed_fetch"]("en"),
        execution="arn:aws:states:us-east-1:123456789012:execution:finops-guard:weekly",
    )

    assert "actions" not in card_of(failure)
    assert "Run the same command again." in lines(failure)


def test_a_time_out_and_an_abort_have_their_own_words() -> None:
    assert "took longer than its time limit" in lines(FAILURES["timed_out"]("en"))
    assert "If that was intended, nothing is to be done." in lines(FAILURES["aborted"]("en"))
    failed = Failure(input={}, failure=FailureDetail("the execution", "FAILED", ""), execution=EXECUTION)
    assert "ended before its own alert could be sent" in lines(failed)


def test_an_uncertain_delivery_asks_to_look_first() -> None:
    failure = replace(
        FAILURES["failed_teams"]("en"), failure=FailureDetail("PostToTeams", "DeliveryUncertain", "unknown")
    )

    assert "Look into the channel" in lines(failure)


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize(
    "name",
    list(leaves()),
)
def test_every_error_of_ours_has_a_remedy(name: str, language: Language) -> None:
    made = card_of(
        replace(FAILURES["failed_fetch"](language), failure=FailureDetail("FetchCosts", name, "a cause")),
        language,
    )

    assert name in "\n".join(texts(made))
    assert {"1.", "2.", "3."} <= set(texts(made))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
keys = st.sampled_from(
    [
        "run",
        "batches",
        "report",
        "scheduled_time",
        "accounts_expected",
        "accounts_reported",
        "period",
        "start",
        "end",
        "run_id",
        "status",
    ]
)
inputs = st.recursive(
    json_values,
    lambda inner: st.dictionaries(keys, inner, max_size=8) | st.lists(inner, max_size=3),
    max_leaves=20,
)


@given(
    given_input=st.dictionaries(keys, inputs, max_size=8),
    state=st.text(min_size=1, max_size=200),
    error=st.text(min_size=1, max_size=200)
    | st.sampled_from(["PostToTeams", "__init__", "Any", "annotations"]),
    cause=st.text(max_size=3_000),
    execution=st.text(max_size=100),
    redrives=st.integers(0, 99),
)
def test_any_input_becomes_a_card(
    given_input: dict[str, Any], state: str, error: str, cause: str, execution: str, redrives: int
) -> None:
    made = card_of(Failure(given_input, FailureDetail(state, error, cause, redrives), execution))

    assert texts(made)[0].startswith("✖ ")
