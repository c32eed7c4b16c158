"""A short soak, its judge, and the section of docs/reliability.md of the last long one; `make soak` runs sixty days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from unittest.mock import patch

import pytest

from finopsguard.store import keys
from tests.faults import page, run, soak_page
from tests.faults.matrix import Seen
from tests.faults.soak_bucket import bounded
from tests.faults.soak_held import held
from tests.faults.soak_run import Ran, Soak, soaked
from tests.faults.soak_world import FIRST, Incident
from tests.faults.table import cells
from tests.sweeps import exhaustive
from tests.truth.days import DAY

SHORT_DAYS = 4
SEED = 7


@pytest.fixture(scope="module")
def short() -> Iterator[Soak]:
    # Pages of some days instead of one: there are enough calls to fail in without them.
    with (
        patch.dict(run.PAGES, {"ce:usage": 60, "ce:charges": 20}),
        soaked(SEED, SHORT_DAYS) as soak,
    ):
        yield soak


@exhaustive(beside="tests/faults/test_world.py::test_a_run_without_a_fault_is_right_and_told_once")
def test_some_days_with_faults_are_told_once_and_right(short: Soak) -> None:
    found = held(short)
    assert found.wrong == [], f"seed {SEED}"
    assert found.counts["daily due"] == SHORT_DAYS + 1
    assert found.counts["failed"], "faults are met"
    assert found.counts["alerts"]


# ---- the judge -------------------------------------------------------------------------------------------------------


@pytest.fixture
def doctored(short: Soak) -> Iterator[Soak]:
    """The soak, to be changed; afterwards it is as it was."""
    border = short.at.border
    ran, incidents, posts, objects = (
        list(short.ran),
        short.company.incidents,
        list(border.workflows.posts),
        dict(border.s3.objects),
    )
    yield short
    short.ran, short.company.incidents, border.workflows.posts, border.s3.objects = (
        ran,
        incidents,
        posts,
        objects,
    )
    short.company._whole.clear()
    short.company._billed.clear()


def delivering(soak: Soak) -> Ran:
    return next(ran for ran in soak.ran if not ran.failed and ran.posts)


def failed(soak: Soak) -> tuple[int, Ran]:
    return next(
        (number, ran)
        for number, ran in enumerate(soak.ran)
        if ran.failed and len(ran.posts) == 1 and not ran.unseen
    )


@exhaustive(beside="tests/faults/test_matrix.py::test_the_judge_objects")
def test_a_card_that_is_posted_twice_is_seen(doctored: Soak) -> None:
    posts, last = doctored.at.border.workflows.posts, doctored.ran[-1]
    posts.append(posts[delivering(doctored).posts[0]])
    doctored.ran[-1] = replace(last, posts=range(last.posts.start, len(posts)))
    assert any("in the channel 2 times" in each for each in held(doctored).wrong)


@exhaustive(beside="tests/faults/test_matrix.py::test_the_judge_objects")
def test_a_report_that_did_not_arrive_is_seen(doctored: Soak) -> None:
    _, second, *_ = (
        number
        for number, ran in enumerate(doctored.ran)
        if (ran.report, ran.how, ran.failed) == ("daily", "scheduled", False)
    )
    doctored.ran[second] = replace(doctored.ran[second], posts=range(0))
    wrong = held(doctored).wrong
    assert any("in no daily report" in each for each in wrong)
    assert any("nobody was told" in each for each in wrong)
    assert any("no daily report of the channel" in each for each in wrong)


@exhaustive(beside="tests/faults/test_matrix.py::test_the_judge_objects")
def test_a_day_that_the_store_forgot_is_seen(doctored: Soak) -> None:
    objects = doctored.at.border.s3.objects
    del objects[next(key for key in objects if keys.COVERED.matches(key))]
    assert any("not in covered/" in each for each in held(doctored).wrong)


@exhaustive(beside="tests/faults/test_matrix.py::test_the_judge_objects")
def test_an_alert_that_was_left_out_and_one_that_came_twice_are_seen(doctored: Soak) -> None:
    number, ran = failed(doctored)
    doctored.ran[number] = replace(ran, posts=range(0))
    assert any("nobody got it" in each for each in held(doctored).wrong)
    posts = doctored.at.border.workflows.posts
    posts += [posts[ran.posts[0]]] * 2
    doctored.ran[number] = replace(ran, posts=range(len(posts) - 2, len(posts)))
    assert any("told 2 times" in each for each in held(doctored).wrong)


@exhaustive(beside="tests/faults/test_world.py::test_a_report_that_is_a_cent_off_is_wrong")
def test_a_number_that_is_not_the_bill_s_is_seen(doctored: Soak) -> None:
    more = Incident("111111111111", "Amazon S3", FIRST, 1, Decimal("1.001"))
    doctored.company.incidents = (*doctored.company.incidents, more)
    doctored.company._whole.clear()
    doctored.company._billed.clear()
    wrong = held(doctored).wrong
    assert any("is wrong: " in each for each in wrong)
    assert any("is in no report" in each for each in wrong), "nobody told of so little"


def bucket_of(
    doctored: Soak, objects: Callable[[int], int], executions: Callable[[int], int], prefix: str = "runs/"
) -> list[str]:
    """What is wrong with a bucket that has so many objects on each evening, after so many executions of that day."""
    one = doctored.ran[0]
    growth = doctored.growth
    doctored.growth = [{prefix: (objects(day), 10_000 * objects(day))} for day in range(61)]
    doctored.ran = [
        replace(one, morning=FIRST + day * DAY) for day in range(61) for _ in range(executions(day))
    ]
    try:
        return list(bounded(doctored, Counter()))
    finally:
        doctored.growth = growth


@exhaustive(beside="tests/faults/test_matrix.py::test_the_judge_objects")
def test_a_bucket_whose_objects_do_not_expire_is_seen_and_one_of_busy_weeks_is_not(doctored: Soak) -> None:
    last_thirty = [
        sum(2 if each > 35 else 1 for each in range(max(0, day - 29), day + 1)) for day in range(61)
    ]
    assert bucket_of(doctored, lambda day: 10 * last_thirty[day], lambda day: 2 if day > 35 else 1) == []
    wrong = bucket_of(doctored, lambda day: 10 * day, lambda day: 1)
    assert wrong == [
        "runs/ has 20.0 objects for each execution, and had 12.3",
        "runs/ has 200000.0 bytes for each execution, and had 123333.3",
    ]


@exhaustive(beside="tests/faults/test_matrix.py::test_the_judge_objects")
def test_more_marks_of_pages_than_were_asked_for_in_their_time_are_seen(doctored: Soak) -> None:
    asked, doctored.asked = doctored.asked, [50 * day for day in range(61)]
    try:
        assert bucket_of(doctored, lambda day: 50 * min(day, 30), lambda day: 1, "paid/") == []
        wrong = bucket_of(doctored, lambda day: 50 * day, lambda day: 1, "paid/")
    finally:
        doctored.asked = asked
    assert wrong == ["paid/ has 1600 objects, of 1550 pages of their time"]


# ---- the page --------------------------------------------------------------------------------------------------------


def test_the_page_has_the_section_of_the_figures_that_are_kept() -> None:
    written = soak_page.section(soak_page.kept())
    assert soak_page.found_in(page.PATH.read_text("utf-8")) == written, (
        "run `make soak`, or put the page back"
    )
    seen = {cell.name: Seen("right", "card", "same") for cell in cells()}
    assert written in page.text(seen, {}), "`make faults` keeps it"


def test_a_figure_that_is_changed_by_hand_is_seen() -> None:
    figures = soak_page.kept()
    figures[0]["counts"]["on time"] += 1
    assert soak_page.section(figures) != soak_page.found_in(page.PATH.read_text("utf-8"))
