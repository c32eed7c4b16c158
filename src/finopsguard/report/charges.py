"""Charges that are not usage, in words: by which name they are shown, and which are not as in their own past."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from finopsguard.models.money import CENT
from finopsguard.models.report import ChargeFinding, ChargeLine, ChargeState, Report
from finopsguard.report import facts
from finopsguard.report.untrusted import plain
from finopsguard.report.words import NAME, WORD, Tone, Words

# Of the usage of the same days: from this part of it on a charge stands beside the headline.
_BESIDE_HEADLINE = Decimal("0.01")
# Findings of one kind in more accounts than these are one line.
_ACCOUNTS_APART = 3
_NAMED_PRODUCTS = 2

# Record types without spaces and in small letters: as Cost Explorer and as the Cost and Usage Report write them.
_TYPES = {
    "edpdiscount": "type.edp",
    "enterprisediscountprogramdiscount": "type.edp",
    "privateratediscount": "type.private_rate",
    "privateratecarddiscount": "type.private_rate",
    "bundleddiscount": "type.bundled",
    "solutionproviderprogramdiscount": "type.partner",
    "sppdiscount": "type.partner",
    "savingsplanrecurringfee": "type.plan_fee",
    "savingsplanupfrontfee": "type.plan_upfront",
    "rifee": "type.reservation_fee",
    "recurring": "type.reservation_fee",
    "recurringreservationfee": "type.reservation_fee",
    "upfront": "type.reservation_upfront",
    "upfrontreservationfee": "type.reservation_upfront",
    "fee": "type.fee",
    "support": "charge.support",
    "tax": "charge.tax",
    "credit": "charge.credit",
    "refund": "charge.refund",
    "usage": "type.on_demand",
    "discountedusage": "type.reserved",
    "savingsplancoveredusage": "type.covered",
    "savingsplannegation": "type.negation",
}


@dataclass(frozen=True)
class ChargeText:
    """One line of charges that are not as before; `impact` is what came minus what was due."""

    impact: str
    title: str
    state: str
    sentence: str
    tone: Tone


Group = Sequence[ChargeFinding]
"""Findings that are told in one line, the largest first."""


def type_name(words: Words, record_type: str) -> str:
    """A record type in words; one that this version does not know by the name that AWS gives it."""
    key = _TYPES.get(record_type.replace(" ", "").lower())
    return words.t(key) if key else plain(record_type, NAME)


def parts(report: Report) -> list[ChargeLine]:
    """Record types that are not zero and not usage, in the order of a bill."""
    return [line for line in _lines(report) if line.kind != "usage"]


def usage_parts(words: Words) -> str:
    """`Usage holds: On demand $900.00, Covered by Savings Plans $300.00, ...`; empty where it is of one record type."""
    lines = [line for line in _lines(words.report) if line.kind == "usage"]
    if len(lines) < 2:
        return ""
    named = [f"{type_name(words, line.name)} {words.n.money(line.amount, exact=True)}" for line in lines]
    return words.t("charges.usage", parts=", ".join(named))


def groups(report: Report) -> list[Group]:
    """What is told, the largest difference first; one line where many accounts have the same."""
    found: dict[tuple[ChargeState, str], list[ChargeFinding]] = {}
    for finding in report.charge_findings or ():
        found.setdefault((finding.state, finding.name), []).append(finding)
    made: list[Group] = []
    for same in found.values():
        ranked = sorted(same, key=lambda each: (-abs(_impact([each])), each.account_id))
        made += [ranked] if len(ranked) > _ACCOUNTS_APART else [[each] for each in ranked]
    return sorted(made, key=lambda group: (-abs(_impact(group)), group[0].name, group[0].account_id))


def describe(words: Words, group: Group) -> ChargeText:
    """One line in words."""
    first, impact = group[0], _impact(group)
    sentence = words.t(
        f"charges.{first.state}",
        type=type_name(words, first.name),
        amount=words.n.money(_sum(each.amount for each in group)),
        expected=words.n.money(_sum(each.expected for each in group)),
        day=words.n.weekday(first.day),
    )
    sellers = _sellers(first) if len(group) == 1 else []
    if sellers:
        sentence = words.t("charges.sold_by", sentence=sentence, seller=", ".join(sellers))
    return ChargeText(
        impact=words.n.money(impact, signed=True, compact=True),
        title=f"{_what(words, group)} · {_who(words, group)}",
        state=words.t(f"charges.state_{first.state}"),
        sentence=sentence,
        tone="bad" if impact > 0 else "plain",
    )


def headline(words: Words) -> str:
    """The largest, where it is large beside the usage of the same days; empty where none is."""
    found = groups(words.report)
    usage = next(charge.amount for charge in facts.charges(words.report) if charge.kind == "usage")
    if not found or abs(_impact(found[0])) < max(abs(usage) * _BESIDE_HEADLINE, CENT):
        return ""
    first = found[0]
    text = words.t(
        f"charges.headline_{first[0].state}",
        what=_what(words, first),
        who=_who(words, first),
        amount=words.n.money(_sum(each.amount for each in first)),
        expected=words.n.money(_sum(each.expected for each in first)),
        day=words.n.weekday(first[0].day),
    )
    rest = len(found) - 1
    return f"{text} {words.t('charges.headline_more', n=rest, count=words.n.count(rest))}" if rest else text


def more(words: Words, hidden: Sequence[Group]) -> str:
    """`2 more charges: +$509 · −$2,038`; empty when none is hidden."""
    return (
        words.t(
            "charges.more", n=len(hidden), count=words.n.count(len(hidden)), amount=_impacts(words, hidden)
        )
        if hidden
        else ""
    )


def spoken(words: Words) -> str:
    """How many there are and what they come to, without text from outside; empty without any."""
    found = groups(words.report)
    count = words.n.count(len(found))
    return (
        words.t("charges.spoken", n=len(found), count=count, amount=_impacts(words, found)) if found else ""
    )


def _lines(report: Report) -> list[ChargeLine]:
    shown = [line for line in report.charge_lines if not facts.is_zero(line.amount)]
    if report.comparison is None:
        shown = [
            ChargeLine(kind, kind, amount, None)
            for kind, amount in report.charges.items()
            if not facts.is_zero(amount)
        ]
    return sorted(shown, key=lambda line: (facts.CHARGE_ORDER.index(line.kind), -abs(line.amount), line.name))


def _impact(group: Group) -> Decimal:
    return _sum(each.amount - each.expected for each in group)


def _impacts(words: Words, found: Sequence[Group]) -> str:
    impacts = [_impact(group) for group in found]
    both = (_sum(each for each in impacts if each > 0), _sum(each for each in impacts if each < 0))
    return " · ".join(words.n.money(amount, signed=True) for amount in both if amount)


def _what(words: Words, group: Group) -> str:
    """Its products where they are known, else the record type."""
    products = list(dict.fromkeys(product.name for product in group[0].products))
    if len(group) > 1 or not products:
        return type_name(words, group[0].name)
    named = ", ".join(plain(name, WORD if len(products) > 1 else NAME) for name in products[:_NAMED_PRODUCTS])
    rest = len(products) - _NAMED_PRODUCTS
    return words.t("charges.and_more", names=named, count=words.n.count(rest)) if rest > 0 else named


def _who(words: Words, group: Group) -> str:
    if len(group) > 1:
        return words.t("count.accounts", n=len(group), count=words.n.count(len(group)))
    return words.account_name(group[0].account_id, group[0].account_name)


def _sellers(finding: ChargeFinding) -> list[str]:
    sellers = dict.fromkeys(product.seller for product in finding.products if product.seller)
    return [plain(seller, NAME) for seller in sellers][:_NAMED_PRODUCTS]


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
