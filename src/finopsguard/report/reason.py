"""The reason for a change: what explains the comparison, in both directions, with moves that offset each other named.

Every number here is a row of the tables below it: the parts of accounts and services in the comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.money import CENT
from finopsguard.report import cause_facts, cause_text, facts, ordinary, rollup_text
from finopsguard.report.facts import Charge, Mover, percent_of
from finopsguard.report.words import Words

# Percent: less is no change at all; more of it is "mostly"; less of it is not worth naming an account.
_STEADY_PERCENT = Decimal(1)
_MOSTLY = Decimal(50)
_WORTH_NAMING = Decimal(10)
# A move in the other direction of at least this part of the largest one is named beside it.
_OFFSETS = Decimal("0.5")
# Moves that offset each other are the story only from this part of the whole change on; else others are.
_WEIGHTY = Decimal("0.25")
# What both together leave of the change is named from this part of it on.
_WORTH_ADDING = Decimal("0.1")
# Moves are alike within this part of the whole change's percent, or within so many points; so many of them make it
# nobody's own story, if they are nearly all of the change.
_ALIKE = Decimal("0.15")
_ALIKE_POINTS = Decimal(1)
_ALIKE_LEAST = 3
_NEARLY_ALL = Decimal("0.9")
# A cause is named from this part of the whole change on.
_MOST = Decimal("0.6")
# More than this of the move that it is in, and other things in there went the other way: it is not simply most of it.
_WHOLE = Decimal("1.1")


def why(words: Words) -> str:
    """What explains the comparison, and why it is no anomaly; that nothing is compared, or that there was no cost."""
    compared = facts.comparison(words.report)
    if compared.current is None:
        unsettled = facts.provisional_in(words.report, words.report.period)
        return words.t("why.so_far", days=words.days(unsettled or words.report.period.dates()))
    if facts.is_zero(compared.current) and facts.is_zero(compared.previous):
        return _why_nothing(words)
    if compared.previous is None or compared.change is None:
        return _why_first(words, compared.current)
    moves = _moves(words, compared.change)
    steady = compared.change_pct is not None and abs(compared.change_pct) < _STEADY_PERCENT
    if steady or facts.is_zero(compared.change):
        return _why_steady(words, moves, abs(compared.previous) * _STEADY_PERCENT / 100)
    moved = (
        _why_charges(words, compared.change)
        or _why_rollup(words, compared.change)
        or _why_alike(words, moves, compared.change_pct)
        or _why_moves(words, moves)
    )
    return " ".join(filter(None, (moved, ordinary.of_change(words))))


@dataclass(frozen=True)
class _Moves:
    """All moves of accounts, or of services where there is one account, largest first; `of` the whole change.

    `exact`: they add up to it. They do not where usage by service is held against all that is billed.
    """

    all: Sequence[Mover]
    of: Decimal
    noun: str
    exact: bool

    @property
    def way(self) -> str:
        """Of the change."""
        return "rise" if self.of > 0 else "fall"

    def without(self, *named: Mover) -> Decimal:
        """The sum of the others."""
        return sum((move.change for move in self.all), Decimal(0)) - sum(move.change for move in named)

    def largest(self, sign: Decimal | int) -> Mover | None:
        """The largest move in one direction."""
        return next(
            (move for move in self.all if move.change * sign > 0 and not facts.is_zero(move.change)), None
        )


def _moves(words: Words, change: Decimal) -> _Moves:
    accounts = facts.account_moves(words.report)
    if len([move for move in accounts if move.cost or move.change]) > 1:
        return _Moves(accounts, change, "accounts", exact=True)
    services = facts.service_moves(words.report)
    left = change - sum((move.change for move in services), Decimal(0))
    return _Moves(services, change, "services", exact=facts.is_zero(left))


def _why_nothing(words: Words) -> str:
    charges = facts.charges(words.report)
    usage, *others = charges
    others = [item for item in others if not facts.is_zero(item.amount)]
    if not others:
        return words.t("why.nothing")
    listed = ", ".join(_charge(words, item) for item in others)
    if facts.is_zero(usage.amount):
        return words.t("why.no_usage", charges=listed)
    return words.t("why.covered", usage=words.n.money(usage.amount), charges=listed)


def _charge(words: Words, item: Charge) -> str:
    return f"{words.t(f'charge.{item.kind}')} {words.n.money(item.amount)}"


def _why_first(words: Words, total: Decimal) -> str:
    accounts = facts.largest_accounts(words.report)
    if len(accounts) > 1:
        name = words.account_name(accounts[0].id, accounts[0].name)
        return _first(words, "why.first", name, facts.cost(accounts[0]), total)
    services = sorted(words.report.services, key=lambda service: (-facts.cost(service), service.name))
    if not services or facts.is_zero(facts.cost(services[0])):
        return _why_nothing(words)
    used = sum((facts.cost(service) for service in services), Decimal(0))
    name = words.service_name(services[0].name)
    return _first(words, "why.first_service", name, facts.cost(services[0]), used)


def _first(words: Words, key: str, name: str, part: Decimal, whole: Decimal) -> str:
    share = percent_of(part, whole)
    if share is None or share > 100:  # credits of others: a part of the whole says nothing
        return words.t(f"{key}_amount", name=name, amount=words.n.money(part))
    return words.t(key, name=name, share=words.n.share(share))


def _why_steady(words: Words, moves: _Moves, limit: Decimal) -> str:
    """No change at all, or moves that offset each other: the two are never told alike."""
    largest = moves.all[0] if moves.all else None
    if largest is None or facts.is_zero(largest.change):
        return words.t(f"why.unchanged_{moves.noun}")
    if abs(largest.change) < max(limit, CENT):
        return words.t(f"why.steady_{moves.noun}", amount=words.n.money(abs(largest.change)))
    return words.t("why.steady_offset", moves=_both_ways(words, moves, largest))


def _why_charges(words: Words, change: Decimal) -> str | None:
    """Tax, fees and credits come in lumps: where they are most of the change, usage is not what to look at."""
    usage, *others = facts.charges(words.report)
    if facts.comparison(words.report).basis == "usage" or usage.previous is None or not others:
        return None
    way = 1 if change > 0 else -1
    used = usage.amount - usage.previous
    share = percent_of((change - used) * way, abs(change))
    if share is None or share < _MOSTLY:
        return None
    largest = max(others, key=lambda item: (item.amount - (item.previous or Decimal(0))) * way)
    return words.t(
        "why.charges",
        total=words.n.money(change - used, signed=True),
        charge=words.t(f"charge.{largest.kind}"),
        amount=words.n.money(largest.amount - (largest.previous or Decimal(0)), signed=True),
        usage=words.n.money(used, signed=True),
    )


def _why_rollup(words: Words, change: Decimal) -> str | None:
    """What rose or fell in many accounts together, where that is most of the change: no account explains it."""
    for line in facts.open_anomalies(words.report):
        if line.scope in ("account_service", "account") or line.story == "moved":
            continue
        own = _change(words, line)
        if own * change > 0 and abs(own) >= abs(change) * _MOST:
            what = rollup_text.title(words, line)
            return words.t("why.rollup", what=what, amount=words.n.money(own, signed=True))
    return None


def _why_alike(words: Words, moves: _Moves, percent: Decimal | None) -> str | None:
    """Where nearly all moved by the same percent (late data, a price, a plan that ended), none explains it."""
    moved = [move for move in moves.all if not (facts.is_zero(move.cost) and facts.is_zero(move.change))]
    if percent is None or not moves.exact:
        return None
    near = max(_ALIKE_POINTS, abs(percent) * _ALIKE)
    alike = [move for move in moved if move.percent is not None and abs(move.percent - percent) <= near]
    part = sum((move.change for move in alike), Decimal(0)) / moves.of
    if len(alike) < _ALIKE_LEAST or min(part, Decimal(len(alike)) / len(moved)) < _NEARLY_ALL:
        return None
    return words.t(
        f"why.{moves.way}_alike_{moves.noun}",
        count=words.n.count(len(alike)),
        total=words.n.count(len(moved)),
        percent=words.n.share(abs(percent)),
    )


def _why_moves(words: Words, moves: _Moves) -> str:
    top = moves.largest(moves.of)
    if top is None:
        return words.t(f"why.unchanged_{moves.noun}")
    if not moves.exact:
        return words.t(
            f"why.{moves.way}_most", name=words.mover_name(top), amount=words.n.money(top.change, signed=True)
        )
    largest, against = moves.all[0], moves.largest(-moves.of)
    share = percent_of(abs(top.change), abs(moves.of)) or Decimal(0)
    weighty = abs(largest.change) >= abs(moves.of) * _WEIGHTY
    offset = against is not None and abs(against.change) >= abs(top.change) * _OFFSETS
    alone = facts.is_zero(moves.of - top.change)
    if weighty and (offset or (share > 100 and not alone)):
        return f"{_both_ways(words, moves, largest)}."
    if share < _WORTH_NAMING:
        count = sum(not facts.is_zero(move.change) for move in moves.all)
        amount = words.n.money(abs(largest.change))
        return words.t(f"why.spread_{moves.noun}", n=count, count=words.n.count(count), amount=amount)
    one = _why_one(words, moves, top, words.n.share(min(share, Decimal(100))))
    return " ".join(filter(None, (one, _cause_of(words, moves, top))))


def _why_one(words: Words, moves: _Moves, top: Mover, share: str) -> str:
    name, amount = words.mover_name(top), words.n.money(top.change, signed=True)
    if moves.noun == "services":
        return words.t(f"why.{moves.way}_service", service=name, share=share, amount=amount)
    known = _service_of(words, top)
    if known:
        return words.t(f"why.{moves.way}_account_service", account=name, share=share, service=known)
    services = [move for move in facts.service_moves(words.report) if move.change * moves.of > 0]
    if not services or facts.is_zero(services[0].change):
        return words.t(f"why.{moves.way}_account_alone", account=name, share=share, amount=amount)
    service, amount = words.mover_name(services[0]), words.n.money(services[0].change, signed=True)
    return words.t(f"why.{moves.way}_account", account=name, share=share, service=service, amount=amount)


def _cause_of(words: Words, moves: _Moves, top: Mover) -> str:
    """The cause that makes most of the whole change, of an anomaly of who moved most; empty where none does.

    A cause is of its anomaly's days, and the change of the compared ones: it counts with its part of the anomaly, which
    is held against the anomaly's own change between the compared days.
    """
    for line in facts.open_anomalies(words.report):
        cause = cause_facts.top(line)
        mine = line.account_id == top.id if top.id else line.service == top.name
        if cause is None or cause_facts.is_renamed(cause) or not mine or cause.impact * moves.of <= 0:
            continue
        whole = max(
            abs(line.impact), abs(cause_facts.sums(cause_facts.explaining(line)).impact), abs(cause.impact)
        )
        own = _change(words, line) * abs(cause.impact) / whole
        if own * moves.of > 0 and abs(moves.of) * _MOST <= abs(own) <= abs(top.change) * _WHOLE:
            said = cause_text.named(words, cause, cause_facts.service(line))
            return words.t("why.cause", cause=said)
    return ""


def _both_ways(words: Words, moves: _Moves, largest: Mover) -> str:
    """The largest move, the largest against it or all the others together, and what is left."""
    against = moves.largest(-largest.change)
    if against is None or abs(against.change) < abs(largest.change) * _OFFSETS:
        parts = [_move(words, largest)]
        if len(moves.all) > 1:
            parts.append(_others(words, moves, moves.without(largest)))
    else:
        left = moves.without(largest, against)
        parts = [_move(words, largest), _move(words, against)]
        if abs(left) >= max(abs(largest.change) * _WORTH_ADDING, CENT):
            parts.append(_others(words, moves, left))
    return words.t("why.and").join(parts)


def _move(words: Words, move: Mover) -> str:
    way = "rose" if move.change > 0 else "fell"
    name, amount = words.mover_name(move), words.n.money(abs(move.change))
    service = _service_of(words, move) if move.id else None
    if service:
        return words.t(f"why.{way}_service", name=name, amount=amount, service=service)
    return words.t(f"why.{way}", name=name, amount=amount)


def _others(words: Words, moves: _Moves, left: Decimal) -> str:
    key = "same" if facts.is_zero(left) else "rose" if left > 0 else "fell"
    return words.t(f"why.others_{moves.noun}_{key}", amount=words.n.money(abs(left)))


def _service_of(words: Words, top: Mover) -> str | None:
    """The service of an anomaly that explains at least half of an account's move."""
    for line in facts.open_anomalies(words.report):
        if line.account_id != top.id or line.direction * top.change <= 0:
            continue
        services = [cause for cause in line.causes if cause.dimension == "service"]
        lead = max(services, key=lambda cause: abs(cause.impact), default=None)
        part = abs(lead.impact / line.impact) if lead and line.impact else Decimal(1)
        if _change(words, line) * line.direction * part * 2 >= abs(top.change):
            return words.service_name(lead.value if lead else line.service)
    return None


def _change(words: Words, line: AnomalyLine) -> Decimal:
    """An anomaly's own change between the compared days, as far as its days are known."""
    compared = facts.comparison(words.report)
    amounts = {day.date: day.amount for day in facts.anomaly_days(line, words.report)}
    now = _mean(amounts, compared.days)
    before = _mean(amounts, [day for day in compared.previous_days if day in amounts])
    if now is None or before is None:
        return Decimal(0)
    return (now - before) * len(compared.days)


def _mean(amounts: dict[date, Decimal], days: Sequence[date]) -> Decimal | None:
    if not days or not amounts.keys() >= set(days):
        return None
    return sum((amounts[day] for day in days), Decimal(0)) / len(days)
