"""Where the Cost Explorer stand-in's amounts come from: a table, a function, or samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from hashlib import blake2b

from tests.standins.organizations import AccountRecord

DIMENSIONS = {
    "LINKED_ACCOUNT": "account_id",
    "SERVICE": "service",
    "RECORD_TYPE": "record_type",
    "USAGE_TYPE": "usage_type",
    "REGION": "region",
    "OPERATION": "operation",
    "LEGAL_ENTITY_NAME": "seller",
    "RESOURCE_ID": "resource",
}
"""The attribute of a charge that is a dimension of Cost Explorer."""


@dataclass(frozen=True)
class Charge:
    """What one account was charged on one day; the attributes are Cost Explorer's dimensions.

    `spread` is its amortized cost, where that is another one. `quantity` is in `unit`; None: one for each dollar. What
    is of no resource has AWS's word for it (seen in published answers).
    """

    account_id: str
    day: date
    service: str
    record_type: str
    amount: Decimal
    usage_type: str = "BoxUsage:m5.large"
    region: str = "us-east-1"
    seller: str = "Amazon Web Services, Inc."
    operation: str = "RunInstances"
    quantity: Decimal | None = None
    unit: str = "Hrs"
    spread: Decimal | None = None
    resource: str = "NoResourceId"

    @property
    def amortized(self) -> Decimal:
        """The amortized cost: what takes covered usage away again from unblended cost is none (documented by AWS)."""
        if self.spread is not None:
            return self.spread
        return Decimal(0) if self.record_type == "SavingsPlanNegation" else self.amount

    @property
    def used(self) -> Decimal:
        """How much was used, in `unit`."""
        return self.amount if self.quantity is None else self.quantity


CostTable = Mapping[tuple[str, date, str, str], Decimal]
CostFunction = Callable[[str, date, str, str], Decimal | None]


class Costs:
    """All charges, by day. A zero amount is a group with amount "0"; no charge at all is no group."""

    def __init__(self, charges_of: Callable[[date], Sequence[Charge]]) -> None:
        self._charges_of = charges_of
        self._days: dict[date, Sequence[Charge]] = {}

    @classmethod
    def table(cls, table: CostTable) -> Costs:
        """From (account, day, service, record type) -> amount."""
        return cls.charges(
            [
                Charge(account, day, service, kind, amount)
                for (account, day, service, kind), amount in table.items()
            ]
        )

    @classmethod
    def charges(cls, charges: Sequence[Charge]) -> Costs:
        """From a list of charges."""
        by_day: dict[date, list[Charge]] = {}
        for charge in charges:
            by_day.setdefault(charge.day, []).append(charge)
        return cls(lambda day: by_day.get(day, []))

    @classmethod
    def function(
        cls,
        cost: CostFunction,
        *,
        accounts: Sequence[str],
        services: Sequence[str],
        record_types: Sequence[str],
    ) -> Costs:
        """From a function that returns an amount, or None for no charge."""

        def charges_of(day: date) -> Sequence[Charge]:
            return [
                Charge(account, day, service, record_type, amount)
                for account in accounts
                for service in services
                for record_type in record_types
                if (amount := cost(account, day, service, record_type)) is not None
            ]

        return cls(charges_of)

    def on(self, day: date) -> Sequence[Charge]:
        """The charges of one day."""
        if day not in self._days:
            self._days[day] = self._charges_of(day)
        return self._days[day]

    def between(self, start: date, end: date) -> Iterator[Charge]:
        """The charges from `start` to before `end`."""
        for offset in range((end - start).days):
            yield from self.on(start + timedelta(days=offset))

    def total(self, start: date, end: date, where: Callable[[Charge], bool] = lambda charge: True) -> Decimal:
        """What a report of these days has to show, to the last digit."""
        return sum((charge.amount for charge in self.between(start, end) if where(charge)), Decimal(0))


SAMPLE_SERVICES = (
    "Amazon Elastic Compute Cloud - Compute",
    "Amazon Relational Database Service",
    "Amazon Simple Storage Service",
    "AmazonCloudWatch",
    "AWS Lambda",
    "EC2 - Other",
)
SAMPLE_RECORD_TYPES = ("Usage", "SavingsPlanCoveredUsage", "SavingsPlanNegation", "Credit", "Tax", "Support")
_UNITS = (("ou-st01-prod0001",), ("ou-st01-prod0001", "ou-st01-shop0001"), ("ou-st01-test0001",), ())


def sample_accounts(count: int = 24) -> list[AccountRecord]:
    """An Organization of `count` accounts, the first of which manages it; one of them is closed."""
    accounts = [
        AccountRecord(
            f"{111100000000 + index:012}", f"account-{index:03}", "ACTIVE", _UNITS[index % len(_UNITS)]
        )
        for index in range(count)
    ]
    accounts[0] = AccountRecord(accounts[0].id, "management")
    if count > 2:
        accounts[2] = AccountRecord(accounts[2].id, "closed-account", "CLOSED", accounts[2].units)
    return accounts


def sample_costs(accounts: Sequence[str]) -> Costs:
    """Deterministic costs with ten decimals, a weekday shape, month-start charges, credits and zeros."""
    return _sample_costs(tuple(accounts))


@cache  # a year of them takes a second, and most tests ask for the same accounts
def _sample_costs(accounts: tuple[str, ...]) -> Costs:
    return Costs.function(
        _sample_cost, accounts=accounts, services=SAMPLE_SERVICES, record_types=SAMPLE_RECORD_TYPES
    )


def _sample_cost(account: str, day: date, service: str, record_type: str) -> Decimal | None:
    size = _digest(account, service)
    covered = Decimal(size % 3000) / 100 if service == SAMPLE_SERVICES[0] else None
    amounts = {
        "Usage": _sample_usage(account, day, service, size) if record_type == "Usage" else None,
        "SavingsPlanCoveredUsage": covered,
        "SavingsPlanNegation": -covered if covered is not None else None,
        "Credit": -(Decimal(size % 700) / 100) if size % 11 == 0 else None,
        "Tax": Decimal(size % 90000) / 100 if day.day == 1 else None,
        "Support": Decimal(size % 4000) / 100 if day.day == 1 else None,
    }
    return None if size % 5 == 0 else amounts[record_type]


def _sample_usage(account: str, day: date, service: str, size: int) -> Decimal:
    if size % 7 == 0:
        return Decimal(0)
    weekday = Decimal("0.7") if day.weekday() >= 5 else Decimal(1)
    noise = Decimal(_digest(account, service, str(day)) % 10_000_019) / Decimal(10**9)
    return (Decimal(size % 20000) / 100 * weekday * (1 + noise)).quantize(Decimal("1e-10"))


def _digest(*parts: str) -> int:
    return int.from_bytes(blake2b("|".join(parts).encode(), digest_size=6).digest(), "big")
