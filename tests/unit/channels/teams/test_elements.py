"""What every text of a card goes through."""

from __future__ import annotations

import json
import re
from typing import get_args

import pytest

from finopsguard.channels.teams.elements import text_run
from finopsguard.models.run import Language
from tests.sweeps import sampled
from tests.unit.channels.teams.cards import drawn
from tests.unit.report.cases import CASES


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("expected $5,291 (\u2212$3,175)", "expected $5,291 (\u2212\u2060$3,175)"),
        ("\u2212CN¥3,175", "\u2212\u2060CN¥3,175"),
        ("\u22123.175 US$", "\u22123.175 US$"),
        ("+$3,175", "+$3,175"),
    ],
)
def test_a_sign_stays_on_its_amounts_line(text: str, shown: str) -> None:
    """Unicode lets a line end between a minus and a currency, and nowhere else in these."""
    assert text_run(text)["text"] == shown


@sampled(every=2)
@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("case", CASES)
def test_it_does_in_every_card(case: str, language: Language) -> None:
    message = json.dumps(drawn(case, language), ensure_ascii=False)
    runs = re.findall(r'"type": "TextRun", "text": "([^"]*)"', message)

    assert runs
    assert not [text for text in runs if re.search(r"\u2212[$€¥£A-Z]", text)]
