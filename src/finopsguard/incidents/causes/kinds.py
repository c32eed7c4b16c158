"""What is new and what is gone, in words of one kind each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from finopsguard.incidents.causes import usage_types
from finopsguard.incidents.causes.parts import Part
from finopsguard.models.cause import CauseKind

NO_REGION = frozenset({"", "global", "NoRegion"})
"""How Cost Explorer names what is in no Region."""


def with_kinds(parts: Sequence[Part], all_parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts that have no kind yet, with theirs; what was there before is seen in `all_parts`."""
    seen = [part for part in all_parts if part.seen]
    regions = {part.region for part in seen} | NO_REGION
    families = {usage_types.family(part.usage_type) for part in seen} | {None}

    def kind(part: Part) -> CauseKind:
        if part.gone:
            return "ended"
        if part.seen or part.dollars <= 0:
            return "changed"
        # Where nothing was before, Region and family say no more than that all of it is new.
        if seen and part.region not in regions:
            return "new_region"
        if seen and usage_types.family(part.usage_type) not in families:
            return "new_family"
        return "new_usage_type"

    return tuple(replace(part, kind=kind(part)) if part.kind == "changed" else part for part in parts)
