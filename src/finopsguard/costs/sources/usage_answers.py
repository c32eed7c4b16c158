"""Cost Explorer's answers about usage by type, taken apart with the same suspicion as those about costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from finopsguard.costs.sources.answers import ACCOUNT, Reader, is_text, pages_overlap
from finopsguard.models.costs import AccountUsage, Second, UsageLine
from finopsguard.models.metrics import AMORTIZED, USAGE_QUANTITY, MetricName
from finopsguard.models.run import Period

# What Cost Explorer gives for the unit of a quantity that has none, or that is the sum of several units.
_NO_UNIT = "N/A"


class UsageReader(Reader):
    """Adds the pages of one query up; groups are (usage type, `second`).

    Raises CostExplorerIncomplete and CostExplorerPagesChanged. Nothing is left out: a row that cannot be read makes the
    whole answer incomplete, for the parts of an incident have to add up.
    """

    def __init__(self, what: str, window: Period, metric: MetricName, second: Second) -> None:
        super().__init__(what, window, metric)
        self._second = second
        self._lines: list[UsageLine] = []

    def add(self, results: Iterable[Mapping[str, Any]]) -> None:
        """Reads days of groups."""
        for day, result in self._by_day(iter(results)):
            for group in self._list(result, "Groups", day):
                usage_type, name = self._keys(group, day)
                if (day, usage_type, name) in self._seen:
                    raise pages_overlap(usage_type, name, day)
                self._seen.add((day, usage_type, name))
                line = self._line(day, usage_type, name, group.get("Metrics"))
                if line.amount or line.amortized or line.quantity:
                    self._lines.append(line)

    def lines(self) -> list[UsageLine]:
        """All lines; raises CostExplorerIncomplete where a day is missing, or there is no line at all.

        A quantity of several units is none: 0, without a unit.
        """
        self.refuse_gaps()
        if not self._lines:
            raise self._incomplete("no usage on any day, where there were costs")
        mixed = {self._group(line) for line in self._lines if line.quantity and line.unit == _NO_UNIT}
        units = {self._group(line): line.unit for line in self._lines if line.unit != _NO_UNIT}
        return [
            line._replace(quantity=Decimal(0), unit="")
            if self._group(line) in mixed
            else line._replace(unit=units.get(self._group(line), ""))
            for line in self._lines
        ]

    def _line(self, day: date, usage_type: str, name: str, metrics: object) -> UsageLine:
        read = [self._money(metrics, each) for each in (self._metric, AMORTIZED, USAGE_QUANTITY)]
        for amount, wrong in read:
            if amount is None:
                raise self._incomplete(f"{wrong} on {day}")
        if not is_text(usage_type) or (name and not is_text(name)):
            raise self._incomplete(f"a name that is no text on {day}")
        amount, amortized, quantity = (each or Decimal(0) for each, _ in read)
        return UsageLine(day, usage_type, amount, amortized, quantity, read[2][1], **{self._second: name})

    def _group(self, line: UsageLine) -> tuple[str, str]:
        return line.usage_type, getattr(line, self._second)


class AccountReader(Reader):
    """Adds a page up; groups are accounts. Raises what UsageReader raises, but for an answer without any line."""

    def __init__(self, what: str, window: Period, metric: MetricName) -> None:
        super().__init__(what, window, metric)
        self.lines: list[AccountUsage] = []

    def add(self, results: Iterable[Mapping[str, Any]]) -> None:
        """Reads days of groups, without zeros; what is of no account at all is nobody's."""
        for day, result in self._by_day(iter(results)):
            for group in self._list(result, "Groups", day):
                keys = group.get("Keys")
                if not isinstance(keys, list) or len(keys) != 1 or not isinstance(keys[0], str):
                    raise self._incomplete(f"a row without its account on {day}")
                if not ACCOUNT.fullmatch(keys[0]):
                    continue
                amount, wrong = self._money(group.get("Metrics"), self._metric)
                amortized, wrong_too = self._money(group.get("Metrics"), AMORTIZED)
                if amount is None or amortized is None:
                    raise self._incomplete(f"{wrong if amount is None else wrong_too} on {day}")
                if amount or amortized:
                    self.lines.append(AccountUsage(day, keys[0], amount, amortized))
