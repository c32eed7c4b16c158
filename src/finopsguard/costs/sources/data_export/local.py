"""The engine that reads an export itself: one file after the other is downloaded, and added up by DuckDB."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from finopsguard.aws.export import ExportBucket
from finopsguard.costs.scanned import ScanMeter
from finopsguard.costs.sources.data_export.engine import Bill, Reduced, updating
from finopsguard.costs.sources.data_export.reduced import Reduction, export_errors
from finopsguard.models.history import KeptUsage
from finopsguard.models.run import Run
from finopsguard.ports import Store
from finopsguard.store import files


class LocalEngine:
    """Satisfies Engine. `bucket` is connected at the first reading."""

    def __init__(self, bucket: Callable[[], ExportBucket], store: Store) -> None:
        self._bucket = bucket
        self._store = store

    def read(self, run: Run, bills: Sequence[Bill]) -> Iterator[Reduced]:
        """See Engine."""
        meter = ScanMeter(self._store, run, "duckdb")
        for bill in bills:
            reduced = self._read(run, bill)
            meter.ended(f"{bill.period}-{bill.manifest.digest}", reduced.note.bytes)
            yield reduced

    def _read(self, run: Run, bill: Bill) -> Reduced:
        bucket = self._bucket()
        with tempfile.TemporaryDirectory() as folder, Reduction(run.cost_metric) as reduction:
            path = Path(folder, "file.parquet")
            for key in bill.manifest.keys:
                with export_errors(key):
                    modified = bucket.download(key, path, shutil.disk_usage(folder).free)
                # AWS delivers the manifest last: a file that is newer is one of an update that is under way.
                if modified is None or modified > bill.manifest.modified:
                    raise updating(bill, key)
                reduction.add(key, path)
                path.unlink()
            costs, note = reduction.done(f"The export of {bill.period}")
            return Reduced(bill, costs, note, reduction.names(), self._usage(run, bill, reduction))

    def _usage(self, run: Run, bill: Bill, reduction: Reduction) -> KeptUsage:
        parts: dict[str, tuple[str, ...]] = {}
        for part, parquet in reduction.parts.done():
            key = bill.usage_key(run, part)
            files.write_costs(self._store, key, parquet)
            parts[part] = (key,)
        lacking = reduction.parts.lacking
        return KeptUsage({} if lacking else parts, lacking or None)
