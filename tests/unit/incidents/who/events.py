"""An incident, its causes and events for the tests of who acted."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from finopsguard.incidents import who
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Act, Cause, ResourceCost
from finopsguard.models.trail import TrailEvent, TrailEvents

START = date(2026, 11, 15)
EVENING = datetime(2026, 11, 14, 22, 10, tzinfo=UTC)
EC2, RDS = "Amazon Elastic Compute Cloud - Compute", "Amazon Relational Database Service"
GPU = "BoxUsage:p5.48xlarge"
DEPLOY, ANA = "role/terraform-deploy", "sso/Admin/ana@…"
SCALING = "service/autoscaling.amazonaws.com"


def incident(**changed: Any) -> AnomalyLine:
    given: dict[str, Any] = {
        "id": "111111111111/2026-11-15/up", "account_id": "111111111111", "account_name": "shop", "service": EC2,
        "kind": "shift", "day": date(2026, 11, 17), "start": START, "actual": Decimal(400), "expected": Decimal(30),
        "impact": Decimal(1110), "direction": 1, "last_day": date(2026, 11, 17),
    }  # fmt: skip
    return AnomalyLine(**(given | changed))


def caused(usage_type: str = GPU, impact: int = 1100, **more: Any) -> Cause:
    given: dict[str, Any] = {"kind": "new_usage_type", "region": "eu-west-1", "price_effect": Decimal(0)}
    return Cause("usage_type", usage_type, Decimal(impact), **(given | more))


def resource(name: str = "i-0abc", impact: int = 1000) -> ResourceCost:
    return ResourceCost(name, Decimal(abs(impact)), Decimal(impact))


def event(
    name: str = "RunInstances", principal: str = DEPLOY, at: datetime = EVENING, **more: Any
) -> TrailEvent:
    by_service = principal.startswith("service/")
    given: dict[str, Any] = {
        "source": "ec2.amazonaws.com",
        "region": "eu-west-1",
        "tool": "",
        "by_service": by_service,
    }
    given |= more
    return TrailEvent(name, principal=principal, at=at, **given)


def acts(*events: TrailEvent, **more: Any) -> tuple[Act, ...]:
    """Whose acts explain it: `line`, `causes`, `resources` and `cut` are those above unless they are given."""
    answer = TrailEvents(events, more.get("cut", frozenset()))
    line, causes = more.get("line", incident()), more.get("causes", (caused(),))
    return who.acts(line, causes, more.get("resources", ()), [answer])


def named(*events: TrailEvent, **more: Any) -> list[tuple[str, str]]:
    """The grades and principals of the acts."""
    return [(act.grade, act.principal) for act in acts(*events, **more)]
