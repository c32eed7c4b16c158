"""A backtest of N days tells what N daily runs told, message by message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from finopsguard.config import Settings
from finopsguard.costs.series import DailySeries
from finopsguard.incidents.replay import RUN_TIME
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.report import Report
from finopsguard.models.run import Period
from finopsguard.store.memory import MemoryStore
from tests.sweeps import sampled
from tests.template import stack
from tests.unit.costs.sources.files.written import read
from tests.unit.incidents.replayed import replayed
from tests.unit.incidents.reports import ACCOUNT, END, Costs, report_of, run_of, steady

DAYS = 12
LENGTH = 115
Message = tuple[date, str, str, list[str], Decimal]


def spike() -> Costs:
    """Two days of one service; what was is back after them. Of another five days before the first run: too old.

    Of a service that bills in bursts a giant, and a smaller one a week later.
    """
    costs, old = steady(days=LENGTH), steady(days=LENGTH)
    old[-DAYS - 4] += 400
    costs[-7] += 400
    costs[-6] += 380
    bursts = [40.0 + day % 5 if day % 3 == 0 else 0.0 for day in range(LENGTH)]
    bursts[-11], bursts[-3] = 900, 500
    return {"Amazon EC2": costs, "Amazon S3": old, "Amazon RDS": steady(300, LENGTH), "Amazon EMR": bursts}


def growing_shift() -> Costs:
    """A new level that grows ten-fold five days later."""
    costs = steady(days=LENGTH)
    for day in range(1, 11):
        costs[-day] += 900 if day <= 5 else 60
    return {"Amazon EC2": costs}


def joined_and_a_fall() -> Costs:
    """Three services of one cause, the third a day later; a fourth falls to nothing."""
    lambda_costs, logs, keys, redshift = (steady(level, LENGTH) for level in (100, 20, 5, 200))
    for day in range(1, 9):
        lambda_costs[-day] += 300
        logs[-day] += 100
    for day in range(1, 8):
        keys[-day] += 350
    redshift[-7:] = [0.4] * 7
    return {
        "AWS Lambda": lambda_costs,
        "AmazonCloudWatch": logs,
        "AWS Key Management Service": keys,
        "Amazon Redshift": redshift,
        "Amazon EC2": steady(5000, LENGTH),
    }


def late_data() -> Costs:
    """The two newest days have hardly begun to be billed, and something rises all the same."""
    costs = {name: steady(level, LENGTH) for name, level in (("Amazon EC2", 100), ("Amazon RDS", 900))}
    costs["Amazon EC2"][-1] = 480
    for amounts in costs.values():
        amounts[-2] *= 0.04
    costs["Amazon RDS"][-1] *= 0.02
    return costs


def young() -> Costs:
    """A file that begins in the middle of the history that a run reads."""
    costs = steady(days=60)
    costs[-4] += 500
    return {"Amazon EC2": costs}


def exported(costs: Costs, folder: Path) -> DailySeries:
    """The same costs as a file that `finopsguard backtest` reads."""
    rows = [
        f"{END - timedelta(days=back)},{ACCOUNT},{service},{usd:.4f}"
        for service, amounts in costs.items()
        for back, usd in enumerate(reversed(amounts), start=1)
    ]
    path = folder / "costs.csv"
    path.write_text("\n".join(["date,account_id,service,cost", *rows]) + "\n", "utf-8")
    return read(path).series


@cache
def by_runs(world: Callable[[], Costs]) -> tuple[list[Message], list[Report]]:
    """What DAYS daily runs tell, one store under all of them; told once for all tests of that world."""
    costs, store = world(), MemoryStore()
    reports = [
        report_of("daily", costs, store, end=END - timedelta(days=back)) for back in range(DAYS - 1, -1, -1)
    ]
    return [
        (report.scheduled_time.date(), line.id, line.status, services(line), line.impact)
        for report in reports
        for line in report.anomalies
    ], reports


def services(line: AnomalyLine) -> list[str]:
    return [cause.value for cause in line.causes] or [line.service]


def by_backtest(costs: Costs, folder: Path) -> list[Message]:
    return [
        (day, incident.id, incident.status, list(incident.shares), incident.impact)
        for day, incident in replayed(exported(costs, folder), DAYS)
    ]


@sampled("growing_shift-statuses1")
@pytest.mark.parametrize(
    ("world", "statuses"),
    [
        (spike, {"new", "continuing", "resolved"}),
        (growing_shift, {"new", "growing", "continuing"}),
        (joined_and_a_fall, {"new", "growing", "continuing"}),
        (late_data, {"new"}),
        (young, {"new", "continuing", "resolved"}),
    ],
)
def test_a_backtest_tells_what_daily_runs_told(
    world: Callable[[], Costs], statuses: set[str], tmp_path: Path
) -> None:
    told, _ = by_runs(world)
    assert {status for _, _, status, _, _ in told} == statuses, "the world shows what it is made for"
    assert by_backtest(world(), tmp_path) == told


def test_what_was_told_is_remembered_from_run_to_run(tmp_path: Path) -> None:
    told = by_backtest(spike(), tmp_path)
    new = [day for day, _, status, names, _ in told if status == "new" and names == ["Amazon EMR"]]
    assert new == [END - timedelta(days=10), END - timedelta(days=2)]


def test_a_replayed_run_judges_the_days_that_a_run_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, date, Period]] = []

    def note(
        before: object, series: DailySeries, period: Period, **how: object
    ) -> tuple[tuple[()], tuple[()]]:
        seen.append((series.days, series.first_day, period))
        return (), ()

    monkeypatch.setattr("finopsguard.incidents.replay.follow", note)
    replayed(exported({"Amazon EC2": [0.0] * 20 + steady(days=LENGTH - 20)}, tmp_path), DAYS)
    first_cost = END - timedelta(days=LENGTH - 20)
    assert [first for _, first, _ in seen] == [first_cost] * DAYS, "before the first cost there are no data"
    seen.clear()
    replayed(exported({"Amazon EC2": steady(days=LENGTH)}, tmp_path), DAYS)
    ends = [END - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    runs = [run_of("daily", end) for end in ends]
    assert [period for *_, period in seen] == [Period(end - timedelta(days=1), end) for end in ends]
    assert [first for _, first, _ in seen] == [run.history_start for run in runs]
    assert {days for days, *_ in seen} == {run.window.days for run in runs}
    assert runs[0].window.days == Settings.from_env({}).history_days + 1, "the newest day is not settled"


def test_late_data_are_no_fall_in_either() -> None:
    told, reports = by_runs(late_data)
    assert reports[-1].coverage.provisional_days == (END - timedelta(days=2), END - timedelta(days=1))
    assert [(day, names) for day, _, _, names, _ in told] == [(END, ["Amazon EC2"])]
    assert all(line.direction == 1 for line in reports[-1].anomalies)


def test_a_fall_is_told_when_its_first_day_is_no_longer_provisional(tmp_path: Path) -> None:
    told = by_backtest(joined_and_a_fall(), tmp_path)
    (fall,) = [(day, name) for day, name, status, *_ in told if status == "new" and "/down" in name]
    assert fall == (END - timedelta(days=5), f"{ACCOUNT}/{END - timedelta(days=7)}/down")


def test_the_hour_is_that_of_the_daily_schedule() -> None:
    default = stack.template()["Parameters"]["DailySchedule"]["Default"]
    assert default == f"cron({RUN_TIME.minute} {RUN_TIME.hour} * * ? *)"
