"""Roll-ups: what no series tells by itself and many together do.

A service in a region, an account, a service, the Organization: each is judged as one series, in this order, on the sum
of its rows, with what was told below taken out of them. So a roll-up is told only for what nothing below it tells, and
only where it says more than its parts: several of them went its way, and none is most of it. A broad fall is told the
other way round, from the Organization down: what falls everywhere is one fall.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np

from finopsguard.detection.broad import broad_falls
from finopsguard.detection.calendar import WEEK
from finopsguard.detection.detector import NOTHING_KNOWN, checked, detect
from finopsguard.detection.gates import Mask
from finopsguard.detection.holidays import holiday_on
from finopsguard.detection.memory import Label, Memory, Span, rows_of
from finopsguard.detection.model import DEFAULT_CONFIG, Anomaly, Array, DetectionConfig
from finopsguard.detection.rest import Rest

Scope = Literal["service_region", "account", "service", "organization"]
Rows = tuple[int, ...]
Key = tuple[str, str, str]
"""(account, service, region); empty where a roll-up has several."""

LEAST_PARTS, LEAST_PART = 3, 0.05
"""So many of its series have so much of a roll-up's dollars at least, or half of what each would have of all alike."""
LARGEST_SERIES = 0.5
"""A series that has more of a roll-up's dollars is what happened, and its own gates did not let it be told."""
OWN_PART = 0.7
"""So much of a rise must be of series that had no such days before: what comes with the month is no news in a sum."""
NO_ROLL_UP: Mapping[Key, Memory] = {}


@dataclass(frozen=True, slots=True)
class LayerAnomaly:
    """An anomaly of the sum of some series. What the scope does not name is empty in `anomaly` and `region`."""

    scope: Scope
    region: str
    rows: Rows
    anomaly: Anomaly

    @property
    def key(self) -> Key:
        """What it is of."""
        return self.anomaly.account_id, self.anomaly.service, self.region


def without_told(
    costs: Array,
    first_day: date,
    found: Iterable[Anomaly],
    *,
    accounts: Sequence[str],
    services: Sequence[str],
    memory: Mapping[Label, Memory] = NOTHING_KNOWN,
) -> Rest:
    """What is left for roll-ups: the costs without what `detect` `found` in them and what is known.

    Days that were told, are planned or that nobody wants to know of cost what their weekday cost in the weeks before.
    """
    # What was muted before the history began is left out from the first day on that has two weeks before it.
    learned = first_day + timedelta(days=2 * WEEK)
    known: dict[int, Memory] = {
        row: Memory(
            told=tuple((max(start, learned), end) for start, end in (*each.told, *each.planned, *each.muted))
        )
        for row, each in rows_of(memory, accounts, services).items()
    }
    for anomaly in found:
        before = known.get(anomaly.series, Memory())
        known[anomaly.series] = Memory(told=(*before.told, _span(anomaly)))
    return Rest(np.asarray(costs, dtype=np.float64), first_day).without(known)


def judge_layers(
    rest: Rest,
    *,
    accounts: Sequence[str],
    services: Sequence[str],
    regions: Sequence[str] | None = None,
    config: DetectionConfig = DEFAULT_CONFIG,
    window: int = 3,
    complete_until: date | None = None,
    memory: Mapping[Key, Memory] = NO_ROLL_UP,
) -> list[LayerAnomaly]:
    """Anomalies of roll-ups in the newest `window` days, from the lowest layer to the Organization.

    `rest` is what `without_told` leaves of costs in USD, newest day last; row i is `accounts[i]`, `services[i]` and, if
    given, `regions[i]`. Services that are never judged are in no roll-up. `memory` is what is known of roll-ups: what
    one has told, none above it tells. Raises InvalidInput for a wrong shape, labels that do not match, NaN or infinity.
    """
    places = regions if regions is not None else [""] * len(accounts)
    checked(rest.costs, accounts=accounts, services=services, regions=places)
    heard: Mask = np.asarray(rest.costs.any(axis=1))
    if config.excluded_services:
        heard[[service in config.excluded_services for service in services]] = False
    layers: list[tuple[Scope, Mapping[Key, Rows]]] = []
    judged: set[Rows] = set()
    for scope, groups in _layers(accounts, services, places, heard, with_regions=regions is not None):
        sums = {key: rows for key, rows in groups.items() if len(rows) > 1 and rows not in judged}
        judged |= set(sums.values())
        if sums:
            layers.append((scope, sums))
    told: list[LayerAnomaly] = []
    for of, groups in layers:
        found = _judged(of, groups, rest, config, window, complete_until, memory)
        found = _without_holidays(found, rest, accounts)
        rest = _without_layer(rest, groups, found, memory)
        told += found
    for of, groups in reversed(layers):
        if of != "service_region":
            found = _fallen(of, groups, rest, config, window, complete_until)
            rest = _without_layer(rest, groups, found, {})
            told += found
    return told


def _without_layer(
    rest: Rest, sums: Mapping[Key, Rows], found: Iterable[LayerAnomaly], memory: Mapping[Key, Memory]
) -> Rest:
    """What the other layers are judged on: without what this one has told, now or before."""
    return rest.without_each(
        {
            **{sums[key]: each.told for key, each in memory.items() if key in sums and each.told},
            **{each.rows: (_span(each.anomaly),) for each in found},
        }
    )


def sum_of(scope: str, key: Key, accounts: Sequence[str], services: Sequence[str]) -> Rows:
    """The rows of a roll-up that has no region."""
    account, service, _ = key
    return tuple(
        row
        for row, (of_account, of_service) in enumerate(zip(accounts, services, strict=True))
        if scope == "organization" or (of_account == account if scope == "account" else of_service == service)
    )


def _judged(
    scope: Scope,
    sums: Mapping[Key, Rows],
    rest: Rest,
    config: DetectionConfig,
    window: int,
    complete_until: date | None,
    memory: Mapping[Key, Memory],
) -> list[LayerAnomaly]:
    """One layer; a region stands in the place of the account while it is judged, for a series has two labels."""
    keys = list(sums)
    labels = [account or region for account, _, region in keys]
    costs = rest.sums(list(sums.values()))
    known = {(label, key[1]): memory[key] for label, key in zip(labels, keys, strict=True) if key in memory}
    found = detect(
        costs,
        rest.first_day,
        accounts=labels,
        services=[service for _, service, _ in keys],
        config=replace(config, excluded_services=frozenset()),
        window=window,
        complete_until=complete_until,
        memory=known,
    )
    return _saying_more(scope, sums, found, rest)


def _without_holidays(
    found: Sequence[LayerAnomaly], rest: Rest, accounts: Sequence[str]
) -> list[LayerAnomaly]:
    """Without the falls of sums on days on which the Organization rests: teams that rest on different weekdays make a
    sum without a rhythm of its own.
    """
    days = {day for each in found if each.anomaly.direction < 0 for day, _ in each.anomaly.excess_by_day}
    holidays = {
        day: holiday_on(rest.costs, rest.first_day, (day - rest.first_day).days, accounts) for day in days
    }

    def excused(each: LayerAnomaly) -> bool:
        known = [holidays[day] for day, _ in each.anomaly.excess_by_day]
        return all(holiday is not None and holiday.explains(each.rows) for holiday in known)

    return [each for each in found if each.anomaly.direction > 0 or not excused(each)]


def _fallen(
    scope: Scope,
    sums: Mapping[Key, Rows],
    rest: Rest,
    config: DetectionConfig,
    window: int,
    complete_until: date | None,
) -> list[LayerAnomaly]:
    costs = rest.sums(list(sums.values()))
    complete = costs.shape[1] - 1 if complete_until is None else (complete_until - rest.first_day).days
    found = broad_falls(costs, rest.first_day, window=window, complete=complete, config=config)
    return _saying_more(scope, sums, found, rest)


def _saying_more(
    scope: Scope, sums: Mapping[Key, Rows], found: Iterable[Anomaly], rest: Rest
) -> list[LayerAnomaly]:
    keys = list(sums)
    return [
        LayerAnomaly(scope, key[2], sums[key], replace(each, account_id=key[0], service=key[1]))
        for each in found
        for key in [keys[each.series]]
        if says_more(rest, sums[key], each)
    ]


def says_more(rest: Rest, rows: Rows, anomaly: Anomaly) -> bool:
    """True where several series went a roll-up's way, none of them is most of it, and it is news to most of them."""
    gains = rest.gains(rows, _span(anomaly)) * anomaly.direction
    whole = gains.sum()
    if whole <= 0:
        return False
    if anomaly.direction > 0:
        gains = np.where(rest.as_before(rows, _span(anomaly)), 0, gains)
        if gains.sum() < OWN_PART * whole:
            return False
    part = min(LEAST_PART, 0.5 / len(rows))
    return bool((gains >= part * whole).sum() >= LEAST_PARTS and gains.max() <= LARGEST_SERIES * whole)


def _layers(
    accounts: Sequence[str],
    services: Sequence[str],
    regions: Sequence[str],
    heard: Mask,
    *,
    with_regions: bool,
) -> Iterable[tuple[Scope, Mapping[Key, Rows]]]:
    """The rows of each roll-up that cost anything and may be judged."""
    labels = [
        (row, each) for row, each in enumerate(zip(accounts, services, regions, strict=True)) if heard[row]
    ]
    if with_regions:
        yield "service_region", _grouped((row, ("", service, region)) for row, (_, service, region) in labels)
    yield "account", _grouped((row, (account, "", "")) for row, (account, _, _) in labels)
    yield "service", _grouped((row, ("", service, "")) for row, (_, service, _) in labels)
    yield "organization", _grouped((row, ("", "", "")) for row, _ in labels)


def _grouped(keys: Iterable[tuple[int, Key]]) -> dict[Key, Rows]:
    found: dict[Key, list[int]] = {}
    for row, key in keys:
        found.setdefault(key, []).append(row)
    return {key: tuple(rows) for key, rows in found.items()}


def _span(anomaly: Anomaly) -> Span:
    return anomaly.start, max([anomaly.day, *(day for day, _ in anomaly.excess_by_day)])
