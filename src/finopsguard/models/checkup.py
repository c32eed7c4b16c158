"""What `finopsguard doctor` found: whether FinOps Guard can work here, check by check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

CheckName = Literal[
    "versions",
    "settings",
    "network",
    "identity",
    "region",
    "clock",
    "stack",
    "cost_explorer",
    "freshness",
    "page_size",
    "billing_view",
    "export",
    "organizations",
    "units",
    "roles",
    "store",
    "bucket",
    "webhook",
    "routes",
    "card",
    "event_bus",
    "schedules",
    "executions",
    "alarms",
    "mail",
]
CheckState = Literal["pass", "warn", "fail", "skip"]
Value = str | int | Decimal | date | datetime


@dataclass(frozen=True)
class Finding:
    """What a check found, before it is said in a language.

    `said` names the sentence of report/messages and `values` are what it shows, raw: dollars as a Decimal, and as `n`
    a count whose singular has a form of its own. `error` is the message of the error that ended the check, which says
    what to do; without one the sentence has its own remedy.
    """

    state: CheckState
    said: str
    values: Mapping[str, Value] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True)
class CheckResult:
    """A finding in the reader's language; `remedy` is what to do, None where there is nothing to do."""

    check: CheckName
    state: CheckState
    found: str
    remedy: str | None


@dataclass(frozen=True)
class Checkup:
    """All results of one examination. `requests` are those of Cost Explorer that it took; each costs USD 0.01."""

    version: str
    at: datetime
    stack: str | None
    requests: int
    failed: int
    warned: int
    checks: tuple[CheckResult, ...]
