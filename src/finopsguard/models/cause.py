"""Why an incident costs what it costs: the parts that explain it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
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


Unread = Literal["weeks", "commitments", "operations", "resources", "trail"]
"""What an explanation does without: weeks of its baseline, usage by record type, usage by operation; of what was
switched on, the costs by resource and the trail of management events."""


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


@dataclass(frozen=True)
class ResourceCost:
    """A resource of an incident, as AWS names it in the bill: what it cost on the incident's days.

    `impact` is what that is above or below its days before, each against the mean of those before; all of it where it
    was not billed before.
    """

    id: str
    cost: Decimal
    impact: Decimal


WhoGrade = Literal["confirmed", "coincides"]
"""The event names a resource of the incident; or its kind, Region and time are those of the incident."""


@dataclass(frozen=True)
class Act:
    """A management event that created or changed what an incident is made of, as CloudTrail recorded it.

    `event` is AWS's name (`RunInstances`), `source` the service's (`ec2.amazonaws.com`), `principal` who acted
    (`role/deploy`, `user/ana`), `tool` with what (`Terraform`, `console`). `resource` is the one that it names, where
    it is one of the incident's.
    """

    grade: WhoGrade
    event: str
    source: str
    principal: str
    tool: str
    at: datetime
    region: str
    resource: str | None = None


@dataclass(frozen=True)
class Explained:
    """An incident's causes as they are stored, the largest first, and the requests of Cost Explorer that they took.

    `resources` are the largest of them, `who` those whose acts explain it: none where that is not switched on.
    `kept_from` has the name of the error, or the reason, that kept some of `unread` from being read.
    """

    incident_id: str
    causes: tuple[Cause, ...]
    requests: int
    unread: tuple[Unread, ...] = ()
    resources: tuple[ResourceCost, ...] = ()
    who: tuple[Act, ...] = ()
    kept_from: Mapping[Unread, str] = field(default_factory=dict)
