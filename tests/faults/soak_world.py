"""The company of the soak: its bill changes as an ordinary company's does, and is known to the last digit.

All follows from the seed. The bill of a day grows for as long as AWS takes: `Company.costs` is the bill as it stands on
a morning. What has happened is in `told_of`: incidents that reports have to tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from hashlib import blake2b
from random import Random

from tests.standins import AccountRecord, Charge, Costs

FIRST = date(2026, 9, 28)
"""A Monday; sixty days from here have two month starts, and the night in which Europe's clocks change."""
_DAY = timedelta(days=1)
_LAST_DIGIT = Decimal("1e-10")
_UNIT = "ou-st01-prod0001"
_STAYING = (
    AccountRecord("111111111111", "shop", units=(_UNIT,)),
    AccountRecord("222222222222", "data", units=(_UNIT,)),
    AccountRecord("333333333333", "web", units=(_UNIT,)),
    AccountRecord("444444444444", "labs"),
)
_JOINS = AccountRecord("666666666666", "search", units=(_UNIT,))
_LEAVES = AccountRecord("555555555555", "old shop")
NAMES = {each.id: each.name for each in (*_STAYING, _JOINS, _LEAVES)}
_JOINS_AFTER, _LEAVES_AFTER = 12, 33
# What each service costs an account a day, times the account's size.
_SERVICES = {"Amazon EC2": Decimal(300), "Amazon RDS": Decimal(170), "Amazon S3": Decimal(60)}
_CREDIT = (timedelta(days=15), timedelta(days=40))
RESTATED_AFTER = 6
"""Mornings after a day on which AWS may still change it."""


@dataclass(frozen=True)
class Incident:
    """Usage of a service that is `factor` times what it was, from a day on for some days."""

    account_id: str
    service: str
    first: date
    days: int
    factor: Decimal

    def holds(self, charge: Charge) -> bool:
        """True for the usage that it changes."""
        since = (charge.day - self.first).days
        return (charge.account_id, charge.service) == (
            self.account_id,
            self.service,
        ) and 0 <= since < self.days


@dataclass
class Company:
    """An Organization and its bill over the days of a soak."""

    seed: int
    days: int
    incidents: tuple[Incident, ...] = ()
    _whole: dict[date, Sequence[Charge]] = field(default_factory=dict)
    _billed: dict[tuple[date, int], Sequence[Charge]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.incidents = tuple(self._planted())

    def accounts(self, morning: date) -> list[AccountRecord]:
        """Who is in the Organization."""
        since = (morning - FIRST).days
        joined = [_JOINS] if since >= _JOINS_AFTER else []
        staying = [_LEAVES] if since < _LEAVES_AFTER else []
        return [*_STAYING, *staying, *joined]

    def costs(self, morning: date) -> Costs:
        """What is billed on a morning, each day as far as it is complete by then."""
        return Costs(lambda day: self._on(day, min((morning - day).days, RESTATED_AFTER)))

    def share(self, day: date, age: int) -> Decimal:
        """How much of a day is billed on the `age`th morning after it began; 1 is what it is billed in the end."""
        if age <= 0:
            return Decimal(0)
        if age == 1:
            return Decimal(30 + self._chance(day, "first") % 55) / 100
        if age == 2 and self._chance(day, "late") % 12 == 0:
            return Decimal("0.55")
        if age == 2 and self._chance(day, "little") % 6 == 0:
            return Decimal("0.985")
        if age < RESTATED_AFTER and self._chance(day, "restated") % 10 == 0:
            return Decimal("0.96")
        return Decimal(1)

    def _on(self, day: date, age: int) -> Sequence[Charge]:
        if (day, age) not in self._billed:
            share = self.share(day, age)
            self._billed[day, age] = [
                Charge(each.account_id, day, each.service, each.record_type, self._part(each, share))
                for each in self._final(day)
                if share
            ]
        return self._billed[day, age]

    def _part(self, charge: Charge, share: Decimal) -> Decimal:
        return (
            (charge.amount * share).quantize(_LAST_DIGIT) if charge.record_type == "Usage" else charge.amount
        )

    def _final(self, day: date) -> Sequence[Charge]:
        if day not in self._whole:
            self._whole[day] = [*self._usage(day), *_others(day)]
        return self._whole[day]

    def _usage(self, day: date) -> Iterator[Charge]:
        for size, account in enumerate((*_STAYING, _JOINS, _LEAVES), start=1):
            if (account == _JOINS and day < FIRST + _JOINS_AFTER * _DAY) or (
                account == _LEAVES and day >= FIRST + _LEAVES_AFTER * _DAY
            ):
                continue
            for service, level in _SERVICES.items():
                weekend = Decimal("0.75") if day.weekday() >= 5 else Decimal(1)
                noise = 1 + Decimal(self._chance(day, account.id, service) % 600 - 300) / 10_000
                amount = level * (7 - size) / 3 * weekend * noise
                charge = Charge(account.id, day, service, "Usage", amount)
                for incident in self.incidents:
                    amount *= incident.factor if incident.holds(charge) else 1
                yield Charge(account.id, day, service, "Usage", amount.quantize(_LAST_DIGIT))

    def _planted(self) -> Iterator[Incident]:
        """A spike and a shift, of accounts that stay, in each month."""
        random = Random(f"incidents {self.seed}")
        for begins in range(2, self.days - 4, 28):
            for days, factor in ((1, Decimal(4)), (9, Decimal("1.9"))):
                account = random.choice(_STAYING).id
                first = FIRST + timedelta(days=begins + random.randrange(min(22, self.days - begins - 4)))
                yield Incident(account, random.choice(list(_SERVICES)), first, days, factor)

    def _chance(self, day: date, *what: str) -> int:
        text = "|".join((str(self.seed), str(day), *what))
        return int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), "big")


def _others(day: date) -> Iterator[Charge]:
    """What is not usage: a programme of credits, and what comes on the first of a month."""
    if _CREDIT[0] <= day - FIRST < _CREDIT[1]:
        yield Charge(_STAYING[3].id, day, "Amazon EC2", "Credit", Decimal("-41.37"))
    if day.day == 1:
        yield Charge(_STAYING[0].id, day, "Tax", "Tax", Decimal("1893.21"))
        yield Charge(_STAYING[0].id, day, "AWS Support (Business)", "Support", Decimal(410))
        yield Charge(_STAYING[1].id, day, "Amazon RDS", "RIFee", Decimal("260.64"))
