"""docs/scale.md: what an Organization of 10 to 10,000 accounts takes, in pages, dollars, memory, disk and seconds.

`python -m benchmarks.scale_page` writes its tables anew from benchmarks/scale.json and the pages that
`benchmarks.scale` plans; with `--measure` the steps are measured again first (some ten minutes, 4 GB of disk), in the
memory that the template gives them.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks import memory
from benchmarks.memory import STEPS, Measured
from benchmarks.scale import ACCOUNTS, Pages, row, scale

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
RESULTS = Path(__file__).with_name("scale.json")
_PART = re.compile(r"<!-- (\w+): python -m benchmarks.scale_page -->\n.*?<!-- end of \1 -->", re.DOTALL)

MORNINGS = 2
"""The first report buys all days; the second one adds to the history."""

Results = Mapping[int, Mapping[tuple[int, str], Measured]]

# 100 accounts x 20 services x 98 days at 5,000 groups a page, by how others ask.
_PEERS = (
    ("one query an account, each read in pages of one day at a time", 408),
    ("one query of all accounts", 40),
)


def measured() -> Results:
    """Measures all of it."""
    found = {}
    for accounts in ACCOUNTS:
        found[accounts] = memory.measure(accounts, MORNINGS)
        print(f"{accounts:,} accounts measured", flush=True)
    return found


def kept() -> Results:
    """What was measured last."""
    stored = json.loads(RESULTS.read_text("utf-8"))
    return {
        int(accounts): {
            (int(morning), step): Measured(*values)
            for morning, steps in mornings.items()
            for step, values in steps.items()
        }
        for accounts, mornings in stored.items()
    }


def keep(found: Results) -> None:
    """Keeps what was measured."""
    stored: dict[str, dict[str, dict[str, Sequence[float]]]] = {}
    for accounts, steps in found.items():
        for (morning, step), each in steps.items():
            values = [round(each.mb), round(each.disk), round(each.seconds, 1), each.payload]
            stored.setdefault(str(accounts), {}).setdefault(str(morning), {})[step] = values
    RESULTS.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")


def page(text: str, found: Results) -> str:
    """The page with its tables as they are now."""
    parts = {"pages": _pages(), "steps": _steps(found)}

    def part(match: re.Match[str]) -> str:
        name = match[1]
        lines = "".join(f"{line}\n" for line in parts[name])
        return f"<!-- {name}: python -m benchmarks.scale_page -->\n{lines}<!-- end of {name} -->"

    return _PART.sub(part, text)


def _pages() -> Iterator[str]:
    heads = (
        "Accounts",
        "The first report",
        "The next day",
        "of the first",
        "A weekly after a daily",
        "The month",
    )
    yield f"| {' | '.join(heads)} | USD a month |"
    yield "|---:|---:|---:|---:|---:|---:|---:|"
    for accounts in ACCOUNTS:
        found = scale(accounts)
        name, first, following, weekly, month, usd, _ = row(found)
        yield f"| {name} | {first} | {following} | {_share(found.next_day, found.first)} | {weekly} | {month} | {usd} |"
    yield ""
    ours = scale(100)
    yield "| 100 accounts, 20 services, 98 days | Pages |"
    yield "|---|---:|"
    for how, pages in _PEERS:
        yield f"| {how} | {pages} |"
    yield f"| FinOps Guard, the first report | {ours.first.few} |"
    yield f"| FinOps Guard, each day after it | {ours.since[0].few} to {ours.since[-1].few} |"
    yield ""
    yield f"| Of the three days before, AWS has billed more since of | {' | '.join(_CHANGED)} |"
    yield "|---" + "|---:" * len(_CHANGED) + "|"
    for accounts in ACCOUNTS:
        found = scale(accounts)
        shares = (f"{each.few:,} ({each.few / found.first.few:.1%})" for each in found.since)
        yield f"| {accounts:,} accounts, pages of 5,000 groups | {' | '.join(shares)} |"
        small = (f"{each.many:,} ({each.many / found.first.many:.1%})" for each in found.since)
        yield f"| {accounts:,} accounts, pages of 500 groups | {' | '.join(small)} |"


_CHANGED = ("none", "one", "two", "all three")


def _share(part: Pages, whole: Pages) -> str:
    return f"{part.few / whole.few:.1%} to {part.many / whole.many:.1%}"


def _steps(found: Results) -> Iterator[str]:
    heads = " | ".join(f"{accounts:,}" for accounts in ACCOUNTS)
    for what, form in _FIGURES:
        yield f"| {what} | {heads} |"
        yield "|---" * (1 + len(ACCOUNTS)) + "|"
        for morning, of in ((0, ""), (1, ", the next day")):
            for step in STEPS:
                if morning and step not in ("FetchCosts", "AggregateCosts", "DetectAnomalies"):
                    continue
                figures = " | ".join(form(found[accounts][morning, step]) for accounts in ACCOUNTS)
                yield f"| {step}{of} | {figures} |"
        yield ""


def _mb(each: Measured) -> str:
    return f"{each.mb:,.0f}"


def _disk(each: Measured) -> str:
    return f"{each.disk:,.0f}"


def _seconds(each: Measured) -> str:
    return f"{each.seconds:.1f}"


def _payload(each: Measured) -> str:
    return f"{each.payload:,}"


_FIGURES = (
    ("Peak memory, MB", _mb),
    ("Disk, MB", _disk),
    ("Seconds of CPU", _seconds),
    ("Payload, bytes", _payload),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true", help="measure the steps again first")
    if parser.parse_args(arguments).measure:
        keep(measured())
    PAGE.write_text(page(PAGE.read_text("utf-8"), kept()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
