"""What the columns of CUR 2.0 and FOCUS 1.2 mean, as SQL: one table for each of the two.

The SQL is Athena's (Trino's) and DuckDB's at once; `grouped.FOR_DUCKDB` has the functions that only the first of them
knows. Columns are AWS's (Data Exports' table dictionary); the roles day, account, service, kind and currency are those
of `files.dialects`. Amortized cost is computed as AWS documents it for the Cost and Usage Report. Record types are Cost
Explorer's; which of them are usage is said in `costs.charges` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from finopsguard.aws.sql import quoted
from finopsguard.costs.sources.files.dialects import CUR, FOCUS, canonical
from finopsguard.errors import ExportRejected
from finopsguard.models.metrics import AMORTIZED, MetricName

EXACT = "DECIMAL(28, 10)"
_NO_TEXT = "CAST(NULL AS VARCHAR)"
NO_AMOUNT = f"CAST(NULL AS {EXACT})"
"""An amount that the export has not the columns for."""


@dataclass(frozen=True)
class Columns:
    """SQL of each thing that a row says; `amortized` is NO_AMOUNT where the export has not the columns for it.

    `used_as` is the record type of usage, by which causes know what a commitment covers. `quantity` is in `measure`;
    these two, `region` and `resource` are NULL where the export has not the columns: causes alone are poorer for it.
    """

    day: str
    account: str
    account_name: str
    code: str
    product: str
    transfer: str
    usage_type: str
    operation: str
    record_type: str
    used_as: str
    seller: str
    unit: str
    amount: str
    amortized: str
    quantity: str
    measure: str
    region: str
    resource: str


class _Header:
    """A file's columns by their canonical names."""

    def __init__(self, types: Mapping[str, str]) -> None:
        self._types = types
        self._names = {canonical(name): name for name in types}

    def __contains__(self, name: str) -> bool:
        return canonical(name) in self._names

    def lacks(self, *names: str) -> list[str]:
        return [name for name in names if name not in self]

    def text(self, *names: str) -> str:
        """Of several columns the first that is not empty in a row; NULL where there is none of them."""
        known = [f"nullif(CAST({self._quoted(name)} AS VARCHAR), '')" for name in names if name in self]
        if len(known) > 1:  # Trino's coalesce takes no single value
            return f"coalesce({', '.join(known)})"
        return known[0] if known else _NO_TEXT

    def money(self, *names: str) -> str:
        """The first of the columns that there is. What is no number is NULL, which is unknown and never zero."""
        name = next(name for name in names if name in self)
        return f"try_cast({self._quoted(name)} AS {EXACT})"

    def number(self, name: str) -> str:
        """A column that need not be there; NULL where it is not, and for what is no number."""
        return self.money(name) if name in self else NO_AMOUNT

    def day(self, name: str) -> str:
        """The day of a moment; one with a zone is cast in the connection's, which is UTC."""
        return f"CAST(try_cast({self._quoted(name)} AS TIMESTAMP) AS DATE)"

    def mapped(self, name: str, key: str) -> str:
        """An entry of a column with a map; NULL where that is none."""
        if name in self and self._types[self._names[canonical(name)]].upper().startswith("MAP"):
            return f"nullif(element_at({self._quoted(name)}, '{key}'), '')"
        return _NO_TEXT

    def _quoted(self, name: str) -> str:
        return quoted(self._names[canonical(name)])


def columns_of(key: str, types: Mapping[str, str], metric: MetricName) -> Columns:
    """The columns of a file by its header. Raises ExportRejected for another table's, or for lack of columns."""
    header = _Header(types)
    if CUR.day[0] in header:
        return _cur(key, header, metric)
    if FOCUS.day[0] in header:
        return _focus(key, header, metric)
    raise ExportRejected(
        f"{key} has neither the columns of CUR 2.0 nor those of FOCUS 1.2 ({', '.join(list(types)[:5])}, ...). Set"
        " FINOPSGUARD_EXPORT_NAME to an export of one of these tables."
    )


def undeclared(types: Mapping[str, str], metric: MetricName) -> list[str]:
    """Columns that a table of Athena has to declare, and does not: what it leaves out is not read, and nobody sees it.

    A file without them has not got them; a table that declares them gives NULL then.
    """
    header = _Header(types)
    if FOCUS.day[0] in header:
        return header.lacks(*_FOCUS_TOLD)
    return header.lacks(*_CUR_TOLD, *_CUR_NET.get(metric, ()))


def _refuse(key: str, lacking: list[str], why: str) -> None:
    if lacking:
        raise ExportRejected(
            f"{key} has no {', '.join(lacking)}, {why}. Add the columns to the export in the Billing console (Data"
            " Exports); AWS delivers them with its next update."
        )


# ---- CUR 2.0 ---------------------------------------------------------------------------------------------------------

_CUR_NEEDED = (
    "line_item_usage_start_date",
    "line_item_usage_account_id",
    "line_item_product_code",
    "line_item_line_item_type",
    "line_item_unblended_cost",
    "line_item_currency_code",
    "line_item_operation",
    "line_item_usage_type",
)
_CUR_AMORTIZED = (
    "reservation_reservation_a_r_n",
    "reservation_effective_cost",
    "reservation_unused_amortized_upfront_fee_for_billing_period",
    "reservation_unused_recurring_fee",
    "savings_plan_savings_plan_effective_cost",
    "savings_plan_total_commitment_to_date",
    "savings_plan_used_commitment",
)


_CUR_TOLD = ("line_item_usage_account_name", "line_item_legal_entity", "product", "product_servicecode")
_CUR_NET: Mapping[MetricName, tuple[str, ...]] = {
    "NetUnblendedCost": ("line_item_net_unblended_cost",),
    "NetAmortizedCost": (
        "line_item_net_unblended_cost",
        "reservation_net_effective_cost",
        "reservation_net_unused_amortized_upfront_fee_for_billing_period",
        "reservation_net_unused_recurring_fee",
        "savings_plan_net_savings_plan_effective_cost",
    ),
}


def _cur(key: str, header: _Header, metric: MetricName) -> Columns:
    _refuse(key, header.lacks(*_CUR_NEEDED), "without which its costs cannot be told")
    kind, code = header.text("line_item_line_item_type"), header.text("line_item_product_code")
    reserved = f"{header.text('reservation_reservation_a_r_n')} IS NOT NULL"
    known = not header.lacks(*_CUR_AMORTIZED)
    amounts = {
        "UnblendedCost": header.money("line_item_unblended_cost"),
        # Where there are no private discounts AWS leaves the net columns out, and both are the same.
        "NetUnblendedCost": header.money("line_item_net_unblended_cost", "line_item_unblended_cost"),
        "BlendedCost": header.money("line_item_blended_cost") if "line_item_blended_cost" in header else "",
        AMORTIZED: _amortized(header, kind, reserved, net=False) if known else "",
        "NetAmortizedCost": _amortized(header, kind, reserved, net=True) if known else "",
    }
    if not amounts[metric]:
        _refuse(
            key,
            header.lacks(*(["line_item_blended_cost"] if metric == "BlendedCost" else _CUR_AMORTIZED)),
            f"which {metric} is made of",
        )
    record_type = (
        f"CASE WHEN {kind} IN ('Fee', 'Usage') AND {code} LIKE 'AWSSupport%' THEN 'Support'"
        f" WHEN {kind} = 'Fee' AND {reserved} THEN 'Upfront'"
        f" WHEN {kind} = 'RIFee' THEN 'Recurring' ELSE {kind} END"
    )
    return Columns(
        day=header.day("line_item_usage_start_date"),
        account=header.text("line_item_usage_account_id"),
        account_name=header.text("line_item_usage_account_name"),
        code=code,
        product=f"coalesce({header.mapped('product', 'product_name')}, {header.text('product_product_name')})",
        transfer=f"coalesce({header.text('product_servicecode')}, '') = 'AWSDataTransfer'",
        usage_type=header.text("line_item_usage_type"),
        operation=header.text("line_item_operation"),
        record_type=record_type,
        used_as=record_type,
        seller=header.text("line_item_legal_entity"),
        unit=header.text("line_item_currency_code"),
        amount=amounts[metric],
        amortized=amounts[AMORTIZED] or NO_AMOUNT,
        quantity=header.number("line_item_usage_amount"),
        measure=header.text("pricing_unit"),
        region=header.text("product_region_code"),
        resource=header.text("line_item_resource_id"),
    )


def _amortized(header: _Header, kind: str, reserved: str, *, net: bool) -> str:
    """AWS: "Understanding your amortized reservation data", "Understanding Savings Plans" of the Cost and Usage Report.

    What was paid upfront is in no day by itself: it is in the effective costs and the unused part.
    """

    def cost(name: str, net_name: str) -> str:
        return header.money(*([net_name, name] if net else [name]))

    unused = " + ".join(
        f"coalesce({cost(name, net_name)}, 0)"
        for name, net_name in (
            (
                "reservation_unused_amortized_upfront_fee_for_billing_period",
                "reservation_net_unused_amortized_upfront_fee_for_billing_period",
            ),
            ("reservation_unused_recurring_fee", "reservation_net_unused_recurring_fee"),
        )
    )
    commitment = (
        f"{header.money('savings_plan_total_commitment_to_date')}"
        f" - {header.money('savings_plan_used_commitment')}"
    )
    effective = cost("reservation_effective_cost", "reservation_net_effective_cost")
    plan = cost("savings_plan_savings_plan_effective_cost", "savings_plan_net_savings_plan_effective_cost")
    other = cost("line_item_unblended_cost", "line_item_net_unblended_cost")
    return (
        f"CASE WHEN {kind} = 'DiscountedUsage' THEN {effective} WHEN {kind} = 'RIFee' THEN {unused}"
        f" WHEN {kind} = 'SavingsPlanCoveredUsage' THEN {plan}"
        f" WHEN {kind} = 'SavingsPlanRecurringFee' THEN {commitment}"
        f" WHEN {kind} IN ('SavingsPlanNegation', 'SavingsPlanUpfrontFee') OR {kind} = 'Fee' AND {reserved} THEN 0"
        f" ELSE {other} END"
    )


# ---- FOCUS 1.2 -------------------------------------------------------------------------------------------------------

_FOCUS_NEEDED = (
    "ChargePeriodStart",
    "SubAccountId",
    "ServiceName",
    "ChargeCategory",
    "BilledCost",
    "EffectiveCost",
    "BillingCurrency",
)
_FOCUS_TOLD = (
    "BillingAccountId",
    "SubAccountName",
    "ChargeClass",
    "ChargeFrequency",
    "CommitmentDiscountType",
    "InvoiceIssuerName",
    "SkuMeter",
    "x_Operation",
    "x_ServiceCode",
)
_FOCUS_AMOUNT: Mapping[MetricName, str] = {
    "UnblendedCost": "BilledCost",
    "NetUnblendedCost": "BilledCost",
    AMORTIZED: "EffectiveCost",
    "NetAmortizedCost": "EffectiveCost",
}


def _focus(key: str, header: _Header, metric: MetricName) -> Columns:
    _refuse(key, header.lacks(*_FOCUS_NEEDED), "without which its costs cannot be told")
    if metric not in _FOCUS_AMOUNT:
        raise ExportRejected(
            f"FOCUS has no {metric}. Set FINOPSGUARD_COST_METRIC to another, or make an export of CUR 2.0."
        )
    category, code = header.text("ChargeCategory"), header.text("x_ServiceCode")
    commitment, once = (
        header.text("CommitmentDiscountType"),
        f"{header.text('ChargeFrequency')} = 'One-Time'",
    )
    return Columns(
        day=header.day("ChargePeriodStart"),
        account=header.text("SubAccountId", "BillingAccountId"),
        account_name=header.text("SubAccountName"),
        code=f"coalesce({code}, {header.text('ServiceName')})",
        product=header.text("ServiceName"),
        transfer=f"coalesce({code}, '') = 'AWSDataTransfer'",
        usage_type=header.text("SkuMeter", "x_UsageType"),
        operation=header.text("x_Operation"),
        record_type=(
            f"CASE WHEN {header.text('ChargeClass')} = 'Correction' THEN 'Refund'"
            f" WHEN {category} IN ('Usage', 'Purchase') AND {code} LIKE 'AWSSupport%' THEN 'Support'"
            f" WHEN {category} = 'Purchase' AND {commitment} LIKE '%Savings%'"
            f" THEN CASE WHEN {once} THEN 'SavingsPlanUpfrontFee' ELSE 'SavingsPlanRecurringFee' END"
            f" WHEN {category} = 'Purchase' AND {commitment} IS NOT NULL"
            f" THEN CASE WHEN {once} THEN 'Upfront' ELSE 'Recurring' END"
            f" WHEN {category} = 'Purchase' THEN 'Fee' ELSE {category} END"
        ),
        used_as=(
            f"CASE WHEN {commitment} LIKE '%Savings%' THEN 'SavingsPlanCoveredUsage'"
            f" WHEN {commitment} IS NOT NULL THEN 'DiscountedUsage' ELSE 'Usage' END"
        ),
        seller=header.text("InvoiceIssuerName", "ProviderName"),
        unit=header.text("BillingCurrency"),
        amount=header.money(_FOCUS_AMOUNT[metric]),
        amortized=header.money("EffectiveCost"),
        quantity=header.number("ConsumedQuantity"),
        measure=header.text("ConsumedUnit"),
        region=header.text("RegionId"),
        resource=header.text("ResourceId"),
    )
