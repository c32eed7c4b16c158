"""What reading a data export took: its bytes, and what Athena charges for them; kept as it comes.

So the price of a report is true whatever ends an attempt: a function that is killed tells nothing of what it began.
`scanned/<aws or mock>/<month>/<run id>/<engine>/<reading>/<bytes>` is a bill that was read for a report. A statement of
Athena that has begun counts with the most that it can scan, `most-<bytes>`, until it is known what it scanned.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from finopsguard.costs.paid import parts_of
from finopsguard.errors import BudgetExceeded
from finopsguard.models.report import ExportUse
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


class ScanMeter:
    """Keeps what a report's readings took, with one engine."""

    def __init__(self, store: Store, run: Run, engine: ExportEngine) -> None:
        self._store = store
        self._run = run
        self._engine = engine

    def began(self, reading: str, most: int) -> None:
        """A statement is about to begin, which scans `most` bytes at most; raises what ports.Store raises."""
        self._keep(reading, f"{_MOST}{most}")

    def ended(self, reading: str, scanned: int) -> None:
        """A reading took these bytes; raises what ports.Store raises."""
        self._keep(reading, str(scanned))

    def known(self) -> Mapping[str, int]:
        """The bytes of each reading so far, at most; raises what ports.Store raises."""
        return _readings(self._store, self._run).get(self._engine, {})

    def _keep(self, reading: str, amount: str) -> None:
        names = {**parts_of(self._run), "engine": self._engine, "reading": reading, "bytes": amount}
        self._store.create(keys.SCANNED.key(**names), b"")


def use(store: Store, run: Run) -> ExportUse | None:
    """What all attempts at the report took of the export; None where its costs are from elsewhere.

    Raises what ports.Store raises.
    """
    if run.data_source != "data_export":
        return None
    found = _readings(store, run)
    by_athena = found.get("athena", {})
    engine: ExportEngine | None = "athena" if by_athena else "duckdb" if found else None
    sizes = [size for readings in found.values() for size in readings.values()]
    return ExportUse(engine, len(sizes), sum(sizes), usd(by_athena))


def usd(scanned: Mapping[str, int]) -> Decimal:
    """What Athena charges for statements that scanned so many bytes each; nothing for one that scanned none."""
    charged = sum(max(_LEAST, -(-size // _MB) * _MB) for size in scanned.values() if size)
    return charged * PRICE_OF_A_TB / _TB


def refuse(known: Mapping[str, int], ahead: Mapping[str, int], most_gb: int) -> None:
    """Raises BudgetExceeded where the statements of a report might scan more than `most_gb`.

    `known` are the bytes of those that were begun, `ahead` the most that each of the report's can scan.
    """
    left = {reading: size for reading, size in ahead.items() if reading not in known}
    in_all = sum(known.values()) + sum(left.values())
    if not left or in_all <= most_gb * GB:
        return
    taken = f" ({_said(sum(known.values()))} were scanned already)" if known else ""
    raise BudgetExceeded(
        f"Athena may scan up to {_said(sum(left.values()))} of the export (${usd(left):.2f}), and a report may scan"
        f" {most_gb} GB{taken}. Nothing was begun. If that price is right, set FINOPSGUARD_MAX_ATHENA_GB to"
        f" {-(-in_all // GB)}: the first report reads all months, later ones those that AWS delivers anew."
    )


def _said(size: int) -> str:
    return f"{Decimal(size) / GB:.1f} GB"


def _readings(store: Store, run: Run) -> Mapping[ExportEngine, Mapping[str, int]]:
    """The bytes of each reading, by engine: what is known of it, or else its bound."""
    found: dict[ExportEngine, dict[str, int]] = {}
    for key in store.list(keys.SCANNED.below(**parts_of(run))):
        parts = keys.SCANNED.parts(key)
        if parts is None or not parts["bytes"].removeprefix(_MOST).isdigit():
            continue
        engine: ExportEngine = "athena" if parts["engine"] == "athena" else "duckdb"
        readings = found.setdefault(engine, {})
        # Sorted, digits come before `most-`: what is known of a reading is there first.
        readings.setdefault(parts["reading"], int(parts["bytes"].removeprefix(_MOST)))
    return found
