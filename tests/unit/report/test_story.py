"""What the card says of a change and why; the words that depend on the numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from finopsguard.models.report import AccountCost, ChargeKind, Report, ServiceCost, Totals
from finopsguard.report import facts
from finopsguard.report.story import Story
from tests.unit.report.cases import CASES
from tests.unit.report.sample import account_id, weekly


def report(
    accounts: dict[str, tuple[int, int]],
    services: dict[str, tuple[int, int]] | None = None,
    charges: dict[ChargeKind, tuple[int, int]] | None = None,
) -> Report:
    """Accounts and services with their cost now and before; charges besides usage."""
    total, previous = (sum(pair[side] for pair in accounts.values()) for side in (0, 1))
    other, other_before = (sum(pair[side] for pair in (charges or {}).values()) for side in (0, 1))
    base = weekly("en")
    totals = Totals(
        period=Decimal(total),
        previous=Decimal(previous),
        change=Decimal(total - previous),
        change_pct=Decimal(100 * (total - previous)) / previous if previous else None,
        expected=None,
        month_to_date=Decimal(total),
        forecast_month=None,
        usage=Decimal(total - other),
        usage_previous=Decimal(previous - other_before),
    )
    return replace(
        base,
        totals=totals,
        accounts=tuple(
            AccountCost(account_id(index), name, Decimal(now), Decimal(before))
            for index, (name, (now, before)) in enumerate(accounts.items())
        ),
        services=tuple(
            ServiceCost(name, Decimal(now), Decimal(before))
            for name, (now, before) in (services or {}).items()
        ),
        charges={"usage": totals.usage, **{kind: Decimal(pair[0]) for kind, pair in (charges or {}).items()}},
        charges_previous={
            "usage": Decimal(previous - other_before),
            **{kind: Decimal(pair[1]) for kind, pair in (charges or {}).items()},
        },
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
        (report({"a": (200, 100), "b": (230, 280)}), "a rose by $100.00; the other accounts together fell."),
        (report({"a": (100, 200), "b": (330, 280)}), "a fell by $100.00; the other accounts together rose."),
        (
            report({"a": (100, 100), "b": (280, 280)}),
            "Nearly unchanged: no account moved by more than $0.00.",
        ),
        (
            report({"a": (200, 100)}, {"AWS Lambda": (150, 60), "Amazon S3": (50, 40)}),
            "AWS Lambda explains 90% of the rise (+$90.00).",
        ),
        (
            report({"a": (200, 100), "b": (10, 9)}, charges={"tax": (100, 5)}),
            "Not usage but other charges: Tax changed by +$95.00; usage by +$6.00.",
        ),
        (
            report({f"a{index}": (110, 100) for index in range(20)}),
            "The change is spread over many accounts; none",
        ),
        (report({"a": (200, 100), "b": (300, 280)}), "a explains 83% of the rise."),
        (report({"a": (0, 0)}), "No cost was recorded in this period."),
    ],
)
def test_why(given: Report, why: str) -> None:
    assert Story(given).why.startswith(why)


def test_why_names_the_service_of_an_anomaly_in_the_account_that_moved() -> None:
    given = report({"a": (200, 100), "b": (230, 280)})
    (line,) = weekly("en").anomalies[:1]
    given = replace(given, anomalies=(replace(line, account_id=account_id(0)),))

    assert Story(given).why == "a rose by $100.00, mainly Amazon EC2; the other accounts together fell."


def test_a_day_is_spelled_out_where_there_is_room() -> None:
    story = Story(CASES["daily"]("es"))

    assert story.period == "dom 15 nov 2026"
    assert story.period_in_words == "domingo 15 de noviembre de 2026"
    assert "domingo 15 de noviembre de 2026" in story.summary
    assert Story(weekly("es")).period_in_words == "9–15 nov 2026"


def test_change_without_a_percentage() -> None:
    assert Story(report({"a": (5, 0)})).change == "▲ +$5.00 vs 2–8 Nov"
    assert Story(report({"a": (5, 5)})).change == "No change vs 2–8 Nov"


@pytest.mark.parametrize(("now", "tone"), [(200, "bad"), (104, "plain"), (96, "plain"), (50, "good")])
def test_only_a_change_that_is_news_is_coloured(now: int, tone: str) -> None:
    assert Story(report({"a": (now, 100)})).change_tone == tone


def test_budget_is_shown_once_the_report_has_one() -> None:
    base = weekly("en")
    tile = Story(replace(base, totals=replace(base.totals, budget_month=Decimal(400_000)))).tiles[1]

    assert (tile.value, tile.detail, tile.tone) == ("$469,812", "117% of $400,000 budget", "bad")
    assert Story(base).tiles[1].detail == "$228,926 so far"


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
        expected=Decimal(10),
        daily=tuple(Decimal(amount) for amount in (10, 10, 90, 9, 10)),
    )

    assert [unusual for _, _, unusual in facts.anomaly_days(line, weekly("en").period.end)] == [
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


def test_nothing_is_called_normal_while_days_are_incomplete() -> None:
    assert "so far" in Story(CASES["all_provisional"]("en")).no_anomalies
    assert Story(CASES["quiet"]("en")).all_clear
    assert not Story(CASES["first_run"]("en")).all_clear
