"""A data export as a source of costs: what is added up, what is missing, and what is refused with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from finopsguard import errors
from finopsguard.aws.clients import Clients
from finopsguard.aws.export import ExportBucket
from finopsguard.costs.sources.data_export.local import LocalEngine
from finopsguard.costs.sources.data_export.manifest import Place
from finopsguard.costs.sources.data_export.source import DataExport
from finopsguard.models.costs import CostRow
from finopsguard.models.run import Batch, Period
from finopsguard.store import keys
from finopsguard.store.memory import MemoryStore
from tests.standins import StandIns
from tests.standins.costs import Charge, Costs
from tests.standins.exports import BUCKET, EC2, NAME, PREFIX, ExportsStandIn, Row, manifest_key
from tests.sweeps import sampled
from tests.unit.fakes import make_run

A, B = "111111111111", "222222222222"
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
DAYS = Period(date(2026, 10, 30), date(2026, 11, 3))
RUN = replace(make_run(), history_start=DAYS.start, until=DAYS.end, period=DAYS)
BATCH = Batch("b", (A, B), slices=(DAYS,))
AT = datetime(2026, 11, 4, 6, tzinfo=UTC)


def charge(account: str, day: date, service: str, amount: str, record_type: str = "Usage") -> Charge:
    return Charge(account, day, service, record_type, Decimal(amount))


CHARGES = [
    charge(A, date(2026, 10, 31), f"{EC2} - Compute", "10.25"),
    charge(A, date(2026, 10, 31), "EC2 - Other", "0.1234567891"),
    charge(A, date(2026, 11, 1), "AWS Lambda", "3"),
    charge(B, date(2026, 11, 2), "AWS Lambda", "4.5"),
    charge(B, date(2026, 11, 2), "AWS Lambda", "-1", "Credit"),
    charge(B, date(2026, 11, 1), "AWS Support (Business)", "900", "Support"),
    charge(B, date(2026, 11, 1), "AWS Lambda", "-2", "Refund"),
    charge(B, date(2026, 11, 1), "Tax", "7", "Tax"),
]


@pytest.fixture(scope="module")
def standins() -> Iterator[StandIns]:
    with StandIns(costs=Costs.charges(CHARGES)) as found:
        yield found


@pytest.fixture
def exports(standins: StandIns, monkeypatch: pytest.MonkeyPatch) -> ExportsStandIn:
    for name, value in {**standins.environ(), "AWS_ENDPOINT_URL_S3": standins.endpoint}.items():
        monkeypatch.setenv(name, value)
    standins.exports = ExportsStandIn(lambda: standins.cost_explorer.costs)
    return standins.exports


@cache
def s3() -> Any:
    """One client for all tests of this file: a session takes longer than a test."""
    return Clients("us-east-1").s3()


def source(store: MemoryStore | None = None, *, bucket: str = BUCKET, name: str = NAME) -> DataExport:
    where = store or MemoryStore()
    engine = LocalEngine(lambda: ExportBucket(s3(), bucket), where)
    return DataExport(lambda: ExportBucket(s3(), bucket), Place(bucket, PREFIX, name), where, engine)


def deliver(exports: ExportsStandIn, **options: Any) -> None:
    exports.deliver(OCTOBER, DAYS.end, at=AT, **options)


def usage(rows: Any) -> dict[tuple[date, str, str], Decimal]:
    return {(row.date, row.account_id, row.service): row.amount for row in rows if row.record_type is None}


def charged(rows: Any) -> dict[tuple[str, str], Decimal]:
    sums: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        if row.record_type and row.seller is None:
            sums[row.account_id, row.record_type] = (
                sums.get((row.account_id, row.record_type), Decimal(0)) + row.amount
            )
    return sums


@pytest.mark.parametrize("form", ["cur", "focus"])
def test_usage_by_service_and_all_charges_by_record_type(exports: ExportsStandIn, form: Any) -> None:
    exports.form = form
    deliver(exports)
    found = source().fetch(RUN, BATCH, DAYS)
    assert (found.requests, found.incomplete, found.unnamed) == (0, {}, False)
    assert usage(found.rows) == {
        (date(2026, 10, 31), A, f"{EC2} - Compute"): Decimal("10.25"),
        (date(2026, 10, 31), A, "EC2 - Other"): Decimal("0.1234567891"),
        (date(2026, 11, 1), A, "AWS Lambda"): Decimal(3),
        (date(2026, 11, 2), B, "AWS Lambda"): Decimal("4.5"),
    }
    assert charged(found.rows) == {
        (A, "Usage"): Decimal("13.3734567891"),
        (B, "Usage"): Decimal("4.5"),
        (B, "Credit"): Decimal(-1),
        (B, "Refund"): Decimal(-2),
        (B, "Support"): Decimal(900),
        (B, "Tax"): Decimal(7),
    }
    product = CostRow(
        date(2026, 11, 1),
        B,
        "AWS Support (Business)",
        "Support",
        Decimal(900),
        "USD",
        "Amazon Web Services, Inc.",
    )
    assert [row for row in found.rows if row.seller is not None] == [product]


def test_what_the_payer_is_billed_and_who_was(exports: ExportsStandIn) -> None:
    deliver(exports)
    assert source().billed(RUN).by_day == {
        date(2026, 10, 31): Decimal("10.3734567891"),
        date(2026, 11, 1): Decimal(908),
        date(2026, 11, 2): Decimal("3.5"),
    }
    assert [each.id for each in source().billed_accounts(RUN).accounts] == [A, B]


def test_a_line_counts_on_its_day_whichever_bill_it_is_on(exports: ExportsStandIn) -> None:
    """The bill after the last month is read too, where there is one; of a bill only the days that are asked for."""
    exports.line = lambda line: [replace(line, bill=NOVEMBER)] if line.begins.hour == 23 else [line]
    deliver(exports)
    days = Period(DAYS.start, NOVEMBER)
    rows = source().fetch(replace(RUN, until=NOVEMBER, period=days), BATCH, days).rows
    assert usage(rows) == {
        (date(2026, 10, 31), A, f"{EC2} - Compute"): Decimal("10.25"),
        (date(2026, 10, 31), A, "EC2 - Other"): Decimal("0.1234567891"),
    }


def test_data_transfer_is_with_the_service_that_it_is_of(exports: ExportsStandIn) -> None:
    def transfer(row: Row) -> Row:
        if row["line_item_usage_start_date"].hour == 23:
            return {**row, "product_servicecode": "AWSDataTransfer", "product": "AWS Data Transfer"}
        return row

    exports.change = transfer
    deliver(exports)
    assert usage(source().fetch(RUN, BATCH, DAYS).rows)[date(2026, 11, 2), B, "AWS Lambda"] == Decimal("4.5")


def test_what_an_instance_sends_and_its_volumes_are_no_instances(exports: ExportsStandIn) -> None:
    exports.line = lambda line: [line] if "Compute" in line.charge.service else []
    sent = ("EUC1-DataTransfer-Out-Bytes", "EUC1-EBS:VolumeUsage")

    def change(row: Row) -> Row:
        return {**row, "line_item_usage_type": sent[row["line_item_usage_start_date"].hour == 23]}

    exports.change = change
    deliver(exports)
    days = Period(DAYS.start, NOVEMBER)
    rows = source().fetch(replace(RUN, until=NOVEMBER, period=days), BATCH, days).rows
    assert usage(rows) == {(date(2026, 10, 31), A, "EC2 - Other"): Decimal("10.25")}


# ---- amortized cost --------------------------------------------------------------------------------------------------

_ROW = {
    "line_item_unblended_cost": 10.0,
    "reservation_reservation_a_r_n": "",
    "reservation_effective_cost": 3.0,
    "reservation_unused_amortized_upfront_fee_for_billing_period": 0.5,
    "reservation_unused_recurring_fee": 0.25,
    "savings_plan_savings_plan_effective_cost": 4.0,
    "savings_plan_total_commitment_to_date": 9.0,
    "savings_plan_used_commitment": 7.0,
}


@sampled(every=4)
@pytest.mark.parametrize(
    ("kind", "amortized"),
    [
        ("Usage", "10"),
        ("DiscountedUsage", "3"),
        ("RIFee", "0.75"),
        ("SavingsPlanCoveredUsage", "4"),
        ("SavingsPlanRecurringFee", "2"),
        ("SavingsPlanNegation", "0"),
        ("SavingsPlanUpfrontFee", "0"),
        ("Fee", "10"),
        ("Fee of a reservation", "0"),
        ("Tax", "10"),
    ],
)
def test_amortized_cost_is_what_aws_documents(exports: ExportsStandIn, kind: str, amortized: str) -> None:
    reserved = {"reservation_reservation_a_r_n": "arn:x"} if "reservation" in kind else {}
    exports.line = lambda line: [line] if line.charge == CHARGES[-1] else []
    exports.change = lambda row: {
        **row,
        **_ROW,
        **reserved,
        "line_item_line_item_type": kind.partition(" ")[0],
    }
    deliver(exports)
    rows = source().fetch(RUN, BATCH, Period(NOVEMBER, DAYS.end)).rows
    found = [row for row in rows if row.record_type and row.seller is None]
    assert {(row.amount, row.amortized) for row in found} == {(Decimal(10), Decimal(amortized))}
    asked = replace(RUN, cost_metric="AmortizedCost")
    by_metric = source().fetch(asked, BATCH, Period(NOVEMBER, DAYS.end)).rows
    assert [row.amount for row in by_metric if row.record_type and row.seller is None] == [
        each for each in [Decimal(amortized)] if each
    ]


# ---- deliveries ------------------------------------------------------------------------------------------------------


def test_a_bill_is_read_once_for_each_delivery(exports: ExportsStandIn) -> None:
    deliver(exports)
    store = MemoryStore()
    first = source(store).fetch(RUN, BATCH, DAYS)
    asked = len([key for key in exports.gets if "/data/" in key])
    assert source(store).fetch(RUN, BATCH, DAYS) == first
    assert len([key for key in exports.gets if "/data/" in key]) == asked
    kept = [key for key in store.objects if keys.EXPORT.matches(key)]
    assert len(kept) == 2
    store.objects[kept[0]] = b"damaged"
    assert source(store).fetch(RUN, BATCH, DAYS) == first, "what is damaged is read from the export again"
    exports.deliver(OCTOBER, DAYS.end, execution="second", at=AT + timedelta(days=1))
    assert source(store).fetch(RUN, BATCH, DAYS).rows == first.rows
    assert len([key for key in store.objects if keys.EXPORT.matches(key)]) == 4


def test_an_update_under_way_is_no_reading(exports: ExportsStandIn) -> None:
    """Files first, the manifest last: another manifest after them, a file newer than it, and one that is gone."""
    deliver(exports)
    whole = dict(exports.objects)

    def deliver_meanwhile(key: str) -> None:
        if "/data/BILLING_PERIOD=2026-11" in key:
            exports.before_answer = lambda _: None
            deliver(exports, execution="second")

    exports.before_answer = deliver_meanwhile
    with pytest.raises(errors.ExportIncomplete, match="AWS is updating the export of 2026-11"):
        source().fetch(RUN, BATCH, DAYS)
    file = next(key for key in whole if "/data/BILLING_PERIOD=2026-11" in key)
    exports.objects = {**whole, file: (whole[file][0], AT + timedelta(hours=1))}
    with pytest.raises(errors.ExportIncomplete, match="Run again in some minutes"):
        source().fetch(RUN, BATCH, DAYS)
    exports.objects = {key: found for key, found in whole.items() if key != file}
    with pytest.raises(errors.ExportIncomplete):
        source().fetch(RUN, BATCH, DAYS)
    exports.objects = whole
    assert source().fetch(RUN, BATCH, DAYS).rows


def test_a_month_that_is_not_delivered_is_waited_for_or_named(exports: ExportsStandIn) -> None:
    deliver(exports)
    october, november = manifest_key(OCTOBER), manifest_key(NOVEMBER)
    found = dict(exports.objects)
    del exports.objects[november]
    with pytest.raises(errors.ExportIncomplete, match=r"no manifest for 2026-11 .*Run again then"):
        source().fetch(RUN, BATCH, DAYS)
    exports.objects = {key: each for key, each in found.items() if key != october}
    with pytest.raises(
        errors.ExportRejected, match=r"no manifest for 2026-10 .*FINOPSGUARD_HISTORY_DAYS lower"
    ):
        source().fetch(RUN, BATCH, DAYS)


# ---- what is refused -------------------------------------------------------------------------------------------------


def broken(exports: ExportsStandIn, data: bytes) -> None:
    for key, (_, modified) in list(exports.objects.items()):
        if "/data/" in key:
            exports.objects[key] = (data, modified)


def said(exports: ExportsStandIn, data: bytes) -> None:
    exports.objects[manifest_key(NOVEMBER)] = (data, AT)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"<html>", "is no manifest of AWS Data Exports"),
        (b"[]", "is no manifest of AWS Data Exports"),
        (b'{"dataFiles": "all"}', "does not name its files"),
        (b'{"dataFiles": ["s3://other/x.parquet"]}', "which is not below s3://exports-of-the-payer/billing"),
        (b'{"dataFiles": ["s3://exports-of-the-payer/billing/daily/all-costs/data/x.csv.gz"]}', "no Parquet"),
    ],
)
def test_a_foreign_manifest_is_refused(exports: ExportsStandIn, data: bytes, says: str) -> None:
    deliver(exports)
    said(exports, data)
    with pytest.raises(errors.ExportRejected, match=says):
        source().fetch(RUN, BATCH, DAYS)


def test_a_damaged_file_is_refused(exports: ExportsStandIn) -> None:
    deliver(exports)
    broken(exports, b"PAR1 and nothing more")
    with pytest.raises(errors.ExportRejected, match=r"cannot be read as Parquet .* make the export anew"):
        source().fetch(RUN, BATCH, DAYS)


def without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


@pytest.mark.parametrize(
    ("form", "lacking", "metric", "says"),
    [
        ("cur", ["line_item_operation"], "UnblendedCost", "has no line_item_operation, without which"),
        (
            "cur",
            ["savings_plan_used_commitment"],
            "AmortizedCost",
            "which AmortizedCost is made of. Add the columns",
        ),
        ("cur", ["line_item_usage_start_date"], "UnblendedCost", "neither the columns of CUR 2.0 nor"),
        ("focus", ["BilledCost"], "UnblendedCost", "has no BilledCost"),
        ("focus", [], "BlendedCost", "FOCUS has no BlendedCost"),
    ],
)
def test_another_table_and_lacking_columns_are_refused(
    exports: ExportsStandIn, form: Any, lacking: list[str], metric: Any, says: str
) -> None:
    exports.form, exports.change = form, lambda row: without(row, *lacking)
    deliver(exports)
    with pytest.raises(errors.ExportRejected, match=says):
        source().fetch(replace(RUN, cost_metric=metric), BATCH, DAYS)


def test_without_the_columns_of_amortized_cost_that_alone_is_not_known(exports: ExportsStandIn) -> None:
    exports.change = lambda row: without(row, "savings_plan_used_commitment")
    deliver(exports)
    assert {row.amortized for row in source().fetch(RUN, BATCH, DAYS).rows} == {None}


@sampled(every=2)
@pytest.mark.parametrize(
    "change", [{"line_item_unblended_cost": float("nan")}, {"line_item_line_item_type": ""}]
)
def test_a_row_that_cannot_be_read_is_unknown_and_never_zero(exports: ExportsStandIn, change: Row) -> None:
    """Its account is missing, the others are not; and what is billed in all is not known."""
    exports.change = lambda row: {**row, **change} if row["line_item_usage_account_id"] == A else row
    deliver(exports)
    found = source().fetch(RUN, BATCH, DAYS)
    assert list(found.incomplete) == [A]
    assert {row.account_id for row in found.rows} == {B}
    with pytest.raises(errors.ExportRejected, match="its total is not known"):
        source().billed(RUN)


def test_a_row_without_an_account_can_be_anybodys(exports: ExportsStandIn) -> None:
    exports.change = lambda row: {**row, "line_item_usage_account_id": ""}
    deliver(exports)
    with pytest.raises(errors.ExportRejected, match="rows without an account"):
        source().fetch(RUN, BATCH, DAYS)


def test_an_account_outside_of_the_organization_is_not_in_it(exports: ExportsStandIn) -> None:
    batch = Batch("b", (A,), "arn:aws:iam::111111111111:role/x", (DAYS,))
    with pytest.raises(errors.ExportRejected, match="FINOPSGUARD_ACCOUNT_ROLE_ARNS"):
        source().fetch(RUN, batch, DAYS)


def test_who_may_not_read_it_is_told_what_to_allow(exports: ExportsStandIn) -> None:
    exports.denied = True
    with pytest.raises(errors.ExportAccessDenied, match=r"Allow s3:GetObject .* in the bucket's own policy"):
        source().fetch(RUN, BATCH, DAYS)
    exports.denied = False
    with pytest.raises(errors.ExportRejected, match="bucket does not exist"):
        source(bucket="another").fetch(RUN, BATCH, DAYS)


def test_a_file_that_does_not_fit_is_not_begun(
    exports: ExportsStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(exports)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 100}))
    with pytest.raises(errors.InvalidConfiguration, match=r"has room for 100\. Raise EphemeralStorage"):
        source().fetch(RUN, BATCH, DAYS)
