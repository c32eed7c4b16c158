"""Cost Explorer's answers, taken apart with suspicion: what is not as AWS documents it is a gap, never a zero.

A row that cannot be read makes its own account's reading incomplete (`Answer.bad`) and leaves the others alone; what
cannot be told apart, a missing day or a row without an account, makes the whole answer incomplete.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypeGuard

from finopsguard.errors import CostExplorerIncomplete, CostExplorerPagesChanged, CostExplorerRejected
from finopsguard.models.costs import CostRow
from finopsguard.models.metrics import AMORTIZED, MetricName
from finopsguard.models.run import Period

# What the store keeps exactly: DECIMAL(28,10), with room for sums.
_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")
ACCOUNT = re.compile(r"[0-9]{12}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LARGEST = Decimal(10) ** 15
_DAYS_NAMED = 3
LONGEST_NAME = 1024
"""Characters of a service or a record type (AWS: GetDimensionValues, length of a value)."""


class Product(NamedTuple):
    """What was charged on a day for one product of one seller."""

    name: str
    seller: str
    amount: Decimal
    unit: str


@dataclass
class Answer:
    """One query's answer; `bad` are accounts with a row that cannot be read, and what is wrong with it."""

    rows: list[CostRow] = field(default_factory=list)
    bad: dict[str, str] = field(default_factory=dict)

    def without(self, accounts: Collection[str]) -> list[CostRow]:
        """The rows of the other accounts."""
        return [row for row in self.rows if row.account_id not in accounts]


class Reader:
    """Adds the pages of one query up to an Answer.

    Raises CostExplorerIncomplete, CostExplorerPagesChanged (a group comes twice), CostExplorerRejected (not asked for).
    `what` names the query in messages. `by_service`: groups are (account, service), else (account, record type).
    """

    def __init__(self, what: str, window: Period, metric: MetricName) -> None:
        self._what = what
        self._window = window
        self._metric = metric
        self._seen: set[tuple[date, str, str]] = set()
        self._days: set[date] = set()
        self.answer = Answer()

    def add_groups(
        self, results: Iterator[Mapping[str, Any]], accounts: Collection[str] | None, *, by_service: bool
    ) -> None:
        """Reads days of groups by account and `by_service`; `accounts` None: of any account."""
        for day, result in self._by_day(results):
            for group in self._list(result, "Groups", day):
                account_id, name = self._keys(group, day)
                if accounts is None:
                    if not ACCOUNT.fullmatch(account_id):
                        continue  # what is of no account at all is in the control total alone
                elif account_id not in accounts:
                    raise not_asked_for(f"account {account_id}")
                # A page may end inside a day, never inside a group: one that comes twice was counted twice.
                if (day, account_id, name) in self._seen:
                    raise pages_overlap(account_id, name, day)
                self._seen.add((day, account_id, name))
                amount, unit = self._money(group.get("Metrics"), self._metric)
                amortized, wrong = self._money(group.get("Metrics"), AMORTIZED)
                if amount is None or amortized is None or not is_text(name):
                    problem = (
                        unit if amount is None else wrong if amortized is None else "a name that is no text"
                    )
                    self.answer.bad.setdefault(account_id, f"{problem} on {day}")
                elif amount or amortized:
                    service, record_type = (name, None) if by_service else (None, name)
                    row = CostRow(day, account_id, service, record_type, amount, unit, amortized=amortized)
                    self.answer.rows.append(row)

    def add_totals(self, results: Iterator[Mapping[str, Any]], record_type: str) -> None:
        """Reads days without groups: one amount a day, which is of no account."""
        for day, result in self._by_day(results):
            amount, unit = self._money(result.get("Total"), self._metric)
            if amount is None:
                raise self._incomplete(f"{unit} on {day}")
            if amount:
                self.answer.rows.append(CostRow(day, "", None, record_type, amount, unit))

    def products(self, results: Iterable[Mapping[str, Any]]) -> dict[date, list[Product]]:
        """Days of groups by product and seller, without zeros."""
        found: dict[date, list[Product]] = {}
        for day, result in self._by_day(iter(results)):
            for group in self._list(result, "Groups", day):
                name, seller = self._keys(group, day)
                amount, unit = self._money(group.get("Metrics"), self._metric)
                if amount is None or not is_text(name) or _SURROGATE.search(seller):
                    raise self._incomplete(f"{unit or 'a name that is no text'} on {day}")
                if amount:
                    found.setdefault(day, []).append(Product(name, seller, amount, unit))
        return found

    def refuse_gaps(self) -> None:
        """Raises CostExplorerIncomplete unless every day of the window was answered."""
        absent = [day for day in self._window.dates() if day not in self._days]
        if absent:
            named = ", ".join(map(str, absent[-_DAYS_NAMED:]))
            raise self._incomplete(f"{len(absent)} of {self._window.days} days are missing ({named})")

    def _by_day(self, results: Iterator[Mapping[str, Any]]) -> Iterator[tuple[date, Mapping[str, Any]]]:
        for result in results:
            try:
                period = result["TimePeriod"]
                start, end = date.fromisoformat(period["Start"]), date.fromisoformat(period["End"])
            except (KeyError, TypeError, ValueError):
                raise self._incomplete("a result without its day") from None
            if start not in self._window:
                raise not_asked_for(str(start))
            if end != start + timedelta(days=1):
                raise self._incomplete(f"a result of more than a day ({start} to {end})")
            self._days.add(start)
            yield start, result

    def _list(self, result: Mapping[str, Any], key: str, day: date) -> list[Mapping[str, Any]]:
        found = result.get(key)
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise self._incomplete(f"no {key} on {day}")
        return found

    def _keys(self, group: Mapping[str, Any], day: date) -> tuple[str, str]:
        match group.get("Keys"):
            case [str(account_id), str(name)]:
                return account_id, name
            case _:
                raise self._incomplete(f"a row without its account on {day}")

    @staticmethod
    def _money(metrics: object, metric: str) -> tuple[Decimal, str] | tuple[None, str]:
        """(amount, unit), or None and what is wrong."""
        found = metrics.get(metric) if isinstance(metrics, dict) else None
        if not isinstance(found, dict):
            return None, f"no {metric}"
        text, unit = found.get("Amount"), found.get("Unit")
        amount = Decimal(text) if isinstance(text, str) and _AMOUNT.fullmatch(text) else _LARGEST
        if abs(amount) >= _LARGEST:
            return None, f"{ascii(text)[:20]} for an amount"
        if not is_text(unit):
            return None, f"{ascii(unit)[:20]} for a unit"
        return amount, unit

    def _incomplete(self, wrong: str) -> CostExplorerIncomplete:
        return incomplete(self._what, wrong)


def incomplete(what: str, wrong: str) -> CostExplorerIncomplete:
    """The error for an answer that lacks something; `what` names the query."""
    return CostExplorerIncomplete(f"Cost Explorer's {what}: {wrong}. Run again in some minutes.")


def pages_overlap(first: str, second: str, day: date) -> CostExplorerPagesChanged:
    """The error for a group that comes twice."""
    return CostExplorerPagesChanged(
        f"Cost Explorer's pages overlap ({ascii(first)[1:-1]}, {second!a}, {day}). Run again in some minutes."
    )


def not_asked_for(what: str) -> CostExplorerRejected:
    """The error for an answer to another question."""
    return CostExplorerRejected(
        f"Cost Explorer answered for {ascii(what)[1:-1]}, which was not asked for: the numbers cannot be trusted. "
        "Check AWS_ENDPOINT_URL and FINOPSGUARD_BILLING_VIEW_ARN."
    )


def is_text(value: object) -> TypeGuard[str]:
    """False for nothing at all, for more than a name, and for half of a pair of surrogates, which no file can hold."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and not _SURROGATE.search(value)
