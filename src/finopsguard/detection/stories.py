"""One story of many anomalies: a plan that ended, a price, a rollout, something that moved.

Pure: anomalies and the costs that they were found in go in, plain data comes out. Rules:
- **together**: one service rose (or fell) by the same share from the same day, in MANY_ACCOUNTS accounts, or in
  LEAST_ACCOUNTS if half of all that have the service did, told or not. Other services that did so too are part of it.
- **rollout**: a service that was not there before began in as many accounts on the same day, whatever it costs.
- **moved**: a rise, and a fall of as many dollars from the same day: of the same service in another account, or in
  several together, or of another service in the same account. The fall need not be an anomaly. Pairs between the same
  two accounts are one.
The same day is a day apart at most. Everything else is alone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np

from finopsguard.detection.calendar import WEEK
from finopsguard.detection.falls import (
    SAME_DAYS,
    Rise,
    all_of_them,
    else_as_usual,
    falls_beside,
    nearest,
    rose_by,
    usual_cost,
    usual_costs,
)
from finopsguard.detection.gates import Mask
from finopsguard.detection.model import DEFAULT_CONFIG, Anomaly, Array, Days, DetectionConfig

StoryKind = Literal["alone", "together", "rollout", "moved"]

LEAST_ACCOUNTS, MANY_ACCOUNTS = 3, 6
"""Of six accounts nobody asks how many others there are; three or more must be half of those that could be in it."""
HALF = 0.5
LIKE_SHARE = 0.12
"""Logs of shares that lie this near to their median are the same share: days stray, and a plan covers not all."""
LONGEST_DAYS = 10
"""A story may have begun so long before the days that are judged."""


@dataclass(frozen=True, slots=True)
class JoinedStory:
    """`members` are indices of the anomalies, the largest impact first; `fell` are series whose fall is no anomaly.

    `share` is the rise (or fall) as a part of what was usual, None where nothing was; `direction` 0 is moved.
    """

    kind: StoryKind
    members: tuple[int, ...]
    fell: tuple[int, ...]
    start: date
    direction: int
    share: float | None


@dataclass(frozen=True, slots=True)
class _Look:
    """An anomaly with its own first day and days (columns), its usual cost and its excess of a day in USD."""

    index: int
    anomaly: Anomaly
    account: str
    service: str
    start: int
    days: tuple[int, ...]
    usual: float
    excess: float

    @property
    def log(self) -> float | None:
        """Log of the day's cost in multiples of the usual one; None where there is none."""
        cost = self.usual + self.excess
        return float(np.log(cost / self.usual)) if self.usual >= 1 and cost > 0 else None


def join_stories(
    anomalies: Sequence[Anomaly],
    costs: Array,
    first_day: date,
    *,
    config: DetectionConfig = DEFAULT_CONFIG,
    complete_until: date | None = None,
    accounts: Sequence[str],
    services: Sequence[str],
) -> list[JoinedStory]:
    """Every anomaly in exactly one story, the largest story first.

    `costs` (series, days) USD are those that the anomalies were found in; days from `complete_until` on (None: the
    newest) may still grow, so no fall is seen on them. `accounts` and `services` are those of the rows.
    """
    complete = costs.shape[1] - 1 if complete_until is None else (complete_until - first_day).days
    looks = [
        _look(index, anomaly, costs, first_day, accounts[anomaly.series], services[anomaly.series])
        for index, anomaly in enumerate(anomalies)
    ]
    left = {look.index: look for look in looks}
    found: list[JoinedStory] = []
    for group in [*_alike(looks, costs, services), *_rollouts(looks, len(set(accounts)))]:
        if all(look.index in left for look in group):
            for look in group:
                del left[look.index]
            found.append(_together(group, first_day))
    found += _moves(left, costs, first_day, complete, accounts, services, config)
    found += [_alone(look, first_day) for look in left.values()]
    impact = {each: sum(abs(anomalies[member].impact) for member in each.members) for each in found}
    return sorted(found, key=lambda each: (-impact[each], each.members))


def fallen(
    story: JoinedStory,
    anomalies: Sequence[Anomaly],
    costs: Array,
    first_day: date,
    *,
    accounts: Sequence[str],
    services: Sequence[str],
) -> list[Anomaly]:
    """The falls of a story that no anomaly tells, as what they are beside its rises: drops on the same days."""
    rises = [anomalies[each] for each in story.members if anomalies[each].direction > 0]
    last = max((day for each in rises for day, _ in each.excess_by_day), default=story.start)
    days = range((story.start - first_day).days, (last - first_day).days + 1)
    found = []
    for row in story.fell:
        cost = np.maximum(costs[row], 0)
        excess = {
            day: float(cost[day]) - usual for day in days if (usual := usual_cost(cost, day)) > cost[day]
        }
        if not excess:
            continue
        lowest = min(excess, key=lambda day: excess[day])
        dates = {day: first_day + timedelta(days=day) for day in excess}
        found.append(
            Anomaly(
                series=row,
                account_id=accounts[row],
                service=services[row],
                day=dates[lowest],
                start=min(dates.values()),
                direction=-1,
                actual=float(cost[lowest]),
                expected=float(cost[lowest]) - excess[lowest],
                impact=sum(excess.values()),
                score=1.0,
                kind="drop",
                excess_by_day=tuple((dates[day], usd) for day, usd in sorted(excess.items())),
            )
        )
    return found


def main_story(
    stories: Sequence[JoinedStory], anomalies: Sequence[Anomaly], members: Collection[int]
) -> JoinedStory | None:
    """The story that has most of the dollars of some anomalies, as those of one incident: it belongs to no other."""
    parts = {
        story: sum(abs(anomalies[each].impact) for each in story.members if each in members)
        for story in stories
    }
    best = max(parts, key=lambda story: (parts[story], story.members), default=None)
    return best if best is not None and parts[best] > 0 else None


def _look(index: int, anomaly: Anomaly, costs: Array, first_day: date, account: str, service: str) -> _Look:
    days = tuple((day - first_day).days for day, _ in anomaly.excess_by_day) or (
        (anomaly.day - first_day).days,
    )
    cost = np.maximum(costs[anomaly.series], 0)
    usual = [usual_cost(cost, day) for day in days]
    excess = float(np.mean([cost[day] - before for day, before in zip(days, usual, strict=True)]))
    start = days[0]
    while start > max(2 * WEEK, days[0] - LONGEST_DAYS):
        before = cost[start - 1] - usual_cost(cost, start - 1)
        if before * np.sign(excess) < abs(excess) / 2:
            break
        start -= 1
    return _Look(index, anomaly, account, service, start, days, float(np.mean(usual)), excess)


def _alike(looks: Sequence[_Look], costs: Array, services: Sequence[str]) -> list[list[_Look]]:
    """Groups of one share and day: those of each service, and then those groups that are alike."""
    by_service: dict[tuple[str, int], list[_Look]] = {}
    for look in looks:
        if look.log is not None and look.anomaly.kind not in ("new", "sparse"):
            by_service.setdefault((look.service, look.anomaly.direction), []).append(look)
    rows = _rows_by(services)
    groups = [
        group
        for (service, _), same in by_service.items()
        for group in _clusters(same)
        if _accounts(group) >= MANY_ACCOUNTS or _part_alike(group, costs, sorted(rows[service])) >= HALF
    ]
    merged: list[list[_Look]] = []
    for group in sorted(groups, key=len, reverse=True):
        home = next((each for each in merged if _same(each, group)), None)
        if home is None:
            merged.append(list(group))
        else:
            home += group
    return merged


def _clusters(looks: Sequence[_Look]) -> list[list[_Look]]:
    """The largest groups of accounts with one share from one day on, none twice."""
    left = list(looks)
    found: list[list[_Look]] = []
    while len(left) >= LEAST_ACCOUNTS:
        start, log = np.array([each.start for each in left]), np.array([_log(each) for each in left])
        sizes = [_near(start, log, start[each], log[each]).sum() for each in range(len(left))]
        near = _near(start, log, start[int(np.argmax(sizes))], log[int(np.argmax(sizes))])
        best = [each for each, is_near in zip(left, near.tolist(), strict=True) if is_near]
        if _accounts(best) < LEAST_ACCOUNTS:
            break
        found.append(best)
        left = [each for each, is_near in zip(left, near.tolist(), strict=True) if not is_near]
    return found


def _near(start: Days, log: Array, of_start: int, of_log: float) -> Mask:
    """Who began with that day and has that share."""
    near: Mask = (np.abs(start - of_start) <= SAME_DAYS) & (np.abs(log - of_log) <= LIKE_SHARE)
    return near


def _part_alike(group: Sequence[_Look], costs: Array, rows: Sequence[int]) -> float:
    """Part of a service's series that rose or fell by the group's share on its days, told or not."""
    days, share = list(group[0].days), float(np.median([_log(each) for each in group]))
    cost = np.maximum(costs[list(rows)], 0)
    usual = np.mean([usual_costs(cost, day) for day in days], axis=0)
    known = usual >= 1
    now = np.maximum(cost[known][:, days].mean(axis=1), 0.01)
    alike = np.abs(np.log(now / usual[known]) - share) <= 2 * LIKE_SHARE
    return float(alike.sum() / max(known.sum(), 1))


def _rollouts(looks: Sequence[_Look], accounts: int) -> list[list[_Look]]:
    """Services that began in many accounts, or in half of the Organization's, on one day."""
    by_service: dict[str, list[_Look]] = {}
    for look in looks:
        if look.anomaly.kind == "new":
            by_service.setdefault(look.service, []).append(look)
    found = []
    for same in by_service.values():
        starts = sorted({each.start for each in same})
        groups = [[each for each in same if abs(each.start - start) <= SAME_DAYS] for start in starts]
        best = max(groups, key=_accounts)
        if _accounts(best) >= max(LEAST_ACCOUNTS, min(MANY_ACCOUNTS, HALF * accounts)):
            found.append(best)
    return found


def _moves(
    left: dict[int, _Look],
    costs: Array,
    first_day: date,
    complete: int,
    accounts: Sequence[str],
    services: Sequence[str],
    config: DetectionConfig,
) -> list[JoinedStory]:
    """Rises with their falls, taken out of `left`; pairs between the same accounts from the same day are one story."""
    by_service, by_account = _rows_by(services), _rows_by(accounts)
    rises = sorted(
        (each for each in left.values() if each.anomaly.direction > 0), key=lambda each: -each.excess
    )
    pairs: dict[tuple[str, ...], list[tuple[_Look, int]]] = {}
    used: set[int] = set()
    for choose, of_service, end in (
        (nearest, True, complete),
        (all_of_them, True, complete),
        # Where a day is not whole, more is short than what moved.
        (all_of_them, True, costs.shape[1]),
        (nearest, False, complete),
    ):
        for rise in list(rises):
            days = range(rise.start, min(rise.days[-1] + 1, end))
            if not days:
                continue
            near = by_service[rise.service] if of_service else by_account[rise.account]
            rows = sorted(near - {rise.anomaly.series} - used)
            own = Rise(rise.anomaly.series, rise.start)
            fell = choose(falls_beside(own, days, costs, config, rows), rose_by(own, days, costs))
            if not fell:
                continue
            if choose is all_of_them and not else_as_usual(fell, own, days, costs, rows):
                continue
            rises.remove(rise)
            used |= set(fell)
            key = (accounts[fell[0]],) if len(fell) == 1 else (rise.service, str(rise.index))
            pairs.setdefault((rise.account, *key), []).extend((rise, fall) for fall in fell)
    found = []
    for several in pairs.values():
        rows_fell = {fall for _, fall in several}
        fallen = [
            each for each in left.values() if each.anomaly.series in rows_fell and each.anomaly.direction < 0
        ]
        rose = {rise.index: rise for rise, _ in several}.values()
        group = sorted([*rose, *fallen], key=lambda each: -abs(each.anomaly.impact))
        told = {each.anomaly.series for each in fallen}
        start = first_day + timedelta(days=min(each.start for each in group))
        indices = tuple(each.index for each in group)
        found.append(JoinedStory("moved", indices, tuple(sorted(rows_fell - told)), start, 0, None))
        for index in indices:
            del left[index]
    return found


def _rows_by(labels: Sequence[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for row, label in enumerate(labels):
        found.setdefault(label, set()).add(row)
    return found


def _together(group: Sequence[_Look], first_day: date) -> JoinedStory:
    ranked = sorted(group, key=lambda each: (-abs(each.anomaly.impact), each.index))
    logs = [each.log for each in ranked if each.log is not None]
    rollout = all(each.anomaly.kind == "new" for each in ranked)
    return JoinedStory(
        kind="rollout" if rollout else "together",
        members=tuple(each.index for each in ranked),
        fell=(),
        start=first_day + timedelta(days=min(each.start for each in ranked)),
        direction=ranked[0].anomaly.direction,
        share=float(np.expm1(np.median(logs))) if logs and not rollout else None,
    )


def _alone(look: _Look, first_day: date) -> JoinedStory:
    share = None if look.log is None else float(np.expm1(look.log))
    start = first_day + timedelta(days=look.start)
    return JoinedStory("alone", (look.index,), (), start, look.anomaly.direction, share)


def _same(group: Sequence[_Look], other: Sequence[_Look]) -> bool:
    """True if two groups began together and have the same share and direction."""
    near = abs(float(np.median([_log(each) for each in group]) - np.median([_log(each) for each in other])))
    days = abs(min(each.start for each in group) - min(each.start for each in other))
    return (
        group[0].anomaly.direction == other[0].anomaly.direction and near <= LIKE_SHARE and days <= SAME_DAYS
    )


def _accounts(group: Sequence[_Look]) -> int:
    return len({each.account for each in group})


def _log(look: _Look) -> float:
    return look.log or 0.0
