"""A service under another name: one incident in place of two."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import pytest

from finopsguard.incidents import causes
from finopsguard.models.incident import Incident, IncidentDay, Member

START = date(2026, 11, 10)


def member(service: str, cost: float, expected: float, *, first: date = START, days: int = 4) -> Member:
    """A service that costs so much on each day."""
    one, other = Decimal(str(cost)), Decimal(str(expected))
    day = IncidentDay(one, other, None, None, one - other)
    return Member(service, first, {first + timedelta(days=each): day for each in range(days)})


def incident(direction: Literal[1, -1], *members: Member, account: str = "1" * 12) -> Incident:
    start = min(day for each in members for day in each.days)
    return Incident(
        f"{account}/{start}/{'up' if direction > 0 else 'down'}",
        account,
        direction,
        "new" if direction > 0 else "drop",
        start,
        max(day for each in members for day in each.days),
        members,
        "new",
        START,
        Decimal(0),
    )


FELL, ROSE = incident(-1, member("Old", 0, 100)), incident(1, member("New", 101, 0))


def test_one_name_fell_to_nothing_and_one_is_new_and_as_large() -> None:
    (pair,) = causes.renamed([ROSE, FELL])
    whole, found = causes.together(pair)
    assert (whole.id, whole.impact, {each.service for each in whole.members}) == (
        ROSE.id,
        Decimal(4),
        {"Old", "New"},
    )
    (cause,) = found
    assert (cause.kind, cause.value, cause.from_value, cause.impact) == (
        "now_billed_as",
        "New",
        "Old",
        Decimal(4),
    )


@pytest.mark.parametrize(
    "rose",
    [
        replace(ROSE, account_id="2" * 12),
        incident(1, member("New", 130, 0)),  # larger
        incident(1, member("New", 70, 0)),
        incident(1, member("New", 101, 50)),  # it was there before
        incident(1, member("New", 101, 0, first=START + timedelta(days=2))),  # later
        incident(1, member("New", 101, 0), member("More", 50, 0)),  # news beside it
        incident(-1, member("New", 101, 0)),
    ],
)
def test_two_incidents(rose: Incident) -> None:
    assert causes.renamed([FELL, rose]) == ()


def test_what_fell_but_not_to_nothing_is_no_other_name() -> None:
    assert causes.renamed([incident(-1, member("Old", 10, 100)), ROSE]) == ()


def test_the_name_may_change_within_a_day() -> None:
    earlier = incident(1, member("New", 100, 0, first=START - timedelta(days=1), days=5))
    (pair,) = causes.renamed([FELL, earlier])
    assert causes.together(pair)[0].start == START - timedelta(days=1)


def test_several_names_of_one_account_are_paired_by_size() -> None:
    fell = incident(-1, member("A", 0, 10), member("B", 0, 300), member("C", 0, 100))
    rose = incident(1, member("X", 99, 0), member("Y", 10, 0), member("Z", 301, 0))
    (pair,) = causes.renamed([fell, rose])
    assert {(old.service, now.service) for old, now in pair.names} == {("A", "Y"), ("B", "Z"), ("C", "X")}
    _, found = causes.together(pair)
    assert sum(cause.impact for cause in found) == 0


def test_of_two_that_fell_the_nearer_one_is_it() -> None:
    other = replace(incident(-1, member("Other", 0, 110)), id="other")
    (pair,) = causes.renamed([other, FELL, ROSE])
    assert pair.fell == FELL
