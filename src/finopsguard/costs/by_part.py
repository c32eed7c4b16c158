"""A run's costs added up by parts of its accounts: one question, whatever the number of parts."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping

from finopsguard.costs.database import connect, objects, own_errors, placed, view_of
from finopsguard.models.costs import PartRow


def rows_of(parquet: bytes, part_of: Mapping[str, str]) -> list[PartRow]:
    """The costs of a run's file by part, as CostTable adds them up; accounts in no part are left out.

    Raises as CostTable does.
    """
    with own_errors(), tempfile.TemporaryDirectory() as folder, connect() as database:
        view_of(database, "rows_read", placed(folder, "costs", [parquet]))
        columns = {"account_id": objects(part_of.keys()), "part": objects(part_of.values())}
        database.register("part_of", columns)
        found = database.execute(
            "SELECT part::VARCHAR AS part, date, service, record_type, sum(amount), sum(coalesce(amortized, amount))"
            " FROM rows_read JOIN part_of ON part_of.account_id::VARCHAR = rows_read.account_id"
            " WHERE coalesce(seller, region) IS NULL GROUP BY ALL ORDER BY ALL"
        )
        return [PartRow(*row) for row in found.fetchall()]
