"""The Adaptive Card of a report, never larger than Teams takes.

Teams counts 28 KB with its own wrapping (a body of 24,453 bytes counted as 28,897), so the limit here is 20,000 bytes of
UTF-8. Where a card is larger it goes down a ladder of shorter forms and says what it left out; the headline, the warnings
and one anomaly are on every rung.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from finopsguard import contracts
from finopsguard.errors import CardTooLarge
from finopsguard.models import AnomalyLine, Report
from finopsguard.report import facts, picture, trend
from finopsguard.report.elements import (
    Element,
    column,
    columns,
    container,
    envelope,
    open_url,
    run,
    text,
)
from finopsguard.report.facts import Mover
from finopsguard.report.numbers import NO_BREAK
from finopsguard.report.story import Notice, Story, Tile

MAX_BYTES = 20_000
_ACCOUNTS = "accounts"


@dataclass(frozen=True)
class Form:
    """One rung of the ladder: how much of each part the card shows."""

    anomalies: int = 4
    resolved: int = 2
    movers: int = 3
    accounts: int = 8
    image: bool = True
    row_links: bool = True


# Each rung drops what a reader misses least: it is all on the page and in report.json.
LADDER = (
    Form(),
    Form(row_links=False),
    Form(row_links=False, accounts=0),
    Form(row_links=False, accounts=0, image=False),
    Form(row_links=False, accounts=0, image=False, movers=0, anomalies=3),
    Form(row_links=False, accounts=0, image=False, movers=0, anomalies=1, resolved=0),
)


def message(report: Report, *, page_url: str | None = None) -> dict[str, Any]:
    """The body to post; `page_url` is a link to the report page. Raises CardTooLarge (a bug: names are shortened)."""
    story = Story(report)
    for form in LADDER:
        made = envelope(_card(story, form, page_url))
        size = len(contracts.encode(made))
        if size <= MAX_BYTES:
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
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.4",
        "lang": story.report.language,
        "fallbackText": story.summary,
        "speak": story.summary,
        "msteams": {"width": "Full"},
        "body": body,
    }
    return card | ({"actions": buttons} if buttons else {})


def _headline(story: Story) -> Element:
    amount = text(run(story.amount, size="ExtraLarge", bold=True))
    label = [
        text(run(story.title, bold=True), right=True),
        text(run(story.period, subtle=True, size="Small"), right=True, spacing="None"),
    ]
    return container(
        [
            columns(column([amount], "auto"), column(label, "stretch", middle=True)),
            text(run(story.change, bold=True, size="Medium", tone=story.change_tone), spacing="None"),
            text(run(story.why), spacing="Small"),
        ],
        style="emphasis",
        bleed=True,
    )


def _notice(notice: Notice) -> Element:
    return container(
        [text(run(f"⚠ {notice.title} ", bold=True), run(notice.text))],
        style="warning",
        spacing="Small",
        bleed=True,
    )


def _tiles(tiles: Sequence[Tile]) -> Element:
    return columns(
        *(
            column(
                [
                    text(run(tile.label, size="Small", subtle=True)),
                    text(run(tile.value, bold=True, tone=tile.tone), spacing="None"),
                    text(run(tile.detail, size="Small", subtle=True), spacing="None"),
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
    made: list[Element] = []
    if form.image:
        made.append(
            {"type": "Image", "url": picture.data_uri(bars), "altText": story.trend_alt, "size": "Stretch"}
        )
    else:
        made.append(text(run(trend.sparkline(story.report), mono=True, colour="Accent")))
    first, last = trend.ends(story)
    small: dict[str, Any] = {"size": "Small", "subtle": True}
    made.append(
        columns(
            column([text(run(first, **small))], "auto"),
            column([text(run(last, **small), right=True)], "stretch"),
            spacing="None",
        )
    )
    if form.image:
        made.append(text(*_legend(story), spacing="None"))
    return made


def _legend(story: Story) -> list[Element]:
    days = facts.recent_days(story.report)
    t = story.t
    now = t("trend.this_day") if story.report.report == "daily" else t("trend.this_week")
    items = [("■", "Accent", now)]
    if any(facts.is_unusual(day) for day in days):
        items.append(("■", "Attention", t("trend.unusual")))
    if any(day.provisional for day in days):
        items.append(("▨", "Default", t("trend.provisional")))
    if any(day.expected is not None for day in days):
        items.append(("┄", "Default", t("trend.expected")))
    made: list[Element] = []
    for index, (sign, colour, word) in enumerate(items):
        made.append(run(f"{'   ' if index else ''}{sign}{NO_BREAK}", size="Small", colour=colour))
        made.append(run(word.replace(" ", NO_BREAK), size="Small", subtle=True))
    return made


def _anomalies(story: Story, form: Form) -> list[Element]:
    lines = facts.open_anomalies(story.report)
    resolved = facts.resolved_anomalies(story.report)
    if not lines and not resolved:
        return []
    made: list[Element] = []
    if lines:
        made.append(_section(story.t("section.anomalies")))
        made += [_anomaly(story, line) for line in lines[: form.anomalies]]
        hidden = lines[form.anomalies :]
        if hidden:
            amount = story.n.money(sum((facts.impact(line) for line in hidden), Decimal(0)), signed=True)
            more = story.t("anomalies.more", n=len(hidden), count=story.n.count(len(hidden)), amount=amount)
            made.append(text(run(more, size="Small", subtle=True), spacing="Small"))
    for line in resolved[: form.resolved]:
        words = story.anomaly(line)
        made.append(
            text(
                run("✔ ", tone="good", size="Small"),
                run(
                    f"{story.t('section.resolved')}: {words.title} ({words.impact})",
                    size="Small",
                    subtle=True,
                ),
                spacing="Small",
            )
        )
    return made


def _anomaly(story: Story, line: AnomalyLine) -> Element:
    words = story.anomaly(line)
    details = " · ".join((words.status, *words.details))
    items = [
        text(run(words.title, bold=True, link=words.link)),
        text(run(words.sentence, size="Small"), spacing="None"),
        *(text(run(cause, size="Small"), spacing="None") for cause in story.causes(line)),
        text(run(details, size="Small", subtle=True), spacing="None"),
    ]
    return columns(
        column([text(run(words.impact, bold=True, tone=words.tone))], "82px"),
        column(items, "stretch"),
        spacing="Small",
    )


def _movers(story: Story, form: Form) -> list[Element]:
    accounts = facts.account_movers(story.report) if len(story.report.accounts) > 1 else []
    services = facts.service_movers(story.report)
    if not form.movers or not (accounts or services):
        return []
    made = [_section(story.t("section.movers"))]
    for title, movers in (("section.accounts", accounts), ("section.services", services)):
        shown = facts.both_ways(movers, form.movers)
        if shown:
            made.append(text(run(story.t(title), size="Small", subtle=True), spacing="Small"))
            made += [_mover(story, mover, form) for mover in shown]
    return made


def _mover(story: Story, mover: Mover, form: Form) -> Element:
    link = story.account_link(mover) if mover.id else story.service_link(mover.name)
    change = [run(story.n.money(mover.change, signed=True), bold=True)]
    percent = "" if mover.percent is None else story.n.percent(mover.percent, signed=True)
    return columns(
        column([text(run(story.mover_name(mover), link=link if form.row_links else None))], "stretch"),
        column([text(*change, right=True)], "auto"),
        column([text(run(percent or " ", subtle=True), right=True)], "64px"),
        spacing="None",
    )


def _accounts(story: Story, form: Form) -> list[Element]:
    accounts = facts.largest_accounts(story.report)
    if len(story.report.accounts) < 2 or not form.accounts or not accounts:
        return []
    rows: list[Element] = [text(run(story.t("section.largest_accounts"), bold=True, size="Medium"))]
    for account in accounts[: form.accounts]:
        name = story.account_name(account.id, account.name)
        link = story.account_link(account) if form.row_links else None
        share = facts.percent_of(account.cost, story.report.totals.period)
        rows.append(
            columns(
                column([text(run(name, link=link))], "stretch"),
                column([text(run(story.n.money(account.cost)), right=True)], "auto"),
                column(
                    [text(run(story.n.percent(share) if share else " ", subtle=True), right=True)], "64px"
                ),
                spacing="None",
            )
        )
    return [container(rows, id=_ACCOUNTS, isVisible=False, separator=True, spacing="Medium")]


def _footer(story: Story, form: Form) -> list[Element]:
    small: dict[str, Any] = {"size": "Small", "subtle": True}
    made: list[Element] = []
    if story.charges:
        made.append(text(run(story.charges, size="Small"), spacing="Medium", separator=True))
    runs = [run(" ".join(story.freshness), **small)]
    for title, link in (
        (story.t("link.run"), story.console.run()),
        (story.t("link.anomalies"), story.console.anomalies()),
    ):
        if link:
            runs += [run(" · ", **small), run(title, size="Small", link=link)]
    made.append(text(*runs, spacing="Small" if made else "Medium", separator=not made))
    made += [text(run(f"ℹ {note}", **small), spacing="Small") for note in story.notes[:4]]
    dropped = _dropped(story, form)
    if dropped:
        made.append(text(run(dropped, **small), spacing="Small"))
    return made


def _dropped(story: Story, form: Form) -> str:
    """What this rung left out of the full form, in words."""
    full, t, report = LADDER[0], story.t, story.report
    parts = [
        (
            form.anomalies < full.anomalies and len(facts.open_anomalies(report)) > form.anomalies,
            "dropped.anomalies",
        ),
        (form.movers < full.movers, "dropped.movers"),
        (form.accounts < full.accounts and len(report.accounts) > 1, "dropped.accounts"),
        (not form.image, "dropped.picture"),
        (not form.row_links, "dropped.links"),
    ]
    names = [t(key) for gone, key in parts if gone]
    return t("dropped.intro", parts=", ".join(names)) if names else ""


def _section(title: str) -> Element:
    return text(run(title, bold=True, size="Medium"), spacing="Medium", separator=True)
