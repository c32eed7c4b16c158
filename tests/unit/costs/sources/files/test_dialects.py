"""One world written in every dialect gives one series, to the cent; totals and units of the console's CSV."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finopsguard.errors import InvalidInput
from tests.sweeps import examples
from tests.unit.costs.sources.files.written import (
    ACCOUNTS,
    DIALECTS,
    FIRST,
    World,
    amounts_of,
    console,
    plain,
    read,
)

CENTS = st.integers(1, 999_999_999).map(lambda cents: Decimal(cents) / 100)
DAYS = 16
SERVICES = ("AmazonEC2", "Amazon S3, cold")
NUMBER = count()


@pytest.fixture(params=["Asia/Tokyo", "America/Los_Angeles"])
def machine_elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def worlds() -> st.SearchStrategy[World]:
    """A cost of every series on every day, of a cent up to millions; one of thousands, which files write in groups."""
    labels = [(account, service) for account in ACCOUNTS for service in SERVICES]
    days = st.lists(CENTS, min_size=DAYS - 1, max_size=DAYS - 1).map(
        lambda some: [Decimal("1234567.89"), *some]
    )
    return st.fixed_dictionaries(dict.fromkeys(labels, days))


@settings(
    max_examples=examples(2),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(world=worlds())
def test_rows_in_any_dialect_give_the_same_series(world: World, tmp_path: Path) -> None:
    folder = tmp_path / str(next(NUMBER))
    folder.mkdir()
    right = {label: list(amounts) for label, amounts in world.items()}
    for name, write in DIALECTS.items():
        export = read(write(folder, world))
        assert amounts_of(export) == right, name
        assert export.series.first_day == FIRST and not export.rejected.count
        assert export.seen.dialect in (name, "plain table")
        assert round(export.seen.charges["usage"], 2) == sum(sum(amounts) for amounts in world.values())
    for by, place, columns in (("Linked account", 0, ACCOUNTS), ("Service", 1, SERVICES)):
        sums = {
            name: [
                sum(day, Decimal(0))
                for day in zip(*(row for label, row in world.items() if label[place] == name), strict=True)
            ]
            for name in columns
        }
        export = read(console(folder, by, sums))
        label = (lambda name: (name, "all")) if place == 0 else (lambda name: ("all", name))
        assert amounts_of(export) == {label(name): row for name, row in sums.items()}
        assert export.seen.total and export.seen.total.equal


def test_moments_of_parquet_are_utc_days_wherever_the_machine_is(
    machine_elsewhere: None, tmp_path: Path
) -> None:
    world = {(ACCOUNTS[0], "EC2"): [Decimal(1), Decimal(2), Decimal(3)]}
    export = read(DIALECTS["FOCUS 1.2"](tmp_path, world))
    assert (export.series.first_day, amounts_of(export)) == (FIRST, world)


def test_moments_of_text_are_utc_days_too(tmp_path: Path) -> None:
    rows = [
        "2026-11-22T23:30:00-05:00,1,S3,5",
        "2026-11-22T20:00:00.000Z,1,S3,2",
        "2026-11-23 00:30:00.000+02:00,1,S3,1",
    ]
    export = read(plain(tmp_path, rows))
    assert (str(export.series.first_day), export.series.costs.tolist()) == ("2026-11-22", [[3.0, 5.0]])


@pytest.mark.parametrize(
    ("columns", "version"), [("", "1.0"), ("SkuMeter", "1.1"), ("BillingAccountType", "1.2")]
)
def test_focus_is_told_by_its_columns_and_purchases_are_no_usage(
    columns: str, version: str, tmp_path: Path
) -> None:
    path = tmp_path / "focus.csv"
    header = (
        "BilledCost,BillingAccountId,SubAccountId,ChargeCategory,ChargePeriodStart,ServiceName,BillingCurrency,"
        + columns
    )
    lines = [
        f"{cost},{ACCOUNTS[0]},{account},{kind},2026-08-{day}T00:00:00Z,EC2,EUR,"
        for day in (20, 21)
        for cost, account, kind in (
            (5, ACCOUNTS[1], "Usage"),
            (70, ACCOUNTS[1], "Purchase"),
            (-2, "", "Credit"),
            (3, "", "Usage"),
        )
    ]
    path.write_text(
        "\n".join([header.rstrip(","), *(line if columns else line.rstrip(",") for line in lines)])
    )
    export = read(path)
    assert export.series.labels == [(ACCOUNTS[0], "EC2"), (ACCOUNTS[1], "EC2")]
    assert export.series.costs.tolist() == [[3, 3], [5, 5]]
    assert (export.seen.dialect, export.seen.currency, export.seen.metric) == (
        f"FOCUS {version}",
        "EUR",
        "billed",
    )
    assert export.seen.charges == {"usage": 16, "credit": -4, "fee": 140}


def test_a_total_that_is_off_by_a_cent_is_told_and_its_day_unknown(tmp_path: Path) -> None:
    costs = {"EC2": [Decimal(f"{100 + day % 7}.25") for day in range(25)], "S3": [Decimal("3.50")] * 25}
    export = read(console(tmp_path, "Service", costs, off=Decimal("0.01")))
    assert export.seen.total and not export.seen.total.equal
    assert export.seen.total.stated - export.seen.total.read == Decimal("0.01")
    assert export.rejected.count == 2
    assert export.rejected.examples == ("line 3: its cells add up to 103.75, and its total says 103.76",)
    assert export.series.unknown is not None
    assert export.series.unknown[:, 0].all() and export.series.unknown.sum() == 2


def test_a_day_that_lost_a_cell_or_its_end_is_unknown_in_all_columns(tmp_path: Path) -> None:
    path = console(tmp_path, "Service", {"EC2": [Decimal(5)] * 60, "S3": [Decimal(2)] * 60})
    lines = path.read_text().splitlines()
    lines[3] = lines[3].replace(",2,", ",,")
    lines[-1] = lines[-1].removesuffix(",2,7")
    path.write_text("\n".join(lines))
    export = read(path)
    assert export.rejected.examples == (
        "line 4: its cells add up to 5, and its total says 7",
        "line 62: it is cut off",
    )
    assert export.series.unknown is not None
    assert [day.all() for day in export.series.unknown.T] == [day in (1, 59) for day in range(60)]


def test_a_total_is_told_by_its_numbers_whatever_it_is_called(tmp_path: Path) -> None:
    costs = {"EC2": [Decimal(5), Decimal(6)], "S3": [Decimal(1), Decimal(0)]}
    path = console(tmp_path, "Palvelu", costs)
    path.write_text(
        path.read_text().replace("Total costs", "Summa").replace("Palvelu total", "Palvelu yhteensä")
    )
    export = read(path)
    assert amounts_of(export) == {("all", name): row for name, row in costs.items()}
    assert export.seen.total and export.seen.total.equal


def test_the_console_s_charge_types_and_its_service_tax_are_charges(tmp_path: Path) -> None:
    costs = {
        "Usage": [Decimal(5), Decimal(6)],
        "Tax": [Decimal(1), Decimal(0)],
        "Credit": [Decimal(-2), Decimal(0)],
    }
    export = read(console(tmp_path, "Charge type", costs))
    assert (export.series.labels, export.series.costs.tolist()) == ([("all", "all")], [[5, 6]])
    assert export.seen.charges == {"usage": 11, "credit": -2, "tax": 1}
    export = read(console(tmp_path, "Service", {"Amazon S3": costs["Usage"], "Tax": costs["Tax"]}))
    assert list(export.series.services) == ["Amazon S3"] and export.seen.charges["tax"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '"Service","EC2($)","S3(€)","Total costs($)"\n"Service total","1","1","2"\n2026-08-20,1,1,2\n',
            "EUR and USD",
        ),
        (
            '"Usage type","Box(Hrs)","Total(Hrs)"\n"Usage type total","1","1"\n2026-08-20,1,1\n',
            "in Hrs, which is no currency",
        ),
        (
            '"Service","EC2($)","Total costs($)"\n"Service total","2","2"\n2026-08-01,1,1\n2026-09-01,1,1\n',
            "by month",
        ),
    ],
)
def test_what_the_console_downloads_and_is_no_cost_by_day(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "console.csv"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=said):
        read(path)
