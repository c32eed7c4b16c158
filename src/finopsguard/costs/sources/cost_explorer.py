"""Costs from AWS Cost Explorer: two queries for a batch of accounts, one for Regions, one for all that is billed.

Where a batch has large charges that are not usage, a third asks what they are for: one page, of their days alone.

GetCostAndUsage groups by two keys at most, so usage is grouped by account and service, and all charges (usage,
credits, refunds, tax, fees) by account and record type. Every page costs $0.01 (documented by AWS), failed calls
nothing. Amounts of zero are left out: an account that was read and has no row cost nothing. A reading is complete or it
is refused: a gap is read again once, at the price of its pages, before it is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from finopsguard.aws import bounds
from finopsguard.costs import unchanged
from finopsguard.costs.charges import Charge, charge_kind, large_charges
from finopsguard.costs.sources.answers import ACCOUNT, Answer, Product, Reader, incomplete, is_text
from finopsguard.costs.sources.paged import Access, Asker, only
from finopsguard.costs.sources.region_answers import RegionReader
from finopsguard.errors import CostExplorerIncomplete, CostExplorerPagesChanged, FinOpsGuardError
from finopsguard.models.costs import (
    NOTHING_HELD,
    Billed,
    BilledAccount,
    BilledAccounts,
    CostRow,
    Costs,
    HeldRows,
)
from finopsguard.models.metrics import AMORTIZED, USAGE_RECORD_TYPES, MetricName
from finopsguard.models.money import CENT
from finopsguard.models.run import Batch, Period, Run
from finopsguard.ports import Meter, unmetered

if TYPE_CHECKING:
    from types_boto3_ce.type_defs import (
        ExpressionTypeDef,
        GetCostAndUsageRequestTypeDef,
        GetDimensionValuesRequestTypeDef,
    )

# How often one query is begun before its pages are given up for now: each beginning pays for its pages again.
_STARTS = 3
# An answer with unreadable rows of more accounts is broken as a whole, and the names of more would not fit the payload.
_BAD_ACCOUNTS = 3
_TOO_MANY_PAGES = (
    "Each is charged, so no more are read."
    " Set FINOPSGUARD_ACCOUNTS_PER_FETCH or FINOPSGUARD_HISTORY_DAYS lower."
)


class CostExplorer(Access):
    """Satisfies ports.CostSource."""

    def fetch(
        self, run: Run, batch: Batch, days: Period, paid: Meter = unmetered, held: HeldRows = NOTHING_HELD
    ) -> Costs:
        """See ports.CostSource. Usage of a day that is held is read only where its charges are others now."""
        reading = self._reading(run, days, batch.role_arn, paid)
        if batch.by_region:
            found = reading.by_region(batch.regions or None, *batch.held_as)
            return Costs(found.rows, reading.requests)
        usage, charges = reading.of_accounts(None if batch.whole else batch.accounts, held)
        bad = {**usage.bad, **charges.bad}
        charged, used = charges.without(bad), usage.without(bad)
        large = large_charges(charged, days, run.period)
        named = {_charge(row) for row in used if row.record_type}
        unnamed = {charge: amount for charge, amount in large.items() if charge not in named}
        products = reading.products(unnamed, charged) if unnamed else []
        named.update(map(_charge, products))
        return Costs([*used, *charged, *products], reading.requests, bad, unnamed=not named.issuperset(large))

    def billed(self, run: Run, paid: Meter = unmetered) -> Billed:
        """See ports.CostSource."""
        reading = self._reading(run, run.window, None, paid)
        return Billed({row.date: row.amount for row in reading.total().rows}, reading.requests)

    def billed_accounts(self, run: Run, paid: Meter = unmetered) -> BilledAccounts:
        """See ports.CostSource."""
        reading = self._reading(run, run.window, None, paid)
        return BilledAccounts(reading.accounts(), reading.requests)

    def _reading(self, run: Run, days: Period, own_role: str | None, paid: Meter) -> _Reading:
        return _Reading(self._asker(own_role, paid), run.cost_metric, days)


class _Reading:
    """Reads whole queries and counts the pages that AWS charges."""

    def __init__(self, asker: Asker, metric: MetricName, days: Period) -> None:
        self._asker = asker
        self._client = asker.client
        self._metric = metric
        self._days = days

    @property
    def requests(self) -> int:
        """The pages that were answered."""
        return self._asker.requests

    def of_accounts(self, accounts: Sequence[str] | None, held: HeldRows) -> tuple[Answer, Answer]:
        """Usage by service and all charges; where they disagree, as when one was answered empty, both again.

        None: of every account that was billed. Of days that are `held`, with the same charges, usage is what it was,
        with what these charges are for.
        """
        charges = self._by_record_type(accounts)
        usage = self._used_since(accounts, charges, held)
        if _disagree(usage, charges):
            usage, charges = self.by_service(accounts), self._by_record_type(accounts)
        return usage, charges

    def by_service(self, accounts: Sequence[str] | None) -> Answer:
        """Usage by service."""
        return self._grouped("SERVICE", accounts, _usage_of(accounts), "usage by service")

    def _used_since(self, accounts: Sequence[str] | None, charges: Answer, held: HeldRows) -> Answer:
        days = unchanged.to_read(self._days, charges.rows, held)
        read = _Reading(self._asker, self._metric, days).by_service(accounts) if days else Answer()
        others = [day for day in self._days.dates() if days is None or day not in days]
        return Answer([row for day in others for row in held[day] if row.service] + read.rows, read.bad)

    def total(self) -> Answer:
        """One amount a day: everything that is billed, whoever's it is."""

        def read() -> Answer:
            reader = self._reader("total of all charges")
            reader.add_totals(self._results(self._query()), "Total")
            reader.refuse_gaps()
            return reader.answer

        return self._twice(read)

    def products(self, large: Mapping[Charge, Decimal], charges: Sequence[CostRow]) -> list[CostRow]:
        """What large charges are for, as far as one page says; nothing where it cannot be read."""
        accounts, types = {account for _, account, _ in large}, {name for *_, name in large}
        first, last = min(day for day, *_ in large), max(day for day, *_ in large)
        query = self._query()
        query["TimePeriod"] = {"Start": str(first), "End": str(last + timedelta(days=1))}
        query["GroupBy"] = [
            {"Type": "DIMENSION", "Key": "SERVICE"},
            {"Type": "DIMENSION", "Key": "LEGAL_ENTITY_NAME"},
        ]
        of_types: ExpressionTypeDef = {"Dimensions": {"Key": "RECORD_TYPE", "Values": sorted(types)}}
        query["Filter"] = {"And": [only(sorted(accounts)), of_types]}
        reader = Reader("products of charges", Period(first, last + timedelta(days=1)), self._metric)
        try:
            page = self._asker.page(self._client.get_cost_and_usage, query, "ResultsByTime")
            found = reader.products(page["ResultsByTime"])
        except FinOpsGuardError:
            # The report does without their names, and says so.
            return []
        asked = [row for row in charges if row.account_id in accounts and row.record_type in types]
        return list(_whose(large, asked, found))

    def accounts(self) -> list[BilledAccount]:
        """Every account that was billed in the window, with its name as the bill knows it."""
        query: GetDimensionValuesRequestTypeDef = {
            "TimePeriod": {"Start": str(self._days.start), "End": str(self._days.end)},
            "Dimension": "LINKED_ACCOUNT",
            "Context": "COST_AND_USAGE",
        }
        if self._asker.view_arn:
            query["BillingViewArn"] = self._asker.view_arn
        found: dict[str, BilledAccount] = {}
        for value in self._pages(self._client.get_dimension_values, query, "DimensionValues"):
            if not isinstance(value, dict):
                raise incomplete("list of billed accounts", "an entry that is none")
            account_id, name = value.get("Value"), (value.get("Attributes") or {}).get("description")
            # What is of no account at all cannot be asked for by account; the control total has it.
            if isinstance(account_id, str) and ACCOUNT.fullmatch(account_id):
                # Once, on however many pages it stands: an account that is read twice would cost twice as much.
                found.setdefault(account_id, BilledAccount(account_id, name if is_text(name) else account_id))
        return list(found.values())

    def by_region(self, accounts: Sequence[str] | None, held_as: str) -> Answer:
        """Usage by service and Region of these accounts together; None: of all that is billed."""
        query = self._query()
        query["GroupBy"] = [{"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "DIMENSION", "Key": "REGION"}]
        query["Filter"] = _usage_of(accounts)

        def read() -> Answer:
            reader = RegionReader("usage by service and Region", self._days, self._metric, held_as)
            reader.add(self._results(query))
            reader.refuse_gaps()
            return reader.answer

        return self._twice(read)

    def _by_record_type(self, accounts: Sequence[str] | None) -> Answer:
        charges = None if accounts is None else only(accounts)
        return self._grouped("RECORD_TYPE", accounts, charges, "charges by record type")

    def _grouped(
        self,
        key: Literal["SERVICE", "RECORD_TYPE"],
        accounts: Sequence[str] | None,
        charges: ExpressionTypeDef | None,
        what: str,
    ) -> Answer:
        """What was charged, by day, account and `key`, without zeros."""
        query = self._query()
        query["GroupBy"] = [{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}, {"Type": "DIMENSION", "Key": key}]
        if charges:
            query["Filter"] = charges
        asked = None if accounts is None else frozenset(accounts)

        def read() -> Answer:
            reader = self._reader(what)
            reader.add_groups(self._results(query), asked, by_service=key == "SERVICE")
            reader.refuse_gaps()
            return reader.answer

        answer = self._twice(read)
        if len(answer.bad) > _BAD_ACCOUNTS:
            account_id, wrong = next(iter(answer.bad.items()))
            raise incomplete(
                what, f"rows of {len(answer.bad)} accounts cannot be read ({account_id}: {wrong})"
            )
        return answer

    def _twice(self, read: Callable[[], Answer]) -> Answer:
        """The answer; read a second time where the first had a gap or a row that cannot be read."""
        with suppress(CostExplorerIncomplete):
            answer = self._without_overlap(read)
            if not answer.bad:
                return answer
        return self._without_overlap(read)

    def _without_overlap(self, read: Callable[[], Answer]) -> Answer:
        """Begins again when the pages change meanwhile."""
        for _ in range(_STARTS - 1):
            with suppress(CostExplorerPagesChanged):
                return read()
        return read()

    def _reader(self, what: str) -> Reader:
        return Reader(what, self._days, self._metric)

    def _query(self) -> GetCostAndUsageRequestTypeDef:
        return self._asker.query(self._days, self._metric, AMORTIZED)

    def _results(self, query: GetCostAndUsageRequestTypeDef) -> Iterator[Any]:
        return self._pages(self._client.get_cost_and_usage, query, "ResultsByTime")

    def _pages(self, ask: Callable[..., Any], query: Any, key: str) -> Iterator[Any]:
        """What all pages hold. botocore has no paginator for this; every page is asked for with the same query."""
        pages = bounds.Pages("Cost Explorer's answer", bounds.MOST_QUERY_PAGES, _TOO_MANY_PAGES)
        pages.take()
        page = self._asker.page(ask, query, key)
        yield from page[key]
        tokens: set[str] = set()
        while token := page.get("NextPageToken"):
            # A token that comes back would be followed, and paid, for ever.
            if token in tokens:
                raise CostExplorerPagesChanged(
                    "Cost Explorer's pages run in a circle. Run again in some minutes."
                )
            tokens.add(token)
            pages.take()
            page = self._asker.page(ask, {**query, "NextPageToken": token}, key)
            yield from page[key]


def _usage_of(accounts: Sequence[str] | None) -> ExpressionTypeDef:
    usage: ExpressionTypeDef = {"Dimensions": {"Key": "RECORD_TYPE", "Values": list(USAGE_RECORD_TYPES)}}
    return usage if accounts is None else {"And": [only(accounts), usage]}


def _whose(
    large: Collection[Charge], asked: Sequence[CostRow], found: Mapping[date, Sequence[Product]]
) -> Iterator[CostRow]:
    """Each product with the charge that it is for: the only one of its day, or the only one of its amount."""
    for day, products in found.items():
        of_day = [row for row in asked if row.date == day]
        together = sum((row.amount for row in of_day), Decimal(0))
        alone = len(of_day) == 1 and abs(sum((each.amount for each in products), -together)) < CENT
        for product in products:
            rows = [row for row in of_day if alone or abs(row.amount - product.amount) < CENT]
            same = [each for each in products if abs(each.amount - product.amount) < CENT]
            if len(rows) == 1 and (alone or len(same) == 1):
                charge = (day, rows[0].account_id, str(rows[0].record_type))
                if charge in large:
                    yield CostRow(
                        *charge[:2], product.name, charge[2], product.amount, product.unit, product.seller
                    )


def _charge(row: CostRow) -> Charge:
    """The charge that the row is of, or says what it is for."""
    return row.date, row.account_id, str(row.record_type)


def _disagree(usage: Answer, charges: Answer) -> bool:
    """True if an account's usage of a day is not the same in both answers, to the cent."""
    bad = {*usage.bad, *charges.bad}
    sums: dict[tuple[date, str], Decimal] = {}
    for row, sign in _signed(usage.without(bad), charges.without(bad)):
        sums[row.date, row.account_id] = sums.get((row.date, row.account_id), Decimal(0)) + sign * row.amount
    return any(abs(difference) >= CENT for difference in sums.values())


def _signed(usage: Sequence[CostRow], charges: Sequence[CostRow]) -> Iterator[tuple[CostRow, int]]:
    yield from ((row, 1) for row in usage if row.record_type is None)
    yield from ((row, -1) for row in charges if charge_kind(row.record_type or "") == "usage")
