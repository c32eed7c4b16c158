"""The bucket of a soak: once objects expire, it grows no more."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from finopsguard.store import keys
from tests.faults.soak_run import RETENTION, Soak

# Of evenings on which objects expire already, the last ones are held to the first ones.
_EVENINGS = 8
_MORE = Decimal("1.5")
_FEW = 10
# A look at all incidents holds those of 16 weeks, which a soak does not reach: it is bounded by their number.
_BYTES_OF_AN_INCIDENT = 4_000


def bounded(soak: Soak, counts: Counter[str]) -> Iterator[str]:
    """Once objects expire, each prefix has about as many of them, and as many bytes, as when that began."""
    steady = soak.growth[RETENTION.days :]
    prefixes = sorted({prefix for held in soak.growth for prefix in held})
    for prefix in prefixes if len(steady) >= 2 * _EVENINGS else ():
        for what, unit in enumerate(("objects", "bytes")):
            first, last = (
                max(each.get(prefix, (0, 0))[what] for each in part)
                for part in (steady[:_EVENINGS], steady[-_EVENINGS:])
            )
            few = _FEW * (1, 1000)[what]
            if prefix != keys.INCIDENTS.prefix and last > first * _MORE + few:
                yield f"{prefix} has {last} {unit}, and had {first}"
    for key, data in soak.at.border.s3.puts:
        if keys.INCIDENTS.matches(key):
            known = len(json.loads(data)["incidents"])
            counts["largest look at incidents"] = max(counts["largest look at incidents"], len(data))
            counts["most incidents in a look"] = max(counts["most incidents in a look"], known)
            if len(data) > _BYTES_OF_AN_INCIDENT * (known + 1):
                yield f"{key} has {len(data)} bytes for {known} incidents"
