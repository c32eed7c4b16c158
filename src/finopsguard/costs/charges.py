"""Kinds of charges: how Cost Explorer's record types are shown, and which of them are usage.

Only usage is judged by detection: fees and taxes come on the first of a month, credits and refunds are negative. The
names are those that Cost Explorer lists for the dimension RECORD_TYPE (documented by AWS as "Charge type").
"""

from __future__ import annotations

from collections.abc import Mapping

from finopsguard.models.report import ChargeKind

# A Savings Plan's covered usage and its negation belong together: their sum is what was used and not covered.
USAGE_RECORD_TYPES = ("Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation")

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
