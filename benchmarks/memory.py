"""Peak memory and time of each step, by the number of accounts: each step in a process of its own, as in Lambda.

The steps are the real ones on a state directory; Organization and Cost Explorer are answered in the process, and the
costs that FetchCosts would have left are written by DuckDB as Parquet, for 20 million rows through HTTP would take a
day. FetchCosts itself is measured on one batch. DuckDB is bounded as in a function of `MEMORY`: without that it takes
what the machine has. `--accounts 10000` needs about 4 GB of disk below the temporary folder.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, cast

ACCOUNTS = (10, 100, 1_000)
SERVICES = 20
MEMORY = {10: 1_769, 100: 1_769, 1_000: 1_769, 10_000: 3_008}
"""MB of AggregateCosts and DetectAnomalies: the template's default, and what docs/scale.md says for more accounts."""
FIRST_MORNING = datetime(2026, 11, 2, 7, tzinfo=UTC)
STEPS = (
    "ResolveAccounts",
    "FetchCosts",
    "AggregateCosts",
    "DetectAnomalies",
    "BuildCard",
    "PostToTeams",
)
_PAGE = 5_000
# Seconds between two looks at the temporary folder.
_LOOK = 0.02
_MB = 1024 * 1024


class Measured(NamedTuple):
    """A step's peak of memory and of its temporary folder in MB, its seconds of CPU, and the bytes that it gave to the
    next state.
    """

    mb: float
    disk: float
    seconds: float
    payload: int


def measure(accounts: int, mornings: int = 1) -> Mapping[tuple[int, str], Measured]:
    """Every step of so many daily reports one after the other, by (morning, step)."""
    found: dict[tuple[int, str], Measured] = {}
    with tempfile.TemporaryDirectory() as folder:
        for morning in range(mornings):
            for step in STEPS:
                if step == "AggregateCosts":
                    _process(accounts, morning, "costs", folder)
                found[morning, step] = _process(accounts, morning, step, folder)
                print(f"{accounts:,} accounts, morning {morning + 1}: {step}", file=sys.stderr, flush=True)
    return found


def _process(accounts: int, morning: int, step: str, folder: str) -> Measured:
    command = [sys.executable, "-m", "benchmarks.memory", "--step", step, "--folder", folder]
    with tempfile.TemporaryDirectory() as temporary:
        child = subprocess.Popen(
            [*command, "--accounts", str(accounts), "--morning", str(morning)],
            env={
                **os.environ,
                "TMPDIR": temporary,
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(_memory_of(accounts)),
            },
        )
        disk = 0
        while True:
            pid, status, used = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            disk = max(disk, _size(Path(temporary)))
            time.sleep(_LOOK)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, f"{step} of {accounts} accounts failed"
    output = Path(folder, f"{step}.json")
    payload = output.stat().st_size if output.exists() else 0
    return Measured(used.ru_maxrss / 1024, disk / _MB, used.ru_utime + used.ru_stime, payload)


def _memory_of(accounts: int) -> int:
    """That of the next larger Organization that is measured."""
    return next((memory for most, memory in sorted(MEMORY.items()) if accounts <= most), max(MEMORY.values()))


def _size(folder: Path) -> int:
    """Bytes on the disk below a folder in which files come and go."""
    found = 0
    for within, _, files in os.walk(folder):  # a folder that is gone by now is left out
        for name in files:
            with suppress(FileNotFoundError):
                found += Path(within, name).stat().st_blocks * 512
    return found


# ---- the world -------------------------------------------------------------------------------------------------------

# Like a real bill: a level for each series, weekends that are lower, and 10 % of noise, in ten decimals.
_COSTS = """
    SELECT (DATE '2026-01-01' + day::INT) AS date, printf('%012d', account) AS account_id,
        'Amazon Service ' || service AS service, NULL::VARCHAR AS record_type,
        (((hash(account, service) % 50000) / 1000.0 + 0.1) * (1 + (hash(account, service, day) % 1000) / 5000.0)
        * CASE WHEN day % 7 IN (2, 3) THEN 0.6 ELSE 1 END)::DECIMAL(28,10) AS amount,
        'USD' AS unit, NULL::VARCHAR AS seller
    FROM range({first}, {end}) AS a(account), range({services}) AS s(service), range({from_day}, {to_day}) AS d(day)
"""
_BOTH = """
    WITH usage AS ({usage}) SELECT *, amount AS amortized FROM usage UNION ALL BY NAME
    SELECT date, account_id, 'Usage' AS record_type, sum(amount)::DECIMAL(28,10) AS amount, unit,
        sum(amount)::DECIMAL(28,10) AS amortized FROM usage GROUP BY ALL
"""
_BY_REGION = """
    SELECT date, '{held_as}' AS account_id, service, NULL::VARCHAR AS record_type,
        sum(amount)::DECIMAL(28,10) AS amount, 'USD' AS unit, NULL::VARCHAR AS seller,
        sum(amount)::DECIMAL(28,10) AS amortized, 'eu-west-' || (1 + hash(account_id) % 4) AS region
    FROM ({usage}) GROUP BY date, service, region
"""
_NEW_YEAR = date(2026, 1, 1)


def _number(day: date) -> int:
    return (day - _NEW_YEAR).days


def costs(folder: Path) -> None:
    """Writes what FetchCosts would leave of the plan, and its outputs as AggregateCosts takes them."""
    import duckdb

    from finopsguard import contracts
    from finopsguard.models.messages import BatchCosts, FetchedCosts, RunPlan
    from finopsguard.models.run import Accounts
    from finopsguard.store import documents, files, keys
    from finopsguard.store.directory import DirectoryStore

    store = DirectoryStore(folder / "state")
    plan = contracts.from_json(RunPlan, json.loads((folder / "ResolveAccounts.json").read_bytes()))
    known = documents.read(store, plan.accounts_key, Accounts)
    batches = {batch.id: batch for batch in known.batches}
    done = []
    with duckdb.connect() as database:
        database.execute("SET enable_progress_bar = false")
        for planned in plan.batches:
            batch = batches[planned.id]
            if batch.by_region:
                usage = _where([each.id for each in known.accounts], batch.slices)
                rows_of = _BY_REGION.format(held_as=batch.held_as[0], usage=usage)
            else:
                rows_of = _BOTH.format(usage=_where(batch.accounts, batch.slices))
            database.execute(f"CREATE OR REPLACE TABLE part AS {rows_of}")
            path = folder / "part.parquet"
            database.execute(
                "COPY (SELECT * FROM part ORDER BY date, account_id, service)"  # noqa: S608 - our own folder
                f" TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
            )
            rows, total = cast(
                Any,
                database.execute(
                    "SELECT count(*), sum(amount) FILTER (record_type IS NOT NULL AND date >= $1 AND date < $2)"
                    " FROM part",
                    [plan.run.period.start, plan.run.period.end],
                ).fetchone(),
            )
            key = keys.BATCH_COSTS.key(run_id=plan.run.run_id, batch_id=batch.id)
            files.write_costs(store, key, path.read_bytes())
            days = sum(each.days for each in batch.slices)
            done.append(BatchCosts(batch.id, "ok", key, rows, 60, total=total or Decimal(0), days=days))
    given = FetchedCosts(plan.run, plan.accounts_key, tuple(done), plan.notes)
    (folder / "AggregateCosts.in.json").write_bytes(contracts.encode(contracts.to_json(given)))


def _where(accounts: Sequence[str], slices: Sequence[Any]) -> str:
    """The usage of a batch: its accounts are a row of numbers."""
    first, end = int(accounts[0]), int(accounts[-1]) + 1
    assert end - first == len(accounts)
    return _COSTS.format(
        first=first,
        end=end,
        services=SERVICES,
        from_day=_number(slices[0].start),
        to_day=_number(slices[-1].end),
    )


class _Source:
    """What ResolveAccounts asks Cost Explorer: who was billed, and what in all."""

    def __init__(self, accounts: int) -> None:
        self._accounts = accounts

    def billed(self, run: Any, _paid: Any) -> Any:
        """The total by day."""
        from finopsguard.models.costs import Billed

        usage = _COSTS.format(
            first=1,
            end=self._accounts + 1,
            services=SERVICES,
            from_day=_number(run.window.start),
            to_day=_number(run.window.end),
        )
        command = [sys.executable, "-c", _TOTAL, usage]
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        return Billed({date.fromisoformat(day): Decimal(amount) for day, amount in found}, 1)

    def billed_accounts(self, _run: Any, _paid: Any) -> Any:
        """All of them."""
        from finopsguard.models.costs import BilledAccount, BilledAccounts

        return BilledAccounts([BilledAccount(each, f"account {each}") for each in _ids(self._accounts)], 1)


# In a process of its own: it is not the step that adds it up.
_TOTAL = """
import duckdb, json, sys
duckdb.sql("SET enable_progress_bar = false")
found = duckdb.sql(f"SELECT date, sum(amount) FROM ({sys.argv[1]}) GROUP BY 1").fetchall()
print(json.dumps([[str(day), str(amount)] for day, amount in found]))
"""


def _ids(accounts: int) -> Iterator[str]:
    return (f"{number:012}" for number in range(1, accounts + 1))


class _Organization:
    """Satisfies ports.Organization."""

    def __init__(self, accounts: int) -> None:
        self._accounts = accounts

    def accounts(self) -> Any:
        """Ids and names as long as they come."""
        from finopsguard.ports import ListedAccount

        units = ("r-ab12", "ou-ab12-11111111", "ou-ab12-22222222")
        return [ListedAccount(each, f"{each} {'n' * 37}", "ACTIVE", units) for each in _ids(self._accounts)]

    def unit_exists(self, _: str) -> bool:
        """No list of units is set."""
        return False

    def own_account(self) -> str:
        """The first."""
        return f"{1:012}"


class _Client:
    """Cost Explorer's client as far as FetchCosts uses it: pages of 5,000 groups."""

    def __init__(self, accounts: int) -> None:
        self._accounts = accounts

    def get_cost_and_usage(self, **asked: Any) -> Any:
        """One page, which may end inside a day."""
        only = [asked["Filter"], *asked["Filter"].get("And", [])] if "Filter" in asked else []
        of = [each["Dimensions"] for each in only if "Dimensions" in each]
        ids = next(
            (each["Values"] for each in of if each["Key"] == "LINKED_ACCOUNT"), list(_ids(self._accounts))
        )
        first, end = (date.fromisoformat(asked["TimePeriod"][each]) for each in ("Start", "End"))
        by_service = any(each["Key"] == "SERVICE" for each in asked["GroupBy"])
        names = [f"Amazon Service {number}" for number in range(SERVICES)] if by_service else ["Usage"]
        amount = {
            "Amount": "12.3456789012" if by_service else f"{Decimal('12.3456789012') * SERVICES}",
            "Unit": "USD",
        }
        metrics = dict.fromkeys(asked["Metrics"], amount)
        begin = int(asked.get("NextPageToken", 0))
        days = [first + timedelta(days=number) for number in range((end - first).days)]
        groups = ((day, account, name) for day in days for account in ids for name in names)
        results: dict[date, list[Any]] = {}
        for day, account, name in islice(groups, begin, begin + _PAGE):
            results.setdefault(day, []).append({"Keys": [account, name], "Metrics": metrics})
        answer: dict[str, Any] = {
            "ResultsByTime": [
                {
                    "TimePeriod": {"Start": str(day), "End": str(day + timedelta(days=1))},
                    "Groups": found,
                    "Total": {},
                    "Estimated": False,
                }
                for day, found in results.items()
            ],
            "DimensionValueAttributes": [],
        }
        if begin + _PAGE < len(days) * len(ids) * len(names):
            answer["NextPageToken"] = str(begin + _PAGE)
        return answer


# ---- a step in its process -------------------------------------------------------------------------------------------


def run_step(accounts: int, morning: int, step: str, folder: Path) -> None:
    """Calls a step with what the one before it left, and leaves what it gives."""
    import re
    from importlib import import_module

    import boto3

    from finopsguard import contracts
    from finopsguard.runtime import input_contract
    from finopsguard.wiring import Wiring

    boto3.client("s3", region_name="eu-west-1")  # a function in Lambda has it
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", step).lower()
    run = import_module(f"finopsguard.steps.{name}").run
    event = _event(morning, step, folder)
    wiring = Wiring(
        {
            "FINOPSGUARD_STATE_DIR": str(folder / "state"),
            "FINOPSGUARD_MAX_CE_REQUESTS": "1000000",
            "FINOPSGUARD_MAX_CE_USD_MONTH": "100000",
        },
        _ports(accounts, morning, step),
    )
    result = run(contracts.from_json(input_contract(run), event), **wiring.arguments(run))
    (folder / f"{step}.json").write_bytes(contracts.encode(contracts.to_json(result)))


def _ports(accounts: int, morning: int, step: str) -> dict[Any, object]:
    from finopsguard.costs.sources.cost_explorer import CostExplorer
    from finopsguard.ports import Clock, CostSource, Organization

    at = FIRST_MORNING + timedelta(days=morning)
    return {
        Clock: lambda: at,
        Organization: _Organization(accounts),
        CostSource: _Source(accounts)
        if step == "ResolveAccounts"
        else CostExplorer(lambda _: cast(Any, _Client(accounts))),
    }


def _event(morning: int, step: str, folder: Path) -> Any:
    def given(name: str) -> Any:
        return json.loads((folder / f"{name}.json").read_bytes())

    if step == "ResolveAccounts":
        at = FIRST_MORNING + timedelta(days=morning)
        return {"report": "daily", "scheduled_time": at.isoformat(), "execution": f"arn:{morning}"}
    if step == "FetchCosts":
        plan = given("ResolveAccounts")
        return {"run": plan["run"], "accounts_key": plan["accounts_key"], "batch": plan["batches"][0]}
    if step == "AggregateCosts":
        return given("AggregateCosts.in")
    if step == "PostToTeams":
        built = given("BuildCard")
        return {"run": built["run"], "message": built["messages"][0]}
    return given(STEPS[STEPS.index(step) - 1])


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a row for each step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, nargs="*", default=list(ACCOUNTS))
    parser.add_argument("--mornings", type=int, default=2)
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--morning", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.step:
        (accounts,) = options.accounts
        if options.step == "costs":
            costs(options.folder)
        else:
            run_step(accounts, options.morning, options.step, options.folder)
        return 0
    print(
        f"{'accounts':>9} {'morning':>8}  {'step':<16} {'MB':>7} {'disk, MB':>9} {'s of CPU':>9} {'payload, bytes':>15}"
    )
    for accounts in options.accounts:
        for (morning, step), found in measure(accounts, options.mornings).items():
            print(
                f"{accounts:>9,} {morning + 1:>8}  {step:<16} {found.mb:>7,.0f} {found.disk:>9,.0f}"
                f" {found.seconds:>9.1f}"
                f" {found.payload:>15,}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
