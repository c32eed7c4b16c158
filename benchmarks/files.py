"""Time and memory of reading ten million rows, beside the plainest group-by that DuckDB can do of the same files.

Both are done in processes of their own. The rows are a CUR's, each day's hours in it, as one CSV, as a delivery of 14
and as Parquet; and a plain table each row of which is a cost of its own, which no grouping makes smaller.
`python -m benchmarks.files --rows 1000000` is quicker.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb

MOST_TIMES, MOST_TIMES_DIFFERENT, MOST_MB = 2.0, 3.5, 1_500.0
"""What is promised: of the plain group-by's time, of an export and of rows that are all different; of memory in all."""
_PARTS = 14
_CUR = """
    SELECT 'id' || (i * 7919 % 100000007) AS identity_line_item_id,
        (111111111111 + i % 100)::VARCHAR AS line_item_usage_account_id,
        CASE WHEN i % 1000 = 0 THEN 'Tax' ELSE 'Usage' END AS line_item_line_item_type,
        {day} AS line_item_usage_start_date, 'AmazonService' || (i // 7 % 20) AS line_item_product_code,
        'AmazonService' || (i // 7 % 20) AS product_servicecode,
        (hash(i) % 10000000 / 1000000.0)::DECIMAL(18, 10) AS line_item_unblended_cost,
        'USD' AS line_item_currency_code, 'arn:aws:x:us-east-1:' || (i % 5000) AS line_item_resource_id,
        'us-east-1' AS product_region_code
    FROM range({first}, {end}) AS rows(i)
"""
_MOMENT = "(TIMESTAMP '2026-08-01' + to_days((i // 103 % 98)::INT) + to_hours((i % 24)::INT))"
_TEXT = f"strftime({_MOMENT}, '%Y-%m-%dT%H:%M:%SZ')"
_PLAIN = """
    SELECT (DATE '2026-08-01' + (i % 100)::INT) AS date, (111111111111 + i // 1000)::VARCHAR AS account_id,
        'AmazonService' || (i // 100 % 10) AS service, (hash(i) % 10000000 / 1000000.0)::DECIMAL(18, 10) AS cost
    FROM range({first}, {end}) AS rows(i)
"""
_COLUMNS = {
    True: (
        "line_item_usage_account_id",
        "product_servicecode",
        "line_item_usage_start_date",
        "line_item_unblended_cost",
    ),
    False: ("account_id", "service", "date", "cost"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a row for each form; 1 if one needs more than is promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=2, help="the least of so many (default: %(default)s)")
    parser.add_argument("--work", nargs=2, metavar=("WHAT", "PATH"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.work:
        work(*options.work)
        return 0
    print(
        f"{options.rows:,} rows, {os.cpu_count()} processors; the least of {options.times}: seconds of CPU, of time, MB"
    )
    print(f"{'form':<26}{'group-by':>22}{'finopsguard':>22}{'ratio: CPU, time':>20}")
    broken = []
    with tempfile.TemporaryDirectory() as folder:
        for name, path in made(Path(folder), options.rows):
            plain, ours = (
                [
                    min(each)
                    for each in zip(*(measured(what, path) for _ in range(options.times)), strict=True)
                ]
                for what in ("plain", "ours")
            )
            ratios = [ours[place] / plain[place] for place in (0, 1)]
            if ratios[0] > (MOST_TIMES_DIFFERENT if "different" in name else MOST_TIMES) or ours[2] > MOST_MB:
                broken.append(name)
            said = [f"{cpu:.1f} {wall:.1f} {mb:,.0f}" for cpu, wall, mb in (plain, ours)]
            print(f"{name:<26}{said[0]:>22}{said[1]:>22}{ratios[0]:>13.2f} {ratios[1]:.2f}", flush=True)
    print(f"Not as promised: {', '.join(broken)}." if broken else "As promised.")
    return 1 if broken else 0


def made(folder: Path, rows: int) -> Sequence[tuple[str, Path]]:
    """(form, path) of what is read."""
    delivery = folder / "delivery"
    delivery.mkdir()
    found = [
        ("CUR 2.0, CSV", folder / "cur.csv"),
        (f"CUR 2.0, {_PARTS} files", delivery),
        ("CUR 2.0, Parquet", folder / "cur.parquet"),
        ("plain, all rows different", folder / "plain.parquet"),
    ]
    with duckdb.connect() as database:
        whole = {"first": 0, "end": rows}
        database.execute(f"COPY ({_CUR.format(day=_TEXT, **whole)}) TO '{folder}/cur.csv' (HEADER)")
        for part in range(_PARTS):
            some = {"first": rows * part // _PARTS, "end": rows * (part + 1) // _PARTS}
            lines = _CUR.format(day=_TEXT, **some)
            database.execute(f"COPY ({lines}) TO '{delivery}/export-{part + 1:05d}.csv' (HEADER)")
        database.execute(
            f"COPY ({_CUR.format(day=_MOMENT, **whole)}) TO '{folder}/cur.parquet' (FORMAT parquet)"
        )
        database.execute(f"COPY ({_PLAIN.format(**whole)}) TO '{folder}/plain.parquet' (FORMAT parquet)")
    return found


def measured(what: str, path: Path) -> tuple[float, float, float]:
    """Seconds of CPU and of time, and the peak of memory in MB, of a process."""
    begun = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", "benchmarks.files", "--work", what, str(path)])
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, f"{what} {path} failed"
    return used.ru_utime + used.ru_stime, time.perf_counter() - begun, used.ru_maxrss / 1024


def work(what: str, path: str) -> None:
    """Reads: as the commands do, or with the plainest query."""
    if what == "ours":
        from finopsguard.costs.sources.files.reader import read_export

        print(read_export([path], sys.stdin.buffer).seen.charges, file=sys.stderr)
        return
    account, service, day, cost = _COLUMNS["plain" not in Path(path).name]
    files = f"{path}/*.csv" if Path(path).is_dir() else path
    reader = "read_parquet" if files.endswith(".parquet") else "read_csv"
    with duckdb.connect() as database:
        database.execute(
            f"SELECT {account}, {service}, {day}::DATE AS day, sum({cost})"  # noqa: S608 - a folder of our own
            f" FROM {reader}('{files}') GROUP BY ALL"
        ).fetchnumpy()


if __name__ == "__main__":
    sys.exit(main())
