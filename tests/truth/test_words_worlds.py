"""For any world, no sentence contradicts the table below it: sign, ranks, sums and counts.

Sentences are read from the card as a person reads them, and held against the report's own numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finopsguard.models.run import Basis, ReportName
from finopsguard.report import facts
from finopsguard.report.facts import Mover
from tests.truth.words_world import NAMES, A, B, C, D, Told, charge, told
from tests.unit.incidents.reports import END, run_of, steady

WORLDS = 60
HALF_CENT = Decimal("0.005")
EC2, RDS = "Amazon EC2", "Amazon RDS"
MONEY = r"[+−]?\$\d{1,3}(?:,\d{3})*(?:\.\d\d)?"

levels = st.sampled_from([0.0, 0.004, 3.0, 100.0, 130.0, 5000.0])
factors = st.sampled_from([0.0, 0.3, 0.7, 0.99, 1.0, 1.0, 1.01, 1.35, 4.0])


@st.composite
def worlds(draw: st.DrawFn) -> Told:
    """One to four accounts with one or two services, moved in the newest days, and charges of every sign."""
    report = draw(st.sampled_from(get_args(ReportName)))
    days = draw(st.sampled_from([3, 12, 20, 98, 98, 98]))
    usage = {}
    for account in (A, B, C, D)[: draw(st.integers(1, 4))]:
        for service in (EC2, RDS)[: draw(st.integers(1, 2))]:
            series = steady(draw(levels), days)
            moved = draw(st.sampled_from([1, 2, 4, 7]))
            factor = draw(factors)
            usage[account, service] = [*series[:-moved], *(amount * factor for amount in series[-moved:])]
    used = st.sampled_from(sorted({account for account, _ in usage}))
    charges = [
        charge(END - timedelta(days=draw(st.integers(1, 14))), draw(used), kind, amount)
        for kind, amount in draw(
            st.lists(
                st.tuples(
                    st.sampled_from(["Tax", "Credit", "Refund", "Fee", "Support", "EdpDiscount"]),
                    st.sampled_from(["-9000", "-350.55", "-0.004", "0", "12.3456", "700", "60000"]),
                ),
                max_size=5,
            )
        )
    ]  # fmt: skip
    run = run_of(report)
    run = replace(run, basis=draw(st.sampled_from(get_args(Basis))))
    if draw(st.booleans()):
        run = replace(run, scheduled_time=run.scheduled_time + timedelta(days=3))
    names = dict.fromkeys(NAMES, "same") if draw(st.booleans()) else NAMES
    return told(usage, run, charges=charges, names=names)


@settings(
    max_examples=WORLDS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(seen=worlds())
def test_no_sentence_contradicts_the_table_below_it(seen: Told) -> None:
    the_parts_add_up(seen)
    the_headline_is_the_comparison(seen)
    the_reason_is_in_the_tables(seen)
    the_charges_add_up(seen)
    the_verdict_is_the_headline_s(seen)


def the_parts_add_up(seen: Told) -> None:
    """Accounts to the comparison; services and days to its usage."""
    compared, report = seen.compared, seen.report
    days = [day for day in report.daily if day.date in compared.days]
    if compared.current is None:
        assert all(account.compared is None for account in report.accounts)
        return
    assert sum(account.compared or 0 for account in report.accounts) == compared.current
    assert sum(day.usage if compared.basis == "usage" else day.cost for day in days) == compared.current
    assert sum(service.compared or 0 for service in report.services) == sum(day.usage for day in days)
    if compared.previous is not None:
        assert sum(account.compared_previous or 0 for account in report.accounts) == compared.previous
        assert compared.change == compared.current - compared.previous
    if compared.expected is not None:
        assert compared.expected == sum(day.expected or 0 for day in days) + compared.current - sum(
            day.usage for day in days
        )


def the_headline_is_the_comparison(seen: Told) -> None:
    """Amount, days, sign and percent."""
    compared, story = seen.compared, seen.story
    change = story.change
    assert story.amount.startswith(story.n.money(facts.amount(seen.report)))
    assert story.n.money(facts.amount(seen.report)).replace("\u00a0", " ") in seen.speak
    if compared.change is None or abs(compared.change) < HALF_CENT:
        assert not set(change) & set("▲▼%")
        return
    assert change.startswith("▲ +" if compared.change > 0 else "▼ −")
    assert story.n.money(compared.change, signed=True) in change
    assert compared.previous is not None
    assert ("%" in change) == (compared.previous >= Decimal("0.01"))


def the_reason_is_in_the_tables(seen: Told) -> None:
    """Each clause against the moves of accounts or services."""
    why, compared = seen.story.why, seen.compared
    if compared.change is None or compared.current is None:
        assert not re.search(r"rise|fall|rose|fell|unchanged", why), why
        return
    by_name = {seen.story.mover_name(move): move for move in (*services(seen), *accounts(seen))}
    named: list[Mover] = []
    for name, verb, amount in re.findall(rf"(?:^|; |: )([^;:]+?) (rose|fell) by ({MONEY})", why):
        if name.startswith("the other "):
            of = accounts(seen) if "accounts" in name else services(seen)
            left = sum((move.change for move in of), Decimal(0)) - sum(move.change for move in named)
            assert (left > 0) == (verb == "rose"), why
            assert amount == money(seen, abs(left)), why
        elif name in by_name:
            move = by_name[name]
            named.append(move)
            assert (move.change > 0) == (verb == "rose"), why
            assert amount == money(seen, abs(move.change)), why
        else:
            raise AssertionError(f"{name} is in no table: {why}")
    for name, share, way in re.findall(r"^(.+?) explains (\S+) of the (rise|fall)", why):
        move = by_name[name]
        assert move.change * compared.change > 0, why
        assert (way == "rise") == (compared.change > 0), why
        assert share == seen.story.n.share(min(move.change / compared.change * 100, Decimal(100))), why
        same = accounts(seen) if move.id else services(seen)
        assert abs(move.change) == max(
            abs(each.change) for each in same if each.change * compared.change > 0
        ), why
        assert move.change / compared.change <= Decimal("1.0001"), why
    for way, name, amount in re.findall(rf"service that (rose|fell) most is (.+?) \(({MONEY})\)", why):
        sign = 1 if way == "rose" else -1
        top = max(services(seen), key=lambda move: move.change * sign)
        assert by_name[name].change == top.change, why
        assert amount == seen.story.n.money(top.change, signed=True), why
    for kind, amount in re.findall(rf"no (account|service) moved by more than ({MONEY})", why):
        of = accounts(seen) if kind == "account" else services(seen)
        assert amount == money(seen, max((abs(move.change) for move in of), default=Decimal(0))), why
    if "Nearly unchanged: no" in why and compared.previous and compared.previous > 0:
        assert all(
            abs(move.change) < max(compared.previous / 100, Decimal("0.01")) for move in accounts(seen)
        ), why
    if "No cost was recorded" in why:
        assert all(abs(line.amount) < HALF_CENT for line in facts.charges(seen.report))


def the_charges_add_up(seen: Told) -> None:
    """The way from usage to billed, to the cents that are shown."""
    way = seen.story.charges
    if not way:
        return
    left, right = way.split(" = billed ")
    total = Decimal(0)
    for sign, amount in re.findall(rf"(^|[+−] )[A-Z][\w ]+? ({MONEY})", left):
        total += read(amount) * (-1 if sign.startswith("−") else 1)
    assert abs(total - read(right)) <= HALF_CENT * (len(facts.charges(seen.report)) + 1), way
    assert "$0.00 " not in left.partition(" ")[2].partition(" ")[2] or left.startswith("Usage $0.00"), way
    billed = sum((line.amount for line in seen.report.charge_lines), Decimal(0))
    assert right == seen.story.n.money(billed, exact=True)


def the_verdict_is_the_headline_s(seen: Told) -> None:
    """No all-clear beside an open anomaly, a move out of the band, or a change of a fifth that nothing explains."""
    compared, report, story = seen.compared, seen.report, seen.story
    clear = "No anomalies found" in seen.text
    assert clear == ("No anomalies found" in seen.speak)
    if clear:
        assert not facts.open_anomalies(report)
        days = [day for day in report.daily if day.date in compared.days]
        used = sum((day.usage for day in days), Decimal(0))
        low = sum((day.expected_low or Decimal(0) for day in days), Decimal(0))
        high = sum((day.expected_high or Decimal(0) for day in days), Decimal(0))
        told_parts = sum((abs(line.impact) for line in report.anomalies), Decimal(0))
        known = all(day.expected is not None for day in days)
        assert not known or low - 1 - told_parts <= used <= high + 1 + told_parts
        if compared.change_pct is not None and abs(compared.change_pct) >= Decimal(20):
            assert (
                report.anomalies
                or abs(compared.change or Decimal(0)) < 1
                or (compared.previous or Decimal(0)) < Decimal("0.01")
            )
    for count, total, way in re.findall(
        r"(\d+) of (\d+) accounts costs? (more|less) than before", story.large_move
    ):
        moves = [
            move for move in accounts(seen) if abs(move.cost) >= HALF_CENT or abs(move.change) >= HALF_CENT
        ]
        sign = 1 if way == "more" else -1
        assert (int(count), int(total)) == (
            sum(move.change * sign >= HALF_CENT for move in moves),
            len(moves),
        )
    over = story.tiles[0]
    if over.tone == "bad":
        assert compared.expected is not None
        assert over.value.startswith("+")


def accounts(seen: Told) -> Sequence[Mover]:
    return facts.account_moves(seen.report)


def services(seen: Told) -> Sequence[Mover]:
    return facts.service_moves(seen.report)


def money(seen: Told, amount: Decimal) -> str:
    return seen.story.n.money(amount)


def read(amount: str) -> Decimal:
    """An amount as it is shown, as a number."""
    return Decimal(re.sub(r"[$,+]", "", amount).replace("−", "-"))
