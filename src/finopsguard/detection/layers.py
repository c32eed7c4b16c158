"""Roll-ups: what no series tells by itself and many together do.

A service in a region, an account, a service, the Organization: each is judged as one series, in this order, on the sum
of its rows, with what was told below taken out of them. So a roll-up is told only for what nothing below it tells.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np

from finopsguard.detection.calendar import WEEK
from finopsguard.detection.detector import NOTHING_KNOWN, checked, detect
from finopsguard.detection.memory import Label, Memory, learned_costs, rows_of
from finopsguard.detection.model import DEFAULT_CONFIG, Anomaly, Array, DetectionConfig

Scope = Literal["service_region", "account", "service", "organization"]
Rows = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LayerAnomaly:
    """An anomaly of the sum of some series. What the scope does not name is empty in `anomaly` and `region`."""

    scope: Scope
    region: str
    rows: Rows
    anomaly: Anomaly


def without_told(
    costs: Array,
    first_day: date,
    found: Iterable[Anomaly],
    *,
    accounts: Sequence[str],
    services: Sequence[str],
    memory: Mapping[Label, Memory] = NOTHING_KNOWN,
) -> Array:
    """What is left for roll-ups: the costs without what `detect` `found` in them and what is known: (series, days).

    Days that were told, are planned or that nobody wants to know of cost what their weekday cost in the weeks before.
    """
    # What was muted before the history began is left out from the first day on that has two weeks before it.
    learned = first_day + timedelta(days=2 * WEEK)
    known = {
        row: Memory(
            told=tuple((max(start, learned), end) for start, end in (*each.told, *each.planned, *each.muted))
        )
        for row, each in rows_of(memory, accounts, services).items()
    }
    rest = learned_costs(np.asarray(costs, dtype=np.float64), first_day, known)
    return _without(rest, first_day, (((anomaly.series,), anomaly) for anomaly in found))


def judge_layers(
    costs: Array,
    first_day: date,
    *,
    accounts: Sequence[str],
    services: Sequence[str],
    regions: Sequence[str] | None = None,
    config: DetectionConfig = DEFAULT_CONFIG,
    window: int = 3,
    complete_until: date | None = None,
) -> list[LayerAnomaly]:
    """Anomalies of roll-ups in the newest `window` days, from the lowest layer to the Organization.

    `costs`: (series, days) USD, newest day last, as `without_told` leaves them; row i is `accounts[i]`, `services[i]`
    and, if given, `regions[i]`. Services that are never judged are in no roll-up. Raises InvalidInput for a wrong
    shape, labels that do not match, NaN or infinity.
    """
    places = regions if regions is not None else [""] * len(accounts)
    rest = checked(costs, accounts=accounts, services=services, regions=places)
    told: list[LayerAnomaly] = []
    judged: set[Rows] = set()
    for scope, groups in _layers(accounts, services, places, with_regions=regions is not None):
        sums = {
            key: rows
            for key, all_rows in groups.items()
            if len(rows := _heard(all_rows, rest, services, config)) > 1 and rows not in judged
        }
        if not sums:
            continue
        judged |= set(sums.values())
        layer = detect(
            np.array([rest[list(rows)].sum(axis=0) for rows in sums.values()]),
            first_day,
            accounts=[account for account, _, _ in sums],
            services=[service for _, service, _ in sums],
            config=replace(config, excluded_services=frozenset()),
            window=window,
            complete_until=complete_until,
        )
        keys = list(sums)
        here = [LayerAnomaly(scope, keys[each.series][2], sums[keys[each.series]], each) for each in layer]
        rest = _without(rest, first_day, ((each.rows, each.anomaly) for each in here))
        told += here
    return told


Key = tuple[str, str, str]
"""(account, service, region); empty where a roll-up has several."""


def _layers(
    accounts: Sequence[str], services: Sequence[str], regions: Sequence[str], *, with_regions: bool
) -> Iterable[tuple[Scope, Mapping[Key, list[int]]]]:
    labels = list(zip(accounts, services, regions, strict=True))
    if with_regions:
        yield "service_region", _grouped([("", service, region) for _, service, region in labels])
    yield "account", _grouped([(account, "", "") for account, _, _ in labels])
    yield "service", _grouped([("", service, "") for _, service, _ in labels])
    yield "organization", _grouped([("", "", "")] * len(labels))


def _grouped(keys: Iterable[Key]) -> dict[Key, list[int]]:
    found: dict[Key, list[int]] = {}
    for row, key in enumerate(keys):
        found.setdefault(key, []).append(row)
    return found


def _heard(rows: Sequence[int], costs: Array, services: Sequence[str], config: DetectionConfig) -> Rows:
    """The rows that cost anything and may be judged."""
    return tuple(row for row in rows if services[row] not in config.excluded_services and costs[row].any())


def _without(costs: Array, first_day: date, told: Iterable[tuple[Rows, Anomaly]]) -> Array:
    """The costs as if what was told had not been: its days cost what their weekday cost in the weeks before."""
    spans: dict[int, tuple[tuple[date, date], ...]] = {}
    for rows, anomaly in told:
        last = max([anomaly.day, *(day for day, _ in anomaly.excess_by_day)])
        for row in rows:
            spans[row] = (*spans.get(row, ()), (anomaly.start, last))
    return learned_costs(costs, first_day, {row: Memory(told=each) for row, each in spans.items()})
