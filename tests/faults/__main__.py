"""`python -m tests.faults`: every cell and every drill, in three processes, and docs/reliability.md from what was seen.

`python -m tests.faults 'PATTERN'` runs the cells and drills of that name and writes nothing. Exits with 1 where
something is not as the table or its known findings say.
"""

from __future__ import annotations

import fnmatch
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context

from tests.faults import drills, findings, matrix, page, table
from tests.faults.matrix import Seen
from tests.faults.verdicts import expected

# On two cores: a cell waits for time-outs much of its time.
_PROCESSES = 3


def all_drills() -> Mapping[str, Callable[[], list[str]]]:
    """Each drill by its name; what is before the colon is its kind."""
    found: dict[str, Callable[[], list[str]]] = {}
    for point in drills.points():
        found[f"killed {point.way}: {point.nth} {point.what}"] = partial(drills.kill, point)
    for step in drills.STEPS:
        found[f"redriven after a step: {step}"] = partial(drills.redrive_after, step)
    for channel in drills.CHANNELS:
        found[f"redriven after a channel: {channel}"] = partial(drills.redrive_channel, channel)
    for name in drills.TOGETHER:
        found[f"{name}:"] = partial(drills.together, name)
    found["another schedule time, later:"] = drills.one_after_the_other
    return found


def main(pattern: str = "*") -> int:
    """Runs all whose name fits."""
    began = time.monotonic()
    cells = {cell.name: cell for cell in table.cells() if fnmatch.fnmatchcase(cell.name, pattern)}
    work: dict[str, Callable[[], Seen | list[str]]] = {
        name: partial(matrix.run_cell, cell) for name, cell in cells.items()
    }
    work.update({name: run for name, run in all_drills().items() if fnmatch.fnmatchcase(name, pattern)})
    seen: dict[str, Seen] = {}
    drilled: dict[str, Sequence[str]] = {}
    wrong: dict[str, Sequence[str]] = {}

    def take(name: str, result: Seen | Sequence[str]) -> Sequence[str]:
        if not isinstance(result, Seen):
            drilled[name] = result
            return result
        seen[name] = result
        return findings.verdict(cells[name], matrix.objections(result, expected(cells[name])))

    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(run): name for name, run in work.items()}
        for number, done in enumerate(as_completed(waiting), start=1):
            name, broken = waiting[done], done.exception()
            if found := take(name, [f"the run broke: {broken!r}"] if broken else done.result()):
                wrong[name] = found
                print(f"{name}: {'; '.join(found)}", flush=True)
            if number == len(work) or not number % 100:
                took = time.monotonic() - began
                print(
                    f"{len(seen)} cells, {len(drilled)} drills, {len(wrong)} not as known, {took:.0f} s",
                    flush=True,
                )
        # Beside others a machine can be so busy that a call times out by itself: such a one is as known when alone.
        for name in list(wrong):
            drilled.pop(name, None)
            again = pool.submit(work[name])
            broken = again.exception()
            if found := take(name, [f"the run broke: {broken!r}"] if broken else again.result()):
                print(f"{name}, alone: {'; '.join(found)}", flush=True)
            else:
                del wrong[name]
                print(f"{name}: as known when alone", flush=True)
    if pattern == "*" and not drilled.keys() & cells.keys():
        page.PATH.write_text(page.text(seen, drilled), "utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
