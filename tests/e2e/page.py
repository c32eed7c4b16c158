"""docs/e2e.md: what was done and what was seen, written by `make e2e`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from tests.e2e.prepared import CHANGES, ROOT

PAGE = ROOT / "docs" / "e2e.md"


class Act(NamedTuple):
    """An act, what it has shown, and after how many seconds."""

    name: str
    shown: str
    seconds: float


def text(acts: Sequence[Act], at: datetime, versions: Sequence[str]) -> str:
    """The page."""
    lines = [
        "# The built template, deployed to an emulator",
        "",
        "Written by `make e2e`, which builds the template with `sam build`, deploys it with `sam deploy` to"
        " [ministack](https://github.com/ministackorg/ministack) on this machine, IAM enforced, and plays the acts"
        " below. Cost Explorer, Organizations and Teams are the stand-ins of `tests/standins`. **It shows nothing of"
        " what AWS or Teams do**: it shows that what is built deploys, that the roles allow what the functions do, and"
        " that nothing is posted or paid twice.",
        "",
        f"Last run: {at:%Y-%m-%d %H:%M} UTC, {acts[-1].seconds:.0f} s, with {', '.join(versions)}.",
        "",
        "| Act | What was seen | After |",
        "|---|---|---:|",
        *(f"| {each.name} | {each.shown} | {each.seconds:.0f} s |" for each in acts),
        "",
        "## What is changed for it",
        "",
        *(f"- {each}." for each in CHANGES),
        "",
        "## What it cannot show",
        "",
        "- A redrive, the time zone of a schedule and `<aws.scheduler.scheduled-time>`: the emulator has none of them."
        " Each schedule's own input is read from the emulator and sent with the time put in.",
        "- 256 KiB payloads, jitter and the longest wait between attempts, which it does not hold to.",
        "- Whether an alarm's metric is what AWS sends: it is seen that the alarm exists and whom it tells.",
        "",
    ]
    return "\n".join(lines)
