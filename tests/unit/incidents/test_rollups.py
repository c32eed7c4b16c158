"""What only many series together tell is one line, and nothing is told twice; ordinary days tell none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from finopsguard.detection import DetectionConfig
from finopsguard.incidents import gates
from finopsguard.incidents.lines import lines
from finopsguard.incidents.replay import mornings
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.run import Period
from finopsguard.store.memory import MemoryStore
from tests.sweeps import exhaustive, sampled
from tests.unit.incidents.estates import SERVICES, Estate, account_id, estate, told
from tests.unit.incidents.reports import END

S3 = SERVICES.index("Amazon S3")


def dearer(share: float = 1.3, days: int = 4, accounts: int = 12) -> Estate:
    """A price of one service rises in accounts of which each alone is below the gate."""
    made = estate(1, accounts, usd=22)
    made.costs[:, S3, -days:] *= share
    return made


def rollout(usd: float, days: int = 4) -> Estate:
    made = estate(2)
    made.costs[:, S3] = 0
    made.costs[:, S3, -days:] = usd
    return made


def thin() -> Estate:
    """Every service of one account rises by less than the gate."""
    made = estate(3, usd=12)
    made.costs[2, :, -4:] += 8
    return made


def moved(part: float = 0.9) -> Estate:
    made = estate(4)
    gone = made.costs[0, 0, -4:] * part
    made.costs[0, 0, -4:] -= gone
    made.costs[1, 0, -4:] += gone
    return made


def account_moved() -> Estate:
    made = estate(5)
    gone = made.costs[0, :, -4:].copy()
    made.costs[0, :, -4:] = 0
    made.costs[1, :, -4:] += gone
    return made


def coverage_floats() -> Estate:
    """What a plan covers moves to two other accounts: amortized, one pays more and they pay as much less."""
    made = estate(6)
    made.costs[0, 0, -4:] += 90
    made.costs[1:3, 0, -4:] -= 45
    return made


def fallen(days: int, left: float) -> Estate:
    made = estate(7)
    made.costs[:, :, -days:] *= left
    return made


@sampled(every=2)
@pytest.mark.parametrize(
    ("world", "scope", "story", "accounts"),
    [
        (dearer, "service", None, 12),
        (lambda: dearer(2.2), "service", "together", 12),
        (lambda: rollout(7), "service", None, 8),
        (lambda: rollout(25), "service", "rollout", 8),
        (thin, "account", None, 1),
        (moved, "service", "moved", 1),
        (account_moved, "organization", "moved", 1),
        (coverage_floats, "service", "moved", 1),
        (lambda: fallen(9, 0.75), "organization", None, 8),
        (lambda: fallen(6, 0.45), "organization", None, 8),
    ],
)
def test_what_many_series_tell_together_is_one_line(
    world: Callable[[], Estate], scope: str, story: str | None, accounts: int
) -> None:
    made = world()
    reports = told(made, 6)
    (newest,) = reports[-1]
    assert (newest.scope, newest.story, newest.accounts) == (scope, story, accounts)
    assert {line.id for report in reports for line in report} == {newest.id}, "one id, and nothing beside it"
    statuses = [line.status for report in reports for line in report]
    assert statuses[0] == "new"
    assert "new" not in statuses[1:]
    for line in (line for report in reports for line in report if line.scope != "account_service"):
        assert sum((cause.impact for cause in line.causes), Decimal(0)) == line.impact


def test_a_line_has_no_account_and_no_service_where_it_has_several() -> None:
    (service,), (account,), (everything,) = (told(made, 1)[0] for made in (dearer(), thin(), fallen(9, 0.75)))
    assert (service.account_id, service.account_name, service.service) == ("", "", "Amazon S3")
    assert (account.account_id, account.service) == (account_id(2), "")
    assert (everything.account_id, everything.service, everything.direction) == ("", "", -1)
    assert {cause.dimension for cause in service.causes} == {"account"}
    assert {cause.value for cause in account.causes} == set(SERVICES)


def test_what_moved_costs_what_is_left_of_both() -> None:
    reports = told(moved(), 4)
    for (line,) in reports:
        rose, fell = sorted(line.causes, key=lambda cause: -cause.impact)
        assert (rose.value, fell.value) == (account_id(1), account_id(0))
        assert abs(line.impact) < rose.impact / 10
    assert [line.status for (line,) in reports] == ["new", "continuing", "continuing", "continuing"]


def test_a_rise_beside_which_nothing_fell_is_no_move() -> None:
    made = coverage_floats()
    made.costs[1:3, 0, -4:] += 45
    (line,) = told(made, 1)[0]
    assert (line.scope, line.story, line.account_id) == ("account_service", None, account_id(0))


def holiday(days: int) -> Estate:
    """All rest as on a weekend, in the middle of the week."""
    made = estate(8)
    made.costs[:, :, -6 : -6 + days] *= 0.7
    return made


def late_data() -> Estate:
    """The two newest days have hardly begun to be billed."""
    made = estate(9)
    made.costs[:, :, -2:] *= np.array([0.3, 0.02])
    return made


def month_start() -> Estate:
    """Each account pays a small fee on the first of each month, and prices begin anew."""
    made = estate(10)
    for day in range(made.costs.shape[2]):
        date = END - timedelta(days=made.costs.shape[2] - day)
        if date.day == 1:
            made.costs[:, S3, day] += 9
    return Estate(made.costs[:, :, : -(END.day - 3)])  # ends on the second of the month


def one_account() -> Estate:
    made = estate(11, 1, usd=25)
    made.costs[:, :, -4:] *= 1.3
    return made


@pytest.mark.parametrize(
    "world",
    [
        lambda: holiday(1),
        lambda: holiday(2),
        late_data,
        month_start,
        one_account,
        lambda: estate(12, noise=0.1),
        lambda: estate(13, 20, usd=9, noise=0.2),
    ],
)
def test_ordinary_days_have_no_line(world: Callable[[], Estate]) -> None:
    assert [line for report in told(world(), 6) for line in report] == []


def test_what_is_told_of_some_accounts_and_seen_in_all_is_told_once() -> None:
    """Some accounts pass the gate by themselves, the others only together: one line, of all of them."""
    made = estate(14, 12, usd=21)
    made.costs[:3] *= 1.5
    made.costs[:, S3, -5:] *= 1.4
    for report in told(made, 5):
        assert len(report) == 1
    (line,) = report
    assert (line.scope, line.story, line.accounts) == ("service", "together", 12)


def test_an_incident_beside_a_small_rise_of_its_account_is_told_as_itself() -> None:
    made = thin()
    made.costs[2, S3, -4:] += 300
    (line,) = told(made, 1)[0]
    assert (line.scope, line.service, line.account_id) == ("account_service", "Amazon S3", account_id(2))


def test_an_account_that_leaves_is_no_fall_of_what_goes_on() -> None:
    """Its costs are not read any more: the sum is looked at anew, on all of its days."""
    made = dearer()
    series = made.series
    before, _ = made.followed(back=2)
    keep = [row for row, account in enumerate(series.accounts) if account != account_id(3)]
    fewer = Estate(made.costs[[each for each in range(12) if each != 3]])
    assert len(keep) == len(fewer.series.accounts)
    after, now = fewer.followed(back=0, before=before)
    (line,) = lines(now, fewer.series, {}, Period(END - timedelta(days=1), END), after)
    assert (line.status, line.direction) == ("continuing", 1)
    assert line.impact > 0
    assert all(abs(day.cost - day.expected * Decimal("1.3")) < day.expected / 10 for day in line.band)


def over() -> Estate:
    made = dearer(days=9)
    made.costs[:, S3, -5:] /= 1.3
    return made


@exhaustive(
    beside="tests/unit/incidents/test_ledger.py::test_a_spike_that_is_over_is_resolved_in_the_weekly_report_and_never_new"
)
def test_it_ends_and_is_over_in_the_weekly_report_too() -> None:
    store = MemoryStore()
    made = over()
    dailies = [made.report(store, back=back) for back in range(6, -1, -1)]
    weekly = made.report(store, "weekly")
    seen = [(line.status, line.ended) for report in dailies for line in report.anomalies]
    assert ("resolved", "back") in seen
    assert seen.index(("resolved", "back")) == len(seen) - 1
    (line,) = weekly.anomalies
    assert (line.status, line.scope) == ("resolved", "service")
    assert {each.id for report in dailies for each in report.anomalies} == {line.id}


def test_a_backtest_counts_lines_and_their_dollars_once() -> None:
    made = dearer(2.2)
    found = gates.told(mornings(made.series, 4, history_days=98), DetectionConfig())
    assert found.messages == 1
    (story,) = found.stories.values()
    assert len(story.incidents) == 12
    assert found.above == story.impact


def message(line: AnomalyLine) -> tuple[str, str, str, Decimal]:
    return line.id, line.status, line.scope, line.impact


@exhaustive(beside="tests/unit/incidents/test_replay.py::test_a_backtest_tells_what_daily_runs_told")
def test_a_backtest_tells_the_lines_that_daily_runs_told() -> None:
    made, store = dearer(2.2), MemoryStore()
    reports = [made.report(store, back=back) for back in range(3, -1, -1)]
    by_runs = [[message(line) for line in report.anomalies] for report in reports]
    assert [[message(line) for line in report] for report in told(made, 4)] == by_runs
    assert any(by_runs)
