"""Data Exports: the charges of the Cost Explorer stand-in as AWS would deliver them, and the bucket that has them.

CUR 2.0 and FOCUS 1.2 by their documented columns, as far as a report reads them; each amount of usage is two lines, for
AWS delivers hours. `ExportsStandIn.line` changes, moves or leaves out lines before they are delivered.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from tests.standins.costs import Charge, Costs
from tests.standins.scratch import scratch

Form = Literal["cur", "focus"]

BUCKET, PREFIX, NAME = "exports-of-the-payer", "billing/daily", "all-costs"
EC2 = "Amazon Elastic Compute Cloud"
_OF_EC2 = (f"{EC2} - Compute", "EC2 - Other")
# What is no instance, where a charge of "EC2 - Other" does not say what it is.
_VOLUME = ("CreateVolume-Gp3", "EBS:VolumeUsage.gp3")
_USAGE = ("Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation")
_PLAN, _RESERVED = "Compute Savings Plans", "Reserved Instance"
_FOCUS_KINDS: Mapping[str, Mapping[str, str]] = {
    "Tax": {"ChargeCategory": "Tax"},
    "Credit": {"ChargeCategory": "Credit"},
    "Refund": {"ChargeCategory": "Usage", "ChargeClass": "Correction"},
    "Fee": {"ChargeCategory": "Purchase", "ChargeFrequency": "One-Time"},
    "Recurring": {
        "ChargeCategory": "Purchase",
        "ChargeFrequency": "Recurring",
        "CommitmentDiscountType": _RESERVED,
    },
    "Upfront": {
        "ChargeCategory": "Purchase",
        "ChargeFrequency": "One-Time",
        "CommitmentDiscountType": _RESERVED,
    },
    "SavingsPlanRecurringFee": {
        "ChargeCategory": "Purchase",
        "ChargeFrequency": "Recurring",
        "CommitmentDiscountType": _PLAN,
    },
}

_FEW = 50

Row = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """A line of a bill: its charge, the first day of the bill's month, the moment when its usage began."""

    charge: Charge
    bill: date
    begins: datetime


def lines_of(costs: Costs, start: date, end: date) -> list[Line]:
    """Two lines for each amount of usage, one for any other."""
    found: list[Line] = []
    for charge in costs.between(start, end):
        parts = halves(charge) if charge.record_type in _USAGE else [charge]
        for hour, part in zip((0, 23), parts, strict=False):
            begins = datetime.combine(charge.day, datetime.min.time()) + timedelta(hours=hour)
            found.append(Line(part, charge.day.replace(day=1), begins))
    return found


def halves(charge: Charge) -> list[Charge]:
    """A third of a charge, and what is left of it."""
    whole = (charge.amount, charge.used, charge.amortized)
    third = [(each / 3).quantize(Decimal("1e-10")) for each in whole]
    rest = [each - part for each, part in zip(whole, third, strict=True)]
    return [
        replace(charge, amount=amount, quantity=quantity, spread=spread)
        for amount, quantity, spread in (third, rest)
    ]


def names_of(charge: Charge) -> tuple[str, str, str, str]:
    """(product code, product name, operation, usage type)."""
    if charge.record_type == "Support":
        return "AWSSupportBusiness", charge.service, "", "Dollar"
    if charge.service not in _OF_EC2:
        code = "".join(filter(str.isalnum, charge.service))
        return code, charge.service, charge.operation, charge.usage_type
    if charge.service == _OF_EC2[1] and charge.operation.startswith("RunInstances"):
        return "AmazonEC2", EC2, *_VOLUME
    return "AmazonEC2", EC2, charge.operation, charge.usage_type


def resource_of(charge: Charge) -> str:
    """The one resource that a charge of usage is of."""
    if charge.record_type not in _USAGE:
        return ""
    return f"arn:aws:x:{charge.region}:{charge.account_id}:{charge.service}/{charge.usage_type}"


def cur_row(line: Line) -> Row:
    """A row of CUR 2.0. A charge is of one resource, its usage type in its account."""
    charge = line.charge
    code, product, operation, usage_type = names_of(charge)
    amount, spread = float(charge.amount), float(charge.amortized)
    kind = {"Support": "Fee", "Recurring": "RIFee", "Upfront": "Fee"}.get(
        charge.record_type, charge.record_type
    )
    reserved = charge.record_type in ("Recurring", "Upfront", "DiscountedUsage")
    return {
        "bill_billing_period_start_date": line.bill,
        "line_item_usage_start_date": line.begins,
        "line_item_usage_account_id": charge.account_id,
        "line_item_usage_account_name": f"name of {charge.account_id}",
        "line_item_product_code": code,
        "line_item_line_item_type": kind,
        "line_item_operation": operation,
        "line_item_usage_type": usage_type,
        "line_item_unblended_cost": amount,
        "line_item_blended_cost": amount,
        "line_item_currency_code": "USD",
        "line_item_legal_entity": charge.seller,
        "product": product,
        "product_servicecode": code,
        "reservation_reservation_a_r_n": "arn:aws:ec2:::reserved-instances/x" if reserved else "",
        "reservation_effective_cost": spread if kind == "DiscountedUsage" else 0.0,
        "reservation_unused_amortized_upfront_fee_for_billing_period": 0.0,
        "reservation_unused_recurring_fee": spread if kind == "RIFee" else 0.0,
        "savings_plan_savings_plan_effective_cost": spread if kind == "SavingsPlanCoveredUsage" else 0.0,
        "savings_plan_total_commitment_to_date": spread if kind == "SavingsPlanRecurringFee" else 0.0,
        "savings_plan_used_commitment": 0.0,
        "line_item_usage_amount": float(charge.used),
        "pricing_unit": charge.unit,
        "product_region_code": charge.region,
        "line_item_resource_id": resource_of(charge),
    }


def focus_row(line: Line) -> Row:
    """A row of FOCUS 1.2. What a Savings Plan covers is billed at nothing; the negation of CUR is no row there."""
    charge = line.charge
    code, service, operation, usage_type = names_of(charge)
    covered = charge.record_type == "SavingsPlanCoveredUsage"
    by_commitment = {"SavingsPlanCoveredUsage": _PLAN, "DiscountedUsage": _RESERVED}.get(charge.record_type)
    used = {"ChargeCategory": "Usage", "CommitmentDiscountType": by_commitment}
    kinds: Mapping[str, str | None] = _FOCUS_KINDS.get(charge.record_type, used)
    return {
        "BillingPeriodStart": line.bill,
        "ChargePeriodStart": line.begins,
        "SubAccountId": charge.account_id,
        "SubAccountName": f"name of {charge.account_id}",
        "BillingAccountId": "111100000000",
        "ServiceName": service,
        "BilledCost": 0.0 if covered else float(charge.amount),
        "EffectiveCost": float(charge.amortized),
        "BillingCurrency": "USD",
        "InvoiceIssuerName": charge.seller,
        "x_ServiceCode": code,
        "x_Operation": operation,
        "SkuMeter": usage_type,
        "ConsumedQuantity": float(charge.used),
        "ConsumedUnit": charge.unit,
        "RegionId": charge.region,
        "ResourceId": resource_of(charge),
        **{
            name: kinds.get(name)
            for name in ("ChargeCategory", "ChargeClass", "ChargeFrequency", "CommitmentDiscountType")
        },
    }


_WRITTEN: dict[str, bytes] = {}


def parquet(rows: Sequence[Row]) -> bytes:
    """A file of these rows, with AWS's types: texts, doubles, timestamps in milliseconds, and `product` as a map.

    Most tests deliver the same few; a file of many rows is made anew.
    """
    if len(rows) > _FEW:
        return _parquet(rows)
    said = repr(rows)
    if said not in _WRITTEN:
        _WRITTEN[said] = _parquet(rows)
    return _WRITTEN[said]


def _parquet(rows: Sequence[Row]) -> bytes:
    columns = {
        name: np.array([row[name] for row in rows], dtype=float if isinstance(value, float) else object)
        for name, value in rows[0].items()
    }
    casts = []
    for name, value in rows[0].items():
        text = f'"{name}"::VARCHAR'
        if name == "product":
            text = f"MAP {{'product_name': {text}}}"
        elif isinstance(value, date):
            text = f"{text}::TIMESTAMP_MS"
        elif isinstance(value, float):
            text = f'"{name}"'
        casts.append(f'{text} AS "{name}"')
    with tempfile.TemporaryDirectory() as folder, scratch() as database:
        path = Path(folder, "out.parquet")
        database.register("rows", columns)
        database.execute(f"COPY (SELECT {', '.join(casts)} FROM rows) TO '{path}' (FORMAT parquet)")  # noqa: S608
        return path.read_bytes()


class ExportsStandIn:
    """A bucket with an export. `line` is asked for each line what is delivered in its place."""

    def __init__(self, costs: Callable[[], Costs], form: Form = "cur") -> None:
        self._costs = costs
        self.form: Form = form
        self.line: Callable[[Line], Iterable[Line]] = lambda line: [line]
        self.change: Callable[[Row], Row] = lambda row: row
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.before_answer: Callable[[str], None] = lambda key: None
        self.denied = False
        self.gets: list[str] = []

    @property
    def variables(self) -> Mapping[str, str]:
        """What points FinOps Guard to it."""
        return {
            "FINOPSGUARD_COST_SOURCE": "data_export",
            "FINOPSGUARD_EXPORT_BUCKET": BUCKET,
            "FINOPSGUARD_EXPORT_PREFIX": PREFIX,
            "FINOPSGUARD_EXPORT_NAME": NAME,
        }

    def deliver(
        self, start: date, end: date, *, execution: str = "first", at: datetime | None = None
    ) -> None:
        """Delivers all bills of these days: two files a month, and its manifest last."""
        moment = at or datetime(2026, 11, 16, 6, tzinfo=UTC)
        bills: dict[date, list[Line]] = {}
        for each in lines_of(self._costs(), start, end):
            for line in self.line(each):
                bills.setdefault(line.bill, []).append(line)
        for bill, lines in bills.items():
            self.deliver_bill(bill, lines, execution, moment)

    def deliver_bill(self, bill: date, lines: Sequence[Line], execution: str, at: datetime) -> None:
        """Delivers one."""
        if self.form == "cur":
            rows = [self.change(cur_row(line)) for line in lines]
        else:
            kept = [line for line in lines if line.charge.record_type != "SavingsPlanNegation"]
            rows = [self.change(focus_row(line)) for line in kept]
        middle = max(1, len(rows) // 2)
        keys = []
        for number, part in enumerate((rows[:middle], rows[middle:]), start=1):
            if part:
                keys.append(
                    f"{PREFIX}/{NAME}/data/BILLING_PERIOD={bill:%Y-%m}/{NAME}-{number:05d}.snappy.parquet"
                )
                self.objects[keys[-1]] = (parquet(part), at)
        self.put_manifest(bill, keys, execution, at + timedelta(minutes=1))

    def put_manifest(self, bill: date, keys: Sequence[str], execution: str, at: datetime) -> None:
        """Writes a manifest as AWS documents it."""
        said = {
            "executionId": execution,
            "exportArn": f"arn:aws:bcm-data-exports:us-east-1:111100000000:export/{NAME}",
            "columns": [],
            "dataFiles": [f"s3://{BUCKET}/{key}" for key in keys],
        }
        self.objects[manifest_key(bill)] = (json.dumps(said).encode(), at)

    def answer(
        self, path: str, query: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """(status, body, headers) of a GET of `/bucket/key`, or of a list of `/bucket`."""
        key = path.removeprefix(f"/{BUCKET}").removeprefix("/")
        self.before_answer(key or query.get("prefix", ""))
        if self.denied:
            return 403, _refusal("AccessDenied"), {}
        if not path.startswith(f"/{BUCKET}"):
            return 404, _refusal("NoSuchBucket"), {}
        if not key:
            return 200, self._listed(query.get("prefix", "")), {}
        self.gets.append(key)
        if key not in self.objects:
            return 404, _refusal("NoSuchKey"), {}
        body, modified = self.objects[key]
        return 200, body, {"Last-Modified": format_datetime(modified, usegmt=True), "ETag": '"x"'}

    def _listed(self, prefix: str) -> bytes:
        found = {key: each for key, each in sorted(self.objects.items()) if key.startswith(prefix)}
        contents = "".join(
            f"<Contents><Key>{key}</Key><Size>{len(data)}</Size>"
            f"<LastModified>{modified.isoformat()}</LastModified></Contents>"
            for key, (data, modified) in found.items()
        )
        return (
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<KeyCount>{len(found)}</KeyCount><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"
        ).encode()


def manifest_key(bill: date) -> str:
    """Where a month's manifest is."""
    return f"{PREFIX}/{NAME}/metadata/BILLING_PERIOD={bill:%Y-%m}/{NAME}-Manifest.json"


def _refusal(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
