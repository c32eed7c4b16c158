"""What a backtest judges of the history: a day that is not held is unknown, and never without cost."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from finopsguard.costs import archive
from finopsguard.costs.held import Held, held
from finopsguard.errors import InvalidInput
from finopsguard.models.run import Run
from finopsguard.store import keys
from finopsguard.store.memory import MemoryStore
from tests.truth.test_history_mornings import ACCOUNTS, DAY, Stack


def kept(*denied: str) -> tuple[Stack, Run]:
    """The history of a morning for each name; whoever is denied on it could not be read."""
    stack = Stack()
    for account in denied:
        stack.bill.denied = account
        plan = stack.plan("daily")
        stack.finish(plan)
        stack.bill.today += DAY
    return stack, plan.run


def history(store: MemoryStore) -> Held:
    (question,) = archive.questions(store, "aws")
    return held(store, question)


def test_all_that_is_held_is_judged_and_nothing_is_left_out() -> None:
    stack, run = kept("", "")
    found = history(stack.store)
    assert (found.accounts, found.currency, found.unreadable) == (3, "USD", ())
    assert (found.series.first_day, found.series.end) == (run.window.start - DAY, run.window.end)
    assert found.series.unknown is None
    stack.bill.today -= DAY
    for account, row in zip(found.series.accounts, found.series.costs, strict=True):
        bill = [float(stack.bill.amount(account, found.series.first_day + n * DAY)) for n in range(len(row))]
        assert row.tolist() == bill


def test_days_of_an_account_that_could_not_be_read_are_gaps() -> None:
    stack, run = kept("", ACCOUNTS[2], ACCOUNTS[2])
    series = history(stack.store).series
    assert series.unknown is not None
    lacking = {
        (account, series.first_day + timedelta(days=int(day)))
        for account, row in zip(series.accounts, series.unknown, strict=True)
        for day in np.flatnonzero(row)
    }
    assert lacking == {(ACCOUNTS[2], run.window.end - number * DAY) for number in (1, 2)}
    filled = series.costs[list(series.accounts).index(ACCOUNTS[2])][-2:]
    assert (filled > 250).all(), "as its days before, which no judgement takes for its cost"


def test_a_state_that_cannot_be_read_is_named_and_the_one_before_it_counts() -> None:
    stack, _ = kept("", "")
    newest = max(key for key in stack.store.objects if keys.HISTORY.matches(key))
    stack.store.objects[newest] = stack.store.objects[newest][:-9]
    assert history(stack.store).unreadable == (newest,)


def test_the_question_that_is_set_is_taken_of_several_and_else_they_are_named() -> None:
    stack, _ = kept("")
    (question,) = archive.questions(stack.store, "aws")
    assert held(stack.store, "AmortizedCost-12345678").question == question, "there is no other"
    for key, data in list(stack.store.objects.items()):
        if keys.HISTORY.matches(key):
            stack.store.objects[key.replace(question, "AmortizedCost-12345678")] = data
    assert held(stack.store, question).question == question
    with pytest.raises(InvalidInput, match=f"2 questions .*{question}.*NetAmortizedCost-1"):
        held(stack.store, "NetAmortizedCost-1")


def test_a_store_without_a_history_says_what_to_do() -> None:
    with pytest.raises(InvalidInput, match=r"holds no history.*Run one, or give files of costs"):
        held(MemoryStore(), "UnblendedCost-1")
