"""docs/sources.md: the table over an export that people are told to make is one that every metric can be read from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import get_args

import pytest
import sqlglot

from finopsguard.aws.athena import Table
from finopsguard.costs.sources.data_export import statement
from finopsguard.costs.sources.data_export.columns import columns_of, undeclared
from finopsguard.costs.sources.data_export.engine import Bill
from finopsguard.costs.sources.data_export.manifest import Manifest, Place
from finopsguard.models.metrics import MetricName
from tests.docs.tables import DECLARED, DECLARED_FOCUS, MADE

PLACE = Place("BUCKET", "PREFIX", "NAME")
FILE = "PREFIX/NAME/data/BILLING_PERIOD=2026-11/NAME-00001.snappy.parquet"
BILL = Bill(date(2026, 11, 1), Manifest((FILE,), datetime(2026, 11, 2, tzinfo=UTC), "digest"), "question")
TABLE = Table(DECLARED, ["billing_period"], "s3://BUCKET/PREFIX/NAME/data/")


@pytest.mark.parametrize("metric", get_args(MetricName))
def test_it_has_all_columns_of_every_metric(metric: MetricName) -> None:
    assert undeclared(DECLARED, metric) == []
    columns = columns_of("the table", DECLARED, metric)
    assert "CAST(NULL" not in columns.amortized + columns.amount
    asked = statement.select(TABLE, "billing", "all_costs", PLACE, BILL, metric)
    found = sqlglot.parse_one(asked, read="trino")
    named = {each.name for each in found.find_all(sqlglot.exp.Column)} & (
        DECLARED.keys() | {"billing_period"}
    )
    assert named >= {"billing_period", "product", "product_servicecode", "line_item_operation"}


@pytest.mark.parametrize("metric", ["UnblendedCost", "NetAmortizedCost"])
def test_the_columns_of_focus_are_all_that_is_read(metric: MetricName) -> None:
    table = Table(DECLARED_FOCUS, ["billing_period"], TABLE.location)
    asked = statement.select(table, "billing", "all_costs", PLACE, BILL, metric)
    of_the_other = {"UnblendedCost": "effectivecost", "NetAmortizedCost": "billedcost"}[metric]
    assert [name for name in DECLARED_FOCUS if f'"{name}"' not in asked] in ([], [of_the_other])


def test_nothing_is_declared_that_no_metric_reads() -> None:
    asked = " ".join(
        statement.select(TABLE, "billing", "all_costs", PLACE, BILL, metric)
        for metric in get_args(MetricName)
    )
    assert [name for name in DECLARED if f'"{name}"' not in asked] == []


def test_it_is_a_statement_over_the_export_by_month() -> None:
    parsed = sqlglot.parse_one(MADE, read="hive")
    assert parsed.this.this.sql() == "billing.all_costs"
    place = Place("BUCKET", "PREFIX", "NAME")
    assert f"LOCATION 's3://{place.bucket}/{place.root}data/'" in MADE
    assert f"s3://{place.bucket}/{place.root}data/BILLING_PERIOD=${{billing_period}}/" in MADE
    assert statement.partition_of(TABLE, place, "billing.all_costs") == "billing_period"
