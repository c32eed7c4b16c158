"""`python -m benchmarks.detection.stories`: how many messages become how many stories, and what is joined wrongly.

Estates with more causes that touch several series: a price, a rollout, moves of a part of a service or of all of it,
and rises that are spread thin over the small services of an account, for the roll-ups.
Each day's run is replayed through the detector and the incident logic; the incidents that it would tell are the
messages, and those whose anomalies are one story become one.
"""

import argparse
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from benchmarks.detection import estate
from benchmarks.detection.labels import Injector, Labelled, TrueIncident
from benchmarks.detection.runs import HISTORY, first_seen
from finopsguard.detection import (
    Anomaly,
    JoinedStory,
    Memory,
    detect,
    join_stories,
    judge_layers,
    main_story,
    without_told,
)
from finopsguard.incidents.rules import update_incidents
from finopsguard.models.incident import Incident

FIRST_SEED = 101
JOINT = ("plan ended for all", "price", "rollout", "moved", "moved away", "spread thin")
MOVES = 6
QUIET = 14
SMALL, THIN, MATERIAL = 16.0, 0.6, 0.22
"""USD of a small service, by what part it rises, and what part of its account that must be at least."""


def world(seed: int) -> Labelled:
    """An estate with a price, a rollout, moves, and accounts whose small services rise; each is a group of its own."""
    data = estate.make(seed)
    rng = np.random.default_rng([seed, 7007])
    injector = Injector(data, rng, 1.0)
    injector.used = {incident.series for incident in data.incidents}
    injector.groups = max(incident.group for incident in data.incidents)
    service = np.array(data.service)
    past = data.cost[:, injector.before - 40 : injector.before]
    ready = (past > 0).mean(axis=1) > 0.9

    def start() -> int:
        return int(injector.before + rng.integers(3, data.runs - 6))

    def together(kind: str, rows: list[int], share: float, at: int) -> None:
        injector.groups += 1
        for row in rows:
            usual = np.maximum(data.cost[row, at:], 0)
            injector.add(row, kind, at, usual * share, group=injector.groups)

    at = start()
    dearer = [
        row
        for row in injector.free(np.flatnonzero((service == "web storage") & ready))
        if injector.level[row] > 25
    ]
    together("price", dearer[:12], float(rng.uniform(0.3, 1.0)), at)
    at = start()
    injector.groups += 1
    for row in injector.free(np.flatnonzero(service == "unused"))[:8]:
        injector.add(row, "rollout", at, rng.lognormal(3.5, 0.5) * np.ones(data.runs), group=injector.groups)
    for account in sorted(set(data.account)):
        own = np.array(data.account) == account
        small = [row for row in injector.free(np.flatnonzero(own & ready)) if injector.level[row] < SMALL]
        if THIN * injector.level[small].sum() >= max(MATERIAL * injector.level[own].sum(), SMALL):
            together("spread thin", small, THIN, start())
    web = [
        row for row in injector.free(np.flatnonzero((service == "web") & ready)) if injector.level[row] > 25
    ]
    for source, goal in zip(web[: 2 * MOVES : 2], web[1 : 2 * MOVES : 2], strict=False):
        at, part = start(), float(rng.choice([0.5, 0.98]))
        injector.groups += 1
        moved = np.maximum(data.cost[source, at:], 0) * part
        injector.add(goal, "moved", at, moved, group=injector.groups)
        injector.add(source, "moved away", at, -moved, group=injector.groups)
    return data


@dataclass
class Joined:
    """Incidents as they were told, and which of them are one story."""

    told: list[Incident] = field(default_factory=list)
    leader: list[int] = field(default_factory=list)
    kinds: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, incident: Incident) -> None:
        self.leader.append(len(self.told))
        self.told.append(incident)

    def unite(self, numbers: list[int], kind: str) -> None:
        """Who is in a story stays in it; the others join the one that most of them are in."""
        if len(numbers) < 2:
            return
        known = Counter(self.leader[number] for number in numbers if self.kinds[number])
        home = known.most_common(1)[0][0] if known else numbers[0]
        for number in numbers:
            if not self.kinds[number]:
                self.leader[number] = home
                self.kinds[number].add(kind)

    def groups(self) -> list[list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for number, one in enumerate(self.leader):
            found[one].append(number)
        return list(found.values())


@dataclass
class Tally:
    """Messages and stories, of joint causes by kind, and what was joined wrongly."""

    messages: int = 0
    stories: int = 0
    apart: Counter[str] = field(default_factory=Counter)
    joined: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def replay(data: Labelled, at_once: Tally, later: Tally, roll_ups: Counter[str]) -> None:
    """All runs of one data set: joined on the day that they are told, and by what is seen on later days too."""
    names = [f"{service}/{row}" for row, service in enumerate(data.service)]
    row_of = {pair: row for row, pair in enumerate(zip(data.account, names, strict=True))}
    cause = {incident.series: incident for incident in data.incidents}
    life: tuple[Incident, ...] = ()
    whole = Joined()
    told_on: dict[tuple[str, str, str], int] = {}
    for run in range(data.runs):
        view, first = data.seen(run, HISTORY)
        first_day = first_seen(data, first)
        found = detect(view, first_day, accounts=data.account, services=names)
        life = update_incidents(life, found, first_day + timedelta(days=view.shape[1]))
        stories = join_stories(found, view, first_day, accounts=data.account, services=data.service)
        today = Joined()
        for incident in life:
            if incident.status == "new":
                today.add(incident)
                whole.add(incident)
        for joined in (today, whole):
            unite(joined, stories, found, homes_of(joined, life, row_of))
        count(today, row_of, cause, at_once)
        memory = {
            (incident.account_id, member.service): Memory(
                told=((incident.start, first_day + timedelta(days=HISTORY)),)
            )
            for incident in life
            for member in incident.members
        }
        rest = without_told(view, first_day, found, accounts=data.account, services=names, memory=memory)
        for layer in judge_layers(rest, accounts=data.account, services=data.service):
            key = (layer.scope, layer.anomaly.account_id, layer.anomaly.service)
            day = (layer.anomaly.day - data.first_day).days
            if day - told_on.get(key, -QUIET) >= QUIET:
                hit = {
                    cause[row].kind
                    for row in layer.rows
                    if row in cause and cause[row].start <= day <= cause[row].end
                }
                roll_ups[f"{layer.scope}, {', '.join(sorted(hit)) or 'no cause'}"] += 1
            told_on[key] = day
    count(whole, row_of, cause, later)


def unite(
    joined: Joined, stories: list[JoinedStory], found: list[Anomaly], homes: dict[tuple[int, int], int]
) -> None:
    """Joins the incidents that have most of their dollars in one story."""
    members: dict[int, set[int]] = defaultdict(set)
    for index, each in enumerate(found):
        if (each.series, each.direction) in homes:
            members[homes[each.series, each.direction]].add(index)
    of_story: dict[JoinedStory, list[int]] = defaultdict(list)
    for number, own in sorted(members.items()):
        story = main_story(stories, found, own)
        if story is not None and story.kind != "alone":
            of_story[story].append(number)
    for story, numbers in of_story.items():
        joined.unite(numbers, story.kind)


def homes_of(
    joined: Joined, life: tuple[Incident, ...], row_of: dict[tuple[str, str], int]
) -> dict[tuple[int, int], int]:
    """The number of the incident that a series and a direction belong to, of those that go on."""
    numbers = {incident.id: number for number, incident in enumerate(joined.told)}
    for incident in life:
        if incident.id in numbers:
            joined.told[numbers[incident.id]] = incident
    return {
        (row, incident.direction): numbers[incident.id]
        for incident in life
        if incident.id in numbers and incident.closed_on is None
        for row in rows_of(incident, row_of)
    }


def rows_of(incident: Incident, row_of: dict[tuple[str, str], int]) -> list[int]:
    """The series of an incident."""
    return [row_of[incident.account_id, member.service] for member in incident.members]


def count(
    joined: Joined, row_of: dict[tuple[str, str], int], cause: dict[int, TrueIncident], tally: Tally
) -> None:
    """Adds messages and stories, by the causes that they are of."""
    groups = joined.groups()
    tally.messages += len(joined.told)
    tally.stories += len(groups)
    for group in groups:
        labels = [
            {
                (each.group, each.kind)
                for row in rows_of(joined.told[number], row_of)
                if (each := cause.get(row))
            }
            for number in group
        ]
        ids = [{one for one, _ in each} for each in labels]
        main = Counter(one for each in ids for one in each).most_common(1)
        group_id = main[0][0] if main else 0
        kind = next((name for each in labels for one, name in each if one == group_id), "nothing")
        if kind in JOINT:
            tally.apart["moved" if kind == "moved away" else kind] += len(group)
            tally.joined["moved" if kind == "moved away" else kind] += 1
        tally.wrong += [
            f"{', '.join(sorted(name for _, name in each)) or 'no cause'} beside {kind}, as"
            f" {' and '.join(sorted(joined.kinds[number]))}"
            for number, each, own in zip(group, labels, ids, strict=True)
            if len(group) > 1 and group_id not in own
        ]


def show(name: str, tally: Tally) -> None:
    """Prints one of the two."""
    print(
        f"{name}: {tally.messages} messages become {tally.stories} stories, {len(tally.wrong)} joined wrongly"
    )
    for kind in tally.apart:
        print(f"  {kind}: {tally.apart[kind]} messages become {tally.joined[kind]}")
    for text, number in Counter(tally.wrong).most_common():
        print(f"  wrong: {number} x {text}")


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    options = parser.parse_args()
    at_once, later, roll_ups, thin = Tally(), Tally(), Counter[str](), 0
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        data = world(seed)
        thin += len({each.group for each in data.incidents if each.kind == "spread thin"})
        replay(data, at_once, later, roll_ups)
    show("on the day that they are told", at_once)
    show("with what later days show", later)
    print(f"accounts with rises spread thin: {thin}")
    for text, number in sorted(roll_ups.items()):
        print(f"roll-up told: {number} x {text}")


if __name__ == "__main__":
    main()
