"""Usage by type, by resource and by account, from what was kept of a data export when its costs were read.

Nothing is asked of the export, of Athena or of Cost Explorer. A line is of the day when its usage began, whichever bill
it is on: the bills before and after are read too, where they are kept.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import duckdb

from finopsguard.costs.database import connect, first_line, placed
from finopsguard.costs.history import month_after, months_of
from finopsguard.costs.periods import month_before
from finopsguard.costs.sources.data_export.engine import NAMES, beside_usage
from finopsguard.costs.sources.data_export.grouped import part_of, service_of
from finopsguard.costs.sources.data_export.manifest import Place
from finopsguard.costs.sources.region_answers import place_of
from finopsguard.errors import InvalidInput, ObjectMissing, UsageIncomplete, UsageNotRead
from finopsguard.models.costs import (
    AccountUsage,
    ResourceLine,
    Resources,
    Second,
    Usage,
    UsageLine,
    UsageQuestion,
)
from finopsguard.models.history import KeptUsage
from finopsguard.models.metrics import USAGE_RECORD_TYPES
from finopsguard.models.run import Period, Run
from finopsguard.ports import Meter, Store, unmetered
from finopsguard.store import files, keys

_NO_REGION = "NoRegion"
"""What Cost Explorer calls the Region of what is in none."""
_OF = f"""
    FROM (
        SELECT *, {service_of("name")} AS service
        FROM read_parquet($1) AS parts LEFT JOIN read_parquet($2) AS names USING (code)
    )
    WHERE account_id = $3 AND list_contains($4::VARCHAR[], service) AND (date IS NULL OR date >= $5 AND date < $6)
"""  # noqa: S608 - ours
_AMOUNTS = "sum(amount), sum(coalesce(amortized, amount))"
_USAGE = f"""
    SELECT date, usage_type, region, used_as, operation, measure, {_AMOUNTS}, sum(coalesce(quantity, 0)), sum(wrong)
    {_OF} AND kind = 'usage' GROUP BY ALL ORDER BY ALL
"""
_RESOURCES = f"""
    SELECT date, resource_id, {_AMOUNTS}, sum(wrong)
    {_OF} AND kind = 'resources' GROUP BY ALL ORDER BY ALL
"""
_ACCOUNTS = f"""
    SELECT date, account_id, region, {_AMOUNTS}, sum(wrong) FROM read_parquet($1)
    WHERE list_contains($2::VARCHAR[], service) AND date >= $3 AND date < $4
        AND list_contains($5::VARCHAR[], record_type)
    GROUP BY ALL ORDER BY ALL
"""  # noqa: S608 - ours


class _Kept(NamedTuple):
    """A bill of which usage is kept: its products' names as Parquet, where the parts are, and where its costs are."""

    names: bytes
    usage: KeptUsage
    beside: str


class ExportUsage:
    """Satisfies ports.UsageSource. Costs nothing: `requests` is 0."""

    def __init__(self, place: Place, store: Store) -> None:
        self._place = place
        self._store = store

    def usage(
        self,
        run: Run,
        asked: UsageQuestion,
        paid: Meter = unmetered,  # noqa: ARG002 - the port's
        *,
        pages: int,  # noqa: ARG002 - the port's
    ) -> Usage:
        """See ports.UsageSource; raises UsageIncomplete for days of the incident of which nothing is kept."""
        kept, known = self._kept(run, asked)
        rows = self._rows(kept, _USAGE, asked, known)
        found = [
            UsageLine(
                day,
                usage_type or "",
                amount,
                amortized,
                quantity,
                measure or "",
                region or _NO_REGION,
                used_as,
                operation or "",
            )
            for day, usage_type, region, used_as, operation, measure, amount, amortized, quantity in rows
        ]
        if not found:
            raise UsageIncomplete(
                f"What is kept of the export has no usage of {', '.join(asked.services)[:200]} in"
                f" {asked.account_id} on {known}, where there were costs. Run again after AWS's next delivery."
            )
        return Usage(
            _lines(found, "region"),
            _lines(found, "record_type"),
            _lines(found, "operation"),
            0,
            known.start if known != asked.days else None,
        )

    def resources(
        self,
        run: Run,
        asked: UsageQuestion,
        paid: Meter = unmetered,  # noqa: ARG002 - the port's
        *,
        pages: int,  # noqa: ARG002 - the port's
    ) -> Resources:
        """See ports.UsageSource; raises UsageNotRead for an export without resource ids of these services.

        Of a bill only the dearest keep their names (`grouped.narrowed`); the id of what the others cost is empty.
        """
        kept, known = self._kept(run, asked)
        rows = self._rows(kept, _RESOURCES, asked, known)
        if not any(row[1] for row in rows):
            raise UsageNotRead(
                "The export has no resource ids of these services, or none of them costs 50 cents a day. Make it with"
                " resource ids (Billing console, Data Exports) if the resources behind an anomaly are worth its size."
            )
        lines = [ResourceLine(day, name or "", amount, amortized) for day, name, amount, amortized in rows]
        return Resources(lines, 0, known)

    def by_account(
        self,
        run: Run,
        services: Sequence[str],
        region: str,
        days: Period,
        paid: Meter = unmetered,  # noqa: ARG002 - the port's
    ) -> Sequence[AccountUsage]:
        """See ports.UsageSource; raises UsageIncomplete where a month of the days is not kept."""
        months = [month.start for month in months_of([days])]
        found: list[Any] = []
        for month in (month_before(months[0]), *months, month_after(months[-1])):
            kept = self._newest(run, month)
            if kept is None and month in months:
                raise UsageIncomplete(
                    f"The usage of {month:%Y-%m} is not kept. AWS's next delivery of the month brings it."
                )
            if kept:
                found += self._by_account(kept, services, days)
        used = [each for each in found if place_of(each[2] or "") == region]
        if any(row[-1] for row in used):
            raise UsageIncomplete("The export has rows of these services that cannot be read.")
        return [AccountUsage(day, account, amount, spread) for day, account, _, amount, spread, _ in used]

    def _by_account(self, kept: _Kept, services: Sequence[str], days: Period) -> list[Any]:
        """(day, account, Region, amount, amortized, rows that cannot be read) of usage of the services on the days."""
        with _readable(), tempfile.TemporaryDirectory() as folder, connect() as database:
            paths = placed(folder, "bill", [self._read(kept.beside)])
            values = [paths, list(services), days.start, days.end, list(USAGE_RECORD_TYPES)]
            return database.execute(_ACCOUNTS, values).fetchall()

    # ---- what is kept ------------------------------------------------------------------------------------------------

    def _kept(self, run: Run, asked: UsageQuestion) -> tuple[list[_Kept], Period]:
        """The bills that may have lines of these days, and from which day on all months are there."""
        days = asked.days
        months = [month.start for month in months_of([days])]
        found = {
            month: self._newest(run, month)
            for month in (month_before(months[0]), *months, month_after(months[-1]))
        }
        lacking = [month for month in months if not _has_parts(found[month])]
        first = max(days.start, month_after(lacking[-1])) if lacking else days.start
        if first > asked.start:
            last = found[lacking[-1]]
            why = last.usage.lacking if last else None
            raise UsageIncomplete(
                f"The usage of {lacking[-1]:%Y-%m} is not kept{f' ({why})' if why else ''}: the export's costs were"
                " read before it was, or there was no room for it. AWS's next delivery of the month brings it; with"
                " little room raise ExportDisk of the stack."
            )
        bills = [kept for month, kept in found.items() if kept and month_after(month) >= first.replace(day=1)]
        return bills, Period(first, days.end)

    def _newest(self, run: Run, month: date) -> _Kept | None:
        """Of a month's deliveries the newest that was read."""
        below = keys.USAGE.below(
            source=run.source, question=self._place.question(run.cost_metric), period=f"{month:%Y-%m}"
        )
        known = ((keys.USAGE.parts(key), key) for key in self._store.list(below))
        deliveries = [key for parts, key in known if parts and parts["part"] == NAMES]
        found = files.find_noted(self._store, deliveries[-1], KeptUsage) if deliveries else None
        return _Kept(*found, beside_usage(deliveries[-1]) or "") if found else None

    def _rows(self, kept: Sequence[_Kept], query: str, asked: UsageQuestion, days: Period) -> list[Any]:
        """The answer of a query to the parts of these bills of the account; `wrong` is taken off."""
        found: list[Any] = []
        for bill in kept:
            parquet = [self._read(key) for key in bill.usage.parts.get(part_of(asked.account_id), ())]
            if not parquet:
                continue
            with _readable(), tempfile.TemporaryDirectory() as folder, connect() as database:
                paths = placed(folder, "part", parquet), placed(folder, "names", [bill.names])
                values = [asked.account_id, list(asked.services), days.start, days.end]
                found += database.execute(query, [*paths, *values]).fetchall()
        if any(row[-1] or row[0] is None for row in found):
            raise UsageIncomplete("The export has rows of these services that cannot be read.")
        return [row[:-1] for row in found]

    def _read(self, key: str) -> bytes:
        try:
            return self._store.read(key) if keys.UNLOADED.matches(key) else files.read_costs(self._store, key)
        except (InvalidInput, ObjectMissing) as error:
            raise _unreadable(error) from error


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (duckdb.Error, MemoryError, OSError) as error:
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> UsageIncomplete:
    return UsageIncomplete(
        f"What is kept of the export's usage cannot be read ({first_line(error)}). AWS's next delivery of the"
        " month brings it again; where it is too large, raise MemorySize and EphemeralStorage of ExplainAnomalies in"
        " template.yaml."
    )


def _has_parts(kept: _Kept | None) -> bool:
    return kept is not None and bool(kept.usage.parts)


# ---- lines -----------------------------------------------------------------------------------------------------------


def _lines(found: Sequence[UsageLine], second: Second) -> list[UsageLine]:
    """One line for each day, usage type and second key. A quantity of several units is none, as in Cost Explorer's."""
    sums: dict[tuple[date, str, str], UsageLine] = {}
    units: dict[tuple[str, str], str] = {}
    of_day: dict[tuple[date, str, str], set[str]] = {}
    for line in found:
        name = getattr(line, second)
        key = (line.date, line.usage_type, name)
        if line.quantity:
            units[key[1:]] = line.unit
            of_day.setdefault(key, set()).add(line.unit)
        only = UsageLine(
            line.date,
            line.usage_type,
            line.amount,
            line.amortized,
            line.quantity,
            line.unit,
            **{second: name},
        )
        sums[key] = _sum(sums[key], only) if key in sums else only
    mixed = {key[1:] for key, of in of_day.items() if len(of) > 1}
    return [
        line._replace(quantity=Decimal(0), unit="")
        if key[1:] in mixed
        else line._replace(unit=units.get(key[1:], ""))
        for key, line in sums.items()
        if line.amount or line.amortized or line.quantity
    ]


def _sum(first: UsageLine, other: UsageLine) -> UsageLine:
    return first._replace(
        amount=first.amount + other.amount,
        amortized=first.amortized + other.amortized,
        quantity=first.quantity + other.quantity,
    )
