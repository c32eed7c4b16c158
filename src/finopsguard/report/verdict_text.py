"""A large move that no anomaly explains, and that nothing is unusual, in words."""

from __future__ import annotations

from finopsguard.report import facts, verdict
from finopsguard.report.verdict import LargeMove
from finopsguard.report.words import Words


def large_move(words: Words) -> str:
    """`No anomaly explains most of this: usage is 60% less than expected since Mon 9 Nov, ...`; empty without one."""
    move = verdict.unexplained(words.report)
    if move is None:
        return ""
    text = _against_expected(words, move) if move.against == "expected" else _against_before(words, move)
    parts = [text, *filter(None, (_amortized(words, move), _accounts(words, move)))]
    return words.t("move.sentence", text="; ".join(parts))


def _amortized(words: Words, move: LargeMove) -> str:
    if move.amortized is None:
        return ""
    return words.t("move.commitment", amount=words.n.money(move.amortized, signed=True))


def _against_expected(words: Words, move: LargeMove) -> str:
    percent = facts.percent_of(abs(move.change), move.reference)
    return words.t(
        "move.more_expected" if move.change > 0 else "move.less_expected",
        much=words.n.money(abs(move.change))
        if percent is None
        else words.t("move.percent", percent=words.n.share(percent)),
        when=words.t("move.since", day=words.n.weekday(move.since))
        if move.since
        else words.t("move.on", days=words.days(move.days)),
        actual=words.n.money(move.actual),
        expected=words.n.money(move.reference),
    )


def _against_before(words: Words, move: LargeMove) -> str:
    text = words.t(
        "move.rose" if move.change > 0 else "move.fell",
        much=words.n.share(abs(move.change) / move.reference * 100),
        before=words.n.money(move.reference),
        actual=words.n.money(move.actual),
    )
    return text if move.usage else f"{text}; {words.t('move.charges')}"


def _accounts(words: Words, move: LargeMove) -> str:
    """How many of the accounts that cost anything moved the same way."""
    moves = facts.account_moves(words.report)
    moves = [each for each in moves if not (facts.is_zero(each.cost) and facts.is_zero(each.change))]
    count = sum(each.change * move.change > 0 and not facts.is_zero(each.change) for each in moves)
    if len(moves) < 2 or not move.usage:
        return ""
    key = "move.accounts_more" if move.change > 0 else "move.accounts_less"
    return words.t(
        f"{key}_all" if count == len(moves) else key,
        n=count,
        count=words.n.count(count),
        total=words.n.count(len(moves)),
    )


def no_anomalies(words: Words) -> str:
    """What was judged and found ordinary, as far as the data go; beside what is muted or planned nothing else is."""
    report, t, n = words.report, words.t, words.n
    days = facts.comparison(report).days
    if not days:
        return t("anomalies.none_so_far")
    accounts, services, found = (
        report.coverage.accounts_reported,
        len(report.services),
        report.charge_findings,
    )
    key = "anomalies.none_in_usage" if found else "anomalies.none"
    usage = t(
        "anomalies.none_besides" if facts.quiet_anomalies(report) else key,
        accounts=t("count.accounts", n=accounts, count=n.count(accounts)),
        services=t("count.services", n=services, count=n.count(services)),
        day=n.weekday(days[-1]),
    )
    return usage if found is None or found else f"{usage} {t('charges.clear')}"
