"""What people said of anomalies, in words: what is muted or planned in a line, and every verdict on the page.

Who said it is not shown: who asks finds it in the ledger (`finopsguard incidents`).
"""

from __future__ import annotations

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.verdict import SaidVerdict
from finopsguard.report import anomaly_text, facts
from finopsguard.report.untrusted import plain
from finopsguard.report.words import Words

_REASON, _IN_A_LINE = 300, 60


def quiet(words: Words) -> list[str]:
    """A line for what is muted, and one for what goes as planned: how many, what, until when, and its dollars."""
    found = facts.quiet_anomalies(words.report)
    by = {
        name: [line for line in found if line.said and line.said.verdict == name] for name in ("mute", "plan")
    }
    return [
        words.t(
            f"quiet.{name}",
            n=len(lines),
            count=words.n.count(len(lines)),
            names=words.first_of([_item(words, line) for line in lines], 2),
        )
        for name, lines in by.items()
        if lines
    ]


def _item(words: Words, line: AnomalyLine) -> str:
    said = line.said
    until = words.n.day_year(said.until) if said and said.until else ""
    reason = plain(said.reason, _IN_A_LINE) if said else ""
    title = anomaly_text.describe(words, line).title
    amount = words.n.money(facts.impact(line), signed=True)
    return words.t("quiet.item", title=title, until=until, amount=amount, reason=reason)


def listed(words: Words) -> list[str]:
    """A sentence for each verdict that the report went by."""
    return [_sentence(words, each) for each in words.report.verdicts]


def _sentence(words: Words, said: SaidVerdict) -> str:
    names = [words.service_name(said.service)] if said.service else []
    names += [words.account_name(said.account_id, said.account_name)] if said.account_id else []
    about = ", ".join(names) or words.t("said.about_all")
    key = f"said.{said.verdict}" if said.state == "in_force" else f"said.{said.verdict}_{said.state}"
    return words.t(
        key,
        about=about,
        since=words.n.day_year(said.since) if said.since else "",
        until=words.n.day_year(said.until) if said.until else "",
        given=words.n.day_year(said.at.date()),
        reason=plain(said.reason, _REASON),
    )
