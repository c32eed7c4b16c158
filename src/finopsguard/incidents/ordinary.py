"""Rises that are no anomaly: what costs far more than expected on the compared days and is not told, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from finopsguard.costs.series import DailySeries, cents
from finopsguard.detection import DetectionConfig, Expected, Untold, untold
from finopsguard.incidents.known import memory_of
from finopsguard.models.incident import Incident
from finopsguard.models.report import Report, UntoldReason, UntoldRise

LARGEST = 20
"""So many are kept, the largest."""


def with_untold(
    report: Report,
    told: Iterable[Incident],
    series: DailySeries,
    config: DetectionConfig,
    life: Sequence[Incident],
    expected: Expected | None,
) -> Report:
    """The report with the rises of its compared days that neither an anomaly nor one of the incidents `told` has.

    Days of one service with one reason are one rise; the `life` says what is known of the services, and `expected` is
    the report's `expectation_of`. Raises InvalidInput for costs that cannot be judged.
    """
    days = set(report.comparison.days) if report.comparison else set()
    if not days or expected is None:
        return report
    known = {
        (incident.account_id, member.service, day)
        for incident in told
        if incident.direction > 0
        for member in incident.members
        for day in member.days
        if incident.start <= day <= incident.last_day
    }
    found: dict[tuple[str, str, UntoldReason], list[Untold]] = {}
    for each in untold(
        series.costs,
        series.first_day,
        accounts=series.accounts,
        services=series.services,
        config=config,
        window=max(1, (series.end - min(days)).days),
        memory=memory_of(life),
        expected=expected,
    ):
        of = (each.account_id, each.service), (each.account_id, ""), ("", each.service), ("", "")
        if each.day in days and not known & {(*label, each.day) for label in of}:
            found.setdefault((each.account_id, each.service, each.reason), []).append(each)
    names = {account.id: account.name for account in report.accounts}
    rises = [_rise(names.get(account, account), each) for (account, _, _), each in found.items()]
    rises.sort(key=lambda rise: (rise.expected - rise.actual, rise.account_id, rise.service, rise.reason))
    return replace(report, untold=tuple(rises[:LARGEST]))


def _rise(name: str, days: list[Untold]) -> UntoldRise:
    first = days[0]
    on: tuple[date, ...] = tuple(sorted(each.day for each in days))
    return UntoldRise(
        account_id=first.account_id,
        account_name=name,
        service=first.service,
        days=on,
        actual=cents(sum(each.actual for each in days)),
        expected=cents(sum(each.expected for each in days)),
        reason=first.reason,
    )
