"""docs/causes.md: the table over an Organization trail that people are told to make is one that can be asked."""

from __future__ import annotations

import re

from finopsguard.accounts.trail_statement import trail_of
from finopsguard.aws.athena import Table
from tests.standins import trail_table
from tests.template.stack import ROOT

PAGE = (ROOT / "docs" / "causes.md").read_text("utf-8")


def test_the_table_has_the_columns_and_the_partitions_that_a_statement_names() -> None:
    (block,) = re.findall(r"```sql trail\n(.*?)```", PAGE, re.DOTALL)
    declared, _, rest = block.partition("PARTITIONED BY (")
    columns = re.findall(r"^  (\w+) (?:string|struct|array)", declared, re.MULTILINE)
    partitions = re.findall(r"(\w+) string", rest.partition(")")[0])
    (template,) = re.findall(r"'storage.location.template' = '([^']+)'", rest)
    told = template.replace("BUCKET", "bucket").replace("ORGANIZATION", "o-exampleorgid")
    table = Table(dict.fromkeys(columns, "string"), partitions, "", told)
    assert trail_of(table, "audit", "organization_trail").bucket == "bucket"
    assert (tuple(partitions), told.removeprefix("s3://bucket/")) == (
        trail_table.PARTITIONS,
        trail_table.TEMPLATE,
    )
    assert columns == list(trail_table.COLUMNS)
    assert all(f"'projection.{name}.type'" in rest for name in partitions)
