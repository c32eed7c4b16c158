# ruff: noqa: E501 - a row of a table is one line
"""docs/reliability.md: what was seen in each cell, written from results and read back by the tests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from tests.faults import soak_page
from tests.faults.findings import FINDINGS, finding_of
from tests.faults.matrix import Seen
from tests.faults.table import AROUND_THE_CAUSES, AROUND_THE_POST, Cell, cells

PATH = soak_page.PAGE
_SHORT = {"right; card; same": "right", "says; card; same": "says"}
_HEAD = """# What goes wrong, and what happens then

Written by `make faults`, which runs every cell of these tables: the report as the real state machine makes it, through real
botocore and urllib3, with one fault put in one operation's way, and once more an hour later without it. AWS, S3 and Teams
are stand-ins on the loopback; nothing here was tried on AWS. `make check` runs a sample, and holds this page to the table and
to the rules in `tests/faults/table.py`, which say what has to be seen in each cell.

## How to read it

A cell says what became of the report; who was told; and what the run without the fault did.

| Word | What it means |
|---|---|
| right | Every sum is what the accounts were billed, to the cent. Alone: the card was posted once, and the second run posted nothing |
| says | What is there is right to the cent, and what is missing is said. Alone: as with "right" |
| refused `Error` | No report: the execution failed under that name, which the [runbook](runbook.md) explains |
| card, alert, nobody | What the channel was shown. Nobody: Teams itself, or its secret, is the fault and stays so; the command exits with 1 |
| same | The second run posted nothing |
| delivers | The second run posted the card, and it is right |
| asks | The second run fails under `DeliveryUncertain`: an operator has to look whether the card is there |
| took, waited, followed | The answer had no end, and was read until the stand-in ended it |

"Once" is the first request of the kind, "always" each one, "one batch" each one for two of the five accounts, "one incident"
each one for one of two; a stored file
is damaged before the run or while it is made. A time-out takes 0.15 s here, and the state machine's waits are scaled. There
is no chance in it: the same faults meet the same requests each time, and garbage is made from what it replaces (SHAKE-128).

What comes in at a border and is of no kind that anybody thought of is left to `make fuzz` (`tests/fuzz`): answers, events, stored
objects, files and settings of any form, held to a valid result with the sums that were given, or a named error.
"""


_DRILLS = (
    "A run is killed (SIGKILL) at each of its points, which a run that nobody kills counts; an hour later it is run again.",
    "Held: the report is right, its card is in the channel once, and no answer of Cost Explorer that has a receipt is bought",
    "again. Where nobody can know whether the card was posted, the operator looks, once, and does what the error says. A",
    "redrive starts at HoldForRedrive, with the input that the failed run gave it.",
    "",
)


def text(results: Mapping[str, Seen], drills: Mapping[str, Sequence[str]]) -> str:
    """The page."""
    return "".join(
        line + "\n"
        for line in [
            _HEAD.rstrip(),
            "",
            *_counts(results),
            *_drills(drills),
            *_soak(),
            *_findings(),
            *_tables(results),
        ]
    )


def _counts(results: Mapping[str, Seen]) -> Iterator[str]:
    yield "## Counts"
    yield ""
    yield "| Area | Cells | right | says | refused | not as they should be |"
    yield "|---|---|---|---|---|---|"
    for area, found in groupby(cells(), key=lambda cell: cell.area):
        listed = list(found)
        kinds = Counter(results[cell.name].report.split()[0].rstrip(":") for cell in listed)
        known = sum(finding_of(cell) is not None for cell in listed)
        yield f"| {area} | {len(listed)} | {kinds['right']} | {kinds['says']} | {kinds['refused']} | {known} |"
    yield ""


def _drills(drills: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield "## Drills"
    yield ""
    yield from _DRILLS
    yield "| Drill | Runs | as they should be |"
    yield "|---|---|---|"
    for name, found in groupby(sorted(drills), key=lambda each: each.partition(":")[0]):
        listed = list(found)
        yield f"| {name} | {len(listed)} | {sum(not drills[each] for each in listed)} |"
    yield ""


def _soak() -> Iterator[str]:
    return iter(soak_page.section(soak_page.kept()).splitlines())


def _findings() -> Iterator[str]:
    yield "## Not as it should be"
    yield ""
    if not FINDINGS:
        yield "Nothing."
    for number, found in enumerate(FINDINGS, start=1):
        count = sum(finding_of(cell) is found for cell in cells())
        yield f"{number}. {found.what} ({count} cells)"
    yield ""


def _tables(results: Mapping[str, Seen]) -> Iterator[str]:
    for (area, operation), found in groupby(cells(), key=lambda cell: (cell.area, cell.operation)):
        listed = list(found)
        columns = list(dict.fromkeys(cell.times for cell in listed))
        yield f"## {area}: {_title(operation)}"
        yield ""
        yield "| Fault | " + " | ".join(columns) + " |"
        yield "|---" * (len(columns) + 1) + "|"
        for fault, row in groupby(listed, key=lambda cell: cell.fault):
            by_time = {cell.times: _cell(cell, results[cell.name]) for cell in row}
            yield f"| {fault} | " + " | ".join(by_time.get(each, "") for each in columns) + " |"
        yield ""


def _title(operation: str) -> str:
    return operation if operation in (*AROUND_THE_POST, *AROUND_THE_CAUSES) else f"`{operation}`"


def _cell(cell: Cell, seen: Seen) -> str:
    found = finding_of(cell)
    line = re.sub(r"refused (\w+(\.\w+)*)", r"refused `\1`", _SHORT.get(seen.line, seen.line))
    return f"{line} **[{FINDINGS.index(found) + 1}]**" if found else line


def read(page: str) -> dict[str, str]:
    """What the page says was seen, by the cell's name."""
    long = {short: line for line, short in _SHORT.items()}
    found: dict[str, str] = {}
    place, columns = ("", ""), list[str]()
    for line in page.splitlines():
        if heading := re.fullmatch(r"## (\w+): `?(.+?)`?", line):
            place = (heading[1], heading[2])
        elif line.startswith("| Fault | "):
            columns = line.strip("| ").split(" | ")[1:]
        elif line.startswith("## "):
            place = ("", "")
        elif place[0] and line.startswith("| "):
            fault, *row = [each.strip() for each in line[1:-1].split(" | ")]
            for times, said in zip(columns, row, strict=True):
                plain = re.sub(r" \*\*\[\d+\]\*\*$", "", said).replace("`", "")
                if plain:
                    found[" | ".join((*place, fault, times))] = long.get(plain, plain)
    return found


def seen_in(line: str) -> Seen:
    """A cell's text as what was seen; the message to the operator is not on the page."""
    report, told, again, *unbounded = line.split("; ")
    return Seen(report, told, again, "", "; ".join(unbounded))
