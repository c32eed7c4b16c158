"""What `make test` runs of the matrix: each fault and each operation at least once, the same ones each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.faults.findings import finding_of
from tests.faults.matrix import variant_of
from tests.faults.table import RIGHT, Cell, cells, expected

# Alone: what does not end in a right report, so that it hides what else goes wrong.
SINGLE = (
    "AWS | ce:usage | denied | one batch",
    "AWS | ce:charges | redirect | always",
    "AWS | ce:products | null | always",
    "AWS | ce:usage | gzip bomb | one batch",
    "AWS | ce:total | slow drip | once",
    "AWS | ce:total | flood | once",
    "AWS | ce:billed | endless pages | always",
    "AWS | organizations:ListAccounts | clock skew | once",
    "AWS | sts:GetCallerIdentity | expired token | always",
    "store | s3:GetObject | 403 | once",
    "store | s3:PutObject | KMS | once",
    "store | s3:PutObject | checksum | once",
    "store | s3:GetObject | corrupt | once",
    "directory | any | full | always",
    "directory | any | read-only | once",
    "directory | any | not allowed | always",
    "directory | any | unreadable | once",
)
_DAMAGES = ("half", "garbage", "empty", "missing", "older")
APART = ("time-out",)
"""What `make faults` alone has: it takes seconds."""
_SLOW_POSTS = ("time-out", "slow drip", "flood")


def together() -> Iterator[tuple[Cell, ...]]:
    """Runs in which each operation meets a fault of its own, once, that is survived."""
    survived: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells():
        fits = cell.area in ("AWS", "store") and cell.times == "once" and expected(cell) == RIGHT
        if fits and finding_of(cell) is None and cell.fault not in APART:
            survived.setdefault((variant_of(cell), cell.operation), []).append(cell)
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


def stored() -> Iterator[tuple[Cell, ...]]:
    """Each kind of stored file with one of its damages: together where the report is right all the same."""
    by_kind: dict[str, list[Cell]] = {}
    for cell in cells():
        if cell.area == "stored":
            by_kind.setdefault(cell.operation, []).append(cell)
    chosen = []
    for number, found in enumerate(by_kind.values()):
        damage = _DAMAGES[number % len(_DAMAGES)]
        chosen.append(next((cell for cell in found if cell.fault == damage), found[0]))
    harmless = [cell for cell in chosen if expected(cell) == RIGHT and finding_of(cell) is None]
    yield tuple(harmless)
    yield from ((cell,) for cell in chosen if cell not in harmless)


def single() -> Sequence[Cell]:
    """The cells that are run alone, without their second run."""
    return [cell for cell in cells() if cell.name in SINGLE]


def posts() -> Sequence[Cell]:
    """Each answer of Teams, once."""
    of_teams = [cell for cell in cells() if cell.area == "Teams" and cell.fault not in _SLOW_POSTS]
    return [cell for cell in of_teams if cell.times == "once" or cell.fault in ("TLS", "nobody listens")]
