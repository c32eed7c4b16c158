"""One world of costs, written in every dialect that people have."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from finopsguard.costs.sources.files.reader import Export, read_export

FIRST = date(2026, 8, 20)
ACCOUNTS = ("011122223333", "444455556666")
World = Mapping[tuple[str, str], Sequence[Decimal]]
"""(account, service): cents of each day from FIRST on."""
Rows = list[tuple[date, str, str, Decimal]]
HEADER = "date,account_id,service,cost"
CUR2 = (
    *("line_item_usage_account_id", "line_item_line_item_type", "line_item_usage_start_date"),
    *("line_item_product_code", "product_servicecode", "line_item_unblended_cost", "line_item_currency_code"),
)


def read(*paths: Path | str, stdin: bytes = b"", zero: bool = False, add: bool = False) -> Export:
    """Reads them as the commands do."""
    return read_export(paths, io.BytesIO(stdin), missing_are_zero=zero, add_overlaps=add)


def steady(level: int = 100, days: int = 40, first: date = FIRST) -> list[str]:
    """Plain rows of one service, each day a little apart from the others."""
    return [f"{first + timedelta(days=day)},{ACCOUNTS[1]},EC2,{level + day % 3}" for day in range(days)]


def plain(folder: Path, rows: Iterable[str], name: str = "costs.csv") -> Path:
    """A plain file of the rows."""
    path = folder / name
    path.write_text("\n".join([HEADER, *rows]) + "\n", "utf-8")
    return path


def rows_of(world: World) -> Rows:
    """Day by day, as exports are."""
    return sorted(
        (FIRST + timedelta(days=day), account, service, amount)
        for (account, service), amounts in world.items()
        for day, amount in enumerate(amounts)
    )


def amounts_of(export: Export) -> dict[tuple[str, str], list[Decimal]]:
    """What was read, in cents; without what cost nothing."""
    return {
        label: [Decimal(repr(round(amount, 2))).quantize(Decimal("0.01")) for amount in row]
        for label, row in zip(export.series.labels, export.series.costs.tolist(), strict=True)
        if any(round(amount, 2) for amount in row)
    }


def _csv(path: Path, header: Sequence[str], lines: Iterable[Sequence[object]]) -> Path:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(lines)
    path.write_bytes(text.getvalue().encode())
    return path


def _european(folder: Path, world: World) -> Path:
    """As a spreadsheet in Spain saves it: days first, semicolons, decimal commas, UTF-16."""
    lines = [
        f"{day:%d/%m/%Y};{account};{service};" + f"{usd:,.2f}".translate(str.maketrans(",.", ".,"))
        for day, account, service, usd in rows_of(world)
    ]
    path = folder / "european.csv"
    path.write_text("\r\n".join(["fecha;cuenta;servicio;coste", *lines]), "utf-16")
    return path


def _american(folder: Path, world: World) -> Path:
    """As one in the United States does: months first, thousands in groups, a mark of UTF-8, ids without their zeros."""
    lines = [
        [f"{day.month}/{day.day}/{day.year}", account.lstrip("0"), service, f"${usd:,.2f}"]
        for day, account, service, usd in rows_of(world)
    ]
    path = _csv(folder / "american.csv", HEADER.split(","), lines)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    return path


def _cur1(folder: Path, world: World) -> Path:
    """Packed, with charges that are no usage."""
    header = [
        "lineItem/UsageAccountId",
        "lineItem/LineItemType",
        "lineItem/UsageStartDate",
        "lineItem/ProductCode",
        "lineItem/UnblendedCost",
        "lineItem/CurrencyCode",
    ]
    lines = [
        [account, kind, f"{day}T00:00:00Z", service, amount, "USD"]
        for day, account, service, usd in rows_of(world)
        for kind, amount in (("Usage", usd), ("Tax", "77.5"), ("Credit", "-5"))
    ]
    plain_path = _csv(folder / "cur1.csv", header, lines)
    path = folder / "cur1.csv.gz"
    path.write_bytes(gzip.compress(plain_path.read_bytes()))
    plain_path.unlink()
    return path


def _cur2(folder: Path, world: World) -> Path:
    """A delivery of three files, its manifest beside them; the service's code is empty in every other line."""
    delivery = folder / "cur2" / "data" / "BILLING_PERIOD=2026-08"
    delivery.mkdir(parents=True)
    lines = [
        [account, "Usage", f"{day} 13:00:00.000", service, service if number % 2 else "", usd, "USD"]
        for number, (day, account, service, usd) in enumerate(rows_of(world))
    ]
    for part in range(3):
        _csv(delivery / f"export-0000{part + 1}.csv", CUR2, lines[part::3])
    (folder / "cur2" / "export-Manifest.json").write_text("{}")
    return folder / "cur2"


def _focus(folder: Path, world: World) -> Path:
    """Parquet with moments in UTC, an hour before midnight: the day before in America, the day after in Asia."""
    path = folder / "focus.parquet"
    rows = rows_of(world)
    with duckdb.connect() as database:
        database.execute(
            "COPY (SELECT unnest($1::TIMESTAMPTZ[]) AS ChargePeriodStart, unnest($2::VARCHAR[]) AS SubAccountId,"
            " unnest($3::VARCHAR[]) AS ServiceName, unnest($4::DOUBLE[]) AS EffectiveCost, 'Usage' AS ChargeCategory,"
            f" 'USD' AS BillingCurrency, 'i' AS InvoiceId) TO '{path}' (FORMAT parquet)",
            [
                [f"{day} 23:00:00+00" for day, *_ in rows],
                [row[1] for row in rows],
                [row[2] for row in rows],
                [float(row[3]) for row in rows],
            ],
        )
    return path


def _answer(folder: Path, world: World) -> Path:
    """Two pages, one after the other: the second has the other account's groups of the same days."""
    pages = []
    for account in ACCOUNTS:
        days: dict[date, list[object]] = {}
        for day, whose, service, usd in rows_of(world):
            if whose == account:
                metrics = {"UnblendedCost": {"Amount": f"{usd}", "Unit": "USD"}}
                days.setdefault(day, []).append({"Keys": [account, service], "Metrics": metrics})
        results = [
            {
                "TimePeriod": {"Start": f"{day}", "End": f"{day + timedelta(days=1)}"},
                "Total": {},
                "Groups": groups,
            }
            for day, groups in days.items()
        ]
        definitions = [{"Type": "DIMENSION", "Key": key} for key in ("LINKED_ACCOUNT", "SERVICE")]
        pages.append({"GroupDefinitions": definitions, "ResultsByTime": results, "NextPageToken": "more"})
    del pages[-1]["NextPageToken"]
    path = folder / "answer.json"
    path.write_text("\n".join(json.dumps(page, indent=1) for page in pages))
    return path


def _plain(folder: Path, world: World) -> Path:
    return _csv(folder / "plain.csv", HEADER.split(","), rows_of(world))


DIALECTS: Mapping[str, Callable[[Path, World], Path]] = {
    "plain table": _plain,
    "european": _european,
    "american": _american,
    "CUR 1.0": _cur1,
    "CUR 2.0": _cur2,
    "FOCUS 1.2": _focus,
    "Cost Explorer's JSON": _answer,
}


def console(
    folder: Path, by: str, columns: Mapping[str, Sequence[Decimal]], *, off: Decimal = Decimal(0)
) -> Path:
    """The console's CSV, its totals right, or the first day's and the whole's wrong by `off`."""
    names = list(columns)
    days = list(zip(*columns.values(), strict=True))
    total = sum((sum(day) for day in days), Decimal(0))
    lines = [
        [f"{FIRST + timedelta(days=number)}", *day, sum(day) + (off if number == 0 else 0)]
        for number, day in enumerate(days)
    ]
    sums = [sum(columns[name]) for name in names]
    header = [by, *(f"{name}($)" for name in names), "Total costs($)"]
    return _csv(folder / "console.csv", header, [[f"{by} total", *sums, total + off], *lines])
