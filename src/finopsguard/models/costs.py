"""What is read of costs and usage: rows and lines as a source gives them, whatever the source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, NamedTuple

from finopsguard.models.run import Period


class CostRow(NamedTuple):
    """One amount of one day. Exactly one of `service` (usage by service) and `record_type` (all charges) is set.

    A row with a `seller` (which may be empty) has both and is in no sum: the part of a charge that is for this product.
    One with a `region` is the same usage once more, of all accounts together (`Batch.held_as`): in no sum either.
    `amortized` is the amortized cost of the same, where it was asked for; `amount` is of the run's metric.
    """

    date: date
    account_id: str
    service: str | None
    record_type: str | None
    amount: Decimal
    unit: str
    seller: str | None = None
    amortized: Decimal | None = None
    region: str | None = None


HeldRows = Mapping[date, Sequence[CostRow]]
"""By day what the history has of it; a day that it does not have of everybody asked for is not there."""
NOTHING_HELD: HeldRows = MappingProxyType({})


class PartRow(NamedTuple):
    """What a part's accounts cost on a day of a service, or of a record type; `amortized` is its amortized cost."""

    part: str
    date: date
    service: str | None
    record_type: str | None
    amount: Decimal
    amortized: Decimal


@dataclass(frozen=True)
class Costs:
    """What was read for one batch, and the Cost Explorer requests (each page is one, and is charged) that it took.

    `incomplete`: accounts of the batch that could not be read whole, each with what is wrong; they have no rows.
    `unnamed`: it has large charges that are not usage, and what they are for could not be read.
    """

    rows: Sequence[CostRow]
    requests: int
    incomplete: Mapping[str, str] = field(default_factory=dict)
    unnamed: bool = False


Second = Literal["region", "record_type", "operation"]
"""What usage by type is divided by besides."""


class UsageLine(NamedTuple):
    """What was billed of one usage type on one day, of an account's services together, in one grouping (see Usage).

    Of `region`, `record_type` and `operation` one is set: the grouping's second key. `quantity` is in `unit`.
    `amount` is of the run's metric, `amortized` the amortized cost of the same.
    """

    date: date
    usage_type: str
    amount: Decimal
    amortized: Decimal
    quantity: Decimal
    unit: str
    region: str | None = None
    record_type: str | None = None
    operation: str | None = None


@dataclass(frozen=True)
class Usage:
    """The usage of an account's services by usage type, in up to three groupings of the same money.

    `by_region` has all usage record types. None: that grouping was not read. `requests`: pages that it took. `since` is
    the first day that was read; None: all that were asked for were.
    """

    by_region: Sequence[UsageLine]
    by_record_type: Sequence[UsageLine] | None
    by_operation: Sequence[UsageLine] | None
    requests: int
    since: date | None = None


class ResourceLine(NamedTuple):
    """What one resource cost on one day, of an account's services together.

    `amortized` is the amortized cost of the same.
    """

    date: date
    resource_id: str
    amount: Decimal
    amortized: Decimal


@dataclass(frozen=True)
class UsageQuestion:
    """Whose usage of which services is asked for, and through which role where the account has one of its own; `days`
    are those of an incident, which began on `start`, and what it is held against.
    """

    account_id: str
    services: Sequence[str]
    days: Period
    start: date
    role_arn: str | None = None


class AccountUsage(NamedTuple):
    """What an account used on a day of some services in a Region; `amount` is of the run's metric."""

    date: date
    account_id: str
    amount: Decimal
    amortized: Decimal


@dataclass(frozen=True)
class Resources:
    """An account's services by resource. `requests`: pages that it took. `days` are those that could be read."""

    lines: Sequence[ResourceLine]
    requests: int
    days: Period


@dataclass(frozen=True)
class Billed:
    """All charges by day, and the Cost Explorer requests that it took to know them."""

    by_day: Mapping[date, Decimal]
    requests: int


class BilledAccount(NamedTuple):
    """An account that the bill knows, listed by Organizations or not."""

    id: str
    name: str


@dataclass(frozen=True)
class BilledAccounts:
    """Who was billed, and the Cost Explorer requests that it took to know."""

    accounts: Sequence[BilledAccount]
    requests: int
