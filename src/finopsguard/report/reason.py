"""The reason for a change: the account and service that explain it, or the charge that is not usage."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from finopsguard.report import facts
from finopsguard.report.facts import Mover, percent_of
from finopsguard.report.words import Words

# Percent: less is no change at all; more of it is "mostly"; less of it is not worth naming an account.
_STEADY_PERCENT = Decimal(1)
_MOSTLY = Decimal(50)
_WORTH_NAMING = Decimal(10)


def why(words: Words) -> str:
    """The account and service that explain the change."""
    totals = words.report.totals
    if not totals.period and not totals.previous:
        return words.t("why.nothing")
    if totals.previous is None or totals.change is None:
        return _why_first(words)
    if totals.change == 0 or (totals.change_pct is not None and abs(totals.change_pct) < _STEADY_PERCENT):
        return words.t("why.steady", amount=_largest_move(words))
    return _why_charges(words, totals.change) or _why_mover(words, totals.change)


def _why_first(words: Words) -> str:
    accounts = facts.largest_accounts(words.report)
    if len(accounts) > 1:
        share = percent_of(accounts[0].cost, words.report.totals.period)
        name = words.account_name(accounts[0].id, accounts[0].name)
        return words.t("why.first", account=name, share=words.n.share(share or Decimal(0)))
    services = sorted(words.report.services, key=lambda service: -service.cost)
    share = percent_of(services[0].cost, words.report.totals.usage) if services else None
    if share is None:
        return words.t("why.nothing")
    return words.t(
        "why.first_service", service=words.service_name(services[0].name), share=words.n.share(share)
    )


def _why_charges(words: Words, change: Decimal) -> str | None:
    """Tax, fees and credits come in lumps: where they are most of the change, usage is not what to look at."""
    usage_before = words.report.totals.usage_previous
    if usage_before is None:
        return None
    usage = words.report.totals.usage - usage_before
    share = percent_of((change - usage) * _way(change), abs(change))
    others = [
        item for item in facts.charges(words.report) if item.kind != "usage" and item.previous is not None
    ]
    if share is None or share < _MOSTLY or not others:
        return None
    largest = max(others, key=lambda item: (item.amount - (item.previous or Decimal(0))) * _way(change))
    return words.t(
        "why.charges",
        charge=words.t(f"charge.{largest.kind}"),
        amount=words.n.money(largest.amount - (largest.previous or Decimal(0)), signed=True),
        usage=words.n.money(usage, signed=True),
    )


def _why_mover(words: Words, change: Decimal) -> str:
    way: Literal["rise", "fall"] = "rise" if change > 0 else "fall"
    services = [mover for mover in facts.service_movers(words.report) if mover.change * change > 0]
    accounts = [mover for mover in facts.account_movers(words.report) if mover.change * change > 0]
    if len(words.report.accounts) > 1 and accounts:
        return _why_account(words, accounts[0], services, change, way)
    if not services:
        return words.t("why.steady_spread", amount=_largest_move(words))
    share = min(percent_of(abs(services[0].change), abs(change)) or Decimal(0), Decimal(100))
    return words.t(
        f"why.{way}_service",
        service=words.mover_name(services[0]),
        share=words.n.share(share),
        amount=words.n.money(services[0].change, signed=True),
    )


def _why_account(words: Words, top: Mover, services: Sequence[Mover], change: Decimal, way: str) -> str:
    account = words.mover_name(top)
    share = percent_of(abs(top.change), abs(change)) or Decimal(0)
    same_way = [line for line in facts.open_anomalies(words.report) if line.direction * change > 0]
    known = next((words.service_name(line.service) for line in same_way if line.account_id == top.id), None)
    if share > 100:
        amount = words.n.money(abs(top.change))
        if known:
            return words.t(f"why.{way}_alone_service", account=account, amount=amount, service=known)
        return words.t(f"why.{way}_alone", account=account, amount=amount)
    if share < _WORTH_NAMING:
        return words.t("why.steady_spread", amount=_largest_move(words))
    shown = words.n.share(share)
    if known:
        return words.t(f"why.{way}_account_service", account=account, share=shown, service=known)
    if not services:
        return words.t(f"why.{way}_account_alone", account=account, share=shown)
    name, amount = words.mover_name(services[0]), words.n.money(services[0].change, signed=True)
    return words.t(f"why.{way}_account", account=account, share=shown, service=name, amount=amount)


def _largest_move(words: Words) -> str:
    moves = [
        abs(account.cost - account.previous)
        for account in words.report.accounts
        if account.previous is not None
    ]
    return words.n.money(max(moves, default=Decimal(0)))


def _way(change: Decimal) -> int:
    return 1 if change > 0 else -1
