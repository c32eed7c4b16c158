"""A report says of each of its days whether it is settled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import pytest

from finopsguard import contracts
from finopsguard.models.costs import CostRow
from finopsguard.models.messages import BatchCosts, FetchedCosts
from finopsguard.models.report import Report
from finopsguard.models.run import Account, Accounts, Period, ReportName, Run
from finopsguard.report.story import Story
from finopsguard.steps import aggregate_costs
from finopsguard.store import documents
from finopsguard.store.memory import MemoryStore
from tests.truth.days import DAY, MONDAY, WEEK, Stack, morning
from tests.truth.row_table import summed
from tests.unit.fakes import FakePorts, both_kinds, call

# ---- settled or late -------------------------------------------------------------------------------------------------

SATURDAY, SUNDAY = date(2026, 11, 21), date(2026, 11, 22)
Change = Callable[[int, date], float]
"""The share that is left of an account's usual cost on a day."""


def company(run: Run, change: Change, store: MemoryStore, *, accounts: int = 8) -> Report:
    """The report on accounts of 100, 200 and so on a working day, three services each, weekends a third less."""
    rows: list[CostRow] = []
    for day in run.window.dates()[-60:]:
        for number in range(1, accounts + 1):
            usual = 100 * number * (0.66 if day.weekday() >= 5 else 1) * (1 + day.day % 5 / 100)
            for service, share in (("Amazon EC2", 0.5), ("Amazon S3", 0.3), ("AWS Lambda", 0.2)):
                usd = f"{usual * share * change(number, day):.4f}"
                rows += both_kinds(day, f"{number:012d}", service, usd)
    ids = tuple(Account(f"{n:012d}", f"team-{n}", "ACTIVE", None, "b") for n in range(1, accounts + 1))
    ports = FakePorts(store=store)
    store.write("accounts", contracts.encode(contracts.to_json(Accounts(ids))))
    fetched = FetchedCosts(run, "accounts", (BatchCosts("b", "ok", key="costs"),))
    with summed() as written:
        store.write("costs", written(rows))
        made = call(aggregate_costs.run, fetched, ports)
    return documents.read(store, made.report_key, Report)


def report_of(report: ReportName, change: Change, day: date = MONDAY, **env: str) -> Report:
    stack = Stack(**env)
    return company(stack.plan(report, morning(day)), change, stack.store)


def on(shares: Mapping[date, float], accounts: Sequence[int] = range(1, 9)) -> Change:
    return lambda number, day: shares.get(day, 1.0) if number in accounts else 1.0


def days_of(report: Report) -> tuple[list[date], list[date]]:
    return list(report.coverage.provisional_days), list(report.coverage.late_days)


def test_a_half_billed_sunday_is_provisional_in_a_weekly_report() -> None:
    report = report_of("weekly", on({SUNDAY: 0.5}))
    assert days_of(report) == ([SUNDAY], [])
    assert [day.date for day in report.daily if day.provisional] == [SUNDAY]


def test_saturday_97_percent_and_sunday_55_percent_is_every_monday() -> None:
    assert days_of(report_of("weekly", on({SATURDAY: 0.97, SUNDAY: 0.55}))) == ([SUNDAY], [])


def test_a_weekend_10_percent_billed_is_late() -> None:
    assert days_of(report_of("weekly", on({SATURDAY: 0.1, SUNDAY: 0.1}))) == ([SATURDAY, SUNDAY], [SATURDAY])


def test_a_daily_report_is_of_a_whole_day_and_its_banner_means_something() -> None:
    """It compared an unfinished Monday with Sunday; every card carried the banner."""
    tuesday = MONDAY + DAY
    usual = report_of("daily", on({MONDAY: 0.6}), tuesday)
    assert usual.period == Period(SUNDAY, MONDAY)
    assert usual.previous_period == Period(SUNDAY - WEEK, MONDAY - WEEK)
    assert days_of(usual) == ([MONDAY], [])
    assert usual.daily[-1].date == MONDAY, "so far"
    late = report_of("daily", on({MONDAY: 0.6, SUNDAY: 0.5}), tuesday)
    assert days_of(late) == ([SUNDAY, MONDAY], [SUNDAY])


def test_a_fall_of_every_account_for_a_week_is_a_fall() -> None:
    fall = on({MONDAY - number * DAY: 0.4 for number in range(1, 8)})
    assert days_of(report_of("weekly", fall)) == ([SUNDAY], [])
    begun = on({MONDAY - number * DAY: 0.4 for number in range(1, 4)})
    provisional, late = days_of(report_of("weekly", begun))
    assert late == [date(2026, 11, 20), SATURDAY], "younger than 72 hours: nobody can know yet"
    assert min(provisional) == late[0]


def test_one_account_that_falls_to_nothing_is_a_fall() -> None:
    """The largest one, a fifth of all cost, on the newest settled day."""
    report = report_of("daily", on({SUNDAY: 0.0}, [8]), MONDAY + DAY)
    assert days_of(report) == ([MONDAY], [])


def test_settle_hours_zero_takes_yesterday_as_it_is() -> None:
    report = report_of("daily", on({}), MONDAY, FINOPSGUARD_SETTLE_HOURS="0")
    assert report.period == Period(SUNDAY, MONDAY)
    assert days_of(report) == ([], [])
    late = report_of("daily", on({SUNDAY: 0.4}), MONDAY, FINOPSGUARD_SETTLE_HOURS="0")
    assert days_of(late) == ([SUNDAY], [SUNDAY])


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "This report also covers the days of reports that did not come: it begins on 18 Nov."),
        ("es", "Este informe cubre también los días de informes que no llegaron: empieza el 18 nov."),
    ],
)
def test_a_covered_gap_is_said_in_words(language: str, sentence: str) -> None:
    stack = Stack(FINOPSGUARD_LANGUAGE=language)
    stack.report("daily", morning(date(2026, 11, 19)))
    run = stack.plan("daily", morning(MONDAY))
    report = company(run, on({}), stack.store)
    assert run.period == Period(date(2026, 11, 18), date(2026, 11, 22))
    assert Story(replace(report, notes=stack.notes[-1])).notes == [sentence]
