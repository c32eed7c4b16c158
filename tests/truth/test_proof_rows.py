"""Rows and answers that cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from finopsguard import errors
from finopsguard.costs.sources.cost_explorer import CostExplorer
from finopsguard.models.run import Batch, Period, Run
from tests.standins import Costs, StandIns
from tests.standins.cost_explorer import Spoil
from tests.standins.service import Answer
from tests.sweeps import exhaustive, sampled
from tests.truth.faults import Change, amount, of_account, on
from tests.truth.proof_world import DATA, FIRST, SATURDAY, SHOP, STAYS, WEEK, World, usual

# ---- rows that cannot be read ----------------------------------------------------------------------------------------

RUN = Run(
    "weekly-2026-11-09",
    "weekly",
    datetime(2026, 11, 16, 8, tzinfo=UTC),
    WEEK,
    Period(WEEK.start - timedelta(days=7), WEEK.start),
    FIRST,
    "UTC",
    "en",
    "UnblendedCost",
    "cost_explorer",
    "",
)
BOTH = Batch("b", (SHOP, DATA))


def of_shop(change: Change) -> Spoil:
    """Changes the shop's rows of one day."""
    return on(lambda day: day == SATURDAY, of_account(SHOP, change))


BAD_ROWS: dict[str, Change] = {
    "NaN": amount("NaN"),
    "Infinity": amount("-Infinity"),
    "text": amount("many"),
    "null": amount(None),
    "underscores": amount("1_000"),
    "larger than the world": amount("1E30"),
    "no amount": lambda group: group["Metrics"]["UnblendedCost"].pop("Amount"),
    "no unit": lambda group: group["Metrics"]["UnblendedCost"].pop("Unit"),
    "another metric": lambda group: group.update(Metrics={"BlendedCost": {"Amount": "1", "Unit": "USD"}}),
    "no metrics": lambda group: group.pop("Metrics"),
    "half a surrogate": lambda group: group["Keys"].__setitem__(1, "Amazon \ud83d"),
    "no name": lambda group: group["Keys"].__setitem__(1, ""),
}


@sampled(every=3)
@pytest.mark.parametrize("kind", BAD_ROWS)
def test_a_row_that_cannot_be_read_is_its_account_s_alone(
    standins: StandIns, reader: CostExplorer, kind: str
) -> None:
    standins.cost_explorer.costs = Costs(usual)
    standins.cost_explorer.spoil(of_shop(BAD_ROWS[kind]))
    costs = reader.fetch(RUN, BOTH, RUN.window)
    assert set(costs.incomplete) == {SHOP}
    assert str(SATURDAY) in costs.incomplete[SHOP]
    assert {row.account_id for row in costs.rows} == {DATA}
    standins.cost_explorer.spoils.clear()
    standins.cost_explorer.spoil(of_shop(BAD_ROWS[kind]), times=1)
    assert reader.fetch(RUN, BOTH, RUN.window).incomplete == {}


BAD_ANSWERS: dict[str, Spoil] = {
    "a list for a day": lambda _, answer: answer["ResultsByTime"].__setitem__(3, []),
    "null for a day": lambda _, answer: answer["ResultsByTime"].__setitem__(3, None),
    "a text for all days": lambda _, answer: answer.update(ResultsByTime="none"),
    "null for all days": lambda _, answer: answer.update(ResultsByTime=None),
    "no period": lambda _, answer: answer["ResultsByTime"][3].pop("TimePeriod"),
    "no date": lambda _, answer: answer["ResultsByTime"][3]["TimePeriod"].update(Start="soon"),
    "a month for a day": lambda _, answer: answer["ResultsByTime"][3]["TimePeriod"].update(End="2026-12-01"),
    "null groups": lambda _, answer: answer["ResultsByTime"][3].update(Groups=None),
    "a list for a group": lambda _, answer: answer["ResultsByTime"][3].update(Groups=[[]]),
    "one key": lambda _, answer: answer["ResultsByTime"][3]["Groups"][0].update(Keys=[SHOP]),
    "a list for metrics": lambda _, answer: answer["ResultsByTime"][3]["Groups"][0].update(Metrics=[]),
}


@sampled(every=3)
@pytest.mark.parametrize("kind", BAD_ANSWERS)
def test_an_answer_that_is_none_is_an_error_of_ours_and_retried(
    standins: StandIns, reader: CostExplorer, kind: str
) -> None:
    standins.cost_explorer.costs = Costs(usual)
    standins.cost_explorer.spoil(BAD_ANSWERS[kind])
    with pytest.raises((errors.CostExplorerIncomplete, errors.CostExplorerUnavailable)):
        reader.fetch(RUN, BOTH, RUN.window)


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"7"])
def test_a_body_that_is_no_object_is_an_error_of_ours(
    standins: StandIns, reader: CostExplorer, body: bytes
) -> None:
    standins.cost_explorer.answer(Answer(200, body), times=None)
    with pytest.raises((errors.CostExplorerIncomplete, errors.CostExplorerUnavailable)):
        reader.fetch(RUN, BOTH, RUN.window)


@exhaustive(beside="test_a_row_that_cannot_be_read_is_its_account_s_alone")
def test_one_bad_row_does_not_lose_the_report(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPSGUARD_ACCOUNTS_PER_FETCH", "50")
    monkeypatch.setenv("FINOPSGUARD_MAX_MISSING_PERCENT", "40")
    world.standins.cost_explorer.spoil(of_shop(amount("NaN")))
    assert world.run().status == "SUCCEEDED"
    report = world.report()
    assert [(each.id, each.reason) for each in report.coverage.missing] == [
        (SHOP, f"CostExplorerIncomplete: 'NaN' for an amount on {SATURDAY}")
    ]
    assert report.totals.period == STAYS - 7 * 400
    world.standins.cost_explorer.spoils.clear()
    assert world.run().status == "SUCCEEDED"
    assert world.report().totals.period == STAYS
