"""Usage by type and costs by resource, from what was kept when an export's costs were read, by both engines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from finopsguard import errors
from finopsguard.aws.clients import Clients
from finopsguard.costs.sources.cost_explorer_usage import CostExplorerUsage
from finopsguard.costs.sources.data_export import grouped, parts
from finopsguard.costs.sources.data_export.local import LocalEngine
from finopsguard.costs.sources.data_export.source import DataExport
from finopsguard.costs.sources.data_export.usage import ExportUsage
from finopsguard.models.costs import Usage, UsageLine, UsageQuestion
from finopsguard.models.run import Period
from finopsguard.store import keys
from finopsguard.store.memory import MemoryStore
from tests.standins import StandIns
from tests.standins.costs import Charge, Costs
from tests.standins.exports import EC2
from tests.sweeps import sampled
from tests.unit.costs.sources.data_export.athena_world import EXPORTED, PLACE, World
from tests.unit.costs.sources.data_export.test_source import (
    AT,
    BATCH,
    DAYS,
    NOVEMBER,
    OCTOBER,
    A,
    B,
    deliver,
    without,
)


class Full:
    """A folder where nothing can be written."""

    name = "/proc/none"

    def cleanup(self) -> None:
        """There is nothing to take away."""


class Without:
    """A database that has no memory."""

    def execute(self, _: str) -> None:
        raise duckdb.OutOfMemoryException("Out of Memory Error: 1 GB")


COMPUTE = f"{EC2} - Compute"


def charge(day: date, amount: str, **options: Any) -> Charge:
    return Charge(A, day, COMPUTE, "Usage", Decimal(amount), **options)


LAST, FIRST = date(2026, 10, 31), NOVEMBER
CHARGES = [
    charge(LAST, "10.25", quantity=Decimal("102.5"), region="eu-west-1"),
    charge(LAST, "3", region="us-east-1"),
    charge(LAST, "0", quantity=Decimal(7), usage_type="Free", unit="Requests"),
    charge(FIRST, "8", quantity=Decimal(80), region="eu-west-1"),
    replace(
        charge(FIRST, "6", quantity=Decimal(60)), record_type="SavingsPlanCoveredUsage", spread=Decimal(4)
    ),
    replace(charge(FIRST, "-6", quantity=Decimal(60)), record_type="SavingsPlanNegation"),
    charge(FIRST, "2", usage_type="Mixed", unit="GB"),
    charge(FIRST, "2.5", usage_type="Mixed", unit="Requests"),
    charge(FIRST, "5", operation="RunInstances:0002", region="eu-west-1"),
    Charge(A, FIRST, "AWS Lambda", "Usage", Decimal(99), "Lambda-GB-Second"),
    Charge(B, FIRST, COMPUTE, "Usage", Decimal(77)),
    Charge(A, FIRST, COMPUTE, "Tax", Decimal(55)),
    Charge(A, date(2026, 11, 2), COMPUTE, "Usage", Decimal("0.000000001")),
]


@pytest.fixture(autouse=True)
def costs(exporting: StandIns) -> Iterator[None]:
    before, exporting.cost_explorer.costs = exporting.cost_explorer.costs, Costs.charges(CHARGES)
    yield
    exporting.cost_explorer.costs = before


def kept(world: World, engine: str, run: Any = EXPORTED) -> ExportUsage:
    """What there is once an engine has read the costs."""
    if engine == "athena":
        world.source().fetch(run, BATCH, DAYS)
        return ExportUsage(PLACE, world.store)
    return ExportUsage(PLACE, world.downloaded_to(run))


ASKED = UsageQuestion(A, (COMPUTE,), DAYS, FIRST)


def asked(
    source: Any, services: Sequence[str] = (COMPUTE,), days: Period = DAYS, start: date = FIRST
) -> Usage:
    found: Usage = source.usage(EXPORTED, replace(ASKED, services=services, days=days, start=start), pages=3)
    return found


def by_name(lines: Sequence[UsageLine] | None) -> list[UsageLine]:
    assert lines is not None
    return sorted(
        (
            line._replace(amount=line.amount.normalize(), amortized=line.amortized.normalize())
            for line in lines
        ),
        key=str,
    )


@sampled("duckdb")
@pytest.mark.parametrize("engine", ["duckdb", "athena"])
def test_it_is_what_cost_explorer_says(
    world: World, exporting: StandIns, clients: Clients, engine: str
) -> None:
    exporting.organizations.management_account = "111100000000"
    deliver(world.exports)
    source = kept(world, engine)
    before = exporting.cost_explorer.requests
    found = asked(source)
    assert (found.requests, found.since, exporting.cost_explorer.requests) == (0, None, before)
    told = asked(CostExplorerUsage(lambda _: clients.cost_explorer(None, None), None, None))
    assert by_name(found.by_region) == by_name(told.by_region)
    assert by_name(found.by_record_type) == by_name(told.by_record_type)
    assert by_name(found.by_operation) == by_name(told.by_operation)


def test_focus_has_what_a_plan_covers_and_no_negation(world: World) -> None:
    world.exports.form = "focus"
    deliver(world.exports)
    found = asked(kept(world, "duckdb"))
    of_first = [
        line for line in found.by_record_type or () if line.date == FIRST and line.usage_type != "Mixed"
    ]
    assert {(line.record_type, line.amount, line.amortized, line.quantity) for line in of_first} == {
        ("Usage", Decimal(13), Decimal(13), Decimal(85)),
        ("SavingsPlanCoveredUsage", Decimal(0), Decimal(4), Decimal(60)),
    }


@sampled("duckdb")
@pytest.mark.parametrize("engine", ["duckdb", "athena"])
def test_a_line_on_a_later_bill_is_of_its_day(world: World, engine: str) -> None:
    deliver(world.exports)
    usual = asked(kept(world, engine))
    world.exports.line = lambda line: [replace(line, bill=NOVEMBER)] if line.begins.hour == 23 else [line]
    world.exports.deliver(OCTOBER, DAYS.end, execution="second", at=AT + timedelta(days=1))
    found = asked(kept(world, engine))
    assert by_name(found.by_region) == by_name(usual.by_region)
    of_october = asked(kept(world, engine), days=Period(DAYS.start, NOVEMBER), start=LAST)
    assert sum(line.amount for line in of_october.by_region) == Decimal("13.25")


def test_of_several_deliveries_the_newest_that_was_read_counts(world: World) -> None:
    deliver(world.exports)
    store = world.downloaded_to()
    world.exports.line = lambda line: [
        replace(line, charge=replace(line.charge, amount=2 * line.charge.amount))
    ]
    world.exports.deliver(OCTOBER, DAYS.end, execution="second", at=AT + timedelta(days=1))
    before = asked(ExportUsage(PLACE, store))
    for key, data in world.downloaded_to().objects.items():
        store.objects[key] = data
    found = asked(ExportUsage(PLACE, store))
    assert sum(line.amount for line in found.by_region) == 2 * sum(line.amount for line in before.by_region)


# ---- what is not there -----------------------------------------------------------------------------------------------


def test_a_month_of_which_nothing_is_kept_is_left_out_or_named(world: World) -> None:
    deliver(world.exports)
    store = world.downloaded_to()
    for key in [key for key in store.objects if keys.USAGE.matches(key) and "2026-10" in key]:
        del store.objects[key]
    found = asked(ExportUsage(PLACE, store))
    assert found.since == NOVEMBER
    assert {line.date for line in found.by_region} <= set(Period(NOVEMBER, DAYS.end).dates())
    with pytest.raises(errors.UsageIncomplete, match=r"usage of 2026-10 is not kept: .*next delivery"):
        asked(ExportUsage(PLACE, store), start=LAST)


def test_no_usage_at_all_is_no_fall_to_nothing(world: World) -> None:
    deliver(world.exports)
    with pytest.raises(errors.UsageIncomplete, match="no usage of AWS Glue in 111111111111"):
        asked(kept(world, "duckdb"), ["AWS Glue"])


@sampled(every=3)
@pytest.mark.parametrize("engine", ["duckdb", "athena"])
@pytest.mark.parametrize("left", [b"PAR1 and nothing more", None])
def test_a_part_that_cannot_be_read_is_unknown(world: World, engine: str, left: bytes | None) -> None:
    deliver(world.exports)
    source = kept(world, engine)
    objects = source._store.objects  # type: ignore[attr-defined]
    stored = [key for key in objects if keys.USAGE.matches(key) or keys.UNLOADED.matches(key)]
    for key in [key for key in stored if key.endswith("/11.parquet") or "part=11/" in key]:
        objects.pop(key)
        if left:
            objects[key] = left
    with pytest.raises(errors.UsageIncomplete, match=r"cannot be read .*next delivery"):
        asked(source)


def test_names_that_are_lost_have_the_bill_read_again(world: World) -> None:
    deliver(world.exports)
    store = world.downloaded_to()
    names = [key for key in store.objects if key.endswith("/names.parquet")]
    store.objects[names[0]] = b"damaged"
    world._downloaded(EXPORTED, store)
    assert asked(ExportUsage(PLACE, store)).since is None


def test_a_bill_that_explains_nothing_any_more_is_not_read_again_for_its_usage(world: World) -> None:
    """Usage is kept for less time than costs: a history of a year has bills without it."""
    deliver(world.exports)
    store = world.downloaded_to()
    for key in [key for key in store.objects if keys.USAGE.matches(key)]:
        del store.objects[key]
    for days, files in ((46, 0), (45, 2)):
        world.exports.gets.clear()
        run = replace(EXPORTED, until=NOVEMBER + timedelta(days=days))
        source = DataExport(world.bucket, PLACE, store, LocalEngine(world.bucket, store))
        source.fetch(run, BATCH, Period(LAST, NOVEMBER))
        assert len([key for key in world.exports.gets if "/data/BILLING_PERIOD=2026-10" in key]) == files


def test_rows_that_cannot_be_read_are_unknown(world: World) -> None:
    world.exports.change = lambda row: {**row, "line_item_unblended_cost": float("nan")}
    deliver(world.exports)
    with pytest.raises(errors.UsageIncomplete, match="rows of these services that cannot be read"):
        asked(kept(world, "duckdb"))


def test_without_room_for_usage_the_costs_are_read_and_causes_say_why(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a folder that takes no file nor a database without memory ends a report."""
    deliver(world.exports)
    usual = world.downloaded()
    with monkeypatch.context() as full:
        full.setattr(parts, "tempfile", SimpleNamespace(TemporaryDirectory=Full))
        store = MemoryStore()
        assert world._downloaded(EXPORTED, store) == usual
    with pytest.raises(
        errors.UsageIncomplete, match=r"usage of 2026-11 is not kept \(.*/proc/none.*ExportDisk"
    ):
        asked(ExportUsage(PLACE, store))
    made = parts.Parts(Without())  # type: ignore[arg-type]
    made.add("SELECT 1")
    made.add("SELECT 2")
    assert (list(made.done()), made.lacking) == ([], "Out of Memory Error: 1 GB")


def test_an_export_without_quantities_and_regions_has_its_usage_types(world: World) -> None:
    names = ("line_item_usage_amount", "pricing_unit", "product_region_code", "line_item_resource_id")
    world.exports.change = lambda row: without(row, *names)
    deliver(world.exports)
    source = kept(world, "duckdb")
    found = asked(source)
    assert {(line.region, line.quantity, line.unit) for line in found.by_region} == {
        ("NoRegion", Decimal(0), "")
    }
    assert sum(line.amount for line in found.by_region) == sum(
        each.amount for each in CHARGES[:9] + CHARGES[-1:]
    )
    with pytest.raises(errors.UsageNotRead, match="no resource ids"):
        source.resources(EXPORTED, ASKED, pages=3)


# ---- resources -------------------------------------------------------------------------------------------------------


@sampled("duckdb")
@pytest.mark.parametrize("engine", ["duckdb", "athena"])
def test_the_dearest_resources_have_their_names_on_all_days(
    world: World, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouped, "KEPT_RESOURCES", 2)
    deliver(world.exports)
    found = kept(world, engine).resources(EXPORTED, ASKED, pages=3)
    assert (found.requests, found.days) == (0, DAYS)
    arn = "arn:aws:x:{}:111111111111:" + COMPUTE + "/BoxUsage:m5.large"
    told = [
        (line.date, line.resource_id, line.amount, line.amortized) for line in found.lines if line.resource_id
    ]
    usage = kept(world, engine).usage(EXPORTED, ASKED, pages=3)
    assert sum(line.amortized for line in found.lines) == sum(line.amortized for line in usage.by_region)
    assert told == [
        (LAST, arn.format("eu-west-1"), Decimal("10.25"), Decimal("10.25")),
        (LAST, arn.format("us-east-1"), Decimal(3), Decimal(3)),
        (FIRST, arn.format("eu-west-1"), Decimal(13), Decimal(13)),
        (
            FIRST,
            arn.format("us-east-1").replace("BoxUsage:m5.large", "Mixed"),
            Decimal("4.5"),
            Decimal("4.5"),
        ),
    ]


@sampled("duckdb")
@pytest.mark.parametrize("engine", ["duckdb", "athena"])
def test_data_transfer_is_explained_with_the_service_that_it_is_of(world: World, engine: str) -> None:
    """Such a line does not name its service, which the bill's other lines do."""
    of_transfer = {"product": "AWS Data Transfer", "product_servicecode": "AWSDataTransfer"}
    world.exports.change = lambda row: {
        **row,
        **(of_transfer if row["line_item_usage_start_date"].hour == 23 else {}),
    }
    deliver(world.exports)
    found = asked(kept(world, engine), ["AWS Lambda"])
    assert [(line.usage_type, line.amount) for line in found.by_region] == [("Lambda-GB-Second", Decimal(99))]
