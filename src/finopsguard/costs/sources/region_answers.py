"""Cost Explorer's answer about usage by service and Region, taken apart with the suspicion that is due to costs.

What a Region is called is said here for all sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from finopsguard.costs.sources.answers import Reader, is_text, pages_overlap
from finopsguard.models.costs import CostRow
from finopsguard.models.metrics import AMORTIZED, MetricName
from finopsguard.models.run import Period

GLOBAL = "global"
"""What has no Region, as Cost Explorer writes it for services without one; others it leaves empty or says so."""
_NONE = frozenset({"", "NoRegion"})


def place_of(named: str) -> str:
    """The Region as it is held and judged, whatever the source calls what has none."""
    return GLOBAL if named in _NONE else named


class RegionReader(Reader):
    """Adds the pages of one query up; groups are (service, Region). `held_as` stands for the accounts together.

    Raises CostExplorerIncomplete and CostExplorerPagesChanged. A row that cannot be read makes the whole answer
    incomplete: nobody knows whose it is.
    """

    def __init__(self, what: str, window: Period, metric: MetricName, held_as: str) -> None:
        super().__init__(what, window, metric)
        self._held_as = held_as

    def add(self, results: Iterable[Mapping[str, Any]]) -> None:
        """Reads days of groups, without zeros."""
        for day, result in self._by_day(iter(results)):
            for group in self._list(result, "Groups", day):
                service, named = self._keys(group, day)
                if (day, service, named) in self._seen:
                    raise pages_overlap(service, named, day)
                self._seen.add((day, service, named))
                amount, unit = self._money(group.get("Metrics"), self._metric)
                amortized, wrong = self._money(group.get("Metrics"), AMORTIZED)
                if amount is None or amortized is None:
                    raise self._incomplete(f"{unit if amount is None else wrong} on {day}")
                region = place_of(named)
                if not is_text(service) or not is_text(region):
                    raise self._incomplete(f"a name that is no text on {day}")
                if amount or amortized:
                    row = CostRow(
                        day, self._held_as, service, None, amount, unit, amortized=amortized, region=region
                    )
                    self.answer.rows.append(row)
