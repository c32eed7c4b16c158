"""When nothing is unusual, what a large move is called, and what is red: as a suspicious FinOps lead reads it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

import pytest

from finopsguard.models.run import Basis
from finopsguard.report.page import render
from finopsguard.report.story import Story
from tests.truth.words_world import (
    SETTLED,
    A,
    levels,
    told,
)
from tests.unit.incidents.reports import steady

# ---- the verdict


@pytest.mark.parametrize("basis", get_args(Basis))
def test_a_fall_of_everything_is_never_an_all_clear(basis: Basis) -> None:
    costs = {
        key: [*series[:-7], *(amount * 0.4 for amount in series[-7:])]
        for key, series in levels(500, 300, 200).items()
    }
    seen = told(costs, replace(SETTLED, basis=basis))

    assert "No anomalies found" not in seen.text
    assert "No anomalies found" not in seen.speak
    if not seen.report.anomalies:
        assert "59% less than expected on 16–19 Nov" in seen.text


def test_a_large_move_that_no_anomaly_explains_is_said_with_its_first_day() -> None:
    """Without its anomalies the same report must not say that all is well."""
    costs = {
        key: [*series[:-7], *(amount * 0.4 for amount in series[-7:])]
        for key, series in levels(500, 300, 200).items()
    }
    report = replace(told(costs, SETTLED).report, anomalies=())
    report = replace(report, coverage=replace(report.coverage, provisional_days=()))
    story = Story(report)

    assert not story.all_clear
    assert re.fullmatch(
        r"No anomaly explains most of this: usage is 59% less than expected on 16–19 Nov, \$1,608 instead of"
        r" \$3,952; all 3 accounts cost less than before\.",
        story.large_move,
    )
    assert story.large_move in story.summary
    assert story.tiles[2].detail == "but a large move"
    assert "No anomaly explains most of this" in render.page(report)


def test_a_large_move_that_goes_on_is_said_since_its_first_day() -> None:
    costs = {
        key: [*series[:-3], *(amount * 0.4 for amount in series[-3:])]
        for key, series in levels(500, 300, 200).items()
    }
    seen = told(costs, SETTLED)

    assert seen.report.anomalies == ()
    assert "usage is 60% less than expected since Fri 20 Nov" in seen.text


def test_nothing_unusual_names_what_was_judged() -> None:
    seen = told({**levels(500, 300), (A, "Amazon RDS"): steady(50)}, SETTLED)

    clear = "No anomalies found in 2 accounts and 2 services, judged up to Sun 22 Nov."
    others = "Of the charges that are not usage, none is new, larger or missing."
    assert f"✔ {clear} {others}" in seen.lines
    assert f"{clear} {others}" in seen.speak


def test_where_nothing_was_judged_nothing_is_said_of_anomalies() -> None:
    seen = told({(A, "Amazon EC2"): [100.0] * 5}, SETTLED)

    assert "nomal" not in seen.speak
    assert "Not judged" in seen.text


def test_a_tile_is_red_only_outside_the_band() -> None:
    costs = levels(500, 300)
    costs[(A, "Amazon EC2")][-3] *= 1.03
    calm = told(costs, SETTLED)
    assert calm.story.tiles[0].tone == "plain"
    costs[(A, "Amazon EC2")][-5:] = [amount * 4 for amount in costs[(A, "Amazon EC2")][-5:]]
    assert told(costs, SETTLED).story.tiles[0].tone == "bad"
