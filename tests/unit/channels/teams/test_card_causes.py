"""Causes on the card: one line under each anomaly, the security mark, and what stays where there is little room."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, get_args

import pytest

from finopsguard import contracts
from finopsguard.channels.page_link import PageButton
from finopsguard.channels.teams import card, ladder, limits
from finopsguard.models.cause import Act, CauseKind, ResourceCost
from finopsguard.models.report import Report
from finopsguard.models.run import Language
from finopsguard.report import cause_text
from finopsguard.report.words import Words
from tests.sweeps import sampled
from tests.unit.channels.teams.cards import content, problems, schema_problems, texts, walk
from tests.unit.report.cases import CASES
from tests.unit.report.cause_sample import CAUSES, KINDS
from tests.unit.report.sample import weekly

PAGE = PageButton("button.page_in_aws", "https://example.com/" + "x" * 1_200)
BOTH = pytest.mark.parametrize("language", get_args(Language))


def lines(report: Report, form: ladder.Form | None = None) -> list[str]:
    """What is read of the card, on one rung if one is given."""
    with pytest.MonkeyPatch.context() as patch:
        if form:
            patch.setattr(ladder, "LADDER", (form,))
        made = content(card.message(report))
    assert problems(made) == []
    assert schema_problems(made) == []
    return [line.replace("\u200b", "").replace("\u00a0", " ") for line in texts(made)]


def test_the_top_cause_stands_under_its_anomaly_before_its_state() -> None:
    shown = lines(weekly("en"))
    at = shown.index("p5.48xlarge on demand: +$7,866, 2.9x the usual hours at unchanged prices")
    assert shown[at + 1].startswith("new · +$8,324 since 13 Nov")
    assert "ra3.4xlarge nodes: +$2,960, 2.1x the usual hours at unchanged prices" in shown
    assert not any("gp3" in line for line in shown), "one cause is enough for a card"


def test_the_cause_comes_after_the_services_of_a_story_and_before_its_mark_and_resources() -> None:
    shown = lines(CASES["explained"]("en"), replace(ladder.LADDER[-2], resources=1))
    at = shown.index("Amazon EC2: +$2,360 · EC2 other (EBS, NAT): +$240.10 · Amazon VPC: +$12.00")
    assert shown[at + 1 : at + 5] == [
        "p5.48xlarge on demand in us-east-1 (new Region): +$2,360, 24 hours",
        "⚠ New Region: check that it is yours",
        "Resources: i-0a7c41e9d20b6f358 +$2,360 (new), natgateway/nat-0c19f5be7d3a80264 +$240.10",
        "new · +$2,390 since 13 Nov · us-east-1",
    ]


@sampled(every=4)
@BOTH
@pytest.mark.parametrize("kind", get_args(CauseKind))
def test_a_cause_of_each_kind_is_on_the_card_as_it_is_said(kind: CauseKind, language: Language) -> None:
    cause = KINDS[kind]
    way: Literal[1, -1] = 1 if cause.impact > 0 else -1
    line = replace(weekly(language).anomalies[0], causes=(cause,), direction=way, region=None)
    report = replace(weekly(language), anomalies=(line,))
    sentence = cause_text.sentence(Words(report), cause, line.service)
    assert sentence.replace("\u00a0", " ") in lines(report)


def test_the_mark_has_no_colour_of_its_own() -> None:
    """Sign and words carry it; it is bold."""
    made = content(card.message(CASES["explained"]("en")))
    marks = [run for run in walk(made) if str(run.get("text", "")).startswith("⚠ New")]
    assert marks
    assert all("color" not in run and run["weight"] == "Bolder" for run in marks)


def test_a_mark_of_an_anomaly_that_is_not_shown_is_counted() -> None:
    one = weekly("en").anomalies[0]
    hidden = replace(one, impact=one.impact / 1000, causes=(KINDS["new_region"],))
    shown = lines(replace(weekly("en"), anomalies=(*weekly("en").anomalies, hidden)))
    assert any(line.startswith("3 more anomalies") for line in shown)
    assert any(line.startswith("⚠ 1 of them is compute in a new Region") for line in shown)


def test_causes_are_dropped_last_and_what_needs_a_check_never() -> None:
    *longer, last = ladder.LADDER
    assert all(form.causes for form in longer)
    assert last == replace(longer[-1], causes=False)
    told = lines(weekly("en"), last)
    assert not any("2.9x the usual hours" in line for line in told)
    assert any("the causes" in line for line in told if "Shortened" in line)
    checked = lines(CASES["explained"]("en"), last)
    assert not any("i-0a7c41e9d20b6f358" in line for line in checked)
    assert "⚠ New Region: check that it is yours" in checked
    assert "p5.48xlarge on demand in us-east-1 (new Region): +$2,360, 24 hours" in checked


@sampled(every=2)
@BOTH
def test_the_longest_causes_fit_into_teams(language: Language) -> None:
    """Every anomaly with three services, the longest names and a mark."""
    long = replace(
        KINDS["new_region"],
        value=f"EUW1-Host:ml.{'x' * 40}.48xlarge",
        region="ap-southeast-1" * 3,
    )
    parts: Any = CASES["explained"](language).anomalies[0].causes[:3]
    base = CASES["thousand"](language)
    many = replace(
        base, anomalies=tuple(replace(line, causes=(*parts, *CAUSES["p5"], long)) for line in base.anomalies)
    )
    assert len(contracts.encode(card.message(many, page=PAGE))) <= limits.MAX_MESSAGE_BYTES


@BOTH
def test_what_is_spoken_does_not_depend_on_causes(language: Language) -> None:
    report = CASES["explained"](language)
    bare = replace(report, anomalies=tuple(replace(line, causes=()) for line in report.anomalies))
    with_causes, without = (content(card.message(each)) for each in (report, bare))
    assert with_causes["speak"] == with_causes["fallbackText"] == without["speak"]


def test_resources_and_who_acted_give_way_before_an_explained_anomaly_does() -> None:
    """Three anomalies with their causes say more than one with all that is known of it."""
    first = weekly("en").anomalies[0]
    act = Act(
        "confirmed",
        "RunInstances",
        "ec2.amazonaws.com",
        "role/terraform-deploy",
        "Terraform",
        datetime(2026, 11, 14, 22, 10, tzinfo=UTC),
        "eu-west-1",
        "i-0a7c41e9d20b6f358",
    )
    found = ResourceCost("i-0a7c41e9d20b6f358", Decimal(900), Decimal(880))
    cause = next(each for each in first.causes if each.dimension == "usage_type")
    every = tuple(
        replace(line, causes=(cause,), resources=(found,) * 3, who=(act,)) for line in weekly("en").anomalies
    )
    told = lines(replace(weekly("en"), anomalies=every))
    shown = [line for line in told if " · " in line and any(each.account_name in line for each in every)]
    assert len(shown) >= 3
    assert any("terraform-deploy (Terraform) ran RunInstances" in line for line in told)
