"""What needs a check, what is told first, and what is missing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Cause, CauseKind
from finopsguard.models.notes import OF_AN_EXPORT, causes_missing, regions_missing
from finopsguard.models.run import Language
from finopsguard.report import anomaly_text, cause_facts, cause_text
from finopsguard.report.story import Story
from finopsguard.report.words import Words
from tests.sweeps import examples
from tests.unit.report.cause_sample import CAUSES, KINDS, any_cause, only
from tests.unit.report.hostile import HOSTILE
from tests.unit.report.sample import weekly

LINE = weekly("en").anomalies[0]
NEW = KINDS["new_region"]


MISSING = causes_missing("CostExplorerThrottled", [LINE.id])


@pytest.mark.parametrize("kind", get_args(CauseKind))
@pytest.mark.parametrize(
    ("usage_type", "runs_code"),
    [
        ("BoxUsage:p5.48xlarge", True),
        ("APE1-SpotUsage:m5.large", True),
        ("DedicatedUsage:m5.large", True),
        ("Host:ml.p4d.24xlarge", True),
        ("Fargate-vCPU-Hours:perCPU", True),
        ("Lambda-GB-Second", False),
        ("EBS:VolumeUsage.gp3", False),
        ("NatGateway-Bytes", False),
        ("Unknown:p5.48xlarge", False),
    ],
)
def test_compute_in_a_new_region_or_family_needs_a_check(
    kind: CauseKind, usage_type: str, runs_code: bool
) -> None:
    cause = replace(NEW, kind=kind, value=usage_type)
    assert cause_facts.needs_check(cause) is (runs_code and kind in ("new_region", "new_family"))
    assert not cause_facts.needs_check(replace(cause, impact=Decimal(-1)))
    assert not cause_facts.needs_check(replace(cause, dimension="service"))


@pytest.mark.parametrize("language", get_args(Language))
def test_the_mark_is_a_sign_and_words(language: Language) -> None:
    words = Words(weekly(language))
    shown = [cause_text.check(words, KINDS[kind]) for kind in ("new_region", "new_family")]
    assert all(text.startswith("⚠ ") and len(text) > 20 for text in shown)
    assert len(set(shown)) == 2


def test_the_top_cause_goes_the_anomalys_way() -> None:
    fell, rose = only("A", "-900"), only("B", "500")
    assert cause_facts.top(replace(LINE, causes=(fell, rose, only("C", "20")))) == rose
    assert cause_facts.top(replace(LINE, causes=(fell, rose), direction=-1)) == fell
    assert cause_facts.top(replace(LINE, causes=(fell,))) is None
    assert cause_facts.top(replace(LINE, causes=(Cause("service", "Amazon S3", Decimal(5)),))) is None


def test_what_needs_a_check_is_told_wherever_it_ranks() -> None:
    small = replace(NEW, impact=Decimal(3))
    line = replace(LINE, causes=(only("B", "500"), only("C", "20"), small), direction=1)
    assert [cause.value for cause in cause_facts.told(line)] == ["B", NEW.value]
    told = anomaly_text.told_causes(Words(weekly("en")), line)
    assert [cause.check for cause in told] == ["", "⚠ New Region: check that it is yours"]
    assert cause_facts.told(replace(line, causes=(NEW,))) == [NEW]


def test_what_needs_a_check_and_is_not_shown_is_counted() -> None:
    words = Words(weekly("en"))
    new = replace(LINE, causes=(NEW,))
    assert anomaly_text.more_to_check(words, [LINE]) == ""
    assert anomaly_text.more_to_check(words, [LINE, new]).startswith("⚠ 1 of them is compute in a new Region")
    assert anomaly_text.more_to_check(words, [new, new]).startswith("⚠ 2 of them are compute in new Regions")


@pytest.mark.parametrize(
    ("notes", "line", "missing"),
    [
        ((MISSING,), replace(LINE, causes=()), True),
        (("causes_missing:CostExplorerThrottled:x/1," + LINE.id,), replace(LINE, causes=()), True),
        (("causes_missing:CostExplorerThrottled:x/1,x/2",), replace(LINE, causes=()), False),
        (
            ("causes_not_asked:3", MISSING),
            replace(LINE, causes=(Cause("service", "Amazon S3", Decimal(5)),)),
            True,
        ),
        ((MISSING,), LINE, False),
        ((MISSING,), replace(LINE, causes=(), status="resolved"), False),
        (("history_short",), replace(LINE, causes=()), False),
        (("causes_missing",), replace(LINE, causes=()), False),
        ((), replace(LINE, causes=()), False),
    ],
)
def test_causes_are_missing_where_the_report_says_so(
    notes: tuple[str, ...], line: AnomalyLine, missing: bool
) -> None:
    assert cause_facts.are_missing(line, replace(weekly("en"), notes=notes)) is missing


def test_sums_are_to_the_cent_and_unknown_where_a_part_is() -> None:
    found = cause_facts.sums(CAUSES["p5"])
    assert (found.quantity or 0) + (found.price or 0) + (found.rest or 0) == found.impact
    assert found.impact == sum(cause.impact for cause in CAUSES["p5"])
    assert cause_facts.sums(CAUSES["logs"]).quantity is None
    assert cause_facts.sums(CAUSES["logs"]).impact == Decimal("682.40")


def test_the_order_of_the_causes_is_that_of_who_ranked_them() -> None:
    given = (only("B", "20"), Cause("others", "3", Decimal(500)), only("A", "900"))
    line = replace(LINE, causes=(Cause("service", "Amazon S3", Decimal(5)), *given))
    assert cause_facts.explaining(line) == list(given)
    assert cause_facts.top(line) == given[0]


def test_what_is_left_is_never_the_top_cause() -> None:
    left = Cause("others", "3", Decimal(500))
    assert cause_facts.top(replace(LINE, causes=(left,))) is None
    assert cause_facts.top(replace(LINE, causes=(replace(left, kind="ended"),))) is not None


@pytest.mark.parametrize(
    ("quantity", "price", "same"),
    [("100", "1", True), ("100", "-1", True), ("100", "1.01", False), ("0", "0.01", False)],
)
def test_prices_are_called_unchanged_where_they_have_no_part(quantity: str, price: str, same: bool) -> None:
    cause = replace(KINDS["changed"], quantity_effect=Decimal(quantity), price_effect=Decimal(price))
    assert cause_facts.same_prices(cause) is same


def test_an_effect_that_does_not_fit_its_quantity_is_not_told() -> None:
    wrong = replace(KINDS["changed"], quantity_effect=Decimal(-100), price_effect=Decimal(0))
    assert cause_facts.effect(wrong) is None


names = st.text(max_size=80) | st.sampled_from(HOSTILE)
amounts = st.decimals(-(10**12), 10**12, places=2)


@settings(max_examples=examples(80), deadline=None)
@given(cause=any_cause(names, amounts), language=st.sampled_from(get_args(Language)))
def test_any_cause_is_one_bounded_line(cause: Cause, language: Language) -> None:
    words = Story(weekly(language))
    for text in (cause_text.sentence(words, cause, "Amazon EC2"), cause_text.title(words, cause)):
        assert len(text) < 420
        assert not set(text) & set("\n\r\t\u202e")
        assert "{{" not in text
    assert len(cause_text.quantity(words, cause.quantity, cause.unit)) < 60


@pytest.mark.parametrize("language", ["en", "es"])
def test_regions_that_were_not_read_are_said_to_be_unknown_and_never_quiet(language: Language) -> None:
    def said(error: str) -> str:
        (text,) = Story(replace(weekly(language), notes=(regions_missing(error),))).notes
        return text

    of_error, of_export, of_other = (
        said(each) for each in ("CostExplorerThrottled", OF_AN_EXPORT, "SomethingElse")
    )
    word = {"en": "nothing is said of Regions", "es": "no dice nada de las regiones"}[language]
    assert all(word in each for each in (of_error, of_export, of_other))
    assert "Cost Explorer" in of_error
    assert of_other.endswith("SomethingElse")
