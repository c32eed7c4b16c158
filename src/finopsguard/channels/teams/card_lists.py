"""The card's lists, which the ladder shortens: anomalies, what moved, the largest accounts."""

from __future__ import annotations

from finopsguard.channels.teams import picture
from finopsguard.channels.teams.elements import (
    SMALL,
    Element,
    column,
    columns,
    container,
    image,
    text,
    text_run,
)
from finopsguard.channels.teams.ladder import Form
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.report import anomaly_text, charges, facts, trend, who_text
from finopsguard.report.story import Story

ACCOUNT_LIST = "accounts"
"""The id of the folded list of accounts, for the button that unfolds it."""

_FIGURE_SPACE = "\u2007"  # as wide as a digit
_PERCENT_WIDTH = 7


def anomalies(story: Story, form: Form) -> list[Element]:
    """Open anomalies, a large move that they do not explain, and those that ended; or that there is none."""
    lines = facts.open_anomalies(story.report)
    made: list[Element] = []
    if story.usage_clear:
        sign = [text_run("✔ ", tone="good", bold=True)] if story.all_clear else []
        made.append(text(*sign, text_run(story.no_anomalies), spacing="Medium", separator=True))
    if lines:
        made.append(_section(story.t("section.anomalies")))
        shown = enumerate(lines[: form.anomalies])
        made += [part for number, line in shown for part in _anomaly(story, line, form, number)]
    told = form.anomalies + form.listed
    made += [_listed(story, line) for line in lines[form.anomalies : told]]
    more = anomaly_text.more(story, lines[told:])
    if more:
        made.append(text(text_run(more, **SMALL), spacing="Small"))
    check = anomaly_text.more_to_check(story, lines[form.anomalies :])
    if check:
        made.append(text(text_run(check, size="Small", bold=True), spacing="None"))
    if story.large_move:
        made.append(text(text_run(story.large_move), spacing="Medium", separator=not lines))
    if story.why_not:
        made.append(text(text_run(story.why_not), spacing="Small"))
    for line in facts.resolved_anomalies(story.report)[: form.resolved]:
        words = anomaly_text.describe(story, line)
        resolved = f"{words.title}: {words.status} ({words.details[0]})"
        made.append(
            text(text_run("✔ ", tone="good", size="Small"), text_run(resolved, **SMALL), spacing="Small")
        )
    made += [text(text_run(line, **SMALL), spacing="Small") for line in story.quiet]
    return made


def charge_findings(story: Story, form: Form) -> list[Element]:
    """Charges that are not usage and new, larger or missing."""
    found = charges.groups(story.report)
    if not found:
        return []
    made = [_section(story.t("section.charge_findings"))]
    for group in found[: form.charges]:
        words = charges.describe(story, group)
        items = [
            text(text_run(words.title, bold=True)),
            text(
                text_run(f"{words.state} · ", size="Small", bold=True),
                text_run(words.sentence, **SMALL),
                spacing="None",
            ),
        ]
        amount = text(text_run(words.impact, bold=True, tone=words.tone), right=True)
        made.append(columns(column(items, "stretch"), column([amount], "84px"), spacing="Small"))
    more = charges.more(story, found[form.charges :])
    return [*made, text(text_run(more, **SMALL), spacing="Small")] if more else made


def movers(story: Story, form: Form) -> list[Element]:
    """Accounts and services whose cost changed."""
    accounts = facts.account_movers(story.report) if len(story.report.accounts) > 1 else []
    made: list[Element] = []
    for title, movers in (
        ("section.accounts", accounts),
        ("section.services", facts.service_movers(story.report)),
    ):
        shown = facts.both_ways(movers, form.movers)
        if shown:
            made.append(text(text_run(story.t(title), **SMALL), spacing="Small"))
        for mover in shown:
            percent = "" if mover.percent is None else story.n.share(mover.percent, signed=True)
            amount = text_run(story.n.money(mover.change, signed=True), bold=True)
            made.append(_row(story.mover_name(mover), amount, percent))
    return [_section(story.t("section.movers")), *made] if made else []


def accounts(story: Story, form: Form) -> list[Element]:
    """The largest accounts, folded; nothing where there is but one."""
    accounts = facts.largest_accounts(story.report)[: form.accounts]
    if len(story.report.accounts) < 2 or not accounts:
        return []
    rows = [text(text_run(story.t("section.largest_accounts"), bold=True, size="Large"))]
    for account in accounts:
        share = facts.percent_of(facts.cost(account), facts.amount(story.report))
        # Beside credits and refunds a part can be more than the whole, or less than nothing: then it is no share.
        percent = "" if share is None or not 0 <= share <= 100 else story.n.share(share)
        rows.append(
            _row(
                story.account_name(account.id, account.name),
                text_run(story.n.money(facts.cost(account))),
                percent,
            )
        )
    return [container(rows, id=ACCOUNT_LIST, isVisible=False, separator=True, spacing="Medium")]


def _anomaly(story: Story, line: AnomalyLine, form: Form, number: int) -> list[Element]:
    """What it is and what it costs, side by side; below, in the whole width, its causes and its state."""
    words = anomaly_text.describe(story, line)
    items = [
        text(text_run(words.title, bold=True, link=words.link)),
        text(text_run(words.sentence, size="Small"), spacing="None"),
    ]
    amount = [text(text_run(words.impact, bold=True, tone=words.tone), right=True)]
    days = trend.anomaly_bars(line, story.report)
    if form.pictures and days:
        amount.append(
            image(picture.data_uri(days, picture.SPARKLINE), story.t("section.trend"), spacing="Small")
        )
    state = text(
        text_run("".join(f"{each} · " for each in anomaly_text.state(words)), size="Small", bold=True),
        text_run(" · ".join(words.details), **SMALL),
        spacing="None",
    )
    head = columns(column(items, "stretch"), column(amount, "84px"), spacing="Small")
    return [head, *_causes(story, line, form, number), *_who(story, line, form, number), state]


def _listed(story: Story, line: AnomalyLine) -> Element:
    """What it is and its dollars, in one row."""
    words = anomaly_text.describe(story, line)
    title = text(text_run(words.title, size="Small", link=words.link))
    amount = text(text_run(words.impact, size="Small", bold=True, tone=words.tone), right=True)
    return columns(column([title], "stretch"), column([amount], "84px"), spacing="Small")


def _causes(story: Story, line: AnomalyLine, form: Form, number: int) -> list[Element]:
    """What explains it, and under what needs a check the security mark: a sign and words, in no colour of its own."""
    made: list[Element] = []
    for cause in anomaly_text.causes(story, line, resources=number < form.resources):
        if cause.sentence and (form.causes or cause.check):
            made.append(text(text_run(cause.sentence, size="Small"), spacing="None"))
        if cause.check:
            made.append(text(text_run(cause.check, size="Small", bold=True), spacing="None"))
    return made


def _who(story: Story, line: AnomalyLine, form: Form, number: int) -> list[Element]:
    """Whose act explains it: the first alone, the page has the others."""
    said = who_text.sentences(story, line, 1) if number < form.who else []
    return [text(text_run(each, **SMALL), spacing="None") for each in said]


def _row(name: str, amount: Element, percent: str) -> Element:
    # Digits are equally wide, so that percentages of the same length in characters line up without a third column.
    end = text(amount, text_run(percent.rjust(_PERCENT_WIDTH, _FIGURE_SPACE), subtle=True), right=True)
    return columns(column([text(text_run(name))], "stretch"), column([end], "auto"), spacing="None")


def _section(title: str) -> Element:
    return text(text_run(title, bold=True, size="Large"), spacing="Medium", separator=True)
