"""A trial of a data export that Athena would read: refused, for a trial keeps nothing in AWS."""

from __future__ import annotations

import pytest

from finopsguard.config import CostSettings
from tests.unit.commands.test_trial import Bill, Trial, bill, tried

__all__ = ["tried"]

ATHENA = {"FINOPSGUARD_COST_SOURCE": "data_export", "FINOPSGUARD_EXPORT_ENGINE": "athena"}


def test_athena_which_writes_and_is_paid_is_not_asked(tried: Trial) -> None:
    costs = Bill(bill())
    code, out, err = tried(costs, "--yes", env=ATHENA)
    assert (code, out, costs.fetched) == (2, "", [])
    assert "Set FINOPSGUARD_EXPORT_ENGINE to duckdb" in err


@pytest.mark.parametrize(
    ("more", "reads"),
    [
        ({}, True),
        ({"FINOPSGUARD_EXPORT_ENGINE": "duckdb"}, False),
        ({"FINOPSGUARD_COST_SOURCE": "cost_explorer"}, False),
        ({"FINOPSGUARD_USE_MOCK_DATA": "true"}, False),
    ],
)
def test_where_athena_reads(more: dict[str, str], reads: bool) -> None:
    assert CostSettings.from_env({**ATHENA, **more}).reads_by_athena == reads
