"""What a line of several accounts or services consists of: its dollars by account, or by service, to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from finopsguard.costs.series import DailySeries, cents
from finopsguard.detection.rest import Rest
from finopsguard.incidents.rollups import place_of, rows_of
from finopsguard.models.cause import Cause
from finopsguard.models.incident import Incident

NAMED_PARTS = 20
"""So many parts are named; the others are one."""
WENT_ALONG = 0.5
"""A series went a roll-up's way if it did so by half of the roll-up's own share."""
LARGEST_PARTS = 3
_NOTHING = Decimal(0)
Label = tuple[str, str]
"""(account, service)."""


class Parts(NamedTuple):
    """The causes that add up to the line's dollars, and how many accounts went its way."""

    causes: tuple[Cause, ...]
    accounts: int


def parts_of(group: Sequence[Incident], series: DailySeries, rest: Rest) -> Parts:
    """The parts of a line, largest first: by service where it is of one account, else by account; of the whole
    Organization by whichever says more.
    """
    dollars: dict[Label, Decimal] = {}
    left = _NOTHING
    for incident in group:
        found = _of_rollup(incident, series, rest) if incident.is_rollup else _own(incident)
        for label, usd in found.items():
            dollars[label] = dollars.get(label, _NOTHING) + usd
        left += incident.impact - sum(found.values(), _NOTHING)
    by_account = _added((account, usd) for (account, _), usd in dollars.items())
    by_service = _added((service, usd) for (_, service), usd in dollars.items())
    whole = sum((each.impact for each in group), _NOTHING)
    if len(by_account) > 1 and not (_is_organization(group) and _largest(by_service) > _largest(by_account)):
        causes = _causes("account", by_account, left, _in_all("account", group, series) - len(by_account))
    else:
        causes = _causes("service", by_service, left, _in_all("service", group, series) - len(by_service))
    way = 1 if whole >= 0 else -1
    return Parts(causes, max(1, sum(usd * way > 0 for usd in by_account.values())))


def regions_of(group: Sequence[Incident]) -> tuple[Cause, ...]:
    """The parts of a line of Regions: by Region where there are several, or else by service; none of one of both."""
    by_region = _added((each.region, each.impact) for each in group)
    by_service = _added((member.service, member.impact) for each in group for member in each.members)
    if len(by_region) > 1:
        return _causes("region", by_region, _NOTHING, 0)
    return _causes("service", by_service, _NOTHING, 0) if len(by_service) > 1 else ()


def _own(incident: Incident) -> dict[Label, Decimal]:
    return {(incident.account_id, each.service): each.impact for each in incident.members}


def _of_rollup(incident: Incident, series: DailySeries, rest: Rest) -> dict[Label, Decimal]:
    """The dollars of a roll-up by series that went its way, each as large a part as it is of the sum of all."""
    rows = np.array(rows_of(place_of(incident), series), dtype=np.int64)
    if not len(rows):
        return {}
    span = (incident.start, incident.last_day)
    gains = rest.gains(rows.tolist(), span)
    usual = np.maximum(rest.mean(rows.tolist(), span) - gains, 0)
    whole = float(gains.sum())
    if whole * incident.direction <= 0:
        return {}
    along = gains * incident.direction > 0
    if usual.sum() >= 1:
        along &= np.abs(gains) >= WENT_ALONG * abs(whole) / usual.sum() * usual
    return {
        (series.accounts[row], series.services[row]): cents(incident.impact * Decimal(gain / whole))
        for row, gain in zip(rows[along].tolist(), gains[along].tolist(), strict=True)
    }


def _added(items: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for name, usd in items:
        found[name] = found.get(name, _NOTHING) + usd
    return found


def _is_organization(group: Sequence[Incident]) -> bool:
    return any(each.scope == "organization" for each in group)


def _largest(parts: Mapping[str, Decimal]) -> Decimal:
    return sum(sorted((abs(usd) for usd in parts.values()), reverse=True)[:LARGEST_PARTS], _NOTHING)


def _in_all(dimension: str, group: Sequence[Incident], series: DailySeries) -> int:
    """How many accounts (or services) the sums of the group's roll-ups are of."""
    names = series.accounts if dimension == "account" else series.services
    rows = {row for each in group if each.is_rollup for row in rows_of(place_of(each), series)}
    return len({names[row] for row in rows})


def _causes(dimension: str, parts: Mapping[str, Decimal], left: Decimal, others: int) -> tuple[Cause, ...]:
    """The largest parts, and all others as one, with what belongs to none."""
    ranked = sorted(parts.items(), key=lambda each: (-abs(each[1]), each[0]))
    named, rest = ranked[:NAMED_PARTS], ranked[NAMED_PARTS:]
    more = left + sum((usd for _, usd in rest), _NOTHING)
    hidden = len(rest) + max(others, 0)
    if named and not hidden:  # cents that rounding leaves
        named[0] = (named[0][0], named[0][1] + more)
    causes = [Cause(dimension, name, usd) for name, usd in named]
    if hidden and more:
        causes.append(Cause(f"other_{dimension}s", str(hidden), more))
    return tuple(causes)
