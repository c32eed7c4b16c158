"""The engine for an export that is too large for a function: Athena reads it, one statement for each bill.

A statement writes with `UNLOAD` to our own bucket, from where its result is added up as `reduced` does with files. It
is begun with a token that follows from its text, so that AWS begins it once: an attempt that was cut off, a redrive and
another batch find the same statement. One that ended without a result is followed by another, which writes elsewhere.
"""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from finopsguard.aws.athena import Athena, Execution
from finopsguard.aws.export import ExportBucket
from finopsguard.costs.scanned import Limit, ScanMeter
from finopsguard.costs.sources.data_export import statement as sql
from finopsguard.costs.sources.data_export.engine import Bill, Reduced, updating
from finopsguard.costs.sources.data_export.manifest import Place
from finopsguard.costs.sources.data_export.reduced import Reduction, export_errors
from finopsguard.errors import (
    AthenaAccessDenied,
    AthenaRejected,
    AthenaUnavailable,
    AthenaUnfinished,
    BudgetExceeded,
    ExportIncomplete,
    FinOpsGuardError,
    InvalidConfiguration,
    ObjectMissing,
)
from finopsguard.models.history import KeptUsage
from finopsguard.models.run import Run
from finopsguard.ports import Sleep, Store
from finopsguard.store import keys

WAITS = (1.0, 1.0, 2.0, 3.0, 3.0, 5.0, 5.0, 10.0, 10.0, 10.0, 10.0)
"""Seconds between two looks at statements: a minute, and ResolveAccounts has two."""

_PART = "part="
_DENIED = ("denied", "permission", "not authorized", "forbidden")
_CUT_OFF = "bytes scanned limit"
_WRITTEN_BEFORE = ("already exists", "already_exists", "not empty")


@dataclass(frozen=True)
class _Statement:
    """A statement about a bill: its text, the first parts of its keys, and its number among those of the bill."""

    bill: Bill
    text: str
    parts: dict[str, str]
    attempt: int

    @property
    def reading(self) -> str:
        """Its name among the readings of a report."""
        return f"{self.bill.period}-{self.parts['statement']}-{self.attempt}"

    @property
    def names(self) -> dict[str, str]:
        """The parts of its own keys."""
        return {**self.parts, "attempt": str(self.attempt)}


class AthenaEngine:
    """Satisfies Engine. `athena` and `bucket` are connected at the first reading."""

    def __init__(
        self,
        athena: Callable[[], Athena],
        bucket: Callable[[], ExportBucket],
        place: Place,
        store: Store,
        *,
        limit: Limit,
        sleep: Sleep,
    ) -> None:
        self._athena = athena
        self._bucket = bucket
        self._place = place
        self._store = store
        self._limit = limit
        self._sleep = sleep

    def read(self, run: Run, bills: Sequence[Bill]) -> Iterator[Reduced]:
        """See Engine; all statements run side by side. Raises BudgetExceeded before the first one is begun."""
        if not bills:
            return
        athena, meter = self._athena(), ScanMeter(self._store, run, "athena")
        table = athena.table()
        statements = [
            self._statement(
                run, bill, sql.select(table, athena.database, athena.name, self._place, bill, run.cost_metric)
            )
            for bill in bills
        ]
        sizes = {each.reading: self._size(each.bill) for each in statements}
        meter.refuse(sizes, self._limit)
        begun = []
        for each in statements:
            meter.began(each.reading, sizes[each.reading])
            begun.append((each, athena.start(each.text, _token(each.text), self._uri(_answers(run)))))
        waits = iter(WAITS)
        for number, (each, execution) in enumerate(begun, start=1):
            ended = self._waited(athena, each, execution, waits)
            try:
                self._count(meter, each, ended)
            except FinOpsGuardError:
                # Each would be found again by a report of its own, once what it failed by is mended.
                self._close(athena, meter, begun[number:])
                raise
            reduced = self._result(run, each, ended)
            self._size(each.bill)
            yield reduced

    # ---- a statement -------------------------------------------------------------------------------------------------

    def _statement(self, run: Run, bill: Bill, question: str) -> _Statement:
        parts = {
            "source": run.source,
            "question": bill.question,
            "period": bill.period,
            "statement": hashlib.sha256(f"{bill.manifest.digest} {question}".encode()).hexdigest()[:16],
        }
        ended = self._store.list(keys.UNLOAD_ENDED.below(**parts))
        attempt = len(ended) + 1
        target = self._uri(keys.UNLOADED.below(**parts, attempt=str(attempt)))
        return _Statement(bill, sql.unload(question, target), parts, attempt)

    def _size(self, bill: Bill) -> int:
        """The bytes of a bill's files, which are the most that Athena scans; they must be as the manifest says."""
        found = self._bucket().list(f"{self._place.root}data/BILLING_PERIOD={bill.period}/")
        for key in bill.manifest.keys:
            if key not in found or found[key].modified > bill.manifest.modified:
                raise updating(bill, key)
        return sum(found[key].size for key in bill.manifest.keys)

    def _waited(self, athena: Athena, each: _Statement, execution: str, waits: Iterator[float]) -> Execution:
        while True:
            found = athena.execution(execution)
            if found.ended:
                return found
            seconds = next(waits, None)
            if seconds is None:
                raise AthenaUnfinished(
                    f"Athena still reads the export of {each.bill.period}. Run again in some minutes: the statement"
                    f" {execution} is found, and not paid twice. If it is queued for long, the workgroup is busy."
                )
            self._sleep(seconds)

    def _count(self, meter: ScanMeter, each: _Statement, ended: Execution) -> None:
        """What Athena charges: nothing for a statement that failed (documented). Raises where there is no result."""
        if ended.ended == "failed":
            meter.ended(each.reading, 0)
        elif ended.scanned is not None:
            meter.ended(each.reading, ended.scanned)
        if ended.ended != "succeeded":
            self._over(each)
            _refuse(each.bill, ended)

    def _close(self, athena: Athena, meter: ScanMeter, begun: Sequence[tuple[_Statement, str]]) -> None:
        """Statements that have failed too are told as such, and no report finds them any more."""
        for each, execution in begun:
            ended = athena.execution(execution)
            if ended.ended and ended.ended != "succeeded":
                with suppress(FinOpsGuardError):
                    self._count(meter, each, ended)

    def _over(self, each: _Statement) -> None:
        """The next statement about the bill is another one."""
        self._store.create(keys.UNLOAD_ENDED.key(**each.names), b"")

    # ---- its result --------------------------------------------------------------------------------------------------

    def _result(self, run: Run, each: _Statement, ended: Execution) -> Reduced:
        written = self._written(each, ended)
        costs = written.pop(sql.COSTS, ())
        what = f"What Athena made of the export of {each.bill.period}"
        with tempfile.TemporaryDirectory() as folder, Reduction(run.cost_metric) as reduction:
            paths = []
            with export_errors(what):
                for number, key in enumerate(costs):
                    paths.append(Path(folder, f"{number}.parquet"))
                    with self._found(each):
                        paths[-1].write_bytes(self._store.read(key))
            reduction.add_groups(what, paths, ended.scanned or 0)
            return Reduced(each.bill, *reduction.done(what), reduction.names(), KeptUsage(written))

    def _written(self, each: _Statement, ended: Execution) -> dict[str, tuple[str, ...]]:
        """The keys of all files that a statement wrote, by their part, as Athena's own list has them."""
        root = self._uri("")
        if not (ended.files or "").startswith(root):
            raise AthenaRejected(
                f"Athena keeps its list of files in {ended.files!a}, which is not in {root}. Let the workgroup take the"
                " location that is asked for (EnforceWorkGroupConfiguration), or give it that of the stack."
            )
        with self._found(each):
            said = self._store.read((ended.files or "").removeprefix(root)).decode("utf-8", "replace")
        folder = keys.UNLOADED.below(**each.names)
        written = [uri.removeprefix(root) for (uri, *_) in csv.reader(io.StringIO(said))]
        if not written:
            self._over(each)
            raise ExportIncomplete(
                f"Athena found no row of {each.bill.period} in the table: its partition may not be there yet. Run again"
                " after the crawler, or make the table with partition projection (docs/sources.md)."
            )
        parts: dict[str, tuple[str, ...]] = {}
        for key in written:
            names = keys.UNLOADED.parts(key)
            if names is None or not key.startswith(folder) or not names["part"].startswith(_PART):
                raise AthenaRejected(
                    f"Athena's list of files ({ended.files}) names others than {root}{folder}."
                )
            part = names["part"].removeprefix(_PART)
            parts[part] = (*parts.get(part, ()), key)
        return parts

    @contextmanager
    def _found(self, each: _Statement) -> Iterator[None]:
        """A result that is gone is made anew by the next attempt."""
        try:
            yield
        except ObjectMissing as error:
            self._over(each)
            raise AthenaUnavailable(
                f"What Athena made of the export of {each.bill.period} is not in the bucket any more. Run again: it is"
                f" read anew. ({error})"
            ) from error

    def _uri(self, key: str) -> str:
        """A key of the store as Athena names it; raises InvalidConfiguration where the store is no bucket."""
        place = self._store.place(key)
        if place is None:
            raise InvalidConfiguration(
                "Athena writes to a bucket: set FINOPSGUARD_BUCKET, or FINOPSGUARD_EXPORT_ENGINE to duckdb."
            )
        return f"s3://{place.bucket}/{key}"


def _token(text: str) -> str:
    """The same for the same statement, wherever and whenever it is begun."""
    return hashlib.sha256(text.encode()).hexdigest()


def _answers(run: Run) -> str:
    return keys.UNLOADED_LIST.below(source=run.source)


def _refuse(bill: Bill, ended: Execution) -> NoReturn:
    """Raises what became of a statement that has no result."""
    said = f"the statement about the export of {bill.period} ({ended.why or 'Athena does not say why'})"
    why = ended.why.lower()
    if _CUT_OFF in why:
        raise BudgetExceeded(
            f"Athena cut off {said}: the workgroup lets one scan no more. If that price is right, raise"
            " FINOPSGUARD_MAX_ATHENA_GB, which is also the limit of the stack's workgroup."
        )
    if ended.ended == "cancelled":
        raise AthenaRejected(f"Somebody cancelled {said}. Ask who it was, and run again.")
    if ended.again or any(each in why for each in _WRITTEN_BEFORE):
        raise AthenaUnavailable(f"Athena failed at {said}. Run again in some minutes: it is begun anew.")
    if any(each in why for each in _DENIED):
        raise AthenaAccessDenied(
            f"Athena may not do with the role's rights what it takes: {said}. Allow s3:GetObject and s3:ListBucket on"
            " the export, glue:GetDatabase, glue:GetTable and glue:GetPartitions on its table, and what"
            " docs/permissions.md has for athena/ in the bucket."
        )
    raise AthenaRejected(
        f"Athena failed at {said}. Compare the table with docs/sources.md; until it is right, set"
        " FINOPSGUARD_EXPORT_ENGINE to duckdb."
    )
