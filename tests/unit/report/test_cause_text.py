"""What is said of a cause: each kind, both languages, both ways, and never more than its numbers hold."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest

from finopsguard.models.cause import Cause, CauseKind
from finopsguard.models.run import Language
from finopsguard.report import cause_facts, cause_text
from finopsguard.report.words import Words
from tests.unit.report.cause_sample import KINDS, LEFT, only, used
from tests.unit.report.sample import weekly

WORDS = {language: Words(weekly(language)) for language in get_args(Language)}
NAT = KINDS["changed"]


def said(cause: Cause, language: Language = "en", service: str = "") -> str:
    """Without the space that does not break."""
    return cause_text.sentence(WORDS[language], cause, service).replace("\u00a0", " ")


SENTENCES: dict[CauseKind, tuple[str, str]] = {
    "changed": (
        "NAT gateway data in eu-west-1: +$411.98, 3.1x the usual quantity at unchanged prices",
        "datos del gateway NAT en eu-west-1: +411,98 US$, 3,1 veces la cantidad habitual a precios sin cambios",
    ),
    "new_usage_type": (
        "Fargate vCPU hours in us-east-2 (new): +$388.61, 9,600 hours",
        "horas de vCPU de Fargate en us-east-2 (uso nuevo): +388,61 US$, 9.600 horas",
    ),
    "new_region": (
        "p5.48xlarge on demand in us-east-1 (new Region): +$2,360, 24 hours",
        "p5.48xlarge bajo demanda en us-east-1 (región nueva): +2.360 US$, 24 horas",
    ),
    "new_family": (
        "g6e.12xlarge Spot in eu-west-1 (new instance family): +$442.56, 96 hours",
        "g6e.12xlarge en Spot en eu-west-1 (familia de instancias nueva): +442,56 US$, 96 horas",
    ),
    "ended": (
        "db.r6g.4xlarge on demand in us-east-1: −$347.76, no longer used",
        "db.r6g.4xlarge bajo demanda en us-east-1: −347,76 US$, ya no se usa",
    ),
    "switched": (
        "EBS gp2 storage → EBS gp3 storage in us-east-1 (switched): −$84.00",
        "almacenamiento EBS gp2 → almacenamiento EBS gp3 en us-east-1 (cambio): −84,00 US$",
    ),
    "now_billed_as": (
        "Amazon RDS, now billed as Amazon Aurora: +$0.12",
        "Amazon RDS, ahora facturado como Amazon Aurora: +0,12 US$",
    ),
    "commitment_ended": (
        "m5.4xlarge on demand in us-east-1: +$1,659, a Savings Plan or reservation ended, at the same use",
        "m5.4xlarge bajo demanda en us-east-1: +1.659 US$, terminó un Savings Plan o una reserva, con el mismo uso",
    ),
    "moved_to_commitment": (
        "c7g.2xlarge on demand in us-east-1: −$168.00, now under a Savings Plan or reservation, at the same use",
        "c7g.2xlarge bajo demanda en us-east-1: −168,00 US$, ahora con un Savings Plan o una reserva, con el mismo"
        " uso",
    ),
}


@pytest.mark.parametrize("kind", get_args(CauseKind))
def test_every_kind_in_both_languages(kind: CauseKind) -> None:
    assert (said(KINDS[kind], "en"), said(KINDS[kind], "es")) == SENTENCES[kind]


def test_the_page_for_people_quotes_them() -> None:
    page = (Path(__file__).parents[3] / "docs" / "card.md").read_text("utf-8")
    quoted = {kind for kind, (sentence, _) in SENTENCES.items() if f"| {sentence} |" in page}
    assert quoted == set(SENTENCES) - {"new_usage_type", "new_family"}


@pytest.mark.parametrize("kind", get_args(CauseKind))
def test_the_samples_add_up(kind: CauseKind) -> None:
    cause = KINDS[kind]
    if kind == "now_billed_as":  # of services, with dollars alone
        assert cause.quantity_effect is None
        return
    parts = (cause.quantity_effect or 0) + (cause.price_effect or 0) + (cause.rest or 0)
    assert parts == cause.impact


@pytest.mark.parametrize(
    ("before", "now", "en", "es"),
    [
        (
            ("100", "1"),
            ("310", "1"),
            "+$210.00, 3.1x the usual hours at unchanged prices",
            "+210,00 US$, 3,1 veces las horas habituales a precios sin cambios",
        ),
        (
            ("100", "1"),
            ("140", "1"),
            "+$40.00, 40% more hours than usual at unchanged prices",
            "+40,00 US$, un 40 % más de horas de lo habitual a precios sin cambios",
        ),
        (
            ("310", "1"),
            ("100", "1"),
            "−$210.00, 68% fewer hours than usual at unchanged prices",
            "−210,00 US$, un 68 % menos de horas de lo habitual a precios sin cambios",
        ),
        (
            ("100", "1"),
            ("2000", "1.005"),
            "+$1,910, 20x the usual hours at unchanged prices",
            "+1.910 US$, 20 veces las horas habituales a precios sin cambios",
        ),
        (
            ("100", "1"),
            ("310", "1.05"),
            "+$225.50, 3.1x the usual hours",
            "+225,50 US$, 3,1 veces las horas habituales",
        ),
        (
            ("100", "10"),
            ("101", "15"),
            "+$515.00, higher price at the same use",
            "+515,00 US$, precio más alto con el mismo uso",
        ),
        (
            ("100", "10"),
            ("100", "15"),
            "+$500.00, higher price at the same use",
            "+500,00 US$, precio más alto con el mismo uso",
        ),
        (("100", "10"), ("103", "5"), "−$485.00, lower price", "−485,00 US$, precio más bajo"),
        (
            ("100", "10"),
            ("100", "5"),
            "−$500.00, lower price at the same use",
            "−500,00 US$, precio más bajo con el mismo uso",
        ),
        (
            ("100", "10"),
            ("200", "15"),
            "+$2,000, 2x the usual hours (+$1,250), higher price (+$750.00)",
            "+2.000 US$, 2 veces las horas habituales (+1.250 US$), precio más alto (+750,00 US$)",
        ),
        (
            ("100", "10"),
            ("200", "6"),
            "+$200.00, 2x the usual hours (+$800.00), lower price (−$600.00)",
            "+200,00 US$, 2 veces las horas habituales (+800,00 US$), precio más bajo (−600,00 US$)",
        ),
        (
            ("0", "1"),
            ("24", "1"),
            "+$24.00, 24 hours, not used before",
            "+24,00 US$, 24 horas, no se usaba antes",
        ),
        (("24", "1"), ("0", "1"), "−$24.00, no longer used", "−24,00 US$, ya no se usa"),
    ],
)
def test_quantity_or_price(before: tuple[str, str], now: tuple[str, str], en: str, es: str) -> None:
    cause = used("BoxUsage:m5.large", "Hrs", before, now, region=None)
    assert said(cause, "en") == f"m5.large on demand: {en}"
    assert said(cause, "es") == f"m5.large bajo demanda: {es}"


def test_both_effects_and_the_rest_are_the_dollars_of_the_sentence() -> None:
    cause = used("BoxUsage:m5.large", "Hrs", ("100", "10"), ("200", "15"))
    assert cause_facts.effect(cause) == "both"
    assert Decimal(1250) + Decimal(750) == cause.impact


@pytest.mark.parametrize(
    "cause",
    [
        only("EBS:VolumeUsage.gp3", "84.10"),
        replace(NAT, quantity=None, quantity_before=None, unit=None, impact=Decimal("84.10")),
        replace(
            NAT,
            quantity_effect=Decimal(60),
            rest=Decimal("24.10"),
            price_effect=Decimal(0),
            impact=Decimal("84.10"),
        ),
        Cause("usage_type", "Something:new", Decimal("84.10")),
    ],
)
def test_dollars_alone_where_the_split_is_not_known(cause: Cause) -> None:
    assert said(cause).endswith(": +$84.10")


def test_a_price_is_named_only_where_it_is_a_substantial_part() -> None:
    """Up to a fifth of the dollars it is left out, and never called the same where it is not."""
    shares = {}
    for price in ("1.00", "1.02", "1.20", "2.50", "20"):
        cause = used("BoxUsage:m5.large", "Hrs", ("100", "1"), ("300", price))
        shares[price] = (cause_facts.effect(cause), cause_facts.same_prices(cause))
    assert shares == {
        "1.00": ("quantity", True),
        "1.02": ("quantity", False),
        "1.20": ("quantity", False),
        "2.50": ("both", False),
        "20": ("both", False),
    }


@pytest.mark.parametrize(
    ("region", "service", "shown"),
    [
        ("eu-west-1", "", "NAT gateway data in eu-west-1: "),
        (None, "EC2 - Other", "NAT gateway data in eu-west-1: "),
        (None, "", "NAT gateway data: "),
        ("global", "EC2 - Other", "NAT gateway data: "),
        ("NoRegion", "", "NAT gateway data: "),
        ("us-east-2", "", "NAT gateway data in us-east-2: "),
    ],
)
def test_a_region_is_said_once(region: str | None, service: str, shown: str) -> None:
    assert said(replace(NAT, region=region), service=service).startswith(shown)
    transfer = replace(NAT, value="USE1-EUW1-AWS-Out-Bytes", region=region)
    assert said(transfer, service=service).startswith("data transfer from us-east-1 to eu-west-1: ")


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({"from_region": "eu-west-1"}, "m5.large on demand (moved from eu-west-1 to us-east-2): "),
        (
            {"from_value": "EU-BoxUsage:m5.large", "from_region": "eu-west-1"},
            "m5.large on demand (moved from eu-west-1 to us-east-2): ",
        ),
        ({"from_region": "us-east-2"}, "m5.large on demand in us-east-2: "),
        (
            {"from_value": "BoxUsage:m4.large", "from_region": "eu-west-1"},
            "m4.large on demand in eu-west-1 → m5.large on demand in us-east-2 (switched): ",
        ),
        (
            {"from_value": "BoxUsage:m4.large"},
            "m4.large on demand → m5.large on demand in us-east-2 (switched): ",
        ),
        ({}, "m5.large on demand in us-east-2: "),
    ],
)
def test_a_switch_is_one_cause(more: dict[str, Any], shown: str) -> None:
    cause = replace(KINDS["switched"], value="BoxUsage:m5.large", region="us-east-2", from_value=None)
    assert said(replace(cause, **more)).startswith(shown)


@pytest.mark.parametrize(
    ("cause", "en", "es"),
    [
        (LEFT, "4 others: +$12.30", "4 más: +12,30 US$"),
        (
            replace(
                LEFT,
                kind="new_region",
                region="us-east-2",
                quantity=Decimal(7),
                quantity_before=Decimal(0),
                unit="Hrs",
            ),
            "4 others in us-east-2 (new Region): +$12.30, 7 hours",
            "4 más en us-east-2 (región nueva): +12,30 US$, 7 horas",
        ),
        (
            replace(LEFT, value="1", kind="ended"),
            "1 other: +$12.30, no longer used",
            "1 más: +12,30 US$, ya no se usa",
        ),
        (replace(LEFT, value="many"), "many others: +$12.30", "many más: +12,30 US$"),
    ],
)
def test_several_parts_together(cause: Cause, en: str, es: str) -> None:
    assert (said(cause, "en"), said(cause, "es")) == (en, es)


def test_a_commitment_with_another_use_says_so() -> None:
    more = used("BoxUsage:m5.large", "Hrs", ("100", "0.5"), ("300", "1"), "commitment_ended")
    assert said(more).endswith("a Savings Plan or reservation ended, 3x the usual hours")


@pytest.mark.parametrize(
    ("value", "unit", "en", "es"),
    [
        ("1", "Hrs", "1 hour", "1 hora"),
        ("24", "Hrs", "24 hours", "24 horas"),
        ("1204.4", "GB", "1,204 GB", "1.204 GB"),
        ("0.25", "GB-Mo", "0.25 GB-months", "0,25 GB-mes"),
        ("0.0000123", "GB", "<0.0001 GB", "<0,0001 GB"),
        ("12345678", "Requests", "12.3M requests", "12,3 M peticiones"),
        ("1E+30", "Requests", ">1,000,000,000.0M requests", ">1.000.000.000,0 M peticiones"),
        ("3.456", "N/A", "3.46", "3,46"),
        ("3", None, "3", "3"),
        ("3", "Widget-Mo", "3 Widget-Mo", "3 Widget-Mo"),
        ("3", "1M tokens", "3 million tokens", "3 millones de tokens"),
    ],
)
def test_quantities_have_the_words_of_their_unit(value: str, unit: str | None, en: str, es: str) -> None:
    shown = [cause_text.quantity(WORDS[language], Decimal(value), unit) for language in ("en", "es")]
    assert [text.replace("\u00a0", " ") for text in shown] == [en, es]


def test_an_unknown_quantity_is_empty() -> None:
    assert cause_text.quantity(WORDS["en"], None, "GB") == ""


@pytest.mark.parametrize("unit", sorted(cause_text.UNITS))
def test_every_unit_has_words(unit: str) -> None:
    for language in get_args(Language):
        assert len(cause_text.quantity(WORDS[language], Decimal(2), unit)) > 3
