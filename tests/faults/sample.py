"""What `make test` runs of the matrix: each fault and each operation at least once, the same ones each time.

Faults that end alike are put into one run. Each answer of Teams is given to the channel, one of each outcome to a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from finopsguard.store import healing, keys
from tests.faults.findings import finding_of
from tests.faults.matrix import variant_of
from tests.faults.table import RIGHT, WITHOUT, Cell, cells
from tests.faults.teams import ANSWERS, Outcome
from tests.faults.verdicts import expected

CHOSEN = (
    # A finding.
    ("AWS | ce:total | slow drip | once", "AWS | ce:charges | flood | once"),
    # Refused: each alone, for it hides what comes after it.
    ("AWS | organizations:ListAccounts | clock skew | once",),
    ("store | s3:GetObject | expired token | once",),
    ("store | s3:HeadObject | 403 | once",),
    ("store | s3:GetObject | KMS | once",),
    ("directory | any | not allowed | always",),
)
SAID = (
    "AWS | ce:usage | denied | one batch",
    "AWS | ce:products | redirect | always",
    "AWS | ce:total | endless pages | always",
)
_DAMAGES = ("half", "garbage", "empty", "missing", "older")
APART = ("time-out",)
"""What `make faults` alone has: it takes seconds."""
SLOW_POSTS = ("time-out", "slow drip")
# PostToChannel is tried seven times.
_POSTS = 6


def runs() -> Iterator[tuple[Cell, ...]]:
    """The sample: the cells of each run are to end alike, the first of them as the rule says that is strictest."""
    named = {cell.name: cell for cell in cells()}
    right, said, refused = stored()
    yield from together()
    yield tuple(right)
    yield (*(named[name] for name in SAID), *said)
    yield from ((cell,) for cell in refused)
    yield from (tuple(named[name] for name in run) for run in CHOSEN)
    yield from posts()


def together() -> Iterator[tuple[Cell, ...]]:
    """Runs in which each operation meets a fault of its own, once, that is survived."""
    survived: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells():
        fits = cell.area in ("AWS", "store") and cell.times == "once" and expected(cell) == RIGHT
        if fits and finding_of(cell) is None and cell.fault not in APART:
            # A role is assumed, and then the units are read.
            variant = variant_of(cell).replace("role", "units")
            survived.setdefault((variant, cell.operation), []).append(cell)
    seen: set[str] = set()
    for variant in dict.fromkeys(name for name, _ in survived):
        of_variant = {operation: found for (name, operation), found in survived.items() if name == variant}
        while True:
            run: list[Cell] = []
            for found in of_variant.values():
                new = [cell for cell in found if cell.fault not in seen]
                run.append((new or found)[0])
                seen.add(run[-1].fault)
            yield tuple(run)
            if all(cell.fault in seen for found in of_variant.values() for cell in found):
                break
    yield tuple(cell for cell in cells() if cell.area == "directory" and expected(cell) == RIGHT)
    later = [cell for cell in answered("once") if ANSWERS[cell.fault].outcome is Outcome.LATER]
    for start in range(0, len(later), _POSTS):
        yield tuple(later[start : start + _POSTS])


def stored() -> tuple[list[Cell], list[Cell], list[Cell]]:
    """A file for each way of healing, with one of the damages: those with a right report, with one that says, without.

    tests/unit/store/test_healing.py has every kind.
    """
    found: tuple[list[Cell], list[Cell], list[Cell]] = ([], [], [])
    for number, healed in enumerate(healing.HEALING):
        patterns = {kind.pattern for kind in keys.TABLE if kind.damaged == healed and kind not in WITHOUT}
        damage = _DAMAGES[number % len(_DAMAGES)]
        of_way = [cell for cell in cells() if cell.operation in patterns]
        if of_way:
            cell = min(
                of_way, key=lambda cell: (_end(cell) == 2, cell.times != "before", cell.fault != damage)
            )
            found[_end(cell)].append(cell)
    return found


def _end(cell: Cell) -> int:
    wanted = expected(cell)
    if finding_of(cell) or wanted.told != ("card",):
        return 2
    return 0 if wanted == RIGHT else 1


def posts() -> Iterator[tuple[Cell, ...]]:
    """One for each outcome of a post; those that are tried again follow each other in `together`."""
    seen: set[object] = set()
    for cell in answered("once"):
        kind = ANSWERS[cell.fault]
        ends = (kind.outcome, kind.errors, kind.shown)
        if kind.outcome is not Outcome.LATER and ends not in seen:
            seen.add(ends)
            yield (cell,)


def answered(times: str) -> Sequence[Cell]:
    """Each answer of Teams but for those that take seconds."""
    of_teams = [cell for cell in cells() if cell.area == "Teams" and cell.times == times]
    return [cell for cell in of_teams if cell.fault not in SLOW_POSTS]
