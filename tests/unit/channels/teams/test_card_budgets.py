"""Budgets on the card: one that is exceeded is never dropped."""

from __future__ import annotations

import pytest

from finopsguard.channels.teams import card, ladder
from tests.unit.channels.teams.cards import content, texts
from tests.unit.report.cases import CASES


def test_a_budget_that_is_exceeded_is_shown_in_the_shortest_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "LADDER", ladder.LADDER[-1:])
    lines = texts(content(card.message(CASES["budgets"]("en"))))
    assert any("exceeded since" in line for line in lines)
    assert not any("budgets" in line for line in lines if line.startswith("ℹ Shortened"))


def test_budgets_that_are_kept_give_way_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "LADDER", ladder.LADDER[-1:])
    report = CASES["budgets"]("en")
    monkeypatch.setattr("finopsguard.report.month._state", lambda *_: ("within", "good"))
    lines = texts(content(card.message(report)))
    assert not any("within budget" in line for line in lines)
    assert any("budgets" in line for line in lines if line.startswith("ℹ Shortened"))
