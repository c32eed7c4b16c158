"""The table of an anomaly's causes: usage in words, its own code, quantities, dollars that add up."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import get_args

import pytest

from finopsguard.models.cause import Cause, CauseKind
from finopsguard.models.run import Language
from finopsguard.report.cause_facts import Sums
from finopsguard.report.page import cause_table, render
from finopsguard.report.page.cause_table import CauseTable
from finopsguard.report.words import Words
from tests.unit.report.cases import CASES
from tests.unit.report.cause_sample import CAUSES, KINDS, only
from tests.unit.report.hostile import HOSTILE
from tests.unit.report.page.test_render import read
from tests.unit.report.sample import weekly

LINE = weekly("en").anomalies[0]


def table(causes: tuple[Cause, ...], language: Language = "en") -> CauseTable:
    found = cause_table.table(Words(weekly(language)), replace(LINE, causes=causes))
    assert found
    return found


def test_a_row_has_words_code_region_quantities_and_dollars() -> None:
    first, second, third = table(CAUSES["p5"]).rows
    assert (first.what, first.code, first.region) == (
        "p5.48xlarge on demand",
        "BoxUsage:p5.48xlarge",
        "us-east-1",
    )
    assert (first.used, first.sums.impact) == ("42.5 → 122.5 hours", Decimal("7865.60"))
    assert first.sums == Sums(Decimal("7865.60"), Decimal("7865.60"), Decimal(0), Decimal(0))
    assert [row.used for row in (second, third)] == ["400 → 5,200 GB-months", "900 → 2,100 GB"]


@pytest.mark.parametrize("kind", get_args(CauseKind))
def test_a_cause_of_each_kind_has_a_row(kind: CauseKind) -> None:
    (row,) = table((KINDS[kind],)).rows
    assert row.what
    assert KINDS[kind].value in row.code
    assert bool(row.check) is (kind in ("new_region", "new_family"))
    assert " in us-" not in row.what
    assert ("→" in row.code) is (KINDS[kind].from_value is not None)


def test_what_is_beyond_the_rows_is_one_row_and_everything_adds_up() -> None:
    causes = tuple(only(f"Type-{number}", f"{number}.07") for number in range(1, 15))
    found = table((*causes, *CAUSES["p5"]))
    assert len(found.rows) == 11
    assert found.rows[-1].what == "7 more"
    assert sum(row.sums.impact for row in found.rows) == found.total.impact
    assert found.total.impact == sum(cause.impact for cause in (*causes, *CAUSES["p5"]))
    assert found.total.quantity is None


def test_without_usage_there_is_no_table() -> None:
    assert cause_table.table(Words(weekly("en")), replace(LINE, causes=())) is None


@pytest.mark.parametrize("language", get_args(Language))
def test_the_page_shows_every_cause_with_cents(language: Language) -> None:
    report = CASES["explained"](language)
    text = re.sub(r"\s+", " ", read(render.page(report)).text)
    n = Words(report).n
    for line in report.anomalies:
        for cause in line.causes:
            if cause.dimension != "service" or cause.kind:
                assert cause.value in text
                assert n.money(cause.impact, signed=True, exact=True).replace("\u00a0", " ") in text.replace(
                    "\u2060", ""
                )
    assert (
        text.count(
            {"en": "⚠ New Region: check that it is yours", "es": "⚠ Región nueva: compruebe"}[language]
        )
        == 2
    )
    assert text.count({"en": "Its causes are missing.", "es": "Faltan sus causas."}[language]) == 1


def test_a_usage_type_from_an_attacker_is_text() -> None:
    causes = tuple(replace(KINDS["changed"], value=name, region=name, unit=name) for name in HOSTILE)
    page = render.page(replace(weekly("en"), anomalies=(replace(LINE, causes=causes),)))
    assert [tag for tag, _ in read(page).found].count("script") == 1
    assert "<img src=x" in read(page).text
