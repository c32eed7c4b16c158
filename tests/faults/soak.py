"""`python -m tests.faults.soak [SEED ...]`: sixty days for each seed, two at a time, and their section of the page.

Without seeds, four are drawn. Each is printed with what came of it; the same seed meets the same faults. Where all is
as it has to be, and four or more were run, tests/faults/soak.json and docs/reliability.md are written. Exits with 1
where something is wrong.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from random import SystemRandom
from typing import Any

from tests.faults import soak_held, soak_page
from tests.faults.soak_chance import counts
from tests.faults.soak_run import RETENTION, soaked

DAYS = 60
SEEDS = 4
_PROCESSES = 2


def soak(seed: int, days: int = DAYS) -> tuple[dict[str, Any], list[str]]:
    """The figures of one soak, and what is wrong in it."""
    began = time.monotonic()
    with soaked(seed, days) as done:
        found = soak_held.held(done)
        how = [ran.how for ran in done.ran]
        met = counts(done.chance.met)
        figures = {
            "seed": seed,
            "days": days,
            "seconds": round(time.monotonic() - began),
            "executions": len(done.ran),
            **{each: how.count(each) for each in ("redriven", "run again", "started twice")},
            **{f"resolved as {each}": done.resolved[each] for each in ("posted", "not-posted")},
            "calls": done.chance.calls,
            "faults": sum(done.chance.met.values()),
            "lasting": sum(done.chance.lasting.values()),
            "met": met,
            "counts": dict(sorted(found.counts.items())),
            "when they began to expire": done.growth[min(RETENTION.days, days)],
            "held": done.growth[-1],
        }
    return figures, found.wrong


def main(seeds: Sequence[str]) -> int:
    """Runs the seeds."""
    chosen = [int(each) for each in seeds] or [SystemRandom().randrange(10**6) for _ in range(SEEDS)]
    print(f'SEEDS="{" ".join(map(str, chosen))}"', flush=True)
    done: dict[int, dict[str, Any]] = {}
    bad = 0
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(soak, seed): seed for seed in chosen}
        for each in as_completed(waiting):
            figures, wrong = each.result()
            done[waiting[each]] = figures
            bad += len(wrong)
            print(f"seed {waiting[each]}: {soak_page.line(figures)}", *wrong, sep="\n  ", flush=True)
    if not bad and len(done) >= SEEDS:
        soak_page.write([done[seed] for seed in chosen])
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
