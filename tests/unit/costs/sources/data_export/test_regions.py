"""Usage by service and Region from an export: what Cost Explorer says of the same costs, by both engines and forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from finopsguard import errors
from finopsguard.aws.clients import Clients
from finopsguard.costs.database import connect, placed, written
from finopsguard.costs.sources.cost_explorer import CostExplorer
from finopsguard.costs.sources.cost_explorer_usage import CostExplorerUsage
from finopsguard.costs.sources.data_export.local import LocalEngine
from finopsguard.costs.sources.data_export.source import DataExport
from finopsguard.costs.sources.data_export.usage import ExportUsage
from finopsguard.models.costs import CostRow
from finopsguard.models.history import ExportRead
from finopsguard.models.run import Batch, Period
from finopsguard.ports import Store
from finopsguard.store import files, keys
from finopsguard.store.memory import MemoryStore
from tests.standins import StandIns
from tests.standins.costs import Charge, Costs
from tests.standins.exports import EC2
from tests.sweeps import sampled
from tests.unit.costs.sources.data_export.athena_world import EXPORTED, PLACE, World
from tests.unit.costs.sources.data_export.test_source import (
    BATCH,
    DAYS,
    NOVEMBER,
    OCTOBER,
    A,
    B,
    deliver,
    without,
)

COMPUTE, LAMBDA = f"{EC2} - Compute", "AWS Lambda"
ALL, OF_B = Batch("r", regions=()), Batch("r", regions=(B,))
LAST = date(2026, 10, 31)


def charge(account: str, day: date, service: str, amount: str, region: str, **options: Any) -> Charge:
    return Charge(account, day, service, "Usage", Decimal(amount), region=region, **options)


COVERED = charge(B, NOVEMBER, COMPUTE, "6", "sa-east-1", spread=Decimal(4))
CHARGES = [
    charge(A, LAST, COMPUTE, "10.25", "eu-west-1"),
    charge(B, LAST, COMPUTE, "0.1234567891", "eu-west-1"),
    charge(A, LAST, "EC2 - Other", "3", "eu-west-1"),
    charge(A, NOVEMBER, LAMBDA, "2", "us-east-1"),
    charge(A, NOVEMBER, LAMBDA, "0", "ap-east-1"),
    charge(B, NOVEMBER, LAMBDA, "5", ""),
    replace(COVERED, record_type="SavingsPlanCoveredUsage"),
    replace(COVERED, record_type="SavingsPlanNegation", amount=Decimal(-6), spread=Decimal(0)),
    charge(B, date(2026, 11, 2), COMPUTE, "7", "sa-east-1"),
    replace(charge(B, NOVEMBER, LAMBDA, "-1", ""), record_type="Credit"),
    replace(charge(A, NOVEMBER, "Tax", "99", "us-east-1"), record_type="Tax"),
]


@pytest.fixture(autouse=True)
def costs(exporting: StandIns) -> Iterator[None]:
    before, exporting.cost_explorer.costs = exporting.cost_explorer.costs, Costs.charges(CHARGES)
    exporting.organizations.management_account = "111100000000"
    yield
    exporting.cost_explorer.costs = before


def read_by(world: World, engine: str, store: Store | None = None) -> DataExport:
    if engine == "athena":
        return world.source(store)
    kept = store or MemoryStore()
    return DataExport(world.bucket, PLACE, kept, LocalEngine(world.bucket, kept))


def told(rows: Any) -> list[CostRow]:
    """In one order and form; Cost Explorer's own sums have other zeros at their ends."""
    whole = (row._replace(amount=row.amount.normalize(), amortized=row.amortized.normalize()) for row in rows)
    return sorted(whole, key=str)


@sampled("duckdb-cur", "athena-focus")
@pytest.mark.parametrize("form", ["cur", "focus"])
@pytest.mark.parametrize("engine", ["duckdb", "athena"])
def test_it_is_what_cost_explorer_says(
    world: World, exporting: StandIns, clients: Clients, engine: str, form: Any
) -> None:
    world.exports.form = form
    deliver(world.exports)
    source = read_by(world, engine)
    source.fetch(EXPORTED, BATCH, DAYS)
    read, begun = len(world.exports.gets), world.started()
    known = CostExplorer(clients.cost_explorer)
    for batch in (ALL, OF_B):
        found = source.fetch(EXPORTED, batch, DAYS)
        assert told(found.rows) == told(known.fetch(EXPORTED, batch, DAYS).rows)
        assert (found.requests, {row.account_id for row in found.rows}) == (0, set(batch.held_as))
    assert {row.region for row in found.rows} == {"eu-west-1", "global", "sa-east-1"}
    again = [key for key in world.exports.gets[read:] if "/data/" in key]
    assert (again, world.started()) == ([], begun), "a bill is read once, whatever is asked of it"


@sampled("duckdb")
@pytest.mark.parametrize("engine", ["duckdb", "athena"])
def test_who_used_a_region_is_what_cost_explorer_says(
    world: World, exporting: StandIns, clients: Clients, engine: str
) -> None:
    deliver(world.exports)
    store = world.store if engine == "athena" else MemoryStore()
    read_by(world, engine, store).fetch(EXPORTED, BATCH, DAYS)
    usage, known = ExportUsage(PLACE, store), CostExplorerUsage(clients.cost_explorer)
    for services, region in (((COMPUTE,), "eu-west-1"), ((COMPUTE, LAMBDA), "sa-east-1"), ((LAMBDA,), "x")):
        found = usage.by_account(EXPORTED, services, region, DAYS)
        billed = known.by_account(EXPORTED, services, region, DAYS)
        assert found == [each for each in billed if each.amount or each.amortized]
    before = exporting.cost_explorer.requests
    (of_none,) = usage.by_account(EXPORTED, (LAMBDA,), "global", DAYS)
    assert (of_none.account_id, of_none.amount) == (B, Decimal(5))
    assert exporting.cost_explorer.requests == before


def test_who_used_a_region_is_not_known_of_a_month_that_is_not_kept(world: World) -> None:
    deliver(world.exports)
    store = world.downloaded_to()
    bills = [key for key in store.objects if keys.EXPORT.matches(key)]
    store.objects[bills[0]] = b"damaged"
    with pytest.raises(errors.UsageIncomplete, match="cannot be read"):
        ExportUsage(PLACE, store).by_account(EXPORTED, (COMPUTE,), "eu-west-1", DAYS)
    for key in [key for key in store.objects if keys.USAGE.matches(key) and "2026-10" in key]:
        del store.objects[key]
    with pytest.raises(errors.UsageIncomplete, match=r"2026-10 is not kept.*next delivery"):
        ExportUsage(PLACE, store).by_account(EXPORTED, (COMPUTE,), "eu-west-1", DAYS)


# ---- a store of an earlier release -----------------------------------------------------------------------------------


def forget_regions(store: MemoryStore, folder: Path, period: str = "") -> None:
    """The bills as a release that did not look for Regions left them."""
    for key in [key for key in store.objects if keys.EXPORT.matches(key) and period in key]:
        found = files.find_noted(store, key, ExportRead)
        assert found
        with connect() as database:
            (path,) = placed(str(folder), "bill", [found[0]])
            query = f"SELECT * EXCLUDE (region) FROM read_parquet('{path}')"  # noqa: S608 - the test's own
            before = written(database, query, str(folder))
        files.write_noted(store, key, before, replace(found[1], regions=None))


def reads_of(world: World, engine: str) -> int:
    """Bills that were read of the export."""
    return (
        world.started() if engine == "athena" else len([key for key in world.exports.gets if "/data/" in key])
    )


@sampled("-duckdb")
@pytest.mark.parametrize("engine", ["duckdb", "athena"])
@pytest.mark.parametrize("period", ["", "2026-10", "2026-11"])
def test_a_bill_that_was_read_without_regions_is_read_again_for_them_and_for_nothing_else(
    world: World, tmp_path: Path, engine: str, period: str
) -> None:
    deliver(world.exports)
    store = world.store if engine == "athena" else MemoryStore()
    known = read_by(world, engine, store).fetch(EXPORTED, BATCH, DAYS)
    by_region = read_by(world, engine, store).fetch(EXPORTED, ALL, DAYS)
    forget_regions(store, tmp_path, period)
    if engine == "athena":
        # Its statement had another text, so the one of this release is begun.
        world.athena.forget()
        for key in [key for key in store.objects if keys.UNLOADED.matches(key)]:
            del store.objects[key]
    before = reads_of(world, engine)
    assert read_by(world, engine, store).fetch(EXPORTED, BATCH, DAYS) == known
    assert reads_of(world, engine) == before
    source = read_by(world, engine, store)
    assert source.fetch(EXPORTED, ALL, DAYS) == by_region
    after = reads_of(world, engine)
    assert after > before
    assert read_by(world, engine, store).fetch(EXPORTED, ALL, DAYS) == by_region
    assert reads_of(world, engine) == after, "once"


def test_it_is_read_again_within_the_limit_alone(world: World, tmp_path: Path, monkeypatch: Any) -> None:
    deliver(world.exports)
    world.source().fetch(EXPORTED, BATCH, DAYS)
    forget_regions(world.store, tmp_path)
    monkeypatch.setattr("finopsguard.costs.scanned.GB", 10)
    later = replace(EXPORTED, run_id="later")
    with pytest.raises(errors.BudgetExceeded, match="FINOPSGUARD_MAX_ATHENA_GB"):
        world.source().fetch(later, ALL, DAYS)
    assert world.source().fetch(later, BATCH, DAYS).rows


# ---- what is not there -----------------------------------------------------------------------------------------------


@sampled("duckdb")
@pytest.mark.parametrize("engine", ["duckdb", "athena"])
def test_an_export_without_regions_is_named_and_is_not_read_again(world: World, engine: str) -> None:
    world.exports.change = lambda row: without(row, "product_region_code")
    deliver(world.exports)
    source = read_by(world, engine)
    assert source.fetch(EXPORTED, BATCH, DAYS).rows
    read = reads_of(world, engine)
    with pytest.raises(errors.RegionsNotRead, match=r"any usage of 2026-10\. Add product_region_code"):
        source.fetch(EXPORTED, ALL, DAYS)
    assert reads_of(world, engine) == read


def test_months_before_the_column_was_there_are_not_taken_for_others(world: World) -> None:
    """What has no Region by lack of a column would look new, or moved, once it has one."""
    world.exports.change = lambda row: (
        {**row, "product_region_code": ""} if row["bill_billing_period_start_date"] == OCTOBER else row
    )
    deliver(world.exports)
    source = read_by(world, "duckdb")
    with pytest.raises(errors.RegionsNotRead, match="2026-10"):
        source.fetch(EXPORTED, ALL, DAYS)
    assert source.fetch(EXPORTED, ALL, Period(NOVEMBER, DAYS.end)).rows


def test_a_bill_of_other_charges_alone_lacks_no_region(world: World) -> None:
    world.exports.line = lambda line: (
        [] if line.bill == NOVEMBER and line.charge.record_type != "Tax" else [line]
    )
    deliver(world.exports)
    found = read_by(world, "duckdb").fetch(EXPORTED, ALL, DAYS)
    assert {row.date for row in found.rows} == {LAST}


def test_a_row_that_cannot_be_read_can_be_of_any_region(world: World) -> None:
    world.exports.change = lambda row: {**row, "line_item_unblended_cost": float("nan")}
    deliver(world.exports)
    with pytest.raises(errors.ExportRejected, match="usage by Region is not known"):
        read_by(world, "duckdb").fetch(EXPORTED, ALL, DAYS)
