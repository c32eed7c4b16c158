"""What holds of any usage: sums to the cent, whatever the order of lines and however they are cut."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from finopsguard.incidents import causes
from finopsguard.incidents.causes.parts import read
from finopsguard.models.cause import Cause
from finopsguard.models.costs import Usage, UsageLine
from finopsguard.models.money import CENT
from tests.sweeps import sampled
from tests.unit.incidents.causes.usage import START

TYPES = (
    "BoxUsage:m5.large",
    "EU-BoxUsage:m6i.large",
    "SpotUsage:m5.large",
    "EBS:VolumeUsage.gp2",
    "EBS:VolumeUsage.gp3",
    "USE1-Nova-input-tokens",
    "Requests-Tier1",
    "Fee",
)
REGIONS = ("eu-west-1", "us-east-1", None)
RECORDS = ("Usage", "SavingsPlanCoveredUsage", "DiscountedUsage", "SavingsPlanNegation", "RIFee")


def world(seed: int) -> tuple[Usage, int]:
    """Usage in all groupings of the same money, and the number of the incident's days. Anything goes."""
    rng = random.Random(seed)
    days = rng.randint(1, 9)
    oldest = rng.choice([-28, -28, -11, -3, 0])
    drawn = list(_drawn(rng, oldest, days))
    return (
        Usage(
            [line._replace(record_type=None, operation=None) for line in drawn],
            [line._replace(region=None, operation=None) for line in drawn] if rng.random() < 0.8 else None,
            [line._replace(region=None, record_type=None) for line in drawn] if rng.random() < 0.8 else None,
            1,
        ),
        days,
    )


def _drawn(rng: random.Random, oldest: int, days: int) -> Iterator[UsageLine]:
    for usage_type in TYPES:
        for region in rng.sample(REGIONS, rng.choice([1, 1, 2])):
            for record in rng.sample(RECORDS, rng.randint(1, 3)):
                began, ended = sorted(rng.choice([-28, -9, 0, days]) for _ in range(2))
                level = 10 ** rng.uniform(-3, 4)
                for day in range(max(oldest, began), ended):
                    if rng.random() < 0.1:
                        continue
                    amount, quantity = (round(level * rng.uniform(0.8, 1.3), 10) for _ in range(2))
                    cost = Decimal(str(amount * rng.choice([1, 1, 1, 0, -1])))
                    yield UsageLine(
                        START + timedelta(days=day),
                        usage_type,
                        cost,
                        cost,
                        Decimal(str(quantity if usage_type != "Fee" else 0)),
                        rng.choice(["Hrs"] * 50 + ["GB"]),
                        region,
                        record,
                        rng.choice(["RunInstances", "PutObject"]),
                    )


def explained(usage: Usage, days: int) -> tuple[Cause, ...]:
    return causes.explain(usage, START, [START + timedelta(days=day) for day in range(days)])


@sampled(every=3)
@pytest.mark.parametrize("seed", range(60))
def test_all_parts_together_are_the_difference_to_the_cent(seed: int) -> None:
    usage, days = world(seed)
    found = explained(usage, days)
    on_days = sum((line.amortized for line in usage.by_region if line.date >= START), Decimal(0))
    ledger = read(usage, START, [START + timedelta(days=day) for day in range(days)])
    before = sum((part.change.cost_before for part in ledger.parts), Decimal(0))
    assert sum(part.change.cost for part in ledger.parts) == pytest.approx(on_days, abs=Decimal("1e-15"))
    assert sum(cause.impact for cause in found) == (on_days - before).quantize(CENT)
    for cause in found:
        assert cause.quantity_effect is not None and cause.price_effect is not None and cause.rest is not None
        assert cause.quantity_effect + cause.price_effect + cause.rest == cause.impact
        assert cause.impact == cause.impact.quantize(CENT)
        told = (cause.impact, cause.quantity_effect, cause.price_effect, cause.rest)
        assert not [each for each in told if each.is_signed() and not each], "a zero has no sign"


@sampled(every=3)
@pytest.mark.parametrize("seed", range(60, 90))
def test_neither_order_nor_cut_of_lines_counts(seed: int) -> None:
    usage, days = world(seed)
    rng = random.Random(seed)

    def other(lines: Sequence[UsageLine] | None) -> list[UsageLine] | None:
        if lines is None:
            return None
        cut = [part for line in lines for part in _cut(line, rng)]
        rng.shuffle(cut)
        return cut

    by_region = other(usage.by_region)
    assert by_region is not None
    again = replace(
        usage,
        by_region=by_region,
        by_record_type=other(usage.by_record_type),
        by_operation=other(usage.by_operation),
    )
    assert explained(again, days) == explained(usage, days)


def _cut(line: UsageLine, rng: random.Random) -> list[UsageLine]:
    """A line in two that are as much."""
    if rng.random() < 0.5:
        return [line]
    cost, quantity = (each.quantize(Decimal("0.001")) for each in (line.amortized / 3, line.quantity / 3))
    return [
        line._replace(amount=cost, amortized=cost, quantity=quantity),
        line._replace(
            amount=line.amount - cost, amortized=line.amortized - cost, quantity=line.quantity - quantity
        ),
    ]


def test_twice_the_money_is_twice_the_cause() -> None:
    for seed in range(100, 110):
        usage, days = world(seed)
        twice = replace(
            usage, by_region=[line._replace(amortized=2 * line.amortized) for line in usage.by_region]
        )
        one, two = (
            sum((cause.impact for cause in explained(each, days)), Decimal(0)) for each in (usage, twice)
        )
        assert abs(2 * one - two) <= CENT
