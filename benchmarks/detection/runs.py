"""Runs the product's detector and the other methods day by day over labelled data."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from benchmarks.detection.labels import Array, Labelled
from benchmarks.detection.methods import JUDGED, Method
from benchmarks.detection.metrics import Flags, Score, score
from finopsguard.detection import DetectionConfig, detect
from finopsguard.detection.gates import material_drop, material_rise
from finopsguard.incidents.rules import update_incidents
from finopsguard.models.incident import Incident

HISTORY = 120
POLICY = DetectionConfig()


@dataclass(slots=True)
class Judgements:
    """Scores and expected USD of a method on one data set, (runs, series, 3), and the seconds it took."""

    data: Labelled
    score: Array
    expected: Array
    seconds: float


@dataclass(slots=True)
class Result:
    """One line of the table."""

    name: str
    score: Score
    seconds_per_1000: float
    threshold: float | None = None


def first_seen(data: Labelled, start: int) -> date:
    """Date of a column."""
    return data.first_day + timedelta(days=start)


def product_flags(data: Labelled, config: DetectionConfig = POLICY) -> tuple[Flags, Flags, float]:
    """Flags of `finopsguard.detection.detect` with its defaults: rises, drops, seconds."""
    up = np.zeros((data.runs, len(data.cost), JUDGED), np.bool_)
    down = np.zeros_like(up)
    seconds = 0.0
    for run in range(data.runs):
        view, start = data.seen(run, HISTORY)
        first_day = first_seen(data, start)
        begun = time.process_time()
        found = detect(view, first_day, accounts=data.account, services=data.service, config=config)
        seconds += time.process_time() - begun
        newest = first_day + timedelta(days=view.shape[1] - 1)
        for anomaly in found:
            for day, _ in anomaly.excess_by_day:
                side = up if anomaly.direction > 0 else down
                side[run, anomaly.series, JUDGED - 1 - (newest - day).days] = True
    return up, down, seconds


def product(sets: Iterable[Labelled], config: DetectionConfig = POLICY, name: str = "FinOps Guard") -> Result:
    """The product's line; no threshold is tuned."""
    total, seconds = Score(), 0.0
    for data in sets:
        up, down, spent = product_flags(data, config)
        total += score(data, up, down)
        seconds += spent
    return Result(name, total, 1000 * seconds / max(total.series_days, 1))


def judge_all(method: Method, data: Labelled) -> Judgements:
    """All runs of a method on one data set."""
    scores = np.zeros((data.runs, len(data.cost), JUDGED))
    expected = np.zeros_like(scores)
    begun = time.process_time()
    for run in range(data.runs):
        view, start = data.seen(run, HISTORY)
        scores[run], expected[run] = method.judge(view, first_seen(data, start))
    return Judgements(data, scores, expected, time.process_time() - begun)


def newest_costs(data: Labelled) -> Array:
    """The newest three days as each run saw them: (runs, series, 3)."""
    return np.stack([data.seen(run, HISTORY)[0][:, -JUDGED:] for run in range(data.runs)])


def gated(judged: Judgements, threshold: float) -> Score:
    """Score at a threshold with the product's gates, and drops only on the complete day."""
    cost = newest_costs(judged.data)
    up = (judged.score >= threshold) & material_rise(cost, judged.expected, POLICY)
    down = (judged.score <= -threshold) & material_drop(cost, judged.expected, POLICY)
    down[:, :, 1:] = False
    return score(judged.data, up, down)


def as_written(judged: Judgements, threshold: float) -> Score:
    """Score as people run it: rises of at least a dollar, at the usual threshold."""
    above = newest_costs(judged.data) - judged.expected
    up = (judged.score >= threshold) & (above >= 1)
    return score(judged.data, up, np.zeros_like(up))


def best_threshold(judged: Judgements) -> float:
    """The threshold with the largest F1 on one data set, among 40 quantiles of the scores that pass the
    gates.
    """
    cost = newest_costs(judged.data)
    passed = judged.score[material_rise(cost, judged.expected, POLICY) & (judged.score > 0)]
    candidates = np.unique(np.quantile(passed[np.isfinite(passed)], np.linspace(0, 0.995, 40)))
    return float(max(candidates, key=lambda threshold: gated(judged, threshold).f1))


@dataclass(slots=True)
class Notifications:
    """After the incident logic: messages, incidents told, and messages that touch a told incident."""

    incidents: int = 0
    told: int = 0
    messages: int = 0
    on_incidents: int = 0

    @property
    def per_incident(self) -> float:
        return self.on_incidents / max(self.told, 1)


def notifications(sets: Iterable[Labelled]) -> Notifications:
    """Replays detector and incidents and counts what a reader would have been told."""
    out = Notifications()
    for data in sets:
        names = [f"{service}/{row}" for row, service in enumerate(data.service)]
        row_of = {
            (account, name): row for row, (account, name) in enumerate(zip(data.account, names, strict=True))
        }
        life: tuple[Incident, ...] = ()
        material = [incident for incident in data.incidents if incident.policy == "alert"]
        groups: dict[int, int] = {incident.group: 0 for incident in material}
        for run in range(data.runs):
            view, start = data.seen(run, HISTORY)
            first_day = first_seen(data, start)
            found = detect(view, first_day, accounts=data.account, services=names)
            life = update_incidents(life, found, first_day + timedelta(days=view.shape[1]))
            for told in life:
                if not told.notify:
                    continue
                out.messages += 1
                days = {
                    (row_of[told.account_id, member.service], (day - data.first_day).days)
                    for member in told.members
                    for day in member.excess
                }
                hit = {
                    incident.group
                    for incident in material
                    if incident.direction == told.direction
                    and any(
                        row == incident.series and incident.start <= day <= incident.end + 1
                        for row, day in days
                    )
                }
                for group in hit:
                    groups[group] += 1
        out.incidents += len(groups)
        out.told += sum(count > 0 for count in groups.values())
        out.on_incidents += sum(groups.values())
    return out
