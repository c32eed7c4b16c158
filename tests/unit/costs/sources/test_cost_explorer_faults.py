"""The Cost Explorer reader when Cost Explorer, its pages or the way to it fail: survived, or a clear error."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from finopsguard import errors
from finopsguard.costs.sources.cost_explorer import CostExplorer
from finopsguard.models.run import Batch
from tests.standins import StandIns
from tests.standins.service import Answer
from tests.unit.costs.sources.cost_queries import END, OWN, SHORT, answered, batch, run


def test_throttles_and_server_errors_are_survived_and_free(
    standins: StandIns, reader: CostExplorer, waits: list[float]
) -> None:
    standins.cost_explorer.page_size = 50
    whole = reader.fetch(SHORT, batch(standins), SHORT.window)
    standins.cost_explorer.throttle(2)
    standins.cost_explorer.break_down(2)
    again = reader.fetch(SHORT, batch(standins), SHORT.window)
    assert again == whole
    assert len(waits) == 4


def test_throttles_between_pages_are_survived(standins: StandIns, reader: CostExplorer) -> None:
    standins.cost_explorer.page_size = 50
    whole = reader.fetch(SHORT, batch(standins), SHORT.window)
    standins.cost_explorer.fail(
        "LimitExceededException", times=3, when=lambda operation, parameters: "NextPageToken" in parameters
    )
    assert reader.fetch(SHORT, batch(standins), SHORT.window) == whole


def test_a_broken_connection_is_survived(standins: StandIns, reader: CostExplorer) -> None:
    standins.cost_explorer.answer(Answer(0), times=3)
    assert reader.fetch(SHORT, batch(standins), SHORT.window).requests == 2


@pytest.mark.parametrize(
    ("code", "status", "expected_error"),
    [
        ("LimitExceededException", 400, errors.CostExplorerThrottled),
        ("ThrottlingException", 400, errors.CostExplorerThrottled),
        ("InternalFailure", 500, errors.CostExplorerUnavailable),
        ("ServiceUnavailable", 503, errors.CostExplorerUnavailable),
    ],
)
def test_what_goes_on_failing_is_transient_after_five_calls(
    standins: StandIns, reader: CostExplorer, code: str, status: int, expected_error: type[Exception]
) -> None:
    standins.cost_explorer.fail(code, status=status, times=None)
    with pytest.raises(expected_error):
        reader.fetch(SHORT, batch(standins), SHORT.window)
    assert standins.cost_explorer.count("GetCostAndUsage", status) == 5
    assert standins.cost_explorer.requests == 0


def test_a_refused_token_starts_the_query_over_and_its_pages_are_counted(
    standins: StandIns, reader: CostExplorer
) -> None:
    standins.cost_explorer.page_size = 100
    whole = reader.fetch(SHORT, batch(standins), SHORT.window)
    before = standins.cost_explorer.requests
    third_page = iter((False, False, True))
    standins.cost_explorer.fail(
        "InvalidNextTokenException", when=lambda operation, parameters: next(third_page, False)
    )
    again = reader.fetch(SHORT, batch(standins), SHORT.window)
    assert again.rows == whole.rows
    assert again.requests == whole.requests + 2 == standins.cost_explorer.requests - before


def test_the_second_query_starts_over_alone(standins: StandIns, reader: CostExplorer) -> None:
    standins.cost_explorer.page_size = 50
    whole = reader.fetch(SHORT, batch(standins), SHORT.window)
    standins.cost_explorer.fail(
        "RequestChangedException",
        when=lambda operation, parameters: (
            "NextPageToken" in parameters and parameters["GroupBy"][1]["Key"] == "RECORD_TYPE"
        ),
    )
    again = reader.fetch(SHORT, batch(standins), SHORT.window)
    assert again.rows == whole.rows
    assert again.requests == whole.requests + 1


def test_tokens_that_are_always_refused_are_given_up(standins: StandIns, reader: CostExplorer) -> None:
    standins.cost_explorer.page_size = 100
    standins.cost_explorer.refuse_tokens(None)
    with pytest.raises(errors.CostExplorerPagesChanged, match="InvalidNextTokenException"):
        reader.fetch(SHORT, batch(standins), SHORT.window)
    assert standins.cost_explorer.requests == 3


def test_pages_that_overlap_are_not_counted_twice(standins: StandIns, reader: CostExplorer) -> None:
    groups = [(OWN, "AWS Lambda", "1"), (OWN, "AWS Lambda", "1")]
    standins.cost_explorer.answer(answered(groups))
    costs = reader.fetch(SHORT, batch(standins, 1), SHORT.window)
    assert costs.requests == 3
    standins.cost_explorer.answer(answered(groups), times=None)
    with pytest.raises(errors.CostExplorerPagesChanged, match="overlap"):
        reader.fetch(SHORT, batch(standins, 1), SHORT.window)


def test_a_token_that_comes_back_is_not_followed_for_ever(standins: StandIns, reader: CostExplorer) -> None:
    standins.cost_explorer.answer(answered([], token="again"), times=20)
    with pytest.raises(errors.CostExplorerPagesChanged, match="circle"):
        reader.fetch(SHORT, batch(standins, 1), SHORT.window)
    assert standins.cost_explorer.requests == 3 * 2


def test_never_enabled(standins: StandIns, reader: CostExplorer) -> None:
    standins.cost_explorer.disable()
    with pytest.raises(errors.CostExplorerNotEnabled, match="Open it once"):
        reader.fetch(SHORT, batch(standins), SHORT.window)


def test_access_denied_names_the_action(standins: StandIns, reader: CostExplorer) -> None:
    standins.cost_explorer.deny()
    with pytest.raises(errors.CostExplorerAccessDenied, match="Allow ce:GetCostAndUsage"):
        reader.fetch(SHORT, batch(standins), SHORT.window)


def test_one_account_that_is_denied_denies_its_batch_alone(standins: StandIns, reader: CostExplorer) -> None:
    denied, allowed = batch(standins, 2).accounts
    standins.cost_explorer.denied_accounts = {denied}
    with pytest.raises(errors.CostExplorerAccessDenied, match=denied):
        reader.fetch(SHORT, batch(standins, 2), SHORT.window)
    assert reader.fetch(SHORT, Batch("b-002", (allowed,)), SHORT.window).requests == 2


def test_a_history_that_is_too_long(standins: StandIns, reader: CostExplorer) -> None:
    standins.cost_explorer.today = END
    with pytest.raises(errors.CostExplorerRejected, match="Set FINOPSGUARD_HISTORY_DAYS lower"):
        reader.fetch(run(first=date(2025, 8, 1)), batch(standins), run(first=date(2025, 8, 1)).window)


def test_a_metric_that_cost_explorer_does_not_know(standins: StandIns, reader: CostExplorer) -> None:
    with pytest.raises(errors.CostExplorerRejected, match="Invalid metric: PeachCost"):
        reader.fetch(run(metric="PeachCost"), batch(standins), run(metric="PeachCost").window)  # type: ignore[arg-type]


def test_an_account_that_was_not_asked_for_is_refused(standins: StandIns, reader: CostExplorer) -> None:
    standins.cost_explorer.answer(answered([("999900000000", "AWS Lambda", "1")]))
    with pytest.raises(errors.CostExplorerRejected, match="account 999900000000, which was not asked for"):
        reader.fetch(SHORT, batch(standins, 1), SHORT.window)


@pytest.mark.parametrize("day", [SHORT.window.start - timedelta(days=1), END])
def test_a_day_that_was_not_asked_for_is_refused(standins: StandIns, reader: CostExplorer, day: date) -> None:
    standins.cost_explorer.answer(answered([(OWN, "AWS Lambda", "1")], day=day))
    with pytest.raises(errors.CostExplorerRejected, match=f"{day}, which was not asked for"):
        reader.fetch(SHORT, batch(standins, 1), SHORT.window)


def test_a_proxys_page_is_not_taken_for_an_answer_without_costs(
    standins: StandIns, reader: CostExplorer
) -> None:
    standins.cost_explorer.answer(Answer(200, b"<html>Sign in to the proxy</html>", "text/html"))
    with pytest.raises(errors.CostExplorerUnavailable, match="could not be reached"):
        reader.fetch(SHORT, batch(standins), SHORT.window)


def test_expired_credentials(standins: StandIns, reader: CostExplorer) -> None:
    standins.cost_explorer.fail(
        "ExpiredTokenException", "The security token included in the request is expired"
    )
    with pytest.raises(errors.CredentialsMissing, match="Sign in"):
        reader.fetch(SHORT, batch(standins), SHORT.window)
