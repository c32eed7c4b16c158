"""How much more or less than before, and what before is, in words."""

from __future__ import annotations

from finopsguard.models.money import CENT
from finopsguard.report import facts
from finopsguard.report.numbers import MINUS
from finopsguard.report.words import Words


def change(words: Words) -> str:
    """Up or down, by how much, against what. Never coloured: sign and words carry it."""
    compared = facts.comparison(words.report)
    if not compared.days:
        return words.t("change.none")
    if compared.previous is None or compared.change is None:
        return words.t("change.first")
    if facts.is_zero(compared.change):
        return words.t("change.same", before=before(words))
    way = "up" if compared.change > 0 else "down"
    amount = words.n.money(compared.change, signed=True)
    percent = "" if compared.change_pct is None else words.n.percent(compared.change_pct, signed=True)
    # Nothing, or a credit, has no percent; and one without a sign is rounded to nothing.
    if compared.previous < CENT or percent[:1] not in ("+", MINUS):
        return words.t(f"change.amount_{way}", amount=amount, before=before(words))
    return words.t(f"change.{way}", percent=percent, amount=amount, before=before(words))


def before(words: Words) -> str:
    """What the change is against: `2–8 Nov`, or the mean of the same weekdays of some weeks."""
    compared = facts.comparison(words.report)
    weeks = len(compared.previous_days) // len(compared.days) if compared.days else 0
    if weeks < 2 and len(compared.previous_days) == 1:
        return words.t("before.days", days=words.n.weekday(compared.previous_days[0]))
    if weeks < 2:
        return words.t("before.days", days=words.days(compared.previous_days))
    if len(compared.days) == 1:
        weekdays = words.t.weekdays(compared.days[0].weekday())
        return words.t("before.mean", count=words.n.count(weeks), weekdays=weekdays)
    return words.t("before.mean_days", count=words.n.count(weeks))
