"""Any world is told truly, or refused, or what is not sure is named; and no sentence contradicts the table below it.

Random worlds x lateness x credits x faults of AWS x page sizes, through the real source and all steps up to the card.
Numbers are held to the world (held.py), sentences, read from the card as a person reads them, to the report's numbers.
300 cases in `make check`, a tenth of them in `make test`; `make fuzz` tries 10,000 others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finopsguard.models.run import Period
from finopsguard.report import facts
from finopsguard.report.facts import Mover
from tests.sweeps import examples
from tests.truth.held import is_held
from tests.truth.random_worlds import asked, faults, worlds
from tests.truth.reading import Asked, lean, read
from tests.truth.words_world import Told, World

IN_THE_SUITE = 300
HALF_CENT = Decimal("0.005")
MONEY = r"[+−]?\$\d{1,3}(?:,\d{3})*(?:\.\d\d)?"


@st.composite
def readings(draw: st.DrawFn) -> tuple[World, Asked]:
    """Any world, and any way of asking for a report of it."""
    request = draw(asked())
    morning = request.at.date()
    world = draw(worlds(morning, request.history_days))
    window = Period(morning - timedelta(days=request.history_days), morning)
    return world, replace(request, faults=draw(faults(world, window)))


@settings(
    max_examples=max(examples(IN_THE_SUITE), settings().max_examples),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(what=readings(), whole=st.integers(0, 29).map(lambda one: one == 13))
def test_any_world_is_told_truly_or_refused(what: tuple[World, Asked], whole: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        lean(patch)
        found = read(*what)
    is_held(found)
    if whole:
        again = read(*what)
        assert repr(again.refused) == repr(found.refused)
        assert (again.told and again.told.report) == (found.told and found.told.report)
    if found.told is not None:
        no_sentence_contradicts_the_table_below_it(found.told)


def no_sentence_contradicts_the_table_below_it(seen: Told) -> None:
    """Sign, ranks, sums and counts."""
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
    if not unsure(seen, "usage_matches_charges"):
        used = sum((service.compared or Decimal(0) for service in report.services), Decimal(0))
        # Both queries agree to the cent for each account and day.
        assert abs(used - sum(day.usage for day in days)) < HALF_CENT * 2 * len(days) * len(report.accounts)
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
    assert not re.search(r"[^\d.]0(\.0)?%", change)
    assert story.n.money(compared.change, signed=True) in change
    assert compared.previous is not None
    worth = compared.change_pct is not None and abs(compared.change_pct) >= Decimal("0.05")
    assert ("%" in change) == (compared.previous >= Decimal("0.01") and worth)


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
        assert abs(move.change) - abs(compared.change) < HALF_CENT, why
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
        total += as_number(amount) * (-1 if sign.startswith("−") else 1)
    assert abs(total - as_number(right)) <= HALF_CENT * (len(facts.charges(seen.report)) + 1), way
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


def unsure(seen: Told, name: str) -> bool:
    """True if a check is there and not ok."""
    return any(check.name == name and check.status != "ok" for check in seen.report.coverage.checks)


def accounts(seen: Told) -> Sequence[Mover]:
    return facts.account_moves(seen.report)


def services(seen: Told) -> Sequence[Mover]:
    return facts.service_moves(seen.report)


def money(seen: Told, amount: Decimal) -> str:
    return seen.story.n.money(amount)


def as_number(amount: str) -> Decimal:
    """An amount as it is shown, as a number."""
    return Decimal(re.sub(r"[$,+]", "", amount).replace("−", "-"))
