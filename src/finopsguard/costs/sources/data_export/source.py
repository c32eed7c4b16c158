"""An export of AWS Data Exports as ports.CostSource: a bill is read once for each delivery, and kept added up.

What is kept is found by all batches and slices of a report, and by later reports until AWS delivers the period again.
A line is of the day when its usage began, whichever bill it is on: of a month the bills before and after are read too,
where there are any.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from finopsguard.aws.export import ExportBucket
from finopsguard.costs.charges import Charge, charge_kind, large_charges
from finopsguard.costs.database import connect, placed
from finopsguard.costs.history import month_after, months_of
from finopsguard.costs.periods import month_before
from finopsguard.costs.sources.data_export.engine import NAMES, Bill, Engine, updating
from finopsguard.costs.sources.data_export.manifest import Manifest, Place, read_manifest
from finopsguard.costs.sources.data_export.reduced import export_errors
from finopsguard.costs.sources.region_answers import place_of
from finopsguard.errors import ExportIncomplete, ExportRejected, RegionsNotRead
from finopsguard.models.costs import (
    NOTHING_HELD,
    Billed,
    BilledAccount,
    BilledAccounts,
    CostRow,
    Costs,
    HeldRows,
)
from finopsguard.models.history import ExportRead, KeptUsage
from finopsguard.models.run import Batch, Period, Run
from finopsguard.ports import Meter, Store, unmetered
from finopsguard.store import files

_ACCOUNT = re.compile(r"[0-9]{12}")
# A year of history has fourteen; of a daily report's newest days there are three.
_KEPT_IN_MEMORY = 4
# After a month's end its usage is a baseline for so long: the 28 days before an incident, and its first days. Usage is
# kept for longer, or bills would be read again for what nobody asks.
_EXPLAINS = timedelta(days=45)
# Of bills, the lines of some days; one without a day may be of any.
_OF_DAYS = "WITH lines AS (SELECT * FROM read_parquet($1) WHERE date IS NULL OR date >= $2 AND date < $3)"
_LINES = """
    SELECT date, account_id, service, record_type, seller, unit, sum(amount), sum(amortized), sum(wrong)
    FROM lines WHERE $4::VARCHAR[] IS NULL OR list_contains($4::VARCHAR[], account_id)
    GROUP BY ALL ORDER BY ALL
"""
_BY_REGION = """
    SELECT date, service, region, record_type, unit, sum(amount), sum(amortized), sum(wrong)
    FROM lines WHERE $4::VARCHAR[] IS NULL OR list_contains($4::VARCHAR[], account_id)
    GROUP BY ALL ORDER BY ALL
"""


class _Kept(NamedTuple):
    """A bill as `reduced` leaves it, and what is noted of it."""

    parquet: bytes
    note: ExportRead


class DataExport:
    """Satisfies ports.CostSource. `bucket` is connected at the first reading; `store` keeps what `engine` read."""

    def __init__(
        self, bucket: Callable[[], ExportBucket], place: Place, store: Store, engine: Engine
    ) -> None:
        self._bucket = bucket
        self._engine = engine
        self._place = place
        self._store = store
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    def fetch(
        self,
        run: Run,
        batch: Batch,
        days: Period,
        paid: Meter = unmetered,  # noqa: ARG002 - the port's
        held: HeldRows = NOTHING_HELD,  # noqa: ARG002 - asking for them costs no page
    ) -> Costs:
        """See ports.CostSource; no request of Cost Explorer is made."""
        if batch.role_arn:
            raise ExportRejected(
                f"{batch.role_arn} is of an account outside of the Organization, which is not in the export. Take"
                " it out of FINOPSGUARD_ACCOUNT_ROLE_ARNS, or set FINOPSGUARD_COST_SOURCE to cost_explorer."
            )
        if batch.by_region:
            return Costs(self._by_region(run, batch, days), 0)
        lines = self._asked(run, days, _LINES, None if batch.whole else list(batch.accounts))
        incomplete = {
            account: f"a row of {service!a} that cannot be read on {day or 'no day'}"
            for day, account, service, *_, wrong in lines
            if wrong
        }
        whole = [line for line in lines if line[1] not in incomplete]
        usage, charges = _usage(whole), _charges(whole)
        return Costs(
            [*usage, *charges, *_products(large_charges(charges, days, run.period), whole)], 0, incomplete
        )

    def billed(self, run: Run, paid: Meter = unmetered) -> Billed:  # noqa: ARG002 - the port's
        """See ports.CostSource."""
        found = self._asked(
            run,
            run.window,
            "SELECT date, sum(amount), sum(wrong) FROM lines GROUP BY 1 ORDER BY 1",
        )
        if any(wrong for *_, wrong in found):
            raise ExportRejected(
                "The export has rows that cannot be read, so its total is not known. See the accounts that are missing."
            )
        return Billed({day: amount for day, amount, _ in found if amount}, 0)

    def billed_accounts(self, run: Run, paid: Meter = unmetered) -> BilledAccounts:  # noqa: ARG002 - the port's
        """See ports.CostSource."""
        found = self._asked(
            run,
            run.window,
            "SELECT account_id, max(account_name) FROM lines GROUP BY 1 ORDER BY 1",
        )
        known = (BilledAccount(each, name or each) for each, name in found if _ACCOUNT.fullmatch(each))
        return BilledAccounts(list(known), 0)

    def _by_region(self, run: Run, batch: Batch, days: Period) -> list[CostRow]:
        """Usage by service and Region of the batch's accounts together; raises RegionsNotRead."""
        found = self._asked(run, days, _BY_REGION, list(batch.regions or ()) or None, by_region=True)
        used = [line for line in found if line[3] is None or charge_kind(line[3]) == "usage"]
        if any(wrong for *_, wrong in used):
            raise ExportRejected(
                "The export has rows that cannot be read, so its usage by Region is not known. See the accounts that"
                " are missing."
            )
        sums: _Sums = {}
        for day, service, region, _, unit, amount, amortized, _ in used:
            _add(sums, (day, service, place_of(region or ""), unit), amount, amortized)
        (held_as,) = batch.held_as
        return [
            CostRow(day, held_as, service, None, amount, unit, amortized=amortized, region=region)
            for (day, service, region, unit), (amount, amortized) in sums.items()
            if amount or amortized
        ]

    # ---- billing periods ---------------------------------------------------------------------------------------------

    def _asked(
        self, run: Run, days: Period, query: str, *values: object, by_region: bool = False
    ) -> list[Any]:
        """The answer of a query to the `lines` of these days, of all bills that may have some."""
        parquet = self._bills(run, days, by_region=by_region)
        with export_errors("What was read of the export"), tempfile.TemporaryDirectory() as folder:
            paths = placed(folder, "bill", parquet)
            with connect() as database:
                return database.execute(
                    f"{_OF_DAYS} {query}", [paths, days.start, days.end, *values]
                ).fetchall()

    def _bills(self, run: Run, days: Period, *, by_region: bool) -> list[bytes]:
        months = [month.start for month in months_of([days])]
        newest = (run.window.end - timedelta(days=1)).replace(day=1)
        with self._lock:
            bills = []
            for month in (month_before(months[0]), *months, month_after(months[-1])):
                bill = self._bill(run, month)
                if bill is not None:
                    bills.append(bill)
                elif month in months:
                    raise self._missing(month, newest=month >= newest)
            found = self._read(run, bills, by_region=by_region)
        for bill, kept in zip(bills, found, strict=True):
            if by_region and bill.month in months and not kept.note.regions:
                raise _without_regions(bill)
        return [kept.parquet for kept in found]

    def _missing(self, month: date, *, newest: bool) -> ExportIncomplete | ExportRejected:
        said = f"The export has no manifest for {month:%Y-%m} ({self._place.manifest(month)})."
        if newest:
            return ExportIncomplete(
                f"{said} AWS delivers a month within 24 hours of its first costs. Run again then."
            )
        return ExportRejected(
            f"{said} An export has the months from its making on. Ask AWS Support to fill the ones before, set"
            " FINOPSGUARD_HISTORY_DAYS lower, or FINOPSGUARD_COST_SOURCE to cost_explorer until it has them; and check"
            " FINOPSGUARD_EXPORT_PREFIX and FINOPSGUARD_EXPORT_NAME."
        )

    def _bill(self, run: Run, month: date) -> Bill | None:
        """A billing period; None where AWS delivered none."""
        manifest = self._manifest(month)
        return Bill(month, manifest, self._place.question(run.cost_metric)) if manifest else None

    def _read(self, run: Run, bills: Sequence[Bill], *, by_region: bool) -> list[_Kept]:
        """Each bill as `reduced` leaves it: those that are kept, and the others from the export."""
        found = {bill.month: self._find(bill, run, by_region=by_region) for bill in bills}
        for bill, parquet, note, names, usage in self._engine.read(
            run, [bill for bill in bills if found[bill.month] is None]
        ):
            if self._manifest(bill.month) != bill.manifest:
                raise updating(bill, self._place.manifest(bill.month))
            if not note.lines:
                raise ExportIncomplete(
                    f"The export of {bill.period} has no row. Run again after AWS's next update."
                )
            files.write_noted(self._store, bill.usage_key(run, NAMES), names, usage)
            files.write_noted(self._store, bill.key(run), parquet, note)
            found[bill.month] = self._keep(bill.key(run), _Kept(parquet, note))
        return [kept for kept in found.values() if kept is not None]

    def _find(self, bill: Bill, run: Run, *, by_region: bool) -> _Kept | None:
        """What is kept of a bill; of one that may explain something only if it is said too where its usage is.

        A bill that an earlier release read is read again where Regions are asked for.
        """
        key = bill.key(run)
        kept = self._kept.get(key)
        if kept is None:
            known = files.find_noted(self._store, key, ExportRead)
            usage = files.find_noted(self._store, bill.usage_key(run, NAMES), KeptUsage)
            explains = run.window.end - month_after(bill.month) <= _EXPLAINS
            kept = self._keep(key, _Kept(*known)) if known and (usage or not explains) else None
        return None if kept and by_region and kept.note.regions is None else kept

    def _keep(self, key: str, kept: _Kept) -> _Kept:
        self._kept.pop(key, None)
        self._kept[key] = kept
        while len(self._kept) > _KEPT_IN_MEMORY:
            del self._kept[next(iter(self._kept))]
        return kept

    def _manifest(self, month: date) -> Manifest | None:
        found = self._bucket().find(self._place.manifest(month))
        return read_manifest(found, self._place, month) if found else None


def _without_regions(bill: Bill) -> RegionsNotRead:
    return RegionsNotRead(
        f"The export has no Region on any usage of {bill.period}. Add product_region_code to an export of CUR 2.0,"
        " RegionId to one of FOCUS, and to Athena's table; the months that AWS delivers from then on have them."
    )


# ---- rows ------------------------------------------------------------------------------------------------------------

_Sums = dict[tuple[date, str, str, str], tuple[Decimal, Decimal | None]]


def _usage(lines: Sequence[Any]) -> list[CostRow]:
    """Usage by service."""
    sums: _Sums = {}
    for day, account, service, record_type, _, unit, amount, amortized, _ in lines:
        if charge_kind(record_type) == "usage":
            _add(sums, (day, account, service, unit), amount, amortized)
    return [
        CostRow(day, account, service, None, amount, unit, amortized=amortized)
        for (day, account, service, unit), (amount, amortized) in sums.items()
        if amount or amortized
    ]


def _charges(lines: Sequence[Any]) -> list[CostRow]:
    """All charges by record type."""
    sums: _Sums = {}
    for day, account, _, record_type, _, unit, amount, amortized, _ in lines:
        _add(sums, (day, account, record_type, unit), amount, amortized)
    return [
        CostRow(day, account, None, record_type, amount, unit, amortized=amortized)
        for (day, account, record_type, unit), (amount, amortized) in sums.items()
        if amount or amortized
    ]


def _products(large: Mapping[Charge, Decimal], lines: Sequence[Any]) -> list[CostRow]:
    """What large charges are for."""
    return [
        CostRow(day, account, service, record_type, amount, unit, seller or "")
        for day, account, service, record_type, seller, unit, amount, *_ in lines
        if amount and (day, account, record_type) in large
    ]


def _add(sums: _Sums, key: tuple[date, str, str, str], amount: Decimal, amortized: Decimal | None) -> None:
    before, spread = sums.get(key, (Decimal(0), None))
    sums[key] = (before + amount, spread if amortized is None else (spread or Decimal(0)) + amortized)
