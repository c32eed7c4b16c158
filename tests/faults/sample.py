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
    "AWS | secretsmanager:GetSecretValue | TLS | always",
    "AWS | organizations:ListAccountsForParent | lost page | always",
    "store | s3:GetObject | 403 | once",
    "store | s3:PutObject | KMS | once",
    "store | s3:PutObject | checksum | once",
    "store | s3:GetObject | corrupt | once",
    "store | record the delivery | 503 | always",
    "store | begin the delivery | lost answer | once",
    "directory | any | full | always",
    "directory | any | read-only | once",
    "directory | any | not allowed | always",
    "directory | any | unreadable | once",
)
_DAMAGES = ("half", "garbage", "empty", "missing")
# Time-outs take time, and so do those of the other side.
_SLOW = ("time-out", "slow drip", "flood")


def together() -> Iterator[tuple[Cell, ...]]:
    """Runs in which each operation meets a fault of its own, once, that is survived."""
    survived: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells():
        fits = cell.area in ("AWS", "store") and cell.times == "once" and expected(cell) == RIGHT
        if fits and finding_of(cell) is None and cell.fault != "time-out":
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
    by_kind: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells():
        if cell.area == "stored" and cell.fault in _DAMAGES:
            by_kind.setdefault((cell.operation, cell.times), []).append(cell)
    chosen = [found[number % len(_DAMAGES)] for number, found in enumerate(by_kind.values())]
    harmless = [cell for cell in chosen if expected(cell) == RIGHT and finding_of(cell) is None]
    yield tuple(harmless)
    for cell in chosen:
        if cell not in harmless:
            yield (cell,)


def single() -> Sequence[Cell]:
    """The cells that are run alone."""
    return [cell for cell in cells() if cell.name in SINGLE]


def posts() -> Sequence[Cell]:
    """Each answer of Teams, once."""
    return [cell for cell in cells() if cell.area == "Teams" and cell.fault not in _SLOW]
