"""`python -m benchmarks.detection.lines`: what reports tell as new or grown, with roll-ups and stories and without.

Each day's run is replayed by the judgement of a report (`incidents.follow`). A message is false where no labelled
incident is behind any part of its line.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from unittest.mock import patch

import numpy as np

from benchmarks.detection import estate, fleet, holding, ledger
from benchmarks.detection.labels import Labelled
from benchmarks.detection.runs import HISTORY, first_seen
from finopsguard.costs.series import DailySeries
from finopsguard.detection import DetectionConfig
from finopsguard.incidents import joined, rollups
from finopsguard.incidents.follow import Known, follow
from finopsguard.incidents.told import Line, told_lines
from finopsguard.models.incident import Incident
from finopsguard.models.run import Period

FIRST_SEED = 101
SETS: Mapping[str, Callable[[int], Labelled]] = {
    "estate": estate.make,
    "fleet": fleet.make,
    "ledger": ledger.make,
    "holding": holding.make,
}


def told(data: Labelled) -> Iterator[Line]:
    """Every message of all runs."""
    services = _services(data)
    life: tuple[Incident, ...] = ()
    for run in range(data.runs):
        view, start = data.seen(run, HISTORY)
        series = DailySeries(
            list(data.account), services, first_seen(data, start), np.asarray(view, np.float64)
        )
        yesterday = Period(series.last_day, series.end)
        partial = [series.end - timedelta(days=2), series.last_day]
        life, now = follow(
            Known(life), series, yesterday, judged_days=3, provisional_days=partial, config=DetectionConfig()
        )
        yield from (line for line in told_lines(now) if line.notify)


def groups_of(line: Line, data: Labelled) -> set[int]:
    """The labelled incidents behind a line."""
    services = _services(data)
    found: set[int] = set()
    for incident in line.incidents:
        days = {(day - data.first_day).days for each in incident.members for day in each.excess}
        own = {each.service for each in incident.members}
        for label in data.incidents:
            account = incident.account_id in ("", data.account[label.series])
            if (
                account
                and (own == {""} or services[label.series] in own)
                and any(label.start <= day <= label.end + 1 for day in days)
            ):
                found.add(label.group)
    return found


def count(name: str, seeds: int) -> Counter[str]:
    """Messages, those that are false, and labelled incidents that were told, of some data sets."""
    total: Counter[str] = Counter()
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        data = SETS[name](seed)
        begun, hit = time.process_time(), set[int]()
        messages = list(told(data))
        total["ms"] += round(1000 * (time.process_time() - begun))
        for line in messages:
            found = groups_of(line, data)
            hit |= found
            total["false"] += not found
            total["several"] += len(line.incidents) > 1 or line.scope != "account_service"
        material = {each.group for each in data.incidents if each.policy == "alert"}
        total += Counter(
            messages=len(messages),
            told=len(hit & material),
            material=len(material),
            days=len(data.cost) * data.runs,
            runs=data.runs,
        )
    return total


def _services(data: Labelled) -> list[str]:
    """Each series of an account has a name of its own, and the accounts have it alike."""
    seen: Counter[tuple[str, str]] = Counter()
    names = []
    for account, service in zip(data.account, data.service, strict=True):
        seen[account, service] += 1
        number = seen[account, service]
        names.append(service if number == 1 else f"{service} {number}")
    return names


def show(name: str, how: str, found: Counter[str]) -> None:
    """Prints a row."""
    print(
        f"| {name} | {how} | {found['messages']} | {found['several']} | {found['false']} |"
        f" {1000 * found['false'] / found['days']:.3f} | {found['told']} of {found['material']} |"
        f" {found['ms'] / found['runs'] / 1000:.2f} |"
    )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    print("| data | lines | messages | of several | false | / 1000 series-days | told | s a run |")
    for name in SETS:
        with (
            patch.object(joined, "several_accounts", return_value=False),
            patch.object(rollups, "several_accounts", return_value=False),
        ):
            show(name, "single", count(name, options.seeds))
        show(name, "joined", count(name, options.seeds))


if __name__ == "__main__":
    main()
