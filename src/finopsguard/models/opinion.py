"""A second opinion: what AWS Cost Anomaly Detection found on the days of a report, and whether it agrees with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

OpinionState = Literal["read", "denied", "unavailable", "limit"]
"""Whether it was read: `limit`, no more of Cost Explorer may be asked for."""
Agreement = Literal["both", "only_us"]
"""Whether AWS found an incident of ours too."""


@dataclass(frozen=True)
class AwsPlace:
    """Where AWS sees a finding; None: it does not say."""

    account_id: str | None
    service: str | None
    region: str | None = None


@dataclass(frozen=True)
class AwsFinding:
    """A finding: its days, first and last included, and what it cost above AWS's expectation, in USD."""

    id: str
    start: date
    end: date
    impact: Decimal
    places: tuple[AwsPlace, ...]


@dataclass(frozen=True)
class AwsFindings:
    """One page of findings; `more`: there are others on a page that was not asked for."""

    found: tuple[AwsFinding, ...]
    more: bool = False


@dataclass(frozen=True)
class SecondOpinion:
    """What AWS found. `only_aws` are the ids of those that no incident of the report has, above its gate.

    They are empty until DetectAnomalies has compared.
    """

    state: OpinionState
    found: tuple[AwsFinding, ...] = ()
    more: bool = False
    only_aws: tuple[str, ...] = ()
