"""Rises that are no anomaly, in words: which, and why not.

Said once: with the reason for the change where they are half of it or more, else beside the large move that they are
part of. The page lists all.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from finopsguard.models.report import Report, UntoldRise
from finopsguard.report import facts
from finopsguard.report.verdict import EXPLAINS, LargeMove
from finopsguard.report.words import Words

# Of a large move: a smaller part of it says nothing about it.
_PART_OF_MOVE = Decimal("0.1")
# Percent: a smaller change is no change at all.
_STEADY_PERCENT = Decimal(1)


def of_change(words: Words) -> str:
    """The rises that are half of the headline's change or more; empty where they are not."""
    return _sentences(words, words.report.untold) if _explain_change(words.report) else ""


def of_move(words: Words, move: LargeMove | None) -> str:
    """The rises that are part of a large move that no anomaly explains; empty where `of_change` has said them."""
    rises = words.report.untold
    if move is None or not move.usage or _explain_change(words.report):
        return ""
    return _sentences(words, rises) if rises and _excess(rises) >= move.change * _PART_OF_MOVE > 0 else ""


def listed(words: Words) -> list[str]:
    """A sentence for each, the largest first."""
    return [_sentence(words, rise) for rise in words.report.untold]


def _explain_change(report: Report) -> bool:
    compared, rises = facts.comparison(report), report.untold
    if not rises or compared.change is None or compared.change <= 0:
        return False
    steady = compared.change_pct is not None and compared.change_pct < _STEADY_PERCENT
    return not steady and _excess(rises) >= compared.change * EXPLAINS


def _sentences(words: Words, rises: Sequence[UntoldRise]) -> str:
    """The largest, and how many others there are."""
    first, rest = _sentence(words, rises[0]), rises[1:]
    if not rest:
        return first
    amount = words.n.money(_excess(rest), signed=True)
    return f"{first} {words.t('untold.more', n=len(rest), count=words.n.count(len(rest)), amount=amount)}"


def _sentence(words: Words, rise: UntoldRise) -> str:
    return words.t(
        "untold.sentence",
        amount=words.n.money(_excess([rise])),
        when=words.t("untold.on", n=len(rise.days), days=words.days(rise.days)),
        service=words.service_name(rise.service),
        account=words.account_name(rise.account_id, rise.account_name),
        reason=words.t(f"untold.{rise.reason}"),
    )


def _excess(rises: Sequence[UntoldRise]) -> Decimal:
    return sum((rise.actual - rise.expected for rise in rises), Decimal(0))
