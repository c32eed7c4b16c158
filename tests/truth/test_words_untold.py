"""A day far above its expectation is told, or the report says why it is no anomaly: once, and with its dollars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from finopsguard.detection import DetectionConfig, expected_costs
from finopsguard.models.report import Report, UntoldRise
from finopsguard.report.page import render
from finopsguard.report.story import Story
from tests.truth.words_world import SETTLED, A, B, daily, levels, told
from tests.unit.incidents.reports import END, steady
from tests.unit.report.test_everywhere import spoken

JOBS = "AWS Glue"
THURSDAY = END - timedelta(days=4)


def jobs(last: float = 900.0) -> list[float]:
    """Bursts of 300 to 900 dollars on one day in nine, and one on the report's Thursday."""
    costs = [300.0 + 100 * (day % 7) if day % 9 == 4 else 0.0 for day in range(98)]
    costs[-7:] = [0.0] * 7
    costs[-4] = last
    return costs


def with_jobs(last: float = 900.0) -> dict[tuple[str, str], list[float]]:
    return {**levels(500, 300), (A, JOBS): jobs(last)}


def test_a_burst_that_makes_the_headline_is_said_with_its_reason() -> None:
    seen = told(with_jobs(), SETTLED)

    (rise,) = seen.report.untold
    assert seen.report.anomalies == ()
    assert (rise.account_id, rise.service, rise.days, rise.reason) == (A, JOBS, (THURSDAY,), "bursts")
    assert rise.actual == Decimal(900) and Decimal(20) < rise.expected < Decimal(100)
    sentence = (
        f"AWS Glue of shop on 19 Nov, ${rise.actual - rise.expected} more than expected, is no anomaly: it comes in"
        " bursts, and this one is not far beyond those before."
    )
    assert seen.story.why.endswith(sentence)
    for surface, text in spoken(seen.report).items():
        assert " ".join(text.split()).count(sentence) == (2 if surface == "page" else 1), surface


@pytest.mark.parametrize(("part", "place"), [("0.6", "why"), ("0.3", "why_not"), ("0.05", ""), ("0", "")])
def test_the_reason_is_said_once_where_it_belongs(part: str, place: str) -> None:
    """Half of the change: with its reason. A tenth of a large move: beside it. Less: on the page alone."""
    costs = {
        key: [*series[:-7], *(amount * 1.6 for amount in series[-7:])]
        for key, series in levels(500, 300).items()
    }
    report = told(costs, SETTLED).report
    assert report.comparison is not None and report.comparison.change is not None
    excess = (report.comparison.change * Decimal(part)).quantize(Decimal("0.01"))
    rise = UntoldRise(A, "shop", JOBS, (THURSDAY,), excess + 10, Decimal(10), "month")
    report = replace(report, anomalies=(), untold=(rise,) if excess else ())
    story = Story(report)
    assert story.large_move
    said = {name: getattr(story, name).count("is no anomaly:") for name in ("why", "why_not")}
    assert said == {name: int(name == place) for name in said}
    for surface, text in spoken(report).items():
        assert text.count("is no anomaly:") == bool(place) + (surface == "page" and bool(excess)), surface


def test_a_service_that_is_told_is_not_explained_away() -> None:
    costs = levels(500, 300)
    costs[(A, "Amazon EC2")][-4] *= 3
    seen = told(costs, SETTLED)
    assert len(seen.report.anomalies) == 1
    assert seen.report.untold == ()
    assert "no anomaly:" not in seen.text


def test_a_day_that_an_incident_counts_is_told_and_no_riddle() -> None:
    """The day between two unusual ones is within its noise, and counts all the same."""
    noise = np.exp(0.12 * np.random.default_rng(5).normal(size=98))
    amounts = np.array(steady(200.0)) * noise
    amounts[-6:-3] = 1200.0, 260.0, 1200.0
    seen = told({(A, "Amazon EC2"): amounts.tolist()}, SETTLED)
    (line,) = seen.report.anomalies
    assert line.start < END - timedelta(days=5) < (line.last_day or line.day)
    assert seen.report.untold == ()


def test_a_rise_of_a_day_that_is_not_compared_is_not_the_headlines() -> None:
    assert told(with_jobs(), daily(THURSDAY)).report.untold != ()
    assert told(with_jobs(), daily(THURSDAY - timedelta(days=1))).report.untold == ()


def test_small_change_needs_no_reason_but_the_page_has_it() -> None:
    seen = told({**levels(50_000, 30_000), (A, JOBS): jobs()}, SETTLED)
    assert len(seen.report.untold) == 1
    assert "no anomaly:" not in seen.text
    assert "is no anomaly:" in render.page(seen.report)


def test_only_the_largest_is_spelled_out_and_names_from_outside_are_not_read_aloud() -> None:
    costs = with_jobs()
    costs[(B, JOBS)] = [amount * 0.5 for amount in jobs()]
    seen = told(costs, SETTLED)
    first, second = seen.report.untold
    assert first.actual - first.expected > second.actual - second.expected
    assert f"1 more rise is none either (+${second.actual - second.expected})." in seen.story.why
    assert seen.text.count("is no anomaly:") == 1
    assert "Glue" not in seen.speak


def test_spanish_says_the_same() -> None:
    seen = told(with_jobs(), replace(SETTLED, language="es"))
    assert (
        "AWS Glue de shop el 19 nov, 828,57\xa0US$ más de lo esperado, no es una anomalía: llega a ráfagas"
        in seen.story.why
    )


@pytest.mark.parametrize("seed", range(3))
def test_every_day_far_above_its_expectation_is_told_or_explained(seed: int) -> None:
    rng = np.random.default_rng(seed)
    costs: dict[tuple[str, str], list[float]] = {}
    for number, account in enumerate((A, B)):
        for row in range(4):
            amounts = np.array(steady(60.0 * (1 + row))) * np.exp(
                rng.uniform(0.02, 0.5) * rng.normal(size=98)
            )
            amounts[-int(rng.integers(1, 9))] *= rng.choice([1.0, 1.6, 5.0])
            costs[account, f"Service {number}{row}"] = amounts.tolist()
    report = told(costs, SETTLED).report
    far = days_above(costs, report)
    explained = {(rise.account_id, rise.service, day) for rise in report.untold for day in rise.days}
    named = {
        (line.account_id, service, day)
        for line in report.anomalies
        for service in [line.service, *(cause.value for cause in line.causes)]
        for day in report.period.dates()
    }
    assert explained <= far
    assert far - explained <= named


def days_above(
    costs: Mapping[tuple[str, str], Sequence[float]], report: Report
) -> set[tuple[str, str, date]]:
    """Compared days above the gates of the policy, from the costs themselves."""
    assert report.comparison is not None
    config, found = DetectionConfig(), set()
    matrix = np.array(list(costs.values())).round(4)
    level = expected_costs(matrix, END - timedelta(days=98), days=7).level
    for row, (account, service) in enumerate(costs):
        for back in range(1, 8):
            day, cost, usual = END - timedelta(days=back), matrix[row, -back], level[row, -back]
            small = cost - usual >= max(config.min_usd, config.min_pct * usual)
            large = cost - usual >= max(config.large_usd, config.large_pct * usual)
            if day in report.comparison.days and (small or large):
                found.add((account, service, day))
    return found
