"""Why an incident costs what it costs: the parts that explain it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

CauseKind = Literal[
    "changed",
    "new_usage_type",
    "new_region",
    "new_family",
    "ended",
    "switched",
    "now_billed_as",
    "commitment_ended",
    "moved_to_commitment",
]


@dataclass(frozen=True)
class Cause:
    """Part of an anomaly's explanation, as `usage_type` = `BoxUsage:m5.large`, with the dollars that it explains.

    `service` is a part by service, with dollars alone; `others` are several parts, and `value` their number.
    `usage_type` is what was billed on the incident's days against what was billed of it on its baseline days, in
    `region`: `impact` is the difference, and quantity effect, price effect and rest add up to it. `quantity` and
    `quantity_before` are in `unit`; None where several units are added. `from_value` and `from_region` are what it was
    before: of a switch, another name, a commitment (then the record type of what it covered).
    """

    dimension: str
    value: str
    impact: Decimal
    kind: CauseKind | None = None
    region: str | None = None
    operation: str | None = None
    quantity_effect: Decimal | None = None
    price_effect: Decimal | None = None
    rest: Decimal | None = None
    quantity: Decimal | None = None
    quantity_before: Decimal | None = None
    unit: str | None = None
    from_value: str | None = None
    from_region: str | None = None
