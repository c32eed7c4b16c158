"""Lines of several accounts, services or Regions say in plain words what they are, in both languages."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest

from finopsguard.channels.teams import card
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Cause
from finopsguard.models.report import Report
from finopsguard.models.run import Language
from finopsguard.report import anomaly_text, facts
from finopsguard.report.page import render
from finopsguard.report.story import Story
from tests.unit.report.sample import weekly

IDS = [account.id for account in weekly().accounts]
NAMES = [account.name for account in weekly().accounts]
S3 = "Amazon Simple Storage Service"


def line(**changes: Any) -> AnomalyLine:
    """A service that rose by 12 % in 14 accounts."""
    first = weekly().anomalies[0]
    parts = [Cause("account", each, Decimal(40)) for each in IDS[:2]] + [
        Cause("other_accounts", "12", Decimal(456))
    ]
    made = replace(
        first,
        account_id="",
        account_name="",
        service=S3,
        kind="shift",
        actual=Decimal(5000),
        expected=Decimal("4464.29"),
        impact=Decimal(536),
        direction=1,
        status="new",
        causes=tuple(parts),
        region=None,
        owner=None,
        scope="service",
        accounts=14,
    )
    return replace(made, **changes)


def moved(**changes: Any) -> AnomalyLine:
    parts = (Cause("account", IDS[0], Decimal(500)), Cause("account", IDS[1], Decimal(-498)))
    return line(story="moved", causes=parts, impact=Decimal(2), accounts=1, **changes)


def title(made: AnomalyLine, language: Language = "en") -> str:
    return anomaly_text.describe(Story(weekly(language)), made).title


@pytest.mark.parametrize(
    ("made", "english", "spanish"),
    [
        (
            line(),
            "Amazon S3 rose by 12% in 14 accounts together",
            "Amazon S3: subida del 12 % a la vez en 14 cuentas",
        ),
        (
            line(scope="organization", service="", direction=-1, actual=Decimal(4000), impact=Decimal(-464)),
            "The whole Organization fell by 10%",
            "Toda la organización: bajada del 10 %",
        ),
        (
            line(kind="new", expected=Decimal(0)),
            "Amazon S3 began in 14 accounts at the same time",
            "Amazon S3: inicio a la vez en 14 cuentas",
        ),
        (
            line(scope="organization", service="", story="together"),
            "Several services rose by 12% in 14 accounts together",
            "Varios servicios: subida del 12 % a la vez en 14 cuentas",
        ),
        (
            line(
                scope="account",
                account_id=IDS[0],
                account_name=NAMES[0],
                service="",
                causes=(Cause("service", S3, Decimal(300)), Cause("service", "AWS Lambda", Decimal(236))),
            ),
            f"2 services of {NAMES[0]} rose by 12% together",
            f"2 servicios de {NAMES[0]}: subida conjunta del 12 %",
        ),
        (
            moved(),
            f"Amazon S3 moved from {NAMES[1]} to {NAMES[0]}",
            f"Amazon S3: traslado de {NAMES[1]} a {NAMES[0]}",
        ),
        (
            line(scope="service_region", region="ap-south-1", causes=(), new="region"),
            "Amazon S3 in ap-south-1: a Region never used before",
            "Amazon S3 en ap-south-1: región nunca usada antes",
        ),
        (
            line(scope="service_region", region="ap-south-1", causes=(), from_region="eu-west-1"),
            "Amazon S3 moved from eu-west-1 to ap-south-1",
            "Amazon S3: traslado de eu-west-1 a ap-south-1",
        ),
        (
            line(scope="service_region", region="ap-south-1", causes=()),
            "Amazon S3 in ap-south-1 rose by 12%",
            "Amazon S3 en ap-south-1: subida del 12 %",
        ),
    ],
)
def test_a_line_says_what_it_is(made: AnomalyLine, english: str, spanish: str) -> None:
    assert title(made) == english
    assert title(made, "es").replace("\xa0", " ") == spanish


def test_its_parts_are_named_and_the_others_counted() -> None:
    story = Story(weekly("en"))
    (parts,) = anomaly_text.causes(story, line())
    assert parts.sentence == f"{NAMES[0]}: +$40.00 · {NAMES[1]}: +$40.00 · 12 more: +$456.00"
    assert anomaly_text.causes(story, moved()) == [], "the sentence has both"
    assert (
        anomaly_text.describe(story, moved()).sentence
        == f"$500.00 more in {NAMES[0]}, $498.00 less in {NAMES[1]}"
    )
    assert anomaly_text.kind(story, moved()) == "moved"


def test_what_moved_is_ranked_by_what_moved_and_is_no_rise() -> None:
    small = line(impact=Decimal(100), id="small")
    report = replace(weekly("en"), anomalies=(small, moved(id="moved")))
    assert [each.id for each in facts.open_anomalies(report)] == ["moved", "small"]
    assert anomaly_text.describe(Story(report), moved()).tone == "plain"


def test_links_open_what_the_line_is_of() -> None:
    story = Story(weekly("en"))

    def link(made: AnomalyLine) -> str:
        return unquote(anomaly_text.describe(story, made).link or "")

    assert '"LinkedAccount"' in link(line())
    assert "Linked account" not in link(line())
    assert IDS[0] in link(moved())
    assert IDS[1] in link(moved())
    of_region = link(line(scope="service_region", region="ap-south-1", causes=()))
    assert '"id":"Region"' in of_region
    assert "ap-south-1" in of_region


@pytest.mark.parametrize("language", ["en", "es"])
def test_compute_where_none_was_carries_the_mark_on_card_and_page(language: Language) -> None:
    made = line(scope="service_region", region="ap-south-1", causes=(), new="region", security=True)
    report = replace(weekly(language), anomalies=(made,))
    mark = Story(report).t("rollup.check_region")
    assert mark in str(card.message(report))
    assert mark in render.page(report)
    hidden = anomaly_text.more_to_check(Story(report), [made])
    assert hidden.startswith("⚠ 1")


def test_the_headline_names_what_rose_in_many_accounts() -> None:
    report = weekly("en")
    compared = facts.comparison(report)
    assert compared.change is not None
    days = [Decimal(100)] * 28
    per_day = compared.change / len(compared.days)
    days[-7:] = [Decimal(100) + per_day] * 7
    made = line(daily=tuple(days))
    assert "Amazon S3 rose by 12% in 14 accounts together" in Story(with_lines(report, made)).why
    assert "together" not in Story(with_lines(report, line(daily=(Decimal(100),) * 28))).why


def with_lines(report: Report, *found: AnomalyLine) -> Report:
    return replace(report, anomalies=found)
