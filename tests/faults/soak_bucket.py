"""The bucket of a soak: once objects expire, it grows no more than what happened within their time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from finopsguard.store import keys
from tests.faults.soak_run import RETENTION, Soak
from tests.faults.soak_world import FIRST
from tests.truth.days import DAY

# Of evenings on which objects expire already, the last ones are held to the first ones.
_EVENINGS = 8
_MORE = Decimal("1.5")
_FEW = 10
# A look at all incidents holds those of 16 weeks, which a soak does not reach: it is bounded by their number.
_BYTES_OF_AN_INCIDENT = 4_000


def bounded(soak: Soak, counts: Counter[str]) -> Iterator[str]:
    """Once objects expire, each prefix has about as many of them, and as many bytes, for each execution of their time.

    Not for each day: which reports fail is chance, and each that is made again or redriven leaves its attempts. How
    many pages an execution pays is chance too: days that nobody could keep are read by each report until one succeeds.
    So of these there are no more than pages were asked for in their time.
    """
    mornings = [ran.morning for ran in soak.ran]
    evenings = [
        (held, sum(evening - RETENTION < each <= evening for each in mornings))
        for number, held in enumerate(soak.growth)
        if (evening := FIRST + number * DAY) >= FIRST + RETENTION
    ]
    prefixes = sorted({prefix for held in soak.growth for prefix in held})
    for prefix in prefixes if len(evenings) >= 2 * _EVENINGS else ():
        for what, unit in enumerate(("objects", "bytes")):
            first, last = (
                max(Decimal(held.get(prefix, (0, 0))[what]) / executions for held, executions in part)
                for part in (evenings[:_EVENINGS], evenings[-_EVENINGS:])
            )
            few = Decimal(_FEW * (1, 1000)[what]) / evenings[-1][1]
            if prefix not in (keys.INCIDENTS.prefix, keys.PAID.prefix) and last > first * _MORE + few:
                yield f"{prefix} has {last:.1f} {unit} for each execution, and had {first:.1f}"
    whole = RETENTION.days + 1
    for held, asked, before in zip(soak.growth[whole:], soak.asked[whole:], soak.asked, strict=False):
        paid, _ = held.get(keys.PAID.prefix, (0, 0))
        if paid > asked - before:
            yield f"{keys.PAID.prefix} has {paid} objects, of {asked - before} pages of their time"
            break
    for key, data in soak.at.border.s3.puts:
        if keys.INCIDENTS.matches(key):
            known = len(json.loads(data)["incidents"])
            counts["largest look at incidents"] = max(counts["largest look at incidents"], len(data))
            counts["most incidents in a look"] = max(counts["most incidents in a look"], known)
            if len(data) > _BYTES_OF_AN_INCIDENT * (known + 1):
                yield f"{key} has {len(data)} bytes for {known} incidents"
