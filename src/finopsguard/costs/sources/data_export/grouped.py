"""The question that an export is asked, once for both engines: its lines by day, account, service and record type.

Written in Athena's SQL (Trino's), where it says nothing that DuckDB says otherwise; FOR_DUCKDB has what DuckDB lacks.
tests/standins/athena.py translates the very statement to DuckDB's, so that both are seen to give the same rows.
"""

from __future__ import annotations

from finopsguard.costs.sources.data_export.columns import NO_AMOUNT, Columns
from finopsguard.costs.sources.files.database import literal
from finopsguard.models.metrics import USAGE_RECORD_TYPES

EC2 = "AmazonEC2"
FOR_DUCKDB = ("regexp_like(text, form) AS regexp_matches(text, form)", "element_at(map, key) AS map[key]")
"""Functions of Trino's as DuckDB's macros; DuckDB's own element_at gives a list."""


def grouped(columns: Columns, source: str) -> str:
    """SQL of the groups of `source`, which stands after FROM. Amounts are exact before they are added.

    A line that cannot be read is counted in `wrong`. Who sold usage is nobody's question, and would make groups of it.
    """
    usage = ", ".join(literal(name) for name in USAGE_RECORD_TYPES)
    lacking = ['"date"', "account_id", "code", "record_type", "unit", "amount"]
    if columns.amortized != NO_AMOUNT:
        lacking.append("amortized")
    wrong = " OR ".join(f"{name} IS NULL" for name in lacking)
    return f"""
        SELECT "date", account_id, max(account_name) AS account_name, code, product, instance, record_type, seller,
            unit, sum(amount) AS amount, sum(amortized) AS amortized, count(*) FILTER (WHERE {wrong}) AS wrong,
            count(*) AS lines
        FROM (
            SELECT "date", account_id, account_name, code, product, instance, record_type,
                CASE WHEN record_type IN ({usage}) THEN NULL ELSE seller END AS seller, unit, amount, amortized
            FROM (
                SELECT {columns.day} AS "date", {columns.account} AS account_id, {columns.account_name} AS account_name,
                    {columns.code} AS code, CASE WHEN NOT {columns.transfer} THEN {columns.product} END AS product,
                    {columns.record_type} AS record_type, {columns.seller} AS seller, {columns.unit} AS unit,
                    {columns.amount} AS amount, {columns.amortized} AS amortized,
                    coalesce({columns.code} = '{EC2}' AND {columns.operation} LIKE 'RunInstances%'
                        AND NOT regexp_like({columns.usage_type}, 'DataTransfer|Bytes|EBS:'), false) AS instance
                FROM {source}
            ) AS said
        ) AS told
        GROUP BY "date", account_id, code, product, instance, record_type, seller, unit
    """  # noqa: S608 - columns are quoted
