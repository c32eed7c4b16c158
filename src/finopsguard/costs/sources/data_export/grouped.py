"""The question that an export is asked, once for both engines: its lines in three groupings of one reading.

`costs` are by day, account, service and record type, and those of usage by Region; of usage alone `usage` is by type,
Region and operation, and `resources` by resource. Written in Athena's SQL (Trino's), where it says nothing that DuckDB
says otherwise; FOR_DUCKDB has what DuckDB lacks. tests/standins/athena.py translates the very statement to DuckDB's, so
that both are seen to give the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from finopsguard.costs.sources.data_export.columns import NO_AMOUNT, Columns
from finopsguard.costs.sources.files.database import literal
from finopsguard.models.metrics import USAGE_RECORD_TYPES

Grouping = Literal["costs", "usage", "resources"]

EC2 = "AmazonEC2"
_INSTANCES, _OTHER = "Amazon Elastic Compute Cloud - Compute", "EC2 - Other"
FOR_DUCKDB = ("regexp_like(text, form) AS regexp_matches(text, form)", "element_at(map, key) AS map[key]")
"""Functions of Trino's as DuckDB's macros; DuckDB's own element_at gives a list."""
PARTS = 50
"""In which a bill's usage is kept, by account: one that is asked for is found in one of them. Athena writes a hundred
partitions at most (documented by AWS)."""
KEPT_RESOURCES = 20
"""Of an account's service in a bill that keep their names, by their dearest day: what is told are a few of them."""
LEAST_OF_A_RESOURCE = Decimal("0.5")
"""What a resource costs on its dearest day, to keep its name: causes below 50 cents are told together too."""

_NO_TEXT = "CAST(NULL AS VARCHAR)"
# A sum of counts is too wide an integer for DuckDB's Parquet, where it becomes a double.
_SUMS = ", ".join(
    [
        *(f"sum({name}) AS {name}" for name in ("amount", "amortized", "quantity")),
        "CAST(sum(wrong) AS BIGINT) AS wrong",
    ]
)
_SHARED = ('"date"', "account_id", "code", "product", "instance")
_OF: dict[Grouping, tuple[str, ...]] = {
    "costs": ("record_type", "seller", "unit", "region"),
    "usage": ("used_as", "usage_type", "region", "operation", "measure"),
    "resources": ("resource_id",),
}
_KEYS = tuple(dict.fromkeys((*_SHARED, *(name for names in _OF.values() for name in names))))


def told(columns: Columns, source: str) -> str:
    """SQL of what the lines of `source` say, which stands after FROM. Amounts are exact before they are added.

    A line that cannot be read is `wrong`. Who sold usage is nobody's question, nor is where other charges are of, and
    they would make groups of it.
    """
    usage = ", ".join(literal(name) for name in USAGE_RECORD_TYPES)
    lacking = ['"date"', "account_id", "code", "record_type", "unit", "amount"]
    if columns.amortized != NO_AMOUNT:
        lacking.append("amortized")
    wrong = " OR ".join(f"{name} IS NULL" for name in lacking)
    return f"""
        SELECT "date", account_id, account_name, code, product, instance, record_type, used_as,
            coalesce(record_type IN ({usage}), false) AS used,
            CASE WHEN record_type IN ({usage}) THEN NULL ELSE seller END AS seller, unit, amount, amortized,
            quantity, measure, usage_type, CASE WHEN record_type IN ({usage}) THEN region END AS region, operation,
            resource_id, CASE WHEN {wrong} THEN 1 ELSE 0 END AS wrong
        FROM (
            SELECT {columns.day} AS "date", {columns.account} AS account_id, {columns.account_name} AS account_name,
                {columns.code} AS code, CASE WHEN NOT {columns.transfer} THEN {columns.product} END AS product,
                {columns.record_type} AS record_type, {columns.used_as} AS used_as, {columns.seller} AS seller,
                {columns.unit} AS unit, {columns.amount} AS amount, {columns.amortized} AS amortized,
                {columns.quantity} AS quantity, {columns.measure} AS measure, {columns.usage_type} AS usage_type,
                {columns.region} AS region, {columns.operation} AS operation, {columns.resource} AS resource_id,
                coalesce({columns.code} = '{EC2}' AND {columns.operation} LIKE 'RunInstances%'
                    AND NOT regexp_like({columns.usage_type}, 'DataTransfer|Bytes|EBS:'), false) AS instance
            FROM {source}
        ) AS said
    """  # noqa: S608 - columns are quoted


def grouped(lines: str, groupings: Sequence[Grouping]) -> str:
    """SQL of the groups of `told` lines; `kind` is a group's grouping, and what only others are by is NULL."""
    by = {*_SHARED, *(name for each in groupings for name in _OF[each])}
    keys = ", ".join(name if name in by else f"{_NO_TEXT} AS {name}" for name in _KEYS)
    kinds = " ".join(f"WHEN grouping({_OF[each][0]}) = 0 THEN {literal(each)}" for each in groupings)
    sets = ", ".join(f"({', '.join((*_SHARED, 'used', *_OF[each]))})" for each in groupings)
    of_all, name = "false", _NO_TEXT
    if "costs" in groupings:
        of_all, name = "grouping(record_type) = 0", "max(account_name)"
    return f"""
        SELECT CASE {kinds} END AS kind, {keys}, {name} AS account_name, {_SUMS}, count(*) AS lines
        FROM ({lines}) AS told
        GROUP BY GROUPING SETS ({sets})
        HAVING used OR {of_all}
    """  # noqa: S608 - ours


def narrowed(groups: str) -> str:
    """SQL of such groups, each once, with the dearest resources alone by name: the others are one without a name."""
    service = "kind, account_id, code, product, instance"
    others = (name for name in _KEYS if name != "resource_id")
    keys = f"kind, {', '.join(others)}"
    named = f"place <= {KEPT_RESOURCES} AND dearest >= {LEAST_OF_A_RESOURCE}"
    return f"""
        SELECT {keys}, CASE WHEN {named} THEN resource_id END AS resource_id, max(account_name) AS account_name,
            {_SUMS}, CAST(sum(lines) AS BIGINT) AS lines
        FROM (
            SELECT *, dense_rank() OVER (PARTITION BY {service} ORDER BY dearest DESC, resource_id) AS place
            FROM (
                SELECT *, CASE WHEN resource_id IS NULL THEN 0 ELSE max(abs(coalesce(amortized, amount)))
                    OVER (PARTITION BY {service}, resource_id) END AS dearest
                FROM ({groups}) AS summed
            ) AS weighed
        ) AS ranked
        GROUP BY {keys}, CASE WHEN {named} THEN resource_id END
    """  # noqa: S608 - ours


def part_of(account_id: str) -> str:
    """Of a bill's usage the part in which an account is."""
    return str(int(account_id[-2:]) % PARTS) if account_id[-2:].isdecimal() else "0"


PART = f"CAST(coalesce(try_cast(substr(account_id, -2) AS INTEGER), 0) % {PARTS} AS VARCHAR)"
"""The same in SQL."""


def service_of(name: str) -> str:
    """SQL of the service that a group's charges are of; `name` is what the bill calls its code elsewhere.

    Data transfer is a product of its own by its name, and Cost Explorer shows it with the service that it is of.
    """
    ec2 = f"CASE WHEN instance THEN {literal(_INSTANCES)} ELSE {literal(_OTHER)} END"
    return f"CASE WHEN code = {literal(EC2)} THEN {ec2} ELSE coalesce(product, {name}, code) END"
