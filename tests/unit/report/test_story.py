"""What the card says of a change and why; the words that depend on the numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from finopsguard.models.anomaly import BandDay
from finopsguard.models.cause import Cause
from finopsguard.models.report import (
    AccountCost,
    ChargeKind,
    ChargeLine,
    Comparison,
    CostExplorerUse,
    ExportUse,
    Report,
    ServiceCost,
)
from finopsguard.models.run import Basis, Language
from finopsguard.report import facts
from finopsguard.report.story import Story
from tests.unit.report.cases import CASES
from tests.unit.report.cause_sample import only, used
from tests.unit.report.sample import account_id, weekly


def report(
    accounts: dict[str, tuple[int, int]],
    services: dict[str, tuple[int, int]] | None = None,
    charges: dict[ChargeKind, tuple[int, int]] | None = None,
    basis: Basis = "usage",
) -> Report:
    """Accounts and services with their cost now and before, on the basis; charges besides usage."""
    total, previous = (Decimal(sum(pair[side] for pair in accounts.values())) for side in (0, 1))
    other, other_before = (sum(pair[side] for pair in (charges or {}).values()) for side in (0, 1))
    base = weekly("en")
    compared = Comparison(
        basis,
        tuple(base.period.dates()),
        tuple(base.previous_period.dates()),
        current=total,
        previous=previous,
        expected=None,
        change=total - previous,
        change_pct=100 * (total - previous) / previous if previous > 0 else None,
    )
    usage, usage_before = (total - other, previous - other_before) if basis == "billed" else (total, previous)
    return replace(
        base,
        comparison=compared,
        accounts=tuple(
            AccountCost(
                account_id(index),
                name,
                Decimal(now),
                Decimal(before),
                compared=Decimal(now),
                compared_previous=Decimal(before),
            )
            for index, (name, (now, before)) in enumerate(accounts.items())
        ),
        services=tuple(
            ServiceCost(name, Decimal(now), Decimal(before), Decimal(now), Decimal(before))
            for name, (now, before) in (services or {}).items()
        ),
        charge_lines=(
            ChargeLine("usage", "Usage", usage, usage_before),
            *(
                ChargeLine(kind, kind.title(), Decimal(now), Decimal(before))
                for kind, (now, before) in (charges or {}).items()
            ),
        ),
        daily=(),
        anomalies=(),
    )


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            report({"a": (200, 100), "b": (300, 280)}, {"Amazon Redshift": (90, 10)}),
            "a explains 83% of the rise; the service that rose most is Amazon Redshift (+$80.00).",
        ),
        (report({"a": (50, 100), "b": (300, 310)}, {"AWS Lambda": (5, 60)}), "a explains 83% of the fall;"),
        (
            report({"a": (200, 100), "b": (260, 280), "c": (260, 280)}),
            "a rose by $100.00; the other accounts together fell by $40.00.",
        ),
        (report({"a": (200, 100), "b": (230, 280)}), "a rose by $100.00; b fell by $50.00."),
        (report({"a": (100, 200), "b": (330, 280)}), "a fell by $100.00; b rose by $50.00."),
        (
            report({"a": (200, 100), "b": (230, 280), "c": (75, 100)}),
            "a rose by $100.00; b fell by $50.00; the other accounts together fell by $25.00.",
        ),
        (
            report({"down": (0, 200), **{f"a{index}": (110, 100) for index in range(30)}}),
            "down fell by $200.00; the other accounts together rose by $300.00.",
        ),
        (
            report({"a": (100, 100), "b": (280, 280)}),
            "No account moved.",
        ),
        (
            report({"a": (1290, 1000), "b": (670, 1000), "c": (8040, 8000)}),
            "Nearly unchanged in total: b fell by $330.00; a rose by $290.00;"
            " the other accounts together rose by $40.00.",
        ),
        (
            report({"a": (100, 100)}, {"AWS Lambda": (70, 20), "Amazon S3": (30, 80)}),
            "Nearly unchanged in total: AWS Lambda rose by $50.00; Amazon S3 fell by $50.00.",
        ),
        (
            report({"a": (200, 100)}, {"AWS Lambda": (150, 60), "Amazon S3": (50, 40)}),
            "AWS Lambda explains 90% of the rise (+$90.00).",
        ),
        (
            report({"a": (200, 100), "b": (10, 9)}, charges={"tax": (100, 5)}, basis="billed"),
            "Not usage but other charges: they changed by +$95.00, above all Tax (+$95.00); usage by +$6.00.",
        ),
        (
            report({"a": (200, 100)}, {"AWS Lambda": (105, 100)}, {"fee": (95, 60)}, basis="billed"),
            "The service that rose most is AWS Lambda (+$5.00).",
        ),
        (
            report({f"a{index}": (110, 100) for index in range(20)}),
            "20 of 20 accounts rose alike, by about 10%.",
        ),
        (
            report({**{f"a{index}": (110, 100) for index in range(20)}, "b": (100, 100)}),
            "20 of 21 accounts rose alike, by about 10%.",
        ),
        (
            report({f"a{index}": (110, 100 - index) for index in range(20)}),
            "The change is spread over 20 accounts; none moved by more than $29.00.",
        ),
        (report({"a": (200, 100), "b": (300, 280)}), "a explains 83% of the rise (+$100.00)."),
        (report({"a": (0, 0)}), "No cost was recorded on these days."),
        (
            report({"a": (0, 0)}, charges={"tax": (9, 9)}),
            "Nothing was used; billed are other charges: Tax $9.00.",
        ),
        (
            report({"a": (0, 0)}, charges={"credit": (-50, -50)}, basis="billed"),
            "Usage of $50.00 was set off by other charges: Credits −$50.00.",
        ),
    ],
)
def test_why(given: Report, why: str) -> None:
    assert Story(given).why.startswith(why)


def test_why_names_the_service_of_an_anomaly_in_the_account_that_moved() -> None:
    given = report({"a": (200, 100), "b": (230, 280)})
    line = replace(
        weekly("en").anomalies[0],
        account_id=account_id(0),
        daily=(Decimal(1),) * 26 + (Decimal(30), Decimal(50)),
    )
    assert Story(replace(given, anomalies=(line,))).why == (
        "a rose by $100.00, mainly Amazon EC2; b fell by $50.00."
    )
    small = replace(line, daily=(Decimal(1),) * 27 + (Decimal(40),))
    assert Story(replace(given, anomalies=(small,))).why == "a rose by $100.00; b fell by $50.00."


P5 = used("BoxUsage:p5.48xlarge", "Hrs", ("10", "1"), ("110", "1"), "new_region")


@pytest.mark.parametrize(
    ("accounts", "last", "causes", "said"),
    [
        (
            {"a": (200, 100), "b": (300, 280)},
            "99",
            (P5,),
            "Most of it: p5.48xlarge on demand in us-east-1 (new Region).",
        ),
        ({"a": (200, 100)}, "99", (P5,), "Most of it: p5.48xlarge on demand in us-east-1 (new Region)."),
        ({"a": (200, 100), "b": (300, 280)}, "60", (P5,), ""),
        ({"a": (200, 100), "b": (300, 280)}, "150", (P5,), ""),
        ({"a": (200, 100), "b": (300, 280)}, "99", (P5, only("EBS:VolumeUsage.gp3", "90")), ""),
        ({"a": (200, 100), "b": (300, 280)}, "99", (replace(P5, impact=Decimal(-100)),), ""),
        ({"a": (100, 200), "b": (300, 320)}, "99", (P5,), ""),
        ({"b": (300, 280), "a": (200, 100)}, "99", (P5,), ""),
    ],
)
def test_why_names_a_cause_that_makes_most_of_the_change(
    accounts: dict[str, tuple[int, int]], last: str, causes: tuple[Cause, ...], said: str
) -> None:
    """The anomaly is of the first account; its cost was 1 a day, and `last` more on the last compared day."""
    line = replace(
        weekly("en").anomalies[0],
        account_id=account_id(0),
        impact=Decimal(100),
        daily=(*(Decimal(1),) * 27, 1 + Decimal(last)),
        causes=causes,
    )
    given = report(accounts, {line.service: (200, 100)})
    why = Story(replace(given, anomalies=(line,))).why
    assert "Most of it" not in why if not said else why.endswith(said)


def test_a_day_is_spelled_out_where_there_is_room() -> None:
    story = Story(CASES["daily"]("es"))

    assert story.scope == "dom 15 nov 2026 · uso"
    assert story.period_in_words == "domingo 15 de noviembre de 2026"
    assert "domingo 15 de noviembre de 2026" in story.summary
    assert Story(weekly("es")).period_in_words == "9–14 nov 2026"


def test_change_without_a_percentage() -> None:
    assert Story(report({"a": (5, 0)})).change == "▲ +$5.00 vs 2–8 Nov"
    assert Story(report({"a": (5, 5)})).change == "No change vs 2–8 Nov"


def test_no_percent_on_a_base_that_is_zero_or_negative() -> None:
    assert Story(report({"a": (5, -5)}, basis="billed")).change == "▲ +$10.00 vs 2–8 Nov"
    assert Story(report({"a": (-50, -5)}, basis="billed")).change == "▼ −$45.00 vs 2–8 Nov"


def test_names_that_are_not_unique_carry_the_end_of_their_id() -> None:
    given = report({"a": (200, 100), "b": (230, 280), "c": (1, 1)})
    same = tuple(replace(account, name="Production") for account in given.accounts[:2])
    story = Story(replace(given, accounts=(*same, given.accounts[2])))

    assert story.why == (
        f"Production (…{account_id(0)[-4:]}) rose by $100.00; Production (…{account_id(1)[-4:]}) fell by $50.00."
    )
    assert story.account_name(account_id(2), "c") == "c"


def test_movers_show_both_ways() -> None:
    ups = {f"up{index}": (200 + index, 100) for index in range(9)}
    movers = facts.account_movers(report({**ups, "down": (60, 100)}))

    assert [mover.name for mover in facts.both_ways(movers, 3)] == ["up8", "up7", "down"]
    assert len(facts.both_ways(movers, 20)) == 10
    assert facts.both_ways(movers, 0) == []


def test_a_one_day_spike_is_one_day_long() -> None:
    line = replace(
        weekly("en").anomalies[0],
        start=date(2026, 11, 13),
        actual=Decimal(90),
        last_day=date(2026, 11, 13),
        expected=Decimal(10),
        daily=tuple(Decimal(amount) for amount in (10, 10, 90, 9, 10)),
        band=tuple(
            BandDay(date(2026, 11, day), Decimal(cost), Decimal(10), Decimal(9), Decimal(11))
            for day, cost in ((13, 90), (14, 9), (15, 10))
        ),
    )

    assert [day.unusual for day in facts.anomaly_days(line, weekly("en"))] == [
        False,
        False,
        True,
        False,
        False,
    ]


def test_provisional_days_are_named() -> None:
    base = weekly("en")
    days = (date(2026, 11, 14), date(2026, 11, 15))
    several = replace(base, coverage=replace(base.coverage, provisional_days=days))
    apart = replace(base, coverage=replace(base.coverage, provisional_days=(date(2026, 11, 12), days[1])))

    assert Story(base).freshness == "Data through 15 Nov 2026, 15 Nov still provisional"
    assert Story(several).freshness == "Data through 15 Nov 2026, 14–15 Nov still provisional"
    assert Story(apart).freshness == "Data through 15 Nov 2026, 12 Nov, 15 Nov still provisional"


def test_the_price_is_in_dollars_whatever_the_bill_is_in() -> None:
    assert "read for $0.03" in Story(CASES["cny"]("en")).price


@pytest.mark.parametrize(
    ("language", "size", "usd", "says"),
    [
        ("en", 6_160_000_000, "0.0308", "read for $0.04 (Athena scanned 6.2 GB in 3 statements)"),
        (
            "es",
            6_160_000_000,
            "0.0308",
            "coste de lectura: 0,04\xa0US$ (Athena analizó 6,2 GB en 3 consultas)",
        ),
        ("en", 1, "0.00015", "read for $0.01 (Athena scanned 1 MB in 3 statements)"),
    ],
)
def test_the_price_of_athena_is_told_to_the_next_cent(
    language: Language, size: int, usd: str, says: str
) -> None:
    base = replace(CASES["cny"](language), export=ExportUse("athena", 3, size, Decimal(usd)))
    assert Story(base).price == says


def test_what_was_downloaded_has_no_price() -> None:
    export = ExportUse("duckdb", 3, 9_000, Decimal(0))
    base = replace(CASES["cny"]("en"), export=export, cost_explorer=CostExplorerUse(0, Decimal(0)))
    assert Story(base).price == "read without any Cost Explorer request"


def test_nothing_is_called_normal_while_days_are_incomplete() -> None:
    assert "so far" in Story(CASES["all_provisional"]("en")).no_anomalies
    assert Story(CASES["quiet"]("en")).all_clear
    assert not Story(CASES["first_run"]("en")).all_clear
