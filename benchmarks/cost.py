"""What running FinOps Guard costs a month, by the number of accounts and by where costs are read.

`python -m benchmarks.cost` writes the tables of docs/cost.md; a test holds it. Cost Explorer's pages are those that
`benchmarks.scale` plans. What an export takes is arithmetic on the assumptions below, which the page has too.
"""

from __future__ import annotations

import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from benchmarks.scale import ACCOUNTS, scale, usd
from finopsguard.costs.scanned import usd as usd_scanned

PAGE = Path(__file__).parents[1] / "docs" / "cost.md"
_TABLE = re.compile(
    r"(?<=<!-- table: python -m benchmarks.cost -->\n).*?(?=<!-- end of table -->)", re.DOTALL
)

_ATHENA = re.compile(r"(?<=<!-- table: Athena -->\n).*?(?=<!-- end of table -->)", re.DOTALL)

LINES_A_DAY = 300
"""Of an account, assumed: twenty services with fifteen kinds of usage each, by day and without resource ids."""
BYTES_A_LINE = 100
"""Of Parquet, assumed, with all columns of AWS's default."""
DOWNLOADED_A_SECOND = 50_000_000
"""Bytes from S3 to a function of that memory, assumed."""
LINES_A_SECOND = 200_000
"""Added up, and their usage kept; measured here were 306,000 a second of one processor, 227,000 with resource ids."""
FUNCTION_GB = Decimal("1.769")
"""Memory of ResolveAccounts with an export: AWS documents one processor for it."""
USAGE_SHARE = Decimal("0.2")
"""What is kept of a bill's usage, of the export's bytes: measured were 17 bytes a line."""
USAGE_MONTHS = 2
"""That it is kept, of each delivery."""
MONTHS_READ = Decimal("29.5")
"""In a month of daily deliveries: half of the month on thirty mornings, and the whole one before on fourteen."""
MONTHS_KEPT = 15
GB_SECOND = Decimal("0.0000133334")
"""USD of Lambda on arm64 (documented by AWS, us-east-1)."""
GB_MONTH = Decimal("0.023")
"""USD of S3 Standard (documented by AWS, us-east-1)."""
NEEDED_SHARE = Decimal("0.4")
"""Of an export's bytes, assumed: the columns that a statement of Athena names, 23 of more than a hundred."""
BILLS_OF_A_REPORT = 5
"""That a first report reads: of 98 days four or five months, and the month after them where it is there."""
STATEMENTS = 44
"""In a month of daily deliveries: of the open month on thirty mornings, and of the one before on fourteen."""
LARGE = (1, 9, 20, 100)
"""GB of a month."""
_GB = 1_000_000_000


class Exported(NamedTuple):
    """An export: GB of a month, seconds for reading a whole month, and USD a month of Lambda and S3 for it."""

    gb: Decimal
    seconds: int
    usd: Decimal


def exported(accounts: int) -> Exported:
    """What a data export of so many accounts takes."""
    lines = accounts * LINES_A_DAY * 30
    size = lines * BYTES_A_LINE
    seconds = Decimal(size) / DOWNLOADED_A_SECOND + Decimal(lines) / LINES_A_SECOND
    kept = _stored(Decimal(size) / _GB)
    reading = seconds * MONTHS_READ * FUNCTION_GB * GB_SECOND
    return Exported(Decimal(size) / _GB, round(seconds), reading + kept)


def _stored(gb: Decimal) -> Decimal:
    """USD a month of S3: the export's months, and the usage of each delivery."""
    usage = gb * USAGE_SHARE * MONTHS_READ * USAGE_MONTHS
    return (gb * MONTHS_KEPT + usage) * GB_MONTH


class Scanned(NamedTuple):
    """Athena on an export: GB and USD of a statement about a whole month, of a first report at most, and of a month."""

    statement_gb: Decimal
    statement_usd: Decimal
    first_gb: Decimal
    first_usd: Decimal
    month_gb: Decimal
    month_usd: Decimal
    stored_usd: Decimal


def by_athena(gb: int) -> Scanned:
    """What Athena takes of an export with so many GB a month."""
    whole = gb * _GB * NEEDED_SHARE
    month = whole * MONTHS_READ
    # So that each statement has its own least and its own rounding.
    of_a_month = [int(month / STATEMENTS)] * STATEMENTS
    return Scanned(
        whole / _GB,
        usd_scanned([int(whole)]),
        Decimal(gb * BILLS_OF_A_REPORT),
        usd_scanned([gb * _GB] * BILLS_OF_A_REPORT),
        month / _GB,
        usd_scanned(of_a_month),
        _stored(Decimal(gb)),
    )


def athena_table() -> str:
    """The second table of docs/cost.md."""
    lines = [
        "| Export, GB a month | A statement about a whole month | A first report, at most | A month of Athena"
        " | A month of S3 |",
        "|---:|---:|---:|---:|---:|",
    ]
    for gb in LARGE:
        found = by_athena(gb)
        lines.append(
            f"| {gb} | {found.statement_gb:.1f} GB, ${found.statement_usd:.4f}"
            f" | {found.first_gb:.0f} GB, ${found.first_usd:.3f}"
            f" | {found.month_gb:.1f} GB, ${found.month_usd:.2f} | ${found.stored_usd:.2f} |"
        )
    return "\n".join(lines) + "\n"


def table() -> str:
    """The table of docs/cost.md."""
    lines = [
        "| Accounts | Cost Explorer, USD a month | Data export, GB a month | Data export, USD a month"
        " | A whole month of it, seconds |",
        "|---:|---:|---:|---:|---:|",
    ]
    for accounts in ACCOUNTS:
        month, export = scale(accounts).month, exported(accounts)
        asked = f"{usd(month.few)} to {usd(month.many)}"
        lines.append(
            f"| {accounts:,} | {asked} | {export.gb:.3f} | ${export.usd:,.2f} | {export.seconds:,} |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    """Writes both tables."""
    page = _TABLE.sub(lambda _: table(), PAGE.read_text("utf-8"))
    PAGE.write_text(_ATHENA.sub(lambda _: athena_table(), page), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
