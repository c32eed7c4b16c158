"""What reading a data export and a trail took: bytes, and what Athena charges for them; kept as it comes.

So the price of a report is true whatever ends an attempt: a function that is killed tells nothing of what it began.
`scanned/<aws or mock>/<month>/<run id>/<engine>/<reading>/<bytes>` is a bill that was read for a report; of the engine
`trail` it is a question to an Organization trail, which Athena answers too. A statement of Athena that has begun counts
with the most that it can scan, `most-<bytes>`, until it is known what it scanned.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Literal

from finopsguard.costs.paid import parts_of
from finopsguard.errors import BudgetExceeded
from finopsguard.models.money import CENT
from finopsguard.models.report import ExportUse, TrailUse
from finopsguard.models.run import ExportEngine, Run
from finopsguard.ports import Store
from finopsguard.store import keys

PRICE_OF_A_TB = Decimal(5)
"""AWS documents USD 5 for each TB that Athena scans, rounded up to the next MB, with 10 MB a statement at least, and
nothing for statements that fail. A TB is taken for 10^12 bytes, for nobody is surprised by a bill that is lower."""
GB = 10**9

_MB = 10**6
_LEAST = 10 * _MB
_TB = 10**12
_MOST = "most-"

Engine = Literal["duckdb", "athena", "trail"]
_CHARGED: tuple[Engine, ...] = ("athena", "trail")


@dataclass(frozen=True)
class Limit:
    """What Athena may scan for one report, and what it may cost in a month, whatever it is asked for."""

    most_gb: int
    usd_month: Decimal


class ScanMeter:
    """Keeps what a report's readings took, with one engine."""

    def __init__(self, store: Store, run: Run, engine: Engine) -> None:
        self._store = store
        self._run = run
        self._engine = engine

    def began(self, reading: str, most: int) -> None:
        """A statement is about to begin, which scans `most` bytes at most; raises what ports.Store raises."""
        self._keep(reading, f"{_MOST}{most}")

    def ended(self, reading: str, scanned: int) -> None:
        """A reading took these bytes; raises what ports.Store raises."""
        self._keep(reading, str(scanned))

    def refuse(self, ahead: Mapping[str, int], limit: Limit, what: str = "the export") -> None:
        """Raises BudgetExceeded where the report, or its month, might have Athena scan more than the limit allows.

        `ahead` are the most bytes that each of the statements can scan; one that was begun before is not begun again.
        """
        found = _readings(self._store, self._run)
        known = {(each, name): size for each in _CHARGED for name, size in found.get(each, {}).items()}
        left = {name: size for name, size in ahead.items() if (self._engine, name) not in known}
        refuse(known.values(), left.values(), limit, usd_of_month(self._store, self._run), what)

    def _keep(self, reading: str, amount: str) -> None:
        names = {**parts_of(self._run), "engine": self._engine, "reading": reading, "bytes": amount}
        self._store.create(keys.SCANNED.key(**names), b"")


class TrailMeter:
    """Keeps what a report has Athena scan of a trail, within the limit; `answers` is the folder of answers."""

    def __init__(self, store: Store, run: Run, limit: Limit) -> None:
        self._limit = limit
        self._meter = ScanMeter(store, run, "trail")
        self.began, self.ended = self._meter.began, self._meter.ended
        self.answers = keys.UNLOADED_LIST.below(source=run.source)

    def refuse(self, ahead: Mapping[str, int], what: str) -> None:
        """As ScanMeter.refuse."""
        self._meter.refuse(ahead, self._limit, what)


def use(store: Store, run: Run) -> ExportUse | None:
    """What all attempts at the report took of the export; None where its costs are from elsewhere.

    Of reports that wait for one statement one tells its price.
    Raises what ports.Store raises.
    """
    if run.data_source != "data_export":
        return None
    found = {name: each for name, each in _readings(store, run).items() if name != "trail"}
    if by_athena := found.get("athena", {}):
        mine = _tellers(store, run)
        found["athena"] = by_athena = {
            name: size for name, size in by_athena.items() if mine[name] == run.run_id
        }
    engine: ExportEngine | None = "athena" if by_athena else "duckdb" if "duckdb" in found else None
    sizes = [size for readings in found.values() for size in readings.values()]
    return ExportUse(engine, len(sizes), sum(sizes), usd(by_athena.values()))


def trail_use(store: Store, run: Run) -> TrailUse | None:
    """What all attempts at the report had Athena scan of a trail; None where it was asked for nothing.

    Raises what ports.Store raises.
    """
    found = _readings(store, run).get("trail", {})
    return TrailUse(len(found), sum(found.values()), usd(found.values())) if found else None


def usd(scanned: Iterable[int]) -> Decimal:
    """What Athena charges for statements that scanned so many bytes each; nothing for one that scanned none."""
    charged = sum(max(_LEAST, -(-size // _MB) * _MB) for size in scanned if size)
    return charged * PRICE_OF_A_TB / _TB


def usd_of_month(store: Store, run: Run) -> Decimal:
    """What Athena charges for all reports that were due in the month of this one; raises what ports.Store raises."""
    statements: dict[str, int] = {}
    for parts, size in _kept(store, _of_month(run)):
        if parts["engine"] in _CHARGED:
            # One that several reports waited for is charged once.
            statements[parts["reading"]] = min(size, statements.get(parts["reading"], size))
    return usd(statements.values())


def refuse(known: Collection[int], left: Collection[int], limit: Limit, spent: Decimal, what: str) -> None:
    """Raises BudgetExceeded where a report, or its month, which cost `spent` so far, might scan more than `limit`.

    `known` are the bytes of what was begun, `left` the most that what is to be begun can scan of `what`.
    """
    if not left:
        return
    in_all = sum(known) + sum(left)
    said = f"Athena may scan up to {_said(sum(left))} of {what} (${_dollars(left)})"
    if in_all > limit.most_gb * GB:
        taken = f" ({_said(sum(known))} were scanned already)" if known else ""
        raise BudgetExceeded(
            f"{said}, and a report may scan {limit.most_gb} GB{taken}. Nothing was begun. If that price is right, set"
            f" FINOPSGUARD_MAX_ATHENA_GB to {-(-in_all // GB)}: of an export the first report reads all months, later"
            " ones those that AWS delivers anew."
        )
    if spent + usd(left) > limit.usd_month:
        raise BudgetExceeded(
            f"{said}, for this month's reports it scanned for ${spent:.2f} so far, and ${limit.usd_month:.2f} is the"
            " limit. Nothing was begun. If that price is right, raise FINOPSGUARD_MAX_ATHENA_USD_MONTH."
        )


def _dollars(sizes: Iterable[int]) -> str:
    """To the next cent: a statement that is worth a limit costs more than nothing."""
    return f"{usd(sizes).quantize(CENT, ROUND_UP)}"


def _said(size: int) -> str:
    return f"{Decimal(size) / GB:.1f} GB"


def _readings(store: Store, run: Run) -> Mapping[Engine, Mapping[str, int]]:
    """The bytes of each reading, by engine: what is known of it, or else its bound."""
    found: dict[Engine, dict[str, int]] = {}
    for parts, size in _kept(store, parts_of(run)):
        engine: Engine = next((each for each in _CHARGED if each == parts["engine"]), "duckdb")
        found.setdefault(engine, {}).setdefault(parts["reading"], size)
    return found


def _tellers(store: Store, run: Run) -> Mapping[str, str]:
    """The report that tells each statement of the month: the first by its id."""
    found: dict[str, str] = {}
    for parts, _ in _kept(store, _of_month(run)):
        if parts["engine"] == "athena":
            found[parts["reading"]] = min(parts["run_id"], found.get(parts["reading"], parts["run_id"]))
    return found


def _of_month(run: Run) -> Mapping[str, str]:
    return {name: value for name, value in parts_of(run).items() if name != "run_id"}


def _kept(store: Store, names: Mapping[str, str]) -> Iterator[tuple[Mapping[str, str], int]]:
    """What is kept below these parts of keys; of a reading what is known of it comes first, then its bound."""
    for key in store.list(keys.SCANNED.below(**names)):
        parts = keys.SCANNED.parts(key)
        # Sorted, digits come before `most-`.
        if parts and parts["bytes"].removeprefix(_MOST).isdigit():
            yield parts, int(parts["bytes"].removeprefix(_MOST))
