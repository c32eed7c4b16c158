"""The resources of an anomaly in words: short in a line, whole on the page, and never markup."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from typing import get_args

import pytest
from rich.console import Console

from finopsguard.models.cause import ResourceCost
from finopsguard.models.run import Language
from finopsguard.report import resource_text, terminal
from finopsguard.report.page import render
from finopsguard.report.words import NAME, Words
from tests.unit.report.explained import RESOURCES, explained
from tests.unit.report.hostile import HOSTILE
from tests.unit.report.page.test_render import read
from tests.unit.report.sample import weekly

LINE = replace(weekly("en").anomalies[0], resources=RESOURCES)
LONG = f"arn:aws:logs:eu-west-1:111122223333:log-group:/{'team/' * 60}settle-payment"


@pytest.mark.parametrize(
    ("whole", "shown"),
    [
        ("i-0a7c41e9d20b6f358", "i-0a7c41e9d20b6f358"),
        ("marea-originals", "marea-originals"),
        ("arn:aws:lambda:eu-west-1:111122223333:function:checkout", "function:checkout"),
        ("arn:aws:s3:::a-bucket", "a-bucket"),
        ("arn:aws-cn:logs:cn-north-1:1:log-group:/aws/lambda/a:b", "log-group:/aws/lambda/a:b"),
        ("arn:not-whole", "arn:not-whole"),
        (LONG, "…team/team/team/team/team/settle-payment"),
        ("x" * 300, "…" + "x" * (NAME - 1)),
    ],
)
def test_an_id_is_shown_by_what_tells_it_apart(whole: str, shown: str) -> None:
    assert resource_text.short(whole) == shown
    assert len(shown) <= NAME


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Resources: i-0a7c41e9d20b6f358 +$2,360 (new), natgateway/nat-0c19f5be7d3a80264 +$240.10"),
        (
            "es",
            "Recursos: i-0a7c41e9d20b6f358 +2.360 US$ (nuevo), natgateway/nat-0c19f5be7d3a80264 +240,10 US$",
        ),
    ],
)
def test_the_line_in_both_languages(language: Language, said: str) -> None:
    words = Words(weekly(language))
    assert plain_spaces(resource_text.sentence(words, LINE)) == said
    assert resource_text.sentence(words, replace(LINE, resources=())) == ""


def test_one_that_costs_less_is_not_new() -> None:
    fell = (ResourceCost("db:main", Decimal(0), Decimal("-495.2")),)
    said = resource_text.sentence(Words(weekly("en")), replace(LINE, resources=fell))
    assert plain_spaces(said) == "Resource: db:main −$495.20"


@pytest.mark.parametrize("language", get_args(Language))
def test_the_page_has_whole_ids_with_cents(language: Language) -> None:
    report = explained(language)
    text = plain_spaces(re.sub(r"\s+", " ", read(render.page(report)).text))
    for each in RESOURCES:
        assert text.count(each.id) >= 1
        for amount in (each.cost, each.impact):
            assert plain_spaces(Words(report).n.money(amount, exact=True)) in text
    against = {"en": "Resources are held against", "es": "Los recursos se comparan con"}[language]
    assert text.count(against) == 1
    assert against not in read(render.page(weekly(language))).text
    long = ResourceCost(LONG, Decimal(9), Decimal(5))
    one = replace(report, anomalies=(replace(LINE, resources=(long,)),))
    assert LONG in read(render.page(one)).text


def test_the_terminal_has_the_line() -> None:
    printed = StringIO()
    terminal.render(explained("en"), Console(file=printed, width=200))
    assert "Resources: i-0a7c41e9d20b6f358" in plain_spaces(printed.getvalue())


@pytest.mark.parametrize("name", HOSTILE)
def test_an_id_from_an_attacker_is_text(name: str) -> None:
    line = replace(LINE, resources=(ResourceCost(name, Decimal(9), Decimal(5)),))
    page = read(render.page(replace(weekly("en"), anomalies=(line,))))
    assert [tag for tag, _ in page.found].count("script") == 1
    said = resource_text.sentence(Words(weekly("en")), line)
    assert "{{" not in said and "\u202e" not in said and "\u200b\u200b" not in said


def plain_spaces(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u2060", "")
