# ruff: noqa: E501 - a line of the page is one line
"""The section of docs/reliability.md about the soak, made from its figures in tests/faults/soak.json alone.

So `make faults`, which writes the page anew, keeps the section, and `make soak` replaces nothing else.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("soak.json")
PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
_HEADING = "## Soak"
_SECTION = re.compile(rf"^{_HEADING}\n.*?(?=^## )", re.MULTILINE | re.DOTALL)

_HEAD = """Written by `make soak`: the days of a company, morning after morning, through the real state machine with the real
steps, while calls to AWS, the bucket and Teams meet the faults of the tables below by chance: one call in twenty, and one post
in five. Late days are billed later, days are restated, incidents come and go, an account joins and one leaves, credits begin
and end, months and clocks change. An operator redrives what failed, runs it again or leaves it, and answers for deliveries
whose outcome nobody knows by a look into the channel. The last morning has no faults. `make soak SEEDS="..."` meets the same
faults again, as long as no call without one takes longer than the 0.6 s after which it is given up.

Held, by what the stand-ins got: no card and no correction twice; each UTC day in one daily and one weekly report; each number
the bill's to the cent as it stood when it was read, with what is missing said, and no late day compared; what was planted is
told; each failure told once, or it is said that nobody was; for each execution the bucket has no more at the end than when its
objects began to expire (here after the 30 days that the template allows at least).

Faults meet other calls where a machine is busy, so a seed is not one history for ever. In two runs of seed 3 the month of a
report was up to 0.16 % off what its judge expected, and the report said by how much its total was apart: costs that were read for a plan a
day before had been noted with the total of the day after, so a day that was restated between them looked unchanged. It was shown by
a test of its own and mended (tests/truth/test_history_mornings.py). A redriven report may still have days of two mornings; the judge takes a
day as it stood on either where the total of all is said to be apart (tests/faults/soak_numbers.py).
"""

_ROWS: Sequence[tuple[str, str]] = (
    ("days", "days"),
    ("daily reports due", "daily due"),
    ("weekly reports due", "weekly due"),
    ("came on time", "on time"),
    ("came later, by a redrive or a new run", "later the same report"),
    ("came with a later report, which says so", "with a later report"),
    ("told as missing, in no report", "told as missing"),
    ("days in no report that nobody named", ""),
    ("cards twice", ""),
    ("cards twice where the store had lost the record of the first", "twice, for the store lost a record"),
    ("cards that are right and whole", "right"),
    ("cards that are right and say what is missing or not sure", "says what is missing"),
    ("corrections of earlier reports", "corrections"),
    ("executions", "executions"),
    ("of them failed", "failed"),
    ("redriven", "redriven"),
    ("run again by hand", "run again"),
    ("started twice by the schedule", "started twice"),
    ("deliveries that an operator saw in the channel", "resolved as posted"),
    ("deliveries that an operator did not see there", "resolved as not-posted"),
    ("alerts", "alerts"),
    ("of them by the topic, for Teams did not take them", "alerts by the topic"),
    ("failures that told nobody, and said so", "nobody, and says so"),
    ("failures whose question had been asked before", "asked before"),
    ("planted incidents that were told", "incidents told"),
    ("planted incidents of which a report says why they are none", "incidents said to be none"),
    ("most incidents in a look at them", "most incidents in a look"),
    ("largest look at incidents, bytes", "largest look at incidents"),
    ("calls", "calls"),
    ("calls that met a fault, and damaged objects", "faults"),
    ("faults that lasted until the run ended", "lasting"),
    ("seconds", "seconds"),
)

_IN_A_LINE = (
    "daily due",
    "weekly due",
    "on time",
    "later the same report",
    "with a later report",
    "told as missing",
    "executions",
    "failed",
    "redriven",
    "alerts",
    "calls",
    "faults",
    "seconds",
)


def line(figures: Mapping[str, Any]) -> str:
    """A soak in one line."""
    return ", ".join(f"{_figure(figures, name)} {name}" for name in _IN_A_LINE)


def section(results: Sequence[Mapping[str, Any]]) -> str:
    """The section, from its heading to its last line."""
    return "".join(f"{each}\n" for each in _lines(results))


def kept() -> list[dict[str, Any]]:
    """The figures of the last soak that is on the page."""
    found: list[dict[str, Any]] = json.loads(RESULTS.read_text("utf-8"))
    return found


def found_in(page: str) -> str:
    """The section as it stands on the page; empty where there is none."""
    found = _SECTION.search(page)
    return found[0] if found else ""


def write(results: Sequence[Mapping[str, Any]]) -> None:
    """Keeps the figures, and replaces the section."""
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", "utf-8")
    page = PAGE.read_text("utf-8")
    PAGE.write_text(_SECTION.sub(lambda _: section(results), page), "utf-8")


def _lines(results: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield _HEADING
    yield ""
    yield _HEAD
    yield "| Seed | " + " | ".join(str(each["seed"]) for each in results) + " |"
    yield "|---" * (len(results) + 1) + "|"
    for words, name in _ROWS:
        yield f"| {words} | " + " | ".join(str(_figure(each, name)) for each in results) + " |"
    yield ""
    yield from _faults(results)
    yield from _bucket(results)


def _figure(figures: Mapping[str, Any], name: str) -> int:
    # A soak in which one of those without a name is not 0 has failed, and is not on the page.
    found: int = figures.get(name, figures["counts"].get(name, 0)) if name else 0
    return found


def _faults(results: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "| Where | Faults that were met, all seeds |"
    yield "|---|---|"
    met: dict[str, Counter[str]] = {}
    for each in results:
        for area, kinds in each["met"].items():
            met.setdefault(area, Counter()).update(kinds)
    for area, kinds in sorted(met.items()):
        listed = ", ".join(f"{name} {number}" for name, number in sorted(kinds.items()))
        yield f"| {area} | {listed} |"
    yield ""


def _bucket(results: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "The bucket in the evening before its first objects expired, and at the end; the most of all seeds."
    yield ""
    yield "| Prefix | objects then | at the end | bytes then | at the end |"
    yield "|---|---|---|---|---|"
    moments = ("when they began to expire", "held")
    prefixes = sorted({prefix for each in results for moment in moments for prefix in each[moment]})
    for prefix in prefixes:
        row = [
            max(each[moment].get(prefix, (0, 0))[what] for each in results)
            for what in (0, 1)
            for moment in moments
        ]
        yield f"| `{prefix}` | " + " | ".join(f"{each:,}" for each in row) + " |"
    yield ""
