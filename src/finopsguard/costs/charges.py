"""Kinds of charges: how Cost Explorer's record types are shown, and which of them are usage.

Only usage is judged by detection: fees and taxes come on the first of a month, credits and refunds are negative. The
names are those that Cost Explorer lists for the dimension RECORD_TYPE (documented by AWS as "Charge type"), and
FOCUS' own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from finopsguard.models.costs import CostRow
from finopsguard.models.metrics import USAGE_RECORD_TYPES
from finopsguard.models.report import ChargeKind
from finopsguard.models.run import Period

LARGE_USD = Decimal(200)
"""Of the currency of the costs, whatever it is."""
LARGE_SHARE = Decimal("0.01")

_KINDS: Mapping[str, ChargeKind] = {
    **dict.fromkeys(USAGE_RECORD_TYPES, "usage"),
    "Credit": "credit",
    "Refund": "refund",
    "Tax": "tax",
    "Support": "support",
    "Fee": "fee",
    "RIFee": "fee",
    "Recurring": "fee",
    "Upfront": "fee",
    "SavingsPlanRecurringFee": "fee",
    "SavingsPlanUpfrontFee": "fee",
    "BundledDiscount": "discount",
    "EdpDiscount": "discount",
    "PrivateRateDiscount": "discount",
    "Discount": "discount",
    "Purchase": "fee",
    "Adjustment": "other",
}


def charge_kind(record_type: str) -> ChargeKind:
    """The kind of a record type; one that AWS added later is `other`, never dropped.

    Cost Explorer writes some types with words ("Enterprise Discount Program Discount", "Recurring reservation fee"),
    the Cost and Usage Report without; both are recognised.
    """
    known = _KINDS.get(record_type.replace(" ", ""))
    if known:
        return known
    words = record_type.lower()
    if "discount" in words:
        return "discount"
    return "fee" if "fee" in words.split() else "other"


def is_record_type(name: str) -> bool:
    """Whether a name is one of a record type that is known; a column or a service may be called so."""
    return name.replace(" ", "") in _KINDS


Charge = tuple[date, str, str]
"""(day, account, record type)."""


def large_charges(charges: Sequence[CostRow], window: Period, period: Period) -> dict[Charge, Decimal]:
    """The period's charges that are worth a question of what they are for; `charges` are by record type.

    One is large where a day differs from its record type's median day in the account by LARGE_USD and by LARGE_SHARE
    of the period's usage in `charges`: what comes every day alike needs no name. A tax is for what it is on.
    """
    usage = Decimal(0)
    amounts: dict[tuple[str, str], dict[date, Decimal]] = {}
    for row in charges:
        kind = charge_kind(row.record_type or "")
        if kind == "usage":
            usage += row.amount if row.date in period else 0
        elif kind != "tax":
            days = amounts.setdefault((row.account_id, row.record_type or ""), {})
            days[row.date] = days.get(row.date, Decimal(0)) + row.amount
    least = max(LARGE_USD, usage * LARGE_SHARE)
    return {
        (day, *whose): amount
        for whose, days in amounts.items()
        for usual in [_median(list(days.values()), window.days)]
        for day, amount in days.items()
        if day in period and abs(amount - usual) >= least
    }


def _median(amounts: Sequence[Decimal], days: int) -> Decimal:
    """Of so many days, most of which may have no amount."""
    return sorted([*amounts, *[Decimal(0)] * (days - len(amounts))])[days // 2]
