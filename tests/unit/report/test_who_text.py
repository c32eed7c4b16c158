"""Who acted, in words of both languages, on card, page and terminal; names are data."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finopsguard.channels.teams import card, ladder
from finopsguard.models.cause import Act
from finopsguard.models.report import Report
from finopsguard.models.run import Language
from finopsguard.report import who_text
from finopsguard.report.page import render
from finopsguard.report.words import NAME, Words
from tests.sweeps import examples, sampled
from tests.unit.channels.teams.cards import content, problems, schema_problems, texts
from tests.unit.report.cause_sample import any_act
from tests.unit.report.hostile import HOSTILE
from tests.unit.report.sample import weekly
from tests.unit.report.test_everywhere import spoken

AT = datetime(2026, 11, 14, 22, 10, tzinfo=UTC)
ACT = Act(
    "coincides", "RunInstances", "ec2.amazonaws.com", "role/terraform-deploy", "Terraform", AT, "eu-west-1"
)
NAMED = replace(ACT, grade="confirmed", resource="i-0abc")
SAID = "terraform-deploy (Terraform) ran RunInstances on 14 Nov 22:10 UTC: kind, Region and time coincide"


def said(act: Act, language: Language = "en") -> str:
    return who_text.sentence(Words(weekly(language)), act)


def with_acts(*acts: Act, language: Language = "en") -> Report:
    report = weekly(language)
    first, *others = report.anomalies
    return replace(report, anomalies=(replace(first, who=acts), *others))


def test_both_grades_say_how_sure_they_are() -> None:
    assert said(ACT) == SAID
    assert said(NAMED) == "terraform-deploy (Terraform) ran RunInstances on 14 Nov 22:10 UTC: names i-0abc"
    assert said(NAMED, "es") == (
        "terraform-deploy (Terraform) ejecutó RunInstances el 14 nov a las 22:10 UTC: nombra i-0abc"
    )
    assert said(ACT, "es").endswith(": coinciden tipo, región y hora")


@pytest.mark.parametrize(
    ("principal", "tool", "who"),
    [
        ("sso/DataScience/ana@…", "console", "ana@… (DataScience, console)"),
        ("role/Support/luis@…", "AWS CLI", "Support/luis@… (AWS CLI)"),
        ("user/ana", "", "ana"),
        ("root", "console", "the root user (console)"),
        ("account/222200000000", "Boto3", "account 222200000000 (Boto3)"),
        ("service/autoscaling.amazonaws.com", "", "autoscaling.amazonaws.com"),
        ("what is new", "", "what is new"),
    ],
)
def test_who_acted_and_with_what(principal: str, tool: str, who: str) -> None:
    assert said(replace(ACT, principal=principal, tool=tool)).startswith(f"{who} ran ")


def test_a_dated_event_is_told_by_its_name_and_an_arn_by_its_end() -> None:
    assert "ran UpdateFunctionCode on" in said(replace(ACT, event="UpdateFunctionCode20150331v2"))
    arn = "arn:aws:rds:eu-west-1:111111111111:db:shop"
    assert said(replace(NAMED, resource=arn)).endswith(": names shop")
    assert said(replace(NAMED, resource="arn:aws:s3:::bucket")).endswith(": names bucket")
    assert said(replace(NAMED, resource="arn:x:/")).endswith(": names arn:x:/")


@pytest.mark.parametrize("language", get_args(Language))
def test_every_surface_says_it_and_the_page_what_it_means(language: Language) -> None:
    report = with_acts(ACT, language=language)
    shown = spoken(report)
    for text in shown.values():
        assert said(ACT, language) in text.replace("\u00a0", " ")
    graded = Words(report).t("who.graded")
    assert graded in shown["page"]
    assert graded not in spoken(with_acts())["page"]


def test_the_card_has_room_for_one_and_the_page_for_two() -> None:
    other = replace(NAMED, principal="user/ana")
    shown = spoken(with_acts(ACT, other))
    assert said(other) in shown["page"] and said(other) not in shown["card"]


@pytest.mark.parametrize("rung", [-1, -2])
def test_who_acted_is_dropped_before_the_causes_and_the_card_says_so(
    monkeypatch: pytest.MonkeyPatch, rung: int
) -> None:
    monkeypatch.setattr(ladder, "LADDER", (ladder.LADDER[rung],))
    shown = texts(content(card.message(with_acts(ACT))))
    assert not any("RunInstances" in line for line in shown)
    assert any("who acted" in line for line in shown if "Shortened" in line)
    assert any("p5.48xlarge on demand" in line for line in shown) is (rung == -2)
    assert not any("who acted" in line for line in texts(content(card.message(weekly("en")))))


@sampled(every=4)
@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_data_cut_and_never_markup(name: str) -> None:
    act = replace(NAMED, principal=f"role/{name}", tool=name, event=name, resource=name)
    made = content(card.message(with_acts(act)))
    assert problems(made) == [] and schema_problems(made) == []
    assert len(said(act)) < 5 * NAME + 80


def test_markup_in_a_name_is_escaped_on_the_page() -> None:
    name = "<script>alert(1)</script>"
    shown = render.page(with_acts(replace(NAMED, principal=f"role/{name}", tool=name, resource=name)))
    assert "<script>alert" not in shown and "&lt;script&gt;alert" in shown


names = st.sampled_from(HOSTILE) | st.text(max_size=300)


@settings(max_examples=examples(30), deadline=None)
@given(any_act(names))
def test_any_act_has_a_sentence(act: Act) -> None:
    sentence = said(act)
    assert "\n" not in sentence and "{{" not in sentence and len(sentence) < 400


@settings(max_examples=3, deadline=None)
@given(st.lists(any_act(names), min_size=1, max_size=2))
def test_any_acts_become_a_card_that_teams_takes(acts: list[Act]) -> None:
    report = weekly("es")
    lines = tuple(replace(line, who=tuple(acts)) for line in report.anomalies)
    made = content(card.message(replace(report, anomalies=lines)))
    assert problems(made) == [] and schema_problems(made) == []
