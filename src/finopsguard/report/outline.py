"""The report from top to bottom, as blocks of text: what a terminal prints, and what Markdown has.

The words and numbers are the card's, with the sums that it has no room for. Everything is plain text: what came from
outside went through `untrusted.plain`, and who draws it makes it no markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from finopsguard.models.report import Report
from finopsguard.report import anomaly_text, charges, facts, month, trend, who_text
from finopsguard.report.retrospective_story import RetrospectiveStory
from finopsguard.report.story import Story
from finopsguard.report.tiles import Tile
from finopsguard.report.words import Tone

Style = Tone | Literal["", "strong", "dim", "drawn"]
"""How a text is set off: by the tone of what it says, as strong, as an aside, or as the signs of a drawing."""

_ROWS = 8


class Part(NamedTuple):
    """A text of a line."""

    text: str
    style: Style = ""


@dataclass(frozen=True)
class Title:
    """What the report is, and of whom."""

    text: str


@dataclass(frozen=True)
class Heading:
    """Above a section."""

    text: str


@dataclass(frozen=True)
class Line:
    """A line of its own; `under` an item: of what did not find room among them."""

    parts: tuple[Part, ...]
    under: int = 0


@dataclass(frozen=True)
class Item:
    """One of a list. `mark` stands before its first line, as wide as the lines below are set in."""

    mark: Part
    title: tuple[Part, ...]
    details: tuple[Part, ...]


@dataclass(frozen=True)
class Tiles:
    """Figures side by side, each with its label above and its detail below."""

    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Movers:
    """A table: its first column are names, the others numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Gap:
    """Room between two parts that have no heading."""


Block = Title | Heading | Line | Item | Tiles | Movers | Gap


def outline(report: Report) -> Iterator[Block]:
    """The blocks of any report."""
    if report.retrospective:
        return _looked_back(RetrospectiveStory(report, report.retrospective))
    return _told(Story(report))


def _told(story: Story) -> Iterator[Block]:
    t, report = story.t, story.report
    yield from _top(story)
    for part in (Part(story.large_charge, "strong"), Part(story.why), Part(story.so_far, "dim")):
        yield from _lines(part)
    yield from _notices(story)
    yield Gap()
    yield Tiles(tuple(story.tiles))
    yield from _budgets(story)
    blocks = trend.sparkline(report)
    if blocks:
        first, last = trend.ends(story)
        yield Line((Part(f"{first}  ", "dim"), Part(blocks, "drawn"), Part(f"  {last}", "dim")))
    yield from _anomalies(story)
    yield from _charges(story)
    yield from _movers(story)
    yield Gap()
    if story.charges:
        yield Line((Part(f"{t('section.charges')}: {story.charges}"),))
    trust = (story.usage_parts, story.coverage, story.freshness, story.basis, f"{story.built}, {story.price}")
    yield from _asides((*trust, *(f"ℹ {note}" for note in story.notes)))


def _looked_back(story: RetrospectiveStory) -> Iterator[Block]:
    yield from _top(story)
    for text in (f"{story.sentence} {story.ends}", story.partly, story.answers):
        yield from _lines(Part(text))
    yield from _notices(story)
    for tile in story.figures:
        yield Line((Part(f"{tile.label}: ", "dim"), Part(tile.value, "strong"), Part(f"  {tile.detail}")))
    for each in story.ranked[:_ROWS]:
        yield Item(
            _impact(story.amount_of(each), "strong"), (Part(f"{story.name(each)}, {story.status(each)}"),), ()
        )
    for line in (*story.owners[:_ROWS], *story.held[:_ROWS], *story.also):
        yield Line((Part(line),))
    trust = (story.charges, story.coverage, story.freshness, story.basis, f"{story.built}, {story.price}")
    yield from _asides((*trust, *(f"ℹ {note}" for note in story.notes)))


def _top(story: Story) -> Iterator[Block]:
    yield Title(f"{story.title} · {story.scope}")
    yield Line((Part(story.amount, "strong"), Part("  "), Part(story.change, "strong")))


def _notices(story: Story) -> Iterator[Block]:
    for notice in story.notices:
        yield Line((Part(f"⚠ {notice.title} {notice.text}", notice.tone),))


def _budgets(story: Story) -> Iterator[Block]:
    found = month.budgets(story)
    if found:
        yield Heading(story.t("section.budgets"))
    for line in found[:_ROWS]:
        below = " · ".join(filter(None, (line.spent, line.end)))
        title = (Part(f"{line.name}: ", "strong"), Part(line.state, line.tone))
        yield Item(Part(f"{line.bar:11}", "drawn"), title, (Part(below, "dim"),))
    yield from _lines(Part(month.more(story, len(found) - _ROWS), "dim"), under=11)


def _anomalies(story: Story) -> Iterator[Block]:
    lines = facts.open_anomalies(story.report)
    resolved = facts.resolved_anomalies(story.report)
    if lines:
        yield Heading(story.t("section.anomalies"))
    for line in (*lines[:_ROWS], *resolved[:_ROWS]):
        words = anomaly_text.describe(story, line)
        below = [Part(words.sentence)]
        for cause in anomaly_text.causes(story, line):
            below += [each for each in (Part(cause.sentence), Part(cause.check, "warn")) if each.text]
        below += [Part(act) for act in who_text.sentences(story, line)]
        below.append(Part(" · ".join((*anomaly_text.state(words), *words.details)), "dim"))
        yield Item(_impact(words.impact, words.tone), (Part(words.title, "strong"),), tuple(below))
    more = Part(anomaly_text.more(story, lines[_ROWS:]), "dim")
    check = Part(anomaly_text.more_to_check(story, lines[_ROWS:]), "warn")
    for each in (more, check, *(Part(quiet, "dim") for quiet in story.quiet)):
        yield from _lines(each, under=16)
    if story.large_move or story.usage_clear:
        yield Gap()
        yield Line((Part(story.large_move or story.no_anomalies),))
    yield from _lines(Part(story.why_not))


def _charges(story: Story) -> Iterator[Block]:
    found = charges.groups(story.report)
    if found:
        yield Heading(story.t("section.charge_findings"))
    for group in found[:_ROWS]:
        words = charges.describe(story, group)
        title = (Part(words.title, "strong"),)
        yield Item(_impact(words.impact, words.tone), title, (Part(f"{words.state} · {words.sentence}"),))
    yield from _lines(Part(charges.more(story, found[_ROWS:]), "dim"), under=16)


def _movers(story: Story) -> Iterator[Block]:
    t, report = story.t, story.report
    for title, movers in (
        ("section.accounts", facts.account_movers(report)),
        ("section.services", facts.service_movers(report)),
    ):
        shown = facts.both_ways(movers, _ROWS)
        if shown:
            yield Heading(f"{t('section.movers')}: {t(title).lower()}")
            name = t("column.account" if shown[0].id else "column.service")
            rows = [
                (
                    story.mover_name(mover),
                    story.n.money(mover.cost),
                    story.n.money(mover.change, signed=True),
                    "" if mover.percent is None else story.n.percent(mover.percent, signed=True),
                )
                for mover in shown
            ]
            yield Movers((name, t("column.cost"), t("column.change"), "%"), tuple(rows))


def _impact(amount: str, style: Style) -> Part:
    return Part(f"{amount:>14}  ", style)


def _asides(texts: Sequence[str]) -> Iterable[Block]:
    return (Line((Part(text, "dim"),)) for text in texts if text)


def _lines(part: Part, under: int = 0) -> Iterable[Block]:
    return (Line((part,), under),) if part.text else ()
