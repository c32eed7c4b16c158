"""The report page as text; tests/browser opens it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings

from finopsguard.models.report import JudgedWith, Report
from finopsguard.models.run import Language
from finopsguard.report import facts
from finopsguard.report.page import chart, render
from tests.sweeps import examples, sampled
from tests.unit.channels.teams.test_card import reports
from tests.unit.report.cases import CASES
from tests.unit.report.hostile import HOSTILE
from tests.unit.report.sample import weekly

LARGEST = 2_000_000


class Reader(HTMLParser):
    """Collects elements, and checks that every one is closed."""

    VOID = frozenset({"meta", "input", "br", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Every start."""
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """SVG's own."""
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Every end."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text, but of style and script."""
        if self._open and self._open[-1] not in ("style", "script"):
            self.text += data


def read(html: str) -> Reader:
    """Parses a page."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


@sampled(every=5)
@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("case", CASES)
def test_nothing_leaves_the_page(case: str, language: Language) -> None:
    html = render.page(CASES[case](language))
    found = read(html).found

    assert len(html.encode()) < LARGEST
    assert {tag for tag, _ in found} & {"img", "link", "iframe", "object", "form", "base"} == set()
    for tag, attributes in found:
        assert "style" not in attributes, "the policy forbids it"
        assert not any(name.startswith("on") or name == "src" for name in attributes)
        if tag == "a":
            link = attributes["href"] or ""
            assert link.startswith(
                ("#", "https://us-east-1.console.", "https://eu-west-1.console.", "https://cn-north")
            )


def test_policy_allows_exactly_this_style_and_script() -> None:
    html = render.page(weekly("en"))
    policy = next(
        str(each["content"])
        for tag, each in read(html).found
        if each.get("http-equiv") == "Content-Security-Policy"
    )

    for element in ("style", "script"):
        (inside,) = re.findall(rf"<{element}>(.*?)</{element}>", html, flags=re.S)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_hostile_names_are_escaped() -> None:
    reader = read(render.page(CASES["hostile"]("en")))

    assert [tag for tag, _ in reader.found].count("script") == 1
    assert "<script>alert(1)</script><img src=x onerror=alert(1)>" in reader.text
    assert HOSTILE[0] in reader.text


def test_every_account_is_there() -> None:
    html = render.page(CASES["thousand"]("en"))

    assert len(re.findall(r"<tr><td data-value=\"team-", html)) == 991


def test_every_anomaly_is_there_the_smaller_ones_folded() -> None:
    html = render.page(CASES["thousand"]("en"))
    before, _, folded = html.partition("<details><summary>28 more anomalies: ")

    assert before.count('<li class="anomaly') == 12
    assert folded.count('<li class="anomaly') == 28


def test_organizational_units_add_up_from_below() -> None:
    units = {unit.path: unit for unit in facts.units(weekly("en"))}
    below = [unit for path, unit in units.items() if len(path) == 3 and path[:2] == ("Root", "Workloads")]

    assert units[("Root",)].cost == sum(facts.cost(account) for account in weekly("en").accounts)
    assert units[("Root",)].accounts == 24
    assert units[("Root", "Workloads")].cost == sum(unit.cost for unit in below)
    assert [unit.path for unit in facts.units(weekly("en"))] == sorted(units)


def test_without_units_there_is_no_roll_up() -> None:
    assert "Organizational units" not in render.page(CASES["one_account"]("en"))


def test_missing_accounts_have_their_reasons() -> None:
    text = read(render.page(weekly("en"))).text

    assert "RoleNotAssumable: the role FinOpsGuardRead does not exist there." in text


def test_an_anomaly_has_its_kind_cause_and_account() -> None:
    text = re.sub(r"\s+", " ", read(render.page(weekly("es"))).text)

    assert (
        "p5.48xlarge bajo demanda: +7.866 US$, 2,9 veces las horas habituales a precios sin cambiosnueva pico"
        " · +8.324 US$ desde el 13 nov · us-east-1 · responsable: team-training · 101658697902" in text
    )
    assert "1 anomalía resuelta" in text


def test_without_history_nothing_is_called_normal() -> None:
    first, quiet = (read(render.page(CASES[case]("en"))).text for case in ("first_run", "quiet"))

    assert "No anomalies" not in first
    assert "Not judged" in first
    assert "No anomalies found in 24 accounts and 11 services, judged up to Sat 14 Nov." in quiet


@sampled(every=4)
@pytest.mark.parametrize("case", CASES)
def test_every_landmark_has_a_name_of_its_own(case: str) -> None:
    """axe: landmark-unique. A section with a name is a region; what scrolls in it is a group."""
    found = read(render.page(CASES[case]("en"))).found
    names = [
        each.get("aria-labelledby") for tag, each in found if tag == "section" or each.get("role") == "region"
    ]

    assert None not in names
    assert len(names) == len(set(names))


def test_an_empty_report_has_a_page() -> None:
    nothing = replace(
        weekly("en"),
        daily=(),
        accounts=(),
        services=(),
        anomalies=(),
        charges={"usage": Decimal(0)},
        charges_previous={"usage": Decimal(0)},
    )

    assert "$94,980" in render.page(nothing)


@pytest.mark.parametrize(
    ("largest", "top"),
    [
        ("19681", "20000"),
        ("20000", "20000"),
        ("20001", "40000"),
        ("0.3", "0.4"),
        ("7", "8"),
        ("9.5", "10"),
        ("0", "0.01"),
    ],
)
def test_the_scale_ends_on_a_round_number(largest: str, top: str) -> None:
    assert chart.ceiling([chart.Column(Decimal(largest), "now", "")]) == Decimal(top)


def test_chart_leaves_a_gap_where_nothing_was_expected() -> None:
    columns = [
        chart.Column(Decimal(1), "now", "", Decimal(value) if value else None) for value in (1, 1, 0, 1)
    ]
    svg = chart.svg(columns, Decimal(2), "label")

    assert 'd="M0 50H10L10 50H20M30 50H40"' in svg


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(report=reports())
def test_any_report_becomes_a_page(report: Report) -> None:
    reader = read(render.page(report))
    tags: list[Any] = [tag for tag, _ in reader.found]

    assert tags.count("script") == 1
    assert tags.count("main") == 1


@pytest.mark.parametrize(
    ("language", "judged", "never"),
    [
        ("en", "Judged at 1.3:", "Never judged: EC2 - Other, <b>."),
        ("es", "Analizado con sensibilidad 1,3:", "Servicios que no se analizan: EC2 - Other, <b>."),
    ],
)
def test_a_policy_that_is_not_the_default_is_said(language: Language, judged: str, never: str) -> None:
    usual = JudgedWith(Decimal("1.0"), Decimal(10), Decimal(20), 14, ())
    report = replace(weekly(), language=language, judged_with=usual)
    assert not [words for words in (judged[:8], never[:12]) if words in read(render.page(report)).text]
    changed = replace(usual, sensitivity=Decimal("1.30"), unjudged_services=("EC2 - Other", "<b>"))
    text = read(render.page(replace(report, judged_with=changed))).text
    assert judged in text
    assert never in text
