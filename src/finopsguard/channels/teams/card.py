"""The Adaptive Card of a report, never larger than Teams takes.

Teams counts 28 KB with its own wrapping (a body of 24,453 bytes counted as 28,897), so the limit here is 20,000 bytes
of UTF-8. Where a card is larger, or too tall for a phone, it goes down a ladder of shorter forms and says what it left
out; the headline, the warnings and one anomaly are on every rung.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from finopsguard import contracts
from finopsguard.channels.teams import phone, picture
from finopsguard.channels.teams.elements import (
    Element,
    column,
    columns,
    container,
    envelope,
    image,
    open_url,
    run,
    text,
)
from finopsguard.channels.teams.limits import MAX_MESSAGE_BYTES
from finopsguard.errors import CardTooLarge
from finopsguard.models.report import AnomalyLine, Report
from finopsguard.report import anomaly_text, facts, trend
from finopsguard.report.numbers import NO_BREAK
from finopsguard.report.story import Notice, Story
from finopsguard.report.tiles import Tile

MAX_BYTES = MAX_MESSAGE_BYTES
MAX_HEIGHT = 1_530  # estimated; measured cards must stay under 1,600 pixels on a phone
_ACCOUNTS = "accounts"
_FIGURE_SPACE = "\u2007"  # as wide as a digit
_PERCENT_WIDTH = 7
_SIDE_BY_SIDE = 13  # characters of the amount that leave room for the title on a phone
_SMALL: Mapping[str, Any] = {"size": "Small", "subtle": True}


@dataclass(frozen=True)
class Form:
    """One rung of the ladder: how much of each part the card shows."""

    anomalies: int = 4
    accounts: int = 8
    movers: int = 3
    resolved: int = 2
    pictures: bool = True


# Each rung drops what a reader misses least: it is all on the page and in report.json.
LADDER = (
    Form(),
    Form(anomalies=3, accounts=6),
    Form(anomalies=3, accounts=4, resolved=1),
    Form(anomalies=3, accounts=0, resolved=1),
    Form(anomalies=2, accounts=0, resolved=0, movers=2),
    Form(anomalies=2, accounts=0, resolved=0, movers=0),
    Form(anomalies=1, accounts=0, resolved=0, movers=0),
    Form(anomalies=1, accounts=0, resolved=0, movers=0, pictures=False),
)


def message(report: Report, *, page_url: str | None = None) -> dict[str, Any]:
    """The body to post; `page_url` is a link to the report page. Raises CardTooLarge (a bug: names are shortened)."""
    story = Story(report)
    size = 0
    for form in LADDER:
        card = _card(story, form, page_url)
        made = envelope(card)
        size = len(contracts.encode(made))
        if size <= MAX_BYTES and (phone.height(card) <= MAX_HEIGHT or form == LADDER[-1]):
            return made
    raise CardTooLarge(
        f"The card has {size} bytes in its shortest form, Teams takes {MAX_BYTES}. Report this as a bug."
    )


def _card(story: Story, form: Form, page_url: str | None) -> Element:
    accounts = facts.largest_accounts(story.report) if len(story.report.accounts) > 1 else []
    body = [
        _headline(story),
        *(_notice(notice) for notice in story.notices),
        _tiles(story.tiles),
        *_trend(story, form),
        *_anomalies(story, form),
        *_movers(story, form),
        *_accounts(story, form),
        *_footer(story, form),
    ]
    buttons = [open_url(story.t("button.page"), page_url)] if page_url else []
    if story.link:
        buttons.append(open_url(story.t("button.cost_explorer"), story.link))
    if accounts and form.accounts:
        toggle = {
            "type": "Action.ToggleVisibility",
            "title": story.t("button.accounts"),
            "targetElements": [_ACCOUNTS],
        }
        buttons.append(toggle)
    card: Element = {
        "type": "AdaptiveCard",
        "version": "1.4",
        "lang": story.report.language,
        "fallbackText": story.summary,
        "speak": story.summary,
        "msteams": {"width": "Full"},
        "body": body,
    }
    return card | ({"actions": buttons} if buttons else {})


def _headline(story: Story) -> Element:
    title, period = run(story.title, bold=True), run(story.period, **_SMALL)
    amount = text(run(story.amount, size="ExtraLarge", bold=True))
    if len(story.amount) > _SIDE_BY_SIDE:
        top = [text(title, run(" · ", **_SMALL), period), amount]
    else:
        label = [text(title, right=True), text(period, right=True, spacing="None")]
        top = [columns(column([amount], "auto"), column(label, "stretch", middle=True))]
    return container(
        [
            *top,
            text(run(story.change, bold=True, size="Medium", tone=story.change_tone), spacing="Small"),
            text(run(story.why), spacing="Small"),
        ],
        style="emphasis",
        bleed=True,
    )


def _notice(notice: Notice) -> Element:
    words = text(run(f"⚠ {notice.title} ", bold=True), run(notice.text))
    return container([words], style="warning", spacing="None", bleed=True)


def _tiles(tiles: Sequence[Tile]) -> Element:
    return columns(
        *(
            column(
                [
                    text(run(tile.label, **_SMALL)),
                    text(
                        run(tile.value, bold=True, tone="bad" if tile.tone == "bad" else "plain"),
                        spacing="None",
                    ),
                    text(run(tile.detail, **_SMALL), spacing="None"),
                ],
                "1",
            )
            for tile in tiles
        ),
        spacing="Medium",
    )


def _trend(story: Story, form: Form) -> list[Element]:
    bars = trend.bars(story.report)
    if len(bars) < 2:
        return []
    first, last = trend.ends(story)
    ends = columns(
        column([text(run(first, **_SMALL))], "auto"),
        column([text(run(last, **_SMALL), right=True)], "stretch"),
        spacing="None",
    )
    if not form.pictures:
        return [text(run(trend.sparkline(story.report), colour="Accent"), spacing="Medium"), ends]
    picture_of_days = image(picture.data_uri(bars), story.trend_alt, spacing="Medium")
    return [picture_of_days, ends, text(*_legend(story), spacing="Small")]


def _legend(story: Story) -> list[Element]:
    """What the picture's colours mean; each also differs in form, so colour is never the only sign."""
    days = facts.recent_days(story.report)
    t = story.t
    now = t("trend.this_day") if story.report.report == "daily" else t("trend.this_week")
    items = [("■", "Accent", now)]
    if any(facts.is_unusual(day) for day in days):
        items.append(("■", "Attention", t("trend.unusual")))
    if any(day.provisional for day in days):
        items.append(("□", "Accent", t("trend.provisional")))
    if any(day.expected is not None for day in days):
        items.append(("━", "Default", t("trend.expected")))
    return [
        # The last space lets the line break between two items, not within one.
        run(f"{sign} {word}   ".replace(" ", NO_BREAK) + " ", size="Small", colour=colour, longest_word=40)
        for sign, colour, word in items
    ]


def _anomalies(story: Story, form: Form) -> list[Element]:
    lines = facts.open_anomalies(story.report)
    made: list[Element] = []
    if story.all_clear:
        clear = (run("✔ ", tone="good", bold=True), run(story.no_anomalies))
        made.append(text(*clear, spacing="Medium", separator=True))
    if lines:
        made.append(_section(story.t("section.anomalies")))
        made += [_anomaly(story, line, form) for line in lines[: form.anomalies]]
    more = anomaly_text.more(story, lines[form.anomalies :])
    if more:
        made.append(text(run(more, **_SMALL), spacing="Small"))
    for line in facts.resolved_anomalies(story.report)[: form.resolved]:
        words = anomaly_text.describe(story, line)
        resolved = f"{story.t('section.resolved')}: {words.title} ({words.impact})"
        made.append(text(run("✔ ", tone="good", size="Small"), run(resolved, **_SMALL), spacing="Small"))
    return made


def _anomaly(story: Story, line: AnomalyLine, form: Form) -> Element:
    words = anomaly_text.describe(story, line)
    items = [
        text(run(words.title, bold=True, link=words.link)),
        text(run(words.sentence, size="Small"), spacing="None"),
        *(text(run(cause, size="Small"), spacing="None") for cause in anomaly_text.causes(story, line)),
        text(
            run(f"{words.status} · ", size="Small", bold=True),
            run(" · ".join(words.details), **_SMALL),
            spacing="None",
        ),
    ]
    amount = [text(run(words.impact, bold=True, tone=words.tone), right=True)]
    days = trend.anomaly_bars(line, story.report)
    if form.pictures and days:
        amount.append(
            image(picture.data_uri(days, picture.SPARKLINE), story.t("section.trend"), spacing="Small")
        )
    return columns(column(items, "stretch"), column(amount, "84px"), spacing="Small")


def _movers(story: Story, form: Form) -> list[Element]:
    accounts = facts.account_movers(story.report) if len(story.report.accounts) > 1 else []
    made: list[Element] = []
    for title, movers in (
        ("section.accounts", accounts),
        ("section.services", facts.service_movers(story.report)),
    ):
        shown = facts.both_ways(movers, form.movers)
        if shown:
            made.append(text(run(story.t(title), **_SMALL), spacing="Small"))
        for mover in shown:
            percent = "" if mover.percent is None else story.n.share(mover.percent, signed=True)
            amount = run(story.n.money(mover.change, signed=True), bold=True)
            made.append(_row(story.mover_name(mover), amount, percent))
    return [_section(story.t("section.movers")), *made] if made else []


def _accounts(story: Story, form: Form) -> list[Element]:
    accounts = facts.largest_accounts(story.report)[: form.accounts]
    if len(story.report.accounts) < 2 or not accounts:
        return []
    rows = [text(run(story.t("section.largest_accounts"), bold=True, size="Large"))]
    for account in accounts:
        share = facts.percent_of(account.cost, story.report.totals.period)
        percent = "" if share is None else story.n.share(share)
        rows.append(
            _row(story.account_name(account.id, account.name), run(story.n.money(account.cost)), percent)
        )
    return [container(rows, id=_ACCOUNTS, isVisible=False, separator=True, spacing="Medium")]


def _row(name: str, amount: Element, percent: str) -> Element:
    # Digits are equally wide, so that percentages of the same length in characters line up without a third column.
    end = text(amount, run(percent.rjust(_PERCENT_WIDTH, _FIGURE_SPACE), subtle=True), right=True)
    return columns(column([text(run(name))], "stretch"), column([end], "auto"), spacing="None")


def _footer(story: Story, form: Form) -> list[Element]:
    made: list[Element] = []
    if story.charges:
        made.append(text(run(story.charges, size="Small")))
    # Where accounts are missing the warning above has said so.
    coverage = [] if story.partial else [story.coverage]
    trust = " · ".join((*coverage, story.freshness, story.basis))
    made.append(text(run(trust, **_SMALL), spacing="Small"))
    runs = [run(f"{story.built}, {story.price}", **_SMALL)]
    link = story.console.execution_page()
    if link:
        runs += [run(" · ", **_SMALL), run(story.t("link.run"), size="Small", link=link)]
    made.append(text(*runs, spacing="Small"))
    notes = [*story.notes[:4], *_dropped(story, form)]
    made += [text(run(f"ℹ {note}", **_SMALL), spacing="Small") for note in notes]
    return [made[0] | {"separator": True, "spacing": "Medium"}, *made[1:]]


def _dropped(story: Story, form: Form) -> list[str]:
    """Parts that this rung left out, in words; how many anomalies and accounts are shown is said where they are."""
    t, report = story.t, story.report
    parts = (
        (form.movers == 0, "dropped.movers"),
        (form.accounts == 0 and len(report.accounts) > 1, "dropped.accounts"),
        (not form.pictures, "dropped.pictures"),
    )
    names = [t(key) for gone, key in parts if gone]
    return [t("dropped.intro", parts=", ".join(names))] if names else []


def _section(title: str) -> Element:
    return text(run(title, bold=True, size="Large"), spacing="Medium", separator=True)
