"""What is said of the month's end and of budgets: for the card, the page and the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal, get_args

from finopsguard.models.budget import ORGANIZATION, AwsBudgetsState, tag_of
from finopsguard.models.forecast import BudgetAlert, Forecast, ScopeForecast
from finopsguard.report.untrusted import plain
from finopsguard.report.words import NAME, Tone, Words

_SURE = Decimal(80)
_BAR_PARTS = 10
_FULL, _EMPTY = "█", "░"
_TOLD = 3
Verdict = Literal["exceeded", "will", "likely", "may", "unknown", "open", "within"]
_VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
"""The worst first."""
_ON_A_DAY: Mapping[Verdict, str] = {
    "exceeded": "budget.exceeded_on",
    "will": "budget.will_on",
    "likely": "budget.likely_on",
}

_AWS_UNREAD: Mapping[AwsBudgetsState, str] = {
    "denied": "budget.aws_denied",
    "unavailable": "budget.aws_unavailable",
}


@dataclass(frozen=True)
class BudgetLine:
    """A budget in words: `state` says the verdict, `bar` the same in blocks, what is spent of it and what is left."""

    name: str
    verdict: Verdict
    state: str
    tone: Tone
    spent: str
    end: str
    bar: str
    scope: ScopeForecast


def of_report(words: Words) -> Forecast | None:
    """The forecast of a month that goes on; None once every day of it is final, or where the report has none."""
    found = words.report.forecast
    return None if found is None or found.settled >= found.month.end else found


def band(words: Words, scope: ScopeForecast) -> str:
    """`80%: $461,203 to $478,400`; empty where there is no forecast."""
    if scope.low is None or scope.high is None:
        return ""
    low, high = (words.n.money(each, compact=True) for each in (scope.low, scope.high))
    return words.t("forecast.band", percent=words.n.share(_SURE), low=low, high=high)


def no_forecast(words: Words, scope: ScopeForecast) -> str:
    """Why there is none: `no forecast: too little history`."""
    return words.t("forecast.none", reason=words.t(f"forecast.{scope.reason}")) if scope.reason else ""


def without(words: Words, scope: ScopeForecast) -> str:
    """What the amounts leave out: `without 1 account that could not be read`; else empty."""
    unknown = scope.unknown if scope.reason != "tags" else 0
    counted = (("forecast.unread", scope.unread), ("forecast.untagged", unknown))
    return ", ".join(words.t(key, n=many, count=words.n.count(many)) for key, many in counted if many)


def budgets(words: Words) -> list[BudgetLine]:
    """All budgets, the worst verdict first, then by how much of them the month will take."""
    found = words.report.forecast
    if found is None:
        return []
    lines = [_line(words, each, each.budget) for each in found.scopes if each.budget is not None]
    return sorted(lines, key=_urgency)


def about_aws(words: Words) -> list[str]:
    """What of AWS Budgets is not in the report, and why; nothing where all is."""
    found = words.report.aws_budgets
    if found is None:
        return []
    if unread := _AWS_UNREAD.get(found.state):
        return [words.t(unread)]
    left = found.not_taken
    if left:
        return [words.t("budget.aws_not_taken", n=left, count=words.n.count(left))]
    return [] if found.taken else [words.t("budget.aws_none")]


def more(words: Words, hidden: int) -> str:
    """How many budgets are not shown; empty where all are."""
    return words.t("budget.more", n=hidden, count=words.n.count(hidden)) if hidden > 0 else ""


def alerts(words: Words) -> list[str]:
    """What is told of budgets for the first time this month, a sentence for each; the last says how many more."""
    found = words.report.forecast
    if found is None:
        return []
    by_id = {each.id: each for each in found.scopes}
    told = [_alert(words, alert, by_id[alert.id]) for alert in found.alerts[:_TOLD] if alert.id in by_id]
    hidden = more(words, len(found.alerts) - _TOLD)
    return [*told, hidden] if hidden else told


def spoken(words: Words) -> str:
    """The number of alerts, without any text from outside."""
    count = len(words.report.forecast.alerts) if words.report.forecast else 0
    return words.t("budget.spoken", n=count, count=words.n.count(count)) if count else ""


def name_of(words: Words, scope: ScopeForecast) -> str:
    """`All accounts`, a unit's id, a tag, the name that AWS Budgets has for some accounts, an account's name."""
    if scope.id == ORGANIZATION:
        return words.t("budget.organization")
    if scope.scope == "unit":
        return plain(scope.id, NAME)
    if tag := tag_of(scope.id):
        key, value = (plain(each, NAME) for each in tag)
        return words.t("budget.tag", key=key, value=value)
    if scope.scope == "accounts":
        return plain(scope.budget_name or scope.id, NAME)
    names = {account.id: account.name for account in words.report.accounts}
    names.update((account.id, account.name) for account in words.report.coverage.missing)
    return words.account_name(scope.id, names.get(scope.id, ""))


def _urgency(line: BudgetLine) -> tuple[int, bool, Decimal, str]:
    scope = line.scope
    share = max(scope.spent_pct or Decimal(0), scope.forecast_pct or Decimal(0))
    return _VERDICTS.index(line.verdict), scope.id != ORGANIZATION, -share, scope.id


def _line(words: Words, scope: ScopeForecast, budget: Decimal) -> BudgetLine:
    key, tone = _state(scope, budget)
    day, on_a_day = scope.budget_reached, _ON_A_DAY.get(key)
    state = words.t(on_a_day, day=words.n.day(day)) if day and on_a_day else words.t(f"budget.{key}")
    spent = ""
    if scope.spent is not None:
        percent = words.n.share(scope.spent_pct or Decimal(0))
        amounts = {"spent": _money(words, scope.spent), "budget": _money(words, budget)}
        spent = words.t("budget.spent", percent=percent, **amounts)
    end = no_forecast(words, scope)
    if scope.month_end is not None:
        share = words.n.share(scope.forecast_pct or Decimal(0))
        amount = _money(words, scope.month_end)
        end = words.t("budget.end", amount=amount, percent=share, band=band(words, scope))
    end = ", ".join(filter(None, (end, without(words, scope), _of_aws(words, scope))))
    return BudgetLine(name_of(words, scope), key, state, tone, spent, end, _bar(scope), scope)


def _state(scope: ScopeForecast, budget: Decimal) -> tuple[Verdict, Tone]:
    """The verdict, from what is billed, then from the band: its low end, its middle, its high end."""
    if scope.reason in ("not_found", "missing", "tags"):
        return "unknown", "warn"
    over: tuple[tuple[Decimal | None, Verdict, Tone], ...] = (
        (scope.spent, "exceeded", "bad"),
        (scope.low, "will", "bad"),
        (scope.month_end, "likely", "warn"),
        (scope.high, "may", "warn"),
    )
    for amount, key, tone in over:
        if amount is not None and amount > budget:
            return key, tone
    # What the accounts cost that could not be read may be what is left.
    sure = scope.month_end is not None and not (scope.unread or scope.unknown)
    return ("within", "good") if sure else ("open", "plain")


def _of_aws(words: Words, scope: ScopeForecast) -> str:
    """That a budget is AWS Budgets', and what else it counts there than here; empty for one that is set here."""
    if scope.budget_name is None:
        return ""
    said = [words.t("budget.aws")]
    if scope.budget_metric:
        said.append(words.t("budget.aws_metric", metric=words.t(f"metric.{scope.budget_metric}")))
    if scope.budget_partly:
        said.append(words.t("budget.aws_partly"))
    return ", ".join(said)


def _bar(scope: ScopeForecast) -> str:
    """Ten blocks, as many full as tenths of the budget are spent."""
    if scope.spent_pct is None:
        return ""
    full = min(max(int(scope.spent_pct / _BAR_PARTS), 0), _BAR_PARTS)
    return _FULL * full + _EMPTY * (_BAR_PARTS - full)


def _alert(words: Words, alert: BudgetAlert, scope: ScopeForecast) -> str:
    values = {"name": name_of(words, scope), "budget": _money(words, scope.budget or Decimal(0))}
    if alert.state == "exceeded":
        return words.t("budget.alert_exceeded", spent=_money(words, scope.spent or Decimal(0)), **values)
    values |= {"amount": _money(words, scope.month_end or Decimal(0)), "band": band(words, scope)}
    day = scope.budget_reached or words.report.period.end - timedelta(days=1)
    return words.t("budget.alert_forecast", day=words.n.day(day), **values)


def _money(words: Words, amount: Decimal) -> str:
    return words.n.money(amount, compact=True)
