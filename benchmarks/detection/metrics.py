"""Scores alerts as events: an incident is found or missed once, however many of its days are flagged.

Flagged days of one series that lie close together are one alert, cut after a week (an alert without an end
would find everything). An alert that touches a labelled incident of its direction is true; further alerts on
it are duplicates; where silence and alert are both right it is neither; everything else is false. No point
adjustment.
"""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.labels import Labelled, TrueIncident

Flags = NDArray[np.bool_]
"""(runs, series, 3): does that run flag the second last, the last but one, the newest day it sees."""

JUDGED = 3
CLOSE_DAYS = 3
LONGEST_ALERT = 7


@dataclass(slots=True)
class Alert:
    """`seen` maps each flagged day to the first run (as a day index) that flagged it."""

    series: int
    direction: int
    seen: dict[int, int]


@dataclass(slots=True)
class Score:
    """Sums, so that scores of several data sets can be added."""

    incidents: int = 0
    found: int = 0
    false: int = 0
    duplicates: int = 0
    tiny: int = 0
    false_drops: int = 0
    series_days: int = 0
    account_months: float = 0.0
    delay_days: int = 0
    usd: float = 0.0
    usd_found: float = 0.0
    by_kind: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    @property
    def precision(self) -> float:
        return self.found / max(self.found + self.false, 1)

    @property
    def recall(self) -> float:
        return self.found / max(self.incidents, 1)

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)

    @property
    def false_per_1000(self) -> float:
        """False alerts per thousand series-days."""
        return 1000 * self.false / max(self.series_days, 1)

    @property
    def false_per_account_month(self) -> float:
        return self.false / max(self.account_months, 1e-9)

    @property
    def delay(self) -> float:
        """Mean days from the first day of a found incident to the run that told it."""
        return self.delay_days / max(self.found, 1)

    @property
    def usd_caught(self) -> float:
        """Part of all excess dollars that belongs to found incidents."""
        return self.usd_found / max(self.usd, 1e-9)

    def __add__(self, other: "Score") -> "Score":
        kinds: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for source in (self.by_kind, other.by_kind):
            for kind, (found, all_) in source.items():
                kinds[kind][0] += found
                kinds[kind][1] += all_
        names = [name for name in Score.__dataclass_fields__ if name != "by_kind"]
        return Score(**{name: getattr(self, name) + getattr(other, name) for name in names}, by_kind=kinds)


def alerts(flags: Flags, direction: int, days: int) -> list[Alert]:
    """Group flagged days into alerts."""
    runs = len(flags)
    run, series, back = np.nonzero(flags)
    newest = days - runs + run
    day = newest - (JUDGED - 1) + back
    out: list[Alert] = []
    for s, d, told in sorted(zip(series.tolist(), day.tolist(), newest.tolist(), strict=True)):
        last = out[-1] if out and out[-1].series == s else None
        if last is not None and d - max(last.seen) <= CLOSE_DAYS and d - min(last.seen) < LONGEST_ALERT:
            last.seen[d] = min(told, last.seen.get(d, told))
        else:
            out.append(Alert(s, direction, {d: told}))
    return out


def touches(alert: Alert, incident: TrueIncident) -> bool:
    """The day after an incident still belongs to it: late records arrive then."""
    return any(incident.start <= day <= incident.end + 1 for day in alert.seen)


def score(data: Labelled, up: Flags, down: Flags) -> Score:
    """Score the flags of all runs."""
    days = data.cost.shape[1]
    here: dict[tuple[int, int], list[TrueIncident]] = defaultdict(list)
    groups: dict[int, list[TrueIncident]] = defaultdict(list)
    for incident in data.incidents:
        here[incident.series, incident.direction].append(incident)
        if incident.policy == "alert":
            groups[incident.group].append(incident)

    out = Score(
        incidents=len(groups),
        series_days=len(data.cost) * data.runs,
        account_months=len(set(data.account)) * data.runs / 30,
    )
    told: dict[int, int] = {}
    for alert in [*alerts(up, 1, days), *alerts(down, -1, days)]:
        hit = [incident for incident in here[alert.series, alert.direction] if touches(alert, incident)]
        material = [incident for incident in hit if incident.policy == "alert"]
        for incident in material:
            run = min(run for day, run in alert.seen.items() if incident.start <= day <= incident.end + 1)
            out.duplicates += id(incident) in told
            told[id(incident)] = min(run, told.get(id(incident), run))
        if not material:
            count_false(out, data, alert, hit)
    for group in groups.values():
        count_group(out, group, told)
    return out


def count_false(out: Score, data: Labelled, alert: Alert, hit: list[TrueIncident]) -> None:
    """An alert that touches no material incident: false, unless silence and alert are both right there."""
    if any(incident.policy == "either" for incident in hit):
        return
    if hit:
        out.false += 1
        out.tiny += 1
    elif not data.neutral[alert.series, min(alert.seen)]:
        out.false += 1
        out.false_drops += alert.direction < 0


def count_group(out: Score, group: list[TrueIncident], told: dict[int, int]) -> None:
    """One incident, of one or more series: found when any of them was told."""
    found = [incident for incident in group if id(incident) in told]
    kind = out.by_kind[group[0].kind]
    kind[1] += 1
    if found:
        kind[0] += 1
        out.found += 1
        out.delay_days += max(0, min(told[id(incident)] - incident.start for incident in found))
    for incident in group:
        if incident.direction > 0:
            out.usd += incident.excess.sum()
            out.usd_found += incident.excess.sum() * (id(incident) in told)
