"""The correction card: then, now, why, and where today's numbers are; small whatever it is given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest

from finopsguard import contracts
from finopsguard.channels.page_link import PageButton
from finopsguard.channels.teams import correction_card, limits, phone
from finopsguard.models.report import Correction, ReadSince, RestatedDay
from finopsguard.models.run import Language
from tests.unit.channels.teams.cards import content, problems, schema_problems, texts
from tests.unit.channels.teams.test_card import assert_no_markup_from_data
from tests.unit.report import cases

DAY = date(2026, 11, 15)
LATE = Correction(
    run_id="daily-2026-11-15",
    report="daily",
    told_at=datetime(2026, 11, 17, 8, 2, tzinfo=UTC),
    days=(DAY,),
    basis="usage",
    then=Decimal("1100"),
    now=Decimal("1234.56"),
    change_pct=Decimal("12.23"),
    accounts_then=25,
    accounts_now=25,
    list_unread=False,
    restated=(RestatedDay(DAY, Decimal("1100"), Decimal("1234.56")),),
    read_since=(),
    channels=("teams",),
)
PAGE = "https://example.com/report.html"


def card_of(correction: Correction, language: Language = "en") -> dict[str, Any]:
    """The card after checks that hold for every correction."""
    report = replace(cases.daily(), language=language)
    message = correction_card.message(report, correction, page=PageButton("button.page", PAGE))
    made = content(message)
    assert len(contracts.encode(message)) <= limits.MAX_FAILURE_BYTES
    assert problems(made) == []
    assert schema_problems(made) == []
    assert phone.height(made) < 800
    assert_no_markup_from_data(made)
    return made


def lines(correction: Correction, language: Language = "en") -> list[str]:
    """What is read."""
    return [
        line.replace("\u200b", "").replace("\u00a0", " ") for line in texts(card_of(correction, language))
    ]


def test_billed_late() -> None:
    assert lines(LATE)[:4] == [
        "Correction of the report of 15 Nov · usage",
        "$1,234.56 instead of $1,100.00 (+12.2%)",
        "AWS billed late: Sun 15 Nov (+$134.56).",
        "Today's numbers are in the newest report: Daily AWS cost, Sun 15 Nov 2026.",
    ]
    assert (
        card_of(LATE)["speak"]
        == "Correction of the report of 15 Nov: $1,234.56 instead of $1,100.00 (+12.2%)."
    )
    assert card_of(LATE)["actions"][0]["url"] == PAGE


def test_in_spanish_what_aws_took_back() -> None:
    fell = RestatedDay(DAY, LATE.then, Decimal(990))
    less = replace(LATE, now=fell.now, change_pct=Decimal(-10), restated=(fell,))
    assert lines(less, "es")[:4] == [
        "Corrección del informe del 15 nov · uso",
        "990,00 US$ en lugar de 1.100,00 US$ (−10,0 %)",
        "AWS ha rebajado lo que factura: dom 15 nov (−110,00 US$).",
        "Los números de hoy están en el informe más reciente: Coste diario de AWS, dom 15 nov 2026.",
    ]


def test_what_explains_more_comes_first_and_three_are_named() -> None:
    days = tuple(DAY - timedelta(number) for number in range(7))
    several = replace(
        LATE,
        report="weekly",
        days=days,
        restated=tuple(
            RestatedDay(day, Decimal(10), Decimal(10 + way))
            for day, way in zip(days, (4, -3, 2, 1), strict=False)
        ),
        read_since=(ReadSince("1" * 12, "log-archive", Decimal(130)),),
    )
    shown = lines(several)
    assert shown[0] == "Correction of the weekly report of 9–15 Nov · usage"
    assert shown[2:4] == [
        "This account could not be read then: log-archive (+$130.00).",
        "AWS has changed what it bills: Sun 15 Nov (+$4.00), Sat 14 Nov (−$3.00), Fri 13 Nov (+$2.00) and 1 more.",
    ]


def test_a_list_that_was_not_known_and_a_base_without_percent() -> None:
    unread = replace(LATE, then=Decimal(0), change_pct=None, list_unread=True, accounts_then=1, restated=())
    assert lines(unread)[1:3] == [
        "$1,234.56 instead of $0.00",
        "The accounts were not all known then: that report had 1, now there are 25.",
    ]


@pytest.mark.parametrize("language", get_args(Language))
def test_hostile_names_are_only_text(language: Language) -> None:
    names = ("<at>all</at> [x](https://evil.example)", "{{x}}" * 40, "ñ" * 400, "")
    hostile = replace(
        LATE,
        read_since=tuple(ReadSince(f"{number:012}", name, Decimal(1)) for number, name in enumerate(names)),
    )
    card_of(hostile, language)
