"""The engine that lets Athena read: the same rows as from the files themselves, paid once, within a limit."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from finopsguard import errors
from finopsguard.costs import scanned
from finopsguard.costs.scanned import Limit, ScanMeter
from finopsguard.costs.sources.data_export.athena import WAITS
from finopsguard.costs.sources.data_export.local import LocalEngine
from finopsguard.costs.sources.data_export.source import DataExport
from finopsguard.models.report import ExportUse
from finopsguard.models.run import Period
from finopsguard.store import keys
from tests.standins.exports import Row
from tests.sweeps import sampled
from tests.template import stack
from tests.unit.costs.sources.data_export.athena_world import EXPORTED, PLACE, World
from tests.unit.costs.sources.data_export.test_source import (
    _ROW,
    AT,
    BATCH,
    DAYS,
    NOVEMBER,
    OCTOBER,
    RUN,
    deliver,
    without,
)

# ---- the statement -------------------------------------------------------------------------------------------------


def test_duckdb_is_given_the_very_text_and_its_translation(world: World) -> None:
    """That both engines agree says something only where they are asked by two ways."""
    deliver(world.exports)
    world.fetch()
    translated = world.athena.executed[0]
    assert "REGEXP_MATCHES" in translated.upper()
    asked = next(iter(world.athena.queries.values())).text
    with duckdb.connect() as database, pytest.raises(duckdb.Error, match="UNLOAD"):
        database.execute(asked)
    assert "regexp_like" in asked
    assert "regexp_like" not in translated


def test_days_are_those_of_the_period(world: World) -> None:
    deliver(world.exports)
    days = Period(NOVEMBER, date(2026, 11, 2))
    rows = world.source().fetch(replace(EXPORTED, until=days.end, period=days), BATCH, days).rows
    assert {row.date for row in rows} == {NOVEMBER}


# ---- the same rows ---------------------------------------------------------------------------------------------------


def transfer(row: Row) -> Row:
    """Half of the usage is data transfer, and an instance's volume."""
    if row["line_item_usage_start_date"].hour == 23:
        return {**row, "product_servicecode": "AWSDataTransfer", "line_item_usage_type": "EBS:Volume"}
    return row


def unreadable(row: Row) -> Row:
    of_one = row["line_item_product_code"] == "AWSLambda"
    return {**row, "line_item_unblended_cost": float("nan")} if of_one else row


def reserved(row: Row) -> Row:
    """Each kind of line that amortized cost knows."""
    kinds = ["DiscountedUsage", "RIFee", "SavingsPlanCoveredUsage", "SavingsPlanRecurringFee", "Fee"]
    kind = kinds[int(row["line_item_unblended_cost"] * 7) % len(kinds)]
    arn = {"reservation_reservation_a_r_n": "arn:x"} if kind == "Fee" else {}
    return {**row, **_ROW, **arn, "line_item_line_item_type": kind}


def unamortized(row: Row) -> Row:
    return without(row, "savings_plan_used_commitment")


CHANGES: dict[str, Callable[[Row], Row]] = {
    each.__name__: each for each in (transfer, unreadable, reserved, unamortized)
}


@sampled(every=4)
@pytest.mark.parametrize("name", CHANGES)
def test_athena_reads_what_the_files_have(world: World, name: str) -> None:
    world.exports.change = CHANGES[name]
    deliver(world.exports)
    assert world.fetch() == world.downloaded()


@sampled("focus-AmortizedCost")
@pytest.mark.parametrize("metric", ["UnblendedCost", "AmortizedCost"])
@pytest.mark.parametrize("form", ["cur", "focus"])
def test_either_form_and_metric_with_lines_on_a_later_bill(world: World, form: Any, metric: Any) -> None:
    world.exports.form = form
    world.exports.line = lambda line: [replace(line, bill=NOVEMBER)] if line.begins.hour == 23 else [line]
    deliver(world.exports)
    run = replace(EXPORTED, cost_metric=metric)
    found = world.source().fetch(run, BATCH, DAYS)
    assert found == world.downloaded(run)
    assert found.rows


def test_one_statement_for_each_bill_of_its_partition_and_its_columns_alone(world: World) -> None:
    """No file is downloaded; what is scanned are the columns that the statement names, of one month."""
    deliver(world.exports)
    world.fetch()
    assert [
        re.findall(r'"billing_period" = \'([^\']+)\'', each.text) for each in world.athena.queries.values()
    ] == [
        ["2026-10"],
        ["2026-11"],
    ]
    assert [key for key in world.exports.gets if "/data/" in key] == []
    for month, query in zip((OCTOBER, NOVEMBER), world.athena.queries.values(), strict=True):
        files = [
            data
            for key, (data, _) in world.exports.objects.items()
            if f"data/BILLING_PERIOD={month:%Y-%m}" in key
        ]
        assert 0 < query.scanned < sum(map(len, files)) / 2
        assert "line_item_blended_cost" not in query.text


def test_what_lies_beside_the_files_of_the_manifest_is_not_counted(world: World) -> None:
    """Files of a delivery before, which AWS has not taken away yet."""
    deliver(world.exports)
    found = world.downloaded()
    for key, each in list(world.exports.objects.items()):
        if "/data/" in key:
            world.exports.objects[key.replace(".snappy", "-old.snappy")] = each
    assert world.fetch() == found


# ---- paid once -------------------------------------------------------------------------------------------------------


def test_a_bill_is_asked_for_once_whoever_asks_and_however_often(world: World) -> None:
    deliver(world.exports)
    first = world.fetch()
    assert world.fetch() == first
    assert (world.started(), world.athena.count("StartQueryExecution")) == (2, 2)
    for key in world.kept(keys.EXPORT):
        world.s3.objects[key] = b"damaged"
    assert world.fetch() == first
    assert (world.started(), world.athena.count("StartQueryExecution")) == (2, 4), (
        "AWS begins none of them again"
    )
    world.exports.deliver(OCTOBER, DAYS.end, execution="second", at=AT + timedelta(days=1))
    assert world.fetch().rows == first.rows
    assert world.started() == 4


def test_a_statement_that_never_ends_is_waited_for_so_long_and_found_by_the_next_attempt(
    world: World,
) -> None:
    deliver(world.exports)
    world.athena.looks = 10**6
    with pytest.raises(errors.AthenaUnfinished, match=r"2026-10\. Run again .*is found, and not paid twice"):
        world.fetch()
    assert world.waited == list(WAITS)
    used = scanned.use(world.store, EXPORTED)
    files = [data for key, (data, _) in world.exports.objects.items() if "/data/" in key]
    assert used and (used.engine, used.readings, used.bytes) == ("athena", 2, sum(map(len, files))), "at most"
    for query in world.athena.queries.values():
        query.looks = 1
    assert world.fetch() == world.downloaded()
    assert world.started() == 2
    used = scanned.use(world.store, EXPORTED)
    assert used and used.bytes == sum(each.scanned for each in world.athena.queries.values())


def test_a_step_has_twice_the_time_that_it_waits_for_a_statement() -> None:
    for step in keys.EXPORT.writers:
        assert 2 * sum(WAITS) <= stack.functions()[step]["Timeout"], step


def test_what_it_took_is_priced_by_the_statement(world: World) -> None:
    deliver(world.exports)
    world.fetch()
    used = scanned.use(world.store, EXPORTED)
    assert used and used.usd == Decimal("0.0001"), "two statements of 10 MB each, which is the least"
    assert scanned.use(world.store, replace(EXPORTED, run_id="another")) == ExportUse(None, 0, 0, Decimal(0))
    assert scanned.use(world.store, RUN) is None, "Cost Explorer is no export"


@pytest.mark.parametrize(
    ("size", "usd"),
    [(0, "0"), (1, "0.00005"), (10_000_001, "0.000055"), (10**12, "5"), (177 * 10**9, "0.885")],
)
def test_athena_s_price_is_by_the_mb_and_10_mb_at_least(size: int, usd: str) -> None:
    assert scanned.usd([size]) == Decimal(usd)


def test_where_athena_does_not_say_what_it_scanned_it_counts_as_all(world: World) -> None:
    deliver(world.exports)
    world.athena.says_scanned = False
    world.fetch()
    used = scanned.use(world.store, EXPORTED)
    assert used and used.bytes == sum(
        len(data) for key, (data, _) in world.exports.objects.items() if "/data/" in key
    )


def test_the_other_engine_says_what_it_downloaded(world: World) -> None:
    deliver(world.exports)
    DataExport(world.bucket, PLACE, world.store, LocalEngine(world.bucket, world.store)).fetch(
        EXPORTED, BATCH, DAYS
    )
    used = scanned.use(world.store, EXPORTED)
    size = sum(len(data) for key, (data, _) in world.exports.objects.items() if "/data/" in key)
    assert used == ExportUse("duckdb", 2, size, Decimal(0))


# ---- limits ----------------------------------------------------------------------------------------------------------


def test_more_than_a_report_may_scan_is_not_begun(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(world.exports)
    monkeypatch.setattr(scanned, "GB", 1_000)
    with pytest.raises(
        errors.BudgetExceeded,
        match=r"may scan up to .* a report may scan 1 GB\. Nothing was begun\. .*MAX_ATHENA_GB to",
    ) as refused:
        world.fetch()
    assert world.started() == 0
    (enough,) = re.findall(r"FINOPSGUARD_MAX_ATHENA_GB to (\d+)", str(refused.value))
    assert world.fetch(limit=Limit(int(enough), Decimal(50))).rows
    assert world.fetch(limit=Limit(1, Decimal(50))).rows, "what is kept takes nothing"


def test_more_than_a_month_may_cost_is_not_begun(world: World) -> None:
    """Whatever the month's reports had Athena scan counts, a trail too; a statement once, whoever waited for it."""
    deliver(world.exports)
    ScanMeter(world.store, replace(EXPORTED, run_id="before"), "trail").ended("one", 2 * 10**12)
    for run_id in ("before", "beside"):
        ScanMeter(world.store, replace(EXPORTED, run_id=run_id), "athena").began("two", 10**12)
    assert scanned.usd_of_month(world.store, EXPORTED) == Decimal(15)
    with pytest.raises(
        errors.BudgetExceeded,
        match=r"\(\$0\.01\), for this month's reports it scanned for \$15\.00 so far, and \$15\.00 is the limit.*"
        r"Nothing was begun.*raise FINOPSGUARD_MAX_ATHENA_USD_MONTH",
    ):
        world.fetch(limit=Limit(1, Decimal(15)))
    assert world.started() == 0
    assert world.fetch(limit=Limit(1, Decimal("15.01"))).rows
    later = replace(EXPORTED, scheduled_time=EXPORTED.scheduled_time + timedelta(days=31))
    assert scanned.usd_of_month(world.store, later) == 0


def test_of_reports_that_wait_for_one_statement_one_tells_its_price(world: World) -> None:
    deliver(world.exports)
    world.athena.looks = 10**6
    for run_id in ("weekly", "daily"):
        with pytest.raises(errors.AthenaUnfinished):
            world.source().fetch(replace(EXPORTED, run_id=run_id), BATCH, DAYS)
    assert world.started() == 2
    daily, weekly = (scanned.use(world.store, replace(EXPORTED, run_id=each)) for each in ("daily", "weekly"))
    assert daily and (daily.engine, daily.readings, daily.usd > 0) == ("athena", 2, True)
    assert weekly == ExportUse(None, 0, 0, Decimal(0))


def test_what_was_begun_counts_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(world.exports)
    size = sum(len(data) for key, (data, _) in world.exports.objects.items() if "/data/" in key)
    monkeypatch.setattr(scanned, "GB", size)
    world.athena.looks = 10**6
    with pytest.raises(errors.AthenaUnfinished):
        world.fetch()
    with pytest.raises(errors.AthenaUnfinished):
        world.fetch()
    world.exports.deliver(OCTOBER, DAYS.end, execution="second", at=AT + timedelta(days=1))
    with pytest.raises(errors.BudgetExceeded, match="were scanned already"):
        world.fetch()


def test_the_workgroup_s_limit_cuts_off_and_says_which_setting(world: World) -> None:
    deliver(world.exports)
    world.athena.cutoff = 100
    with pytest.raises(errors.BudgetExceeded, match="FINOPSGUARD_MAX_ATHENA_GB, which is also the limit"):
        world.fetch()
    used = scanned.use(world.store, EXPORTED)
    assert used and used.usd > 0, "what was scanned until then is charged"
