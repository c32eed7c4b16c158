"""Regions: what is new in one, and what one hides from the sums of accounts.

Pure. The costs of (service, Region) are those of (account, service) once more, cut the other way: a rise in one Region
that a saving in another cancels is seen here alone, and so is where a service runs for the first time. What was told of
a service is taken out of its Regions first, so that nothing is told in two layers. Rules:
- **new**: compute in a Region that never had any; or a Region that was not used but for what watches. Told on its first
  days from a part of the least excess on, for whoever runs machines where nobody looks begins small. What begins in the
  Region then is part of it, and MANY_REGIONS of them are one.
- a rise is judged as that of any series (`detect`), where the service is used in another Region too, and is told where
  neither an account's series nor the service's shows it: what they show is judged there. A service that rose alike in
  several Regions is left to the services' sums. A fall is told as where a rise came from, never alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np

from finopsguard.detection.arrivals import FIRST_DAYS
from finopsguard.detection.detector import NOTHING_KNOWN, checked, detect
from finopsguard.detection.falls import SAME_DAYS
from finopsguard.detection.memory import LIKE, Label, Memory, columns_of
from finopsguard.detection.model import DEFAULT_CONFIG, Anomaly, Array, DetectionConfig, Kind
from finopsguard.detection.moved import material, moved_by, without_services
from finopsguard.detection.purposes import WATCHING, is_compute
from finopsguard.detection.rest import Rest
from finopsguard.detection.stories import JoinedStory, join_stories

NO_PLACES = frozenset({"", "global", "NoRegion"})
"""What Cost Explorer calls the Region of what has none."""
KNOWN_DAYS = 28
"""Of fewer days before it nobody can say that a Region was never used."""
COMPUTE_PART, COMPUTE_BEFORE = 0.05, 0.01
"""Parts of the least excess: so much compute a day is told where there never was more than so much."""
REGION_PART, REGION_BEFORE = 0.5, 0.1
"""The same of all services together, but for those that are switched on in every Region."""
MANY_REGIONS = 3
_OF_ACCOUNTS: frozenset[Kind] = frozenset({"drift", "sparse"})
"""Slow rises and bursts are judged by what an account's own series was."""
COVERED = 0.5
"""Of what was told of its services already by more than this part only the mark is news."""

New = Literal["region", "compute"]
Place = tuple[str, str]
"""(service, Region)."""


@dataclass(frozen=True, slots=True)
class RegionAnomaly:
    """An anomaly of some `places`, the largest first, whose rows are `rows`; `anomaly` is of their sum.

    `new`: the Region itself, or compute in it, was never used before. `security`: compute is part of what is new.
    `by_place` has the USD of each place by day, above (or below) what is usual. `fell` are places that fell by as much
    from the same day. `covered`: its dollars were told of accounts and services
    already, and that it is new is all there is to add.
    """

    places: tuple[Place, ...]
    rows: tuple[int, ...]
    anomaly: Anomaly
    by_place: tuple[tuple[tuple[date, float], ...], ...]
    new: New | None = None
    security: bool = False
    fell: tuple[Place, ...] = ()
    covered: bool = False


@dataclass(frozen=True, slots=True)
class Beneath:
    """The same money by account and service: row i is of `services[i]`; `rest` is it as `without_told` leaves it."""

    costs: Array
    rest: Rest
    services: Sequence[str]

    def told(self) -> dict[str, Array]:
        """What was told of each service, USD by day, above (or below) what is usual: (days,)."""
        found: dict[str, Array] = {}
        for row, cost in self.rest.changed.items():
            service = self.services[row]
            found[service] = found.get(service, 0) + self.costs[row] - cost
        return found


def without_regions(rest: Rest, services: Sequence[str], told: Mapping[str, Mapping[date, float]]) -> Rest:
    """The costs of accounts and services, as `without_told` leaves them, without what is told of Regions.

    `services` are those of its rows, `told` has USD above what is usual by service and day.
    """
    changed = dict(rest.changed)
    days = rest.costs.shape[1]
    for service, by_day in told.items():
        rows = [row for row, name in enumerate(services) if name == service]
        excess = np.zeros(days)
        for day, usd in by_day.items():
            if 0 <= (day - rest.first_day).days < days:
                excess[(day - rest.first_day).days] += usd
        left = without_services(rest.rows(rows), [service] * len(rows), {service: excess})
        changed.update(zip(rows, left, strict=True))
    return Rest(rest.costs, rest.first_day, changed)


def judge_regions(
    costs: Array,
    first_day: date,
    beneath: Beneath,
    *,
    places: Sequence[Place],
    config: DetectionConfig = DEFAULT_CONFIG,
    window: int = 3,
    complete_until: date | None = None,
    memory: Mapping[Label, Memory] = NOTHING_KNOWN,
) -> list[RegionAnomaly]:
    """Anomalies of the newest `window` days, largest impact first; days from `complete_until` on may still grow.

    `costs`: (series, days) USD of all accounts together, newest day last; row i is of `places[i]`. `beneath` has the
    same days. `memory` holds what is known of a series, by (Region, service). Raises InvalidInput for a wrong shape,
    labels that do not match, NaN or infinity.
    """
    services, regions = [service for service, _ in places], [region for _, region in places]
    matrix = checked(costs, services=services)
    if not matrix.size:
        return []
    rest = without_services(matrix, services, beneath.told())
    judged = _Judged(matrix, rest, first_day, services, regions, config, window, memory)
    new = _new(judged)
    others = [each for each in _risen(judged, complete_until) if not _seen(judged, each, beneath)]
    found = [_with_companions(judged, each, others) for each in new]
    taken = {row for each in found for row in each.rows}
    found += [each for each in others if not taken.intersection(each.rows)]
    return sorted(found, key=lambda each: (-abs(each.anomaly.impact), each.rows))


@dataclass(frozen=True, slots=True)
class _Judged:
    """What is judged: costs as they are, and without what was told."""

    costs: Array
    rest: Array
    first_day: date
    services: Sequence[str]
    regions: Sequence[str]
    config: DetectionConfig
    window: int
    memory: Mapping[Label, Memory]

    @property
    def days(self) -> int:
        return int(self.costs.shape[1])

    def place(self, row: int) -> Place:
        return self.services[row], self.regions[row]

    def judged(self, row: int) -> bool:
        return self.services[row] not in self.config.excluded_services


# ---- what is new -----------------------------------------------------------------------------------------------------


def _new(judged: _Judged) -> list[RegionAnomaly]:
    """What is new, by its first day and Region; many Regions of one day together."""
    by_region: dict[str, list[int]] = {}
    for row, region in enumerate(judged.regions):
        if region not in NO_PLACES and judged.judged(row):
            by_region.setdefault(region, []).append(row)
    found = [each for rows in by_region.values() if (each := _new_in(judged, rows))]
    alike: list[list[RegionAnomaly]] = []
    for each in sorted(found, key=lambda one: (one.anomaly.start, -one.anomaly.impact)):
        if alike and (each.anomaly.start - alike[-1][0].anomaly.start).days <= SAME_DAYS:
            alike[-1].append(each)
        else:
            alike.append([each])
    return [
        one
        for group in alike
        for one in ([_together(judged, group)] if len(group) >= MANY_REGIONS else group)
    ]


def _new_in(judged: _Judged, rows: Sequence[int]) -> RegionAnomaly | None:
    """What is new in a Region, of which these are all rows."""
    least = judged.config.min_usd
    rows = [row for row in rows if judged.services[row] not in WATCHING]
    compute = [row for row in rows if is_compute(judged.services[row])]
    start = _began(judged, rows, REGION_PART * least, REGION_BEFORE * least)
    if start is not None:
        return _of_rows(judged, rows, start, "region")
    start = _began(judged, compute, COMPUTE_PART * least, COMPUTE_BEFORE * least)
    return None if start is None else _of_rows(judged, compute, start, "compute")


def _began(judged: _Judged, rows: Sequence[int], least: float, before: float) -> int | None:
    """The day on which rows began that never cost as much as `before` a day, and cost `least` on a judged day.

    None where they did not, on the first of their days.
    """
    if not rows:
        return None
    cost = judged.costs[list(rows)].sum(axis=0)
    used = np.flatnonzero(cost >= before)
    if not len(used):
        return None
    start = int(used[0])
    stop = min(judged.days, start + FIRST_DAYS)
    days = [day for day in range(max(start, judged.days - judged.window), stop) if cost[day] >= least]
    if start < KNOWN_DAYS or not days or all(_silenced(judged, row, day) for row in rows for day in days):
        return None
    return start


def _silenced(judged: _Judged, row: int, day: int) -> bool:
    known = judged.memory.get((judged.regions[row], judged.services[row]), Memory())
    spans = (columns_of(each, judged.first_day, judged.days) for each in (*known.planned, *known.muted))
    marked = bool(known.ordinary) and judged.costs[row, day] <= LIKE * max(known.ordinary)
    return marked or any(span.start <= day < span.stop for span in spans)


def _of_rows(judged: _Judged, rows: Iterable[int], start: int, new: New) -> RegionAnomaly:
    """The rows that cost anything since then, as one anomaly against nothing."""
    costs = judged.costs[:, start:]
    ranked = sorted((row for row in rows if costs[row].sum() > 0), key=lambda row: (-costs[row].sum(), row))
    cost = costs[ranked].sum(axis=0)
    left = judged.rest[ranked, start:].sum()
    peak = int(np.argmax(cost))
    days = [judged.first_day + timedelta(days=start + day) for day in range(len(cost))]
    return RegionAnomaly(
        places=tuple(judged.place(row) for row in ranked),
        rows=tuple(ranked),
        anomaly=Anomaly(
            series=ranked[0],
            account_id="",
            service=judged.services[ranked[0]],
            day=days[peak],
            start=days[0],
            direction=1,
            actual=float(cost[peak]),
            expected=0.0,
            impact=float(cost.sum()),
            score=2 + float(np.log(max(cost[peak], 1))),
            kind="new",
            excess_by_day=tuple(zip(days, cost.tolist(), strict=True)),
        ),
        by_place=tuple(tuple(zip(days, of_place.tolist(), strict=True)) for of_place in costs[ranked]),
        new=new,
        security=any(is_compute(judged.services[row]) for row in ranked),
        covered=bool(left <= (1 - COVERED) * cost.sum()),
    )


def _together(judged: _Judged, group: Sequence[RegionAnomaly]) -> RegionAnomaly:
    start = (min(each.anomaly.start for each in group) - judged.first_day).days
    new: New = "region" if any(each.new == "region" for each in group) else "compute"
    return _of_rows(judged, [row for each in group for row in each.rows], start, new)


def _with_companions(judged: _Judged, found: RegionAnomaly, others: Sequence[RegionAnomaly]) -> RegionAnomaly:
    """With what else began in its Regions on its first day: volumes and addresses come with machines."""
    places = {region for _, region in found.places}
    more = {
        row
        for each in others
        for row in each.rows
        if each.anomaly.kind == "new"
        and judged.regions[row] in places
        and abs((each.anomaly.start - found.anomaly.start).days) <= SAME_DAYS
    }
    if found.new is None or more <= set(found.rows):
        return found
    start = (found.anomaly.start - judged.first_day).days
    return _of_rows(judged, {*found.rows, *more}, start, found.new)


# ---- what moved ------------------------------------------------------------------------------------------------------


def _risen(judged: _Judged, complete_until: date | None) -> list[RegionAnomaly]:
    """What the detector tells of single places, where it says more than their services' sums would."""
    used = [row for row in range(len(judged.costs)) if judged.costs[row].any()]
    places: dict[str, int] = {}
    for row in used:
        places[judged.services[row]] = places.get(judged.services[row], 0) + 1
    rows = [row for row in used if places[judged.services[row]] > 1]
    if not rows:
        return []
    labels = {
        "accounts": [judged.regions[row] for row in rows],
        "services": [judged.services[row] for row in rows],
    }
    rest = judged.rest[rows]
    anomalies = detect(
        rest,
        judged.first_day,
        config=judged.config,
        window=judged.window,
        complete_until=complete_until,
        memory=judged.memory,
        **labels,
    )
    stories = join_stories(
        anomalies, rest, judged.first_day, config=judged.config, complete_until=complete_until, **labels
    )
    return [
        each
        for story in stories
        if story.kind != "together"
        for each in _of_story(judged, story, anomalies, rows)
    ]


def _of_story(
    judged: _Judged, story: JoinedStory, anomalies: Sequence[Anomaly], rows: Sequence[int]
) -> Iterable[RegionAnomaly]:
    """Its rises, with what fell. A fall alone is no news of a Region: days off are known of accounts, not of sums."""
    members = [anomalies[index] for index in story.members]
    rises = [each for each in members if each.direction > 0]
    fell = [rows[each.series] for each in members if each not in rises] + [rows[row] for row in story.fell]
    for each in rises:
        row = rows[each.series]
        yield RegionAnomaly(
            places=(judged.place(row),),
            rows=(row,),
            anomaly=replace(each, series=row, account_id=""),
            by_place=(each.excess_by_day,),
            fell=tuple(judged.place(one) for one in fell) if story.kind == "moved" else (),
        )


def _seen(judged: _Judged, found: RegionAnomaly, beneath: Beneath) -> bool:
    """True for what the series of an account or of the service shows too: there it is judged, and told or not.

    A fee, a job or a day off is known of an account's own series, and no longer of a sum. What accounts show explains
    as many dollars of Regions as it has.
    """
    anomaly = found.anomaly
    if anomaly.kind in _OF_ACCOUNTS:
        return True
    days = [(day - judged.first_day).days for day, _ in anomaly.excess_by_day]
    half = abs(moved_by(judged.rest[list(found.rows)].sum(axis=0), days)[0]) / 2

    def shown(series: Iterable[Array]) -> float:
        """USD a day by which the series moved so that it would be told of them."""
        moved = (
            (anomaly.direction * above, usual) for above, usual in (moved_by(each, days) for each in series)
        )
        return sum(away for away, usual in moved if away >= half / 2 and material(away, usual, judged.config))

    accounts = [row for row, service in enumerate(beneath.services) if service == anomaly.service]
    regions = [row for row, service in enumerate(judged.services) if service == anomaly.service]
    own = beneath.rest.rows(accounts)
    above, usual = moved_by(own.sum(axis=0), days)
    whole = anomaly.direction * above
    if whole < half:
        return False
    by_account = shown(own)
    if shown(judged.rest[regions]) - by_account < half:
        return True
    return whole - by_account >= half and material(whole - by_account, usual, judged.config)
