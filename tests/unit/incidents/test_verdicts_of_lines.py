"""Verdicts on what is told as one line: a change in many accounts, a roll-up, and a part of either."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from finopsguard.detection import DetectionConfig
from finopsguard.incidents.replay import ReplayedRun, mornings, replay
from finopsguard.models.verdict import Verdict, VerdictName
from finopsguard.variables import HISTORY_DAYS
from tests.unit.incidents.estates import Estate, account_id, estate
from tests.unit.incidents.reports import END

SINCE = 7


def together() -> Estate:
    """One service of eight accounts costs 80 % more since a week ago: one line."""
    made = estate(5)
    made.costs[:, 0, -SINCE:] *= 1.8
    return made


def spread() -> Estate:
    """Each of 30 accounts costs a little more since a week ago: a roll-up, and no incident of its own."""
    made = estate(5, accounts=30, usd=25)
    made.costs[:, 0, -SINCE:] += 6
    return made


def runs(made: Estate, *verdicts: Verdict) -> list[ReplayedRun]:
    return list(replay(mornings(made.series, SINCE, history_days=HISTORY_DAYS), DetectionConfig(), verdicts))


def verdict(name: VerdictName, given: date, line: str, **more: object) -> Verdict:
    at = datetime.combine(given, time(15), UTC)
    made = Verdict("a-mark-0001", name, "a new price", at, "julia", "command", line)
    return replace(made, **more)  # type: ignore[arg-type]


@cache
def plainly(of: Callable[[], Estate]) -> list[ReplayedRun]:
    """Without a verdict, made once."""
    return runs(of())


def first_told(made: list[ReplayedRun]) -> tuple[date, str]:
    return next((run.day, line.id) for run in made for line in run.lines)


def test_what_is_said_of_a_line_is_said_of_all_its_incidents_and_nothing_above_it_is_told_instead() -> None:
    plain = plainly(together)
    day, line = first_told(plain)
    assert len(plain[-1].lines) == 1
    assert len(plain[-1].lines[0].incidents) == 8
    for made in (
        runs(together(), verdict("expected", day, line)),
        runs(together(), verdict("not_an_anomaly", day, line)),
    ):
        ended = next(run for run in made if run.day == day + timedelta(days=1))
        assert {each.ended for each in ended.life} <= {"accepted", "not_an_anomaly"}
        assert all(not run.lines for run in made if run.day > day + timedelta(days=2))


def test_a_muted_line_is_quiet_as_one_and_comes_through_as_one() -> None:
    day, line = first_told(plainly(together))
    made = runs(together(), verdict("mute", day, line, until=END))
    quiet = [[each.said and each.said.quiet for each in run.lines] for run in made if run.day > day]
    assert quiet == [[True]] * len(quiet) != []
    more = together()
    more.costs[:, 0, -2:] *= 2.5
    last = runs(more, verdict("mute", day, line, until=END))[-1]
    assert [each.said and each.said.released for each in last.lines if each.id == line] == ["beyond"]


def test_a_mute_of_one_account_leaves_the_line_that_is_mostly_of_others_as_it_is() -> None:
    day, _ = first_told(plainly(together))
    service = "Amazon EC2"
    one = verdict("mute", day, "", incident_id=None, account_id=account_id(0), service=service, until=END)
    last = runs(together(), one)[-1]
    assert [each.said and each.said.quiet for each in last.lines] == [None]
    assert [each.quiet for each in last.life].count(True) == 1


def test_a_roll_up_is_muted_and_accepted_by_its_id() -> None:
    plain = plainly(spread)
    day, line = first_told(plain)
    rollup = next(each for run in plain for each in run.lines).incidents[0]
    assert rollup.is_rollup
    muted = runs(spread(), verdict("mute", day, line, until=END))
    assert all(each.said and each.said.quiet for run in muted if run.day > day for each in run.lines)
    accepted = runs(spread(), verdict("expected", day, line))
    assert all(not run.lines for run in accepted if run.day > day + timedelta(days=2))
