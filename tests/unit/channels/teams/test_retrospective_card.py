"""The card of a monthly report: within Teams' limits whatever the month was, and safe."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, get_args

import pytest

from finopsguard import contracts
from finopsguard.channels.page_link import PageButton
from finopsguard.channels.teams import card, limits, phone
from finopsguard.models.report import Report
from finopsguard.models.retrospective import Retrospective
from finopsguard.models.run import Language
from tests.sweeps import sampled
from tests.unit.channels.teams.cards import content, problems, schema_problems, texts
from tests.unit.channels.teams.test_card import assert_no_markup_from_data
from tests.unit.report.hostile import HOSTILE
from tests.unit.report.looked_back import everything, line, monthly, retrospective

PAGE = PageButton("button.page", "https://example.com/report.html")


def card_of(report: Report) -> dict[str, Any]:
    """The card after checks that hold for every one."""
    message = card.message(report, page=PAGE)
    made = content(message)
    assert len(contracts.encode(message)) <= limits.MAX_MESSAGE_BYTES
    assert problems(made) == []
    assert schema_problems(made) == []
    assert phone.height(made) <= limits.MAX_CARD_HEIGHT
    assert_no_markup_from_data(made)
    return made


def huge() -> Retrospective:
    """Hundreds of incidents and owners, with names as an attacker would choose them."""
    lines = [
        line(number, str(10 ** (number % 9) + number), account_name=HOSTILE[number % len(HOSTILE)])
        for number in range(400)
    ]
    looked = everything()
    (owner,) = retrospective(line()).owners
    return retrospective(
        *lines,
        owners=tuple(replace(owner, owner=name * 4) for name in HOSTILE),
        muted=tuple(replace(looked.muted[1], reason=name * 4, service=name) for name in HOSTILE),
        restated=looked.restated * 31,
        forecasts=(*looked.forecasts, looked.forecasts[0]),
    )


@sampled(every=3)
@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("looked", [retrospective(), retrospective(line()), everything(), huge()])
def test_every_month_fits_and_leads_to_its_page(looked: Retrospective, language: Language) -> None:
    made = card_of(monthly(looked, language))
    assert made["actions"][0]["url"] == PAGE.url
    assert all(said.strip() for said in texts(made))


def test_what_does_not_fit_is_counted_and_has_its_dollars() -> None:
    shown = "\n".join(texts(card_of(monthly(huge()))))
    (more,) = [text for text in shown.splitlines() if " more, " in text and text.startswith("and")]
    assert int(more.split()[1]) + shown.count("AWS Lambda ·") == 400


def test_a_month_without_incidents_has_no_list_of_them() -> None:
    shown = texts(card_of(monthly(retrospective())))
    assert "Incidents of the month" not in shown
    assert "By owner" not in shown


def test_owners_are_listed_where_somebody_has_an_account() -> None:
    looked = everything()
    assert any(text.startswith("payments:") for text in texts(card_of(monthly(looked))))
    nobody = replace(looked, owners=tuple(replace(part, owner=None) for part in looked.owners))
    assert "By owner" not in texts(card_of(monthly(nobody)))


def test_its_price_is_in_dollars_whatever_the_currency() -> None:
    shown = "\n".join(texts(card_of(monthly(everything(), currency="EUR"))))
    assert "62 requests of Cost Explorer: $0.62" in shown.replace("\u200b", "")
    assert retrospective().usd == Decimal("0.62")
