"""The statement that Athena gets for a billing period: the question of `grouped`, of the files that the manifest names.

Costs and usage are groupings of one reading, and come in parts (`part=costs`, `part=7`): one of usage is read alone.

Only the columns of the question are read, and only the period's partition (both by AWS's documentation); and of what
lies there the manifest's files alone, for it may have those of another delivery.
"""

from __future__ import annotations

from finopsguard.aws.athena import MOST_CHARACTERS, Table
from finopsguard.aws.sql import literal, quoted
from finopsguard.costs.sources.data_export.columns import columns_of, undeclared
from finopsguard.costs.sources.data_export.engine import Bill
from finopsguard.costs.sources.data_export.grouped import PART, grouped, narrowed, told
from finopsguard.costs.sources.data_export.manifest import Place
from finopsguard.costs.sources.files.dialects import canonical
from finopsguard.errors import AthenaRejected, ExportRejected
from finopsguard.models.metrics import MetricName

COSTS = "costs"
"""Among the parts that a statement writes the one with costs; the others are those of usage."""
_PARTITION = "billingperiod"
_NET = "AWS leaves net costs out where there are no private discounts, and UnblendedCost is the same then"
_MAKE_IT = "Make the table as docs/sources.md has it, and set FINOPSGUARD_EXPORT_TABLE to its name."


def partition_of(table: Table, place: Place, name: str) -> str:
    """The column of a table's partitions; raises AthenaRejected for a table that is not of the export."""
    location = f"s3://{place.bucket}/{place.root}data"
    if table.location.rstrip("/") != location:
        raise AthenaRejected(
            f"The table {name} is over {table.location[:200]!a}, and the export over {location}. {_MAKE_IT}"
        )
    found = next((each for each in table.partitions if canonical(each) == _PARTITION), None)
    if found is None:
        raise AthenaRejected(
            f"The table {name} has no partitions by billing_period, and each reading would scan all months. {_MAKE_IT}"
        )
    return found


def select(table: Table, database: str, name: str, place: Place, bill: Bill, metric: MetricName) -> str:
    """The SELECT of a billing period; raises AthenaRejected and ExportRejected for what cannot be read so."""
    partition = partition_of(table, place, f"{database}.{name}")
    columns = columns_of(f"The table {database}.{name}", table.columns, metric)
    if lacking := undeclared(table.columns, metric):
        raise AthenaRejected(
            f"The table {database}.{name} does not declare {', '.join(lacking)}, and what it leaves out would be told"
            f" wrong. Declare all columns of docs/sources.md, whether the export has them or not: {_NET}."
        )
    folder = f"{place.root}data/BILLING_PERIOD={bill.period}/"
    for key in bill.manifest.keys:
        if not key.startswith(folder):
            raise ExportRejected(
                f"The export of {bill.period} has {key[:200]!a}, which is not in {folder}, where Athena looks. Make an"
                " export of AWS Data Exports, or set FINOPSGUARD_EXPORT_ENGINE to duckdb."
            )
    below = f"s3://{place.bucket}/{folder}"
    within = f'{quoted(partition)} = {literal(bill.period)} AND starts_with("$path", {literal(below)})'
    files = ", ".join(literal(key.removeprefix(folder)) for key in bill.manifest.keys)
    source = (
        f'{quoted(database)}.{quoted(name)} WHERE {within} AND substr("$path", {len(below) + 1}) IN ({files})'
    )
    groups = narrowed(grouped(told(columns, source), ["costs", "usage", "resources"]))
    part = f"CASE WHEN kind = 'costs' THEN {literal(COSTS)} ELSE {PART} END"
    return f"SELECT *, {part} AS part FROM ({groups}) AS parted"  # noqa: S608 - names are quoted


def unload(question: str, target: str) -> str:
    """The statement that writes the answer below the URI `target`; raises ExportRejected where Athena takes it not."""
    statement = (
        f"UNLOAD ({question}) TO {literal(target)}"
        " WITH (format = 'PARQUET', compression = 'GZIP', partitioned_by = ARRAY['part'])"
    )
    if len(statement) > MOST_CHARACTERS:
        raise ExportRejected(
            f"The export has so many files that their names are {len(statement)} characters of a statement, and Athena"
            f" takes {MOST_CHARACTERS}. Make an export that overwrites its files, without resource ids."
        )
    return statement
