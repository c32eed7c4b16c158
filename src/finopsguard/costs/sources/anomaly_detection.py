"""AWS Cost Anomaly Detection as ports.OpinionSource: one page of Cost Explorer's GetAnomalies, which costs $0.01.

AWS documents that it gives the findings whose last day is in the interval, of the last 90 days at most; and no size of
a page. A billing view cannot be named: it tells what the monitors of the account, or of the role's, have found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from finopsguard.costs.sources.answers import incomplete
from finopsguard.costs.sources.paged import Access
from finopsguard.models.money import CENT
from finopsguard.models.opinion import AwsFinding, AwsFindings, AwsPlace
from finopsguard.models.run import Period
from finopsguard.ports import Meter, unmetered

MOST_PLACES = 10
"""Root causes of a finding that are kept (AWS documents ten at most)."""
_LONGEST = 200
_ACCOUNT = re.compile(r"[0-9]{12}")
_LARGEST = Decimal(10**12)
_DAYS = ("AnomalyStartDate", "AnomalyEndDate")


class AnomalyDetection(Access):
    """Satisfies ports.OpinionSource."""

    def findings(self, days: Period, paid: Meter = unmetered) -> AwsFindings:
        """See ports.OpinionSource."""
        asker = self._asker(None, paid)
        query = {"DateInterval": {"StartDate": str(days.start), "EndDate": str(days.end - timedelta(days=1))}}
        page = asker.page(asker.client.get_anomalies, query, "Anomalies")
        found = page["Anomalies"]
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise incomplete("anomalies", "they are no list of objects")
        return AwsFindings(
            tuple(made for each in found if (made := _finding(each))), bool(page.get("NextPageToken"))
        )


def _finding(told: Mapping[str, Any]) -> AwsFinding | None:
    """A finding, where all that is needed of it is of the documented form."""
    name, impact = told.get("AnomalyId"), told.get("Impact")
    try:
        start, end = (date.fromisoformat(str(told.get(each))[:10]) for each in _DAYS)
        usd = Decimal(
            str(impact.get("TotalImpact", impact.get("MaxImpact"))) if isinstance(impact, dict) else ""
        )
    except (ValueError, InvalidOperation):
        return None
    if not isinstance(name, str) or not name or end < start or not usd.is_finite() or abs(usd) > _LARGEST:
        return None
    return AwsFinding(_text(name), start, end, usd.quantize(CENT), tuple(_places(told))[:MOST_PLACES])


def _places(told: Mapping[str, Any]) -> Iterator[AwsPlace]:
    causes = told.get("RootCauses")
    for each in causes if isinstance(causes, list) else ():
        if isinstance(each, dict):
            account = str(each.get("LinkedAccount") or "")
            yield AwsPlace(
                account if _ACCOUNT.fullmatch(account) else None,
                _text(each["Service"]) if each.get("Service") else None,
                _text(each["Region"]) if each.get("Region") else None,
            )


def _text(value: object) -> str:
    return str(value).encode("utf-8", "replace").decode()[:_LONGEST]
