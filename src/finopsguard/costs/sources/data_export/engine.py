"""What adds up a billing period of an export: its files are downloaded (`local`), or Athena reads them (`athena`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

from finopsguard.costs.sources.data_export.manifest import Manifest
from finopsguard.errors import ExportIncomplete
from finopsguard.models.history import ExportRead, KeptUsage
from finopsguard.models.run import Run
from finopsguard.store import keys

NAMES = "names"
"""The part of a bill's usage that is written last: its products' names, and where the other parts are."""


@dataclass(frozen=True)
class Bill:
    """A billing period as AWS delivered it: the first day of its month, and the manifest. `question` is what is asked
    of which export, as it stands in keys.
    """

    month: date
    manifest: Manifest
    question: str

    @property
    def period(self) -> str:
        """`2026-11`."""
        return f"{self.month:%Y-%m}"

    def key(self, run: Run) -> str:
        """Where it is kept once it is added up."""
        return keys.EXPORT.key(**self._names(run), delivery=self.manifest.digest)

    def usage_key(self, run: Run, part: str) -> str:
        """Where a part of its usage is kept; of several deliveries the newest is the last. See `beside_usage`."""
        delivered = f"{self.manifest.modified:%Y%m%dT%H%M%S}-{self.manifest.digest}"
        return keys.USAGE.key(**self._names(run), delivery=delivered, part=part)

    def _names(self, run: Run) -> dict[str, str]:
        return {"source": run.source, "question": self.question, "period": self.period}


def beside_usage(key: str) -> str | None:
    """Where the bill is kept whose usage is under that key; None for any other key."""
    names = keys.USAGE.parts(key)
    if names is None:
        return None
    of_bill = {name: value for name, value in names.items() if name not in ("part", "delivery")}
    return keys.EXPORT.key(**of_bill, delivery=names["delivery"].rpartition("-")[2])


class Reduced(NamedTuple):
    """A bill that was added up: its costs as Parquet, what was read of it, its products' names, where its usage is."""

    bill: Bill
    costs: bytes
    note: ExportRead
    names: bytes
    usage: KeptUsage


class Engine(Protocol):
    """Adds bills up as `reduced` says; either engine gives the same rows."""

    def read(self, run: Run, bills: Sequence[Bill]) -> Iterator[Reduced]:
        """Each bill as soon as it is there; the parts of its usage are written.

        What was read is kept (`costs/scanned.py`). Raises ExportIncomplete where a file is newer than the manifest.
        """


def updating(bill: Bill, key: str) -> ExportIncomplete:
    """What to raise where `key` is no longer what the manifest says."""
    return ExportIncomplete(
        f"AWS is updating the export of {bill.period} ({key} changed while it was read). Run again in some minutes. If"
        " it goes on, the files may be copies: give the bucket that AWS delivers to."
    )
