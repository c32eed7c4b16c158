"""What goes wrong with Athena: refused, failed, cancelled, never ended, updated meanwhile, results lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from finopsguard import errors
from finopsguard.costs import scanned
from finopsguard.store import keys
from finopsguard.store.memory import MemoryStore
from tests.standins.exports import BUCKET, NAME, PREFIX, manifest_key
from tests.sweeps import sampled
from tests.unit.costs.sources.data_export.athena_world import EXPORTED, World
from tests.unit.costs.sources.data_export.test_source import (
    AT,
    BATCH,
    DAYS,
    NOVEMBER,
    OCTOBER,
    deliver,
    without,
)

# ---- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_statement_that_failed_is_followed_by_another(world: World) -> None:
    deliver(world.exports)
    world.athena.ends = [("FAILED", "GENERIC_INTERNAL_ERROR: a node was lost", True)]
    with pytest.raises(errors.AthenaUnavailable, match=r"a node was lost.*Run again in some minutes"):
        world.fetch()
    assert world.fetch() == world.downloaded()
    assert world.started() == 3, "one that failed and its second attempt; the other one is found"
    assert [key.rsplit("/", 1)[-1] for key in world.kept(keys.UNLOAD_ENDED)] == ["1"]
    used = scanned.use(world.store, EXPORTED)
    assert used and used.usd == Decimal("0.0001"), "AWS charges nothing for a statement that failed"


@pytest.mark.parametrize(
    ("end", "error", "says"),
    [
        (
            ("FAILED", "Access Denied (Service: Amazon S3)", False),
            errors.AthenaAccessDenied,
            "Allow s3:GetObject",
        ),
        (("FAILED", "SYNTAX_ERROR: line 3:1", False), errors.AthenaRejected, "SYNTAX_ERROR.*docs/sources.md"),
        (("FAILED", "", False), errors.AthenaRejected, "Athena does not say why"),
        (("CANCELLED", "Query was cancelled", False), errors.AthenaRejected, "Somebody cancelled"),
        (("FAILED", "HIVE_PATH_ALREADY_EXISTS: x", False), errors.AthenaUnavailable, "is begun anew"),
    ],
)
def test_how_a_statement_ends_without_a_result(world: World, end: Any, error: Any, says: str) -> None:
    deliver(world.exports)
    world.athena.ends = [end]
    with pytest.raises(error, match=says):
        world.fetch()
    assert world.kept(keys.EXPORT) == []
    assert len(world.kept(keys.UNLOAD_ENDED)) == 1, "the next statement is another"


@pytest.mark.parametrize(
    ("code", "operation", "error", "says"),
    [
        (
            "TooManyRequestsException",
            "StartQueryExecution",
            errors.AthenaUnavailable,
            "got too many requests",
        ),
        ("TooManyRequestsException", "GetQueryExecution", errors.AthenaUnavailable, "got too many requests"),
        ("ThrottlingException", "GetTable", errors.AthenaUnavailable, "Glue got too many"),
        ("OperationTimeoutException", "GetTable", errors.AthenaUnavailable, "Glue took too long"),
        (
            "AccessDeniedException",
            "StartQueryExecution",
            errors.AthenaAccessDenied,
            "Allow athena:StartQueryExecution to the role on the workgroup finops-guard-export",
        ),
        (
            "AccessDeniedException",
            "GetTable",
            errors.AthenaAccessDenied,
            "Allow glue:GetTable to the role on the catalog, the database and the table billing.all_costs",
        ),
        (
            "InvalidRequestException",
            "StartQueryExecution",
            errors.AthenaRejected,
            "FINOPSGUARD_EXPORT_WORKGROUP",
        ),
    ],
)
def test_what_athena_and_glue_refuse(world: World, code: str, operation: str, error: Any, says: str) -> None:
    deliver(world.exports)
    world.athena.fail(code, "no", times=5, when=lambda name, _: name == operation)
    with pytest.raises(error, match=says):
        world.fetch()
    assert world.started() == (2 if operation == "GetQueryExecution" else 0)


def test_an_update_in_the_middle_is_no_reading(world: World) -> None:
    """Another delivery while Athena reads, and a file that is newer than its manifest."""
    deliver(world.exports)
    whole = dict(world.exports.objects)

    def deliver_meanwhile() -> None:
        world.athena.before_run = lambda: None
        world.exports.deliver(OCTOBER, DAYS.end, execution="second", at=AT + timedelta(hours=1))

    world.athena.before_run = deliver_meanwhile
    with pytest.raises(errors.ExportIncomplete, match="AWS is updating the export of 2026-10"):
        world.fetch()
    assert world.kept(keys.EXPORT) == []
    assert world.fetch() == world.downloaded()
    file = next(key for key in whole if "/data/BILLING_PERIOD=2026-11" in key)
    world.exports.objects = {**whole, file: (whole[file][0], AT + timedelta(hours=1))}
    with pytest.raises(errors.ExportIncomplete, match="Run again in some minutes"):
        world.fetch()
    world.exports.objects = {key: found for key, found in whole.items() if key != file}
    with pytest.raises(errors.ExportIncomplete):
        world.fetch()
    assert not any(query.text.count(f"{NAME}-00001") > 1 for query in world.athena.queries.values())


def test_a_file_that_is_written_while_athena_reads_is_an_update(world: World) -> None:
    """Files come first and the manifest last: until it comes, the file's time alone tells."""
    deliver(world.exports)
    key = next(key for key in world.exports.objects if "/data/BILLING_PERIOD=2026-11" in key)

    def overwrite() -> None:
        world.exports.objects[key] = (world.exports.objects[key][0], AT + timedelta(hours=2))

    world.athena.before_run = overwrite
    with pytest.raises(errors.ExportIncomplete, match="AWS is updating the export of 2026-11"):
        world.fetch()
    assert not any("2026-11" in each for each in world.kept(keys.EXPORT))


def test_a_manifest_of_the_same_files_that_is_written_meanwhile_is_an_update(world: World) -> None:
    deliver(world.exports)
    key = manifest_key(OCTOBER)
    data, _ = world.exports.objects[key]

    def write_again() -> None:
        world.exports.objects[key] = (data, AT + timedelta(hours=2))

    world.athena.before_run = write_again
    with pytest.raises(errors.ExportIncomplete, match=r"Manifest\.json changed while it was read"):
        world.fetch()


@sampled(every=2)
@pytest.mark.parametrize("gone", [keys.UNLOADED, keys.UNLOADED_LIST])
def test_a_result_that_is_gone_is_made_anew(world: World, gone: keys.Kind) -> None:
    deliver(world.exports)

    def lose() -> None:
        for key in world.kept(gone):
            del world.s3.objects[key]

    world.athena.before_run = lose
    with pytest.raises(errors.AthenaUnavailable, match=r"not in the bucket any more.*read anew"):
        world.fetch()
    world.athena.before_run = lambda: None
    for _ in range(2):
        try:
            found = world.fetch()
        except errors.AthenaUnavailable:
            continue
    assert found == world.downloaded()


def test_a_partition_that_is_not_there_yet_is_waited_for(world: World) -> None:
    """Without projection a crawler adds it: until then Athena finds no row, which is no bill of nothing."""
    deliver(world.exports)
    world.athena.unknown = {"2026-11"}
    with pytest.raises(
        errors.ExportIncomplete, match=r"no row of 2026-11 in the table.*partition projection"
    ):
        world.fetch()
    world.athena.unknown = set()
    assert world.fetch() == world.downloaded()


# ---- what is refused -------------------------------------------------------------------------------------------------


def test_another_table_is_refused(world: World) -> None:
    deliver(world.exports)
    with pytest.raises(
        errors.AthenaRejected, match=r"billing\.other is not in Glue's catalog.*docs/sources.md"
    ):
        world.fetch(table="other")
    world.athena.location = "s3://exports-of-another/data/"
    with pytest.raises(
        errors.AthenaRejected, match="is over 's3://exports-of-another/data/', and the export over"
    ):
        world.fetch()
    world.athena.location = f"s3://{BUCKET}/{PREFIX}/{NAME}/data"
    world.athena.partitions = ["month"]
    with pytest.raises(errors.AthenaRejected, match="no partitions by billing_period"):
        world.fetch()
    assert world.started() == 0


def test_a_table_without_a_column_is_refused(world: World) -> None:
    world.exports.change = lambda row: without(row, "line_item_operation")
    deliver(world.exports)
    with pytest.raises(
        errors.ExportRejected, match=r"The table billing\.all_costs has no line_item_operation"
    ):
        world.fetch()


@sampled(every=3)
@pytest.mark.parametrize(
    ("form", "metric", "lacking"),
    [
        ("cur", "UnblendedCost", "product_servicecode"),
        ("cur", "NetUnblendedCost", "line_item_net_unblended_cost"),
        ("focus", "UnblendedCost", "ChargeClass"),
    ],
)
def test_what_a_table_leaves_out_would_be_told_wrong(
    world: World, form: Any, metric: Any, lacking: str
) -> None:
    """A file that has no net costs has the same without; a table that has none may hide them."""
    world.exports.form, world.exports.change = form, lambda row: without(row, lacking)
    deliver(world.exports)
    run = replace(EXPORTED, cost_metric=metric)
    assert world.downloaded(run).rows
    with pytest.raises(errors.AthenaRejected, match=f"does not declare {lacking}"):
        world.source().fetch(run, BATCH, DAYS)
    assert world.started() == 0


def test_a_store_that_is_no_bucket_takes_no_result(world: World) -> None:
    deliver(world.exports)
    with pytest.raises(errors.InvalidConfiguration, match="FINOPSGUARD_BUCKET, or FINOPSGUARD_EXPORT_ENGINE"):
        world.fetch(store=MemoryStore())
    assert world.started() == 0


def test_a_workgroup_that_writes_elsewhere_is_named(world: World) -> None:
    deliver(world.exports)
    world.athena.enforced = "s3://results-of-all/"
    with pytest.raises(errors.AthenaRejected, match="EnforceWorkGroupConfiguration"):
        world.fetch()


def test_files_of_another_place_and_too_many_of_them_are_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(world.exports)
    with monkeypatch.context() as shorter:
        shorter.setattr("finopsguard.costs.sources.data_export.statement.MOST_CHARACTERS", 3_000)
        with pytest.raises(errors.ExportRejected, match="overwrites its files"):
            world.fetch()
    elsewhere = f"{PREFIX}/{NAME}/data/elsewhere/one.parquet"
    world.exports.objects[elsewhere] = next(
        each for key, each in world.exports.objects.items() if "/data/" in key
    )
    world.exports.put_manifest(NOVEMBER, [elsewhere], "first", AT + timedelta(minutes=1))
    with pytest.raises(errors.ExportRejected, match="where Athena looks"):
        world.fetch()
    assert world.started() == 0


def test_an_answer_without_a_state_is_none_of_athena_s(world: World) -> None:
    deliver(world.exports)
    world.athena.looks = 0
    world.athena.ends = [("PAUSED", "", False)]
    with pytest.raises(errors.AthenaUnavailable, match="could not be reached"):
        world.fetch()
