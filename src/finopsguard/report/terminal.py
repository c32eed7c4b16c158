"""The report as text for a terminal: the card's words and numbers, and the sums that a terminal has room for."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from finopsguard.models.report import Report
from finopsguard.report import anomaly_text, charges, facts, month, trend, who_text
from finopsguard.report.retrospective_story import RetrospectiveStory
from finopsguard.report.story import Story
from finopsguard.report.words import Tone

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_STYLES: dict[Tone, str] = {"bad": "bold red", "good": "bold green", "warn": "yellow", "plain": "bold"}
_ROWS = 8


def render(report: Report, console: Console) -> None:
    """Prints the report. Needs rich, which comes with the `local` extra."""
    if report.retrospective:
        _looked_back(RetrospectiveStory(report, report.retrospective), console)
    else:
        _told(Story(report), console)


def _told(story: Story, console: Console) -> None:
    from rich.text import Text

    t, report = story.t, story.report
    console.print(Text(f"{story.title} · {story.scope}", style="dim"))
    console.print(Text(story.amount, style="bold"), Text(story.change, style="bold"), sep="  ")
    for line, style in filter(itemgetter(0), _reasons(story)):
        console.print(Text(line, style=style))
    for notice in story.notices:
        console.print(Text(f"⚠ {notice.title} {notice.text}", style=_STYLES[notice.tone]))
    console.print()
    console.print(_tiles(story))
    _budgets(story, console)
    blocks = trend.sparkline(report)
    if blocks:
        first, last = trend.ends(story)
        console.print(Text.assemble((f"{first}  ", "dim"), (blocks, "magenta"), (f"  {last}", "dim")))
    _anomalies(story, console)
    _charges(story, console)
    for title, movers in (
        ("section.accounts", facts.account_movers(report)),
        ("section.services", facts.service_movers(report)),
    ):
        shown = facts.both_ways(movers, _ROWS)
        if shown:
            console.print(Text(f"\n{t('section.movers')}: {t(title).lower()}", style="bold"))
            table = _table(console, story, t("column.account" if shown[0].id else "column.service"))
            for mover in shown:
                percent = "" if mover.percent is None else story.n.percent(mover.percent, signed=True)
                change = story.n.money(mover.change, signed=True)
                table.add_row(Text(story.mover_name(mover)), story.n.money(mover.cost), change, percent)
            console.print(table)
    console.print()
    if story.charges:
        console.print(Text(f"{t('section.charges')}: {story.charges}"))
    trust = (story.usage_parts, story.coverage, story.freshness, story.basis, f"{story.built}, {story.price}")
    for line in filter(None, trust):
        console.print(Text(line, style="dim"))
    for note in story.notes:
        console.print(Text(f"ℹ {note}", style="dim"))


def _looked_back(story: RetrospectiveStory, console: Console) -> None:
    from rich.text import Text

    console.print(Text(f"{story.title} · {story.scope}", style="dim"))
    console.print(Text(story.amount, style="bold"), Text(story.change, style="bold"), sep="  ")
    for line in filter(None, (f"{story.sentence} {story.ends}", story.partly, story.answers)):
        console.print(Text(line))
    for notice in story.notices:
        console.print(Text(f"⚠ {notice.title} {notice.text}", style=_STYLES[notice.tone]))
    for tile in story.figures:
        console.print(Text.assemble((f"{tile.label}: ", "dim"), (tile.value, "bold"), f"  {tile.detail}"))
    for each in story.ranked[:_ROWS]:
        amount = (f"{story.amount_of(each):>14}  ", "bold")
        console.print(Text.assemble(amount, f"{story.name(each)}, {story.status(each)}"))
    for line in (*story.owners[:_ROWS], *story.held[:_ROWS], *story.also):
        console.print(Text(line))
    trust = (story.charges, story.coverage, story.freshness, story.basis, f"{story.built}, {story.price}")
    for line in (*filter(None, trust), *(f"ℹ {note}" for note in story.notes)):
        console.print(Text(line, style="dim"))


def _tiles(story: Story) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 4))
    tiles = story.tiles
    table.add_row(*(Text(tile.label, style="dim") for tile in tiles))
    table.add_row(*(Text(tile.value, style=_STYLES[tile.tone]) for tile in tiles))
    table.add_row(*(Text(tile.detail, style="dim") for tile in tiles))
    return table


def _budgets(story: Story, console: Console) -> None:
    from rich.text import Text

    found = month.budgets(story)
    if found:
        console.print(Text(f"\n{story.t('section.budgets')}", style="bold"))
    for line in found[:_ROWS]:
        parts = ((f"{line.bar:11}", "magenta"), (f"{line.name}: ", "bold"), (line.state, _STYLES[line.tone]))
        console.print(Text.assemble(*parts))
        console.print(Text(f"{'':11}{' · '.join(filter(None, (line.spent, line.end)))}", style="dim"))
    more = month.more(story, len(found) - _ROWS)
    if more:
        console.print(Text(f"{'':11}{more}", style="dim"))


def _anomalies(story: Story, console: Console) -> None:
    from rich.text import Text

    lines = facts.open_anomalies(story.report)
    resolved = facts.resolved_anomalies(story.report)
    if lines:
        console.print(Text(f"\n{story.t('section.anomalies')}", style="bold"))
    for line in (*lines[:_ROWS], *resolved[:_ROWS]):
        words = anomaly_text.describe(story, line)
        console.print(Text.assemble((f"{words.impact:>14}  ", _STYLES[words.tone]), (words.title, "bold")))
        console.print(Text(f"{'':16}{words.sentence}"))
        for cause in anomaly_text.causes(story, line):
            said = ((cause.sentence, ""), (cause.check, _STYLES["warn"]))
            console.print(*(Text(f"{'':16}{text}", style=style) for text, style in said if text), sep="\n")
        for act in who_text.sentences(story, line):
            console.print(Text(f"{'':16}{act}"))
        console.print(Text(f"{'':16}{' · '.join((*anomaly_text.state(words), *words.details))}", style="dim"))
    more = anomaly_text.more(story, lines[_ROWS:])
    if more:
        console.print(Text(f"{'':16}{more}", style="dim"))
    check = anomaly_text.more_to_check(story, lines[_ROWS:])
    if check:
        console.print(Text(f"{'':16}{check}", style=_STYLES["warn"]))
    for quiet in story.quiet:
        console.print(Text(f"{'':16}{quiet}", style="dim"))
    if story.large_move or story.usage_clear:
        console.print(Text(f"\n{story.large_move or story.no_anomalies}"))
    if story.why_not:
        console.print(Text(story.why_not))


def _charges(story: Story, console: Console) -> None:
    from rich.text import Text

    found = charges.groups(story.report)
    if found:
        console.print(Text(f"\n{story.t('section.charge_findings')}", style="bold"))
    for group in found[:_ROWS]:
        words = charges.describe(story, group)
        console.print(Text.assemble((f"{words.impact:>14}  ", _STYLES[words.tone]), (words.title, "bold")))
        console.print(Text(f"{'':16}{words.state} · {words.sentence}"))
    more = charges.more(story, found[_ROWS:])
    if more:
        console.print(Text(f"{'':16}{more}", style="dim"))


def _reasons(story: Story) -> tuple[tuple[str, str], ...]:
    """(line, style) of what stands under the amount; an empty line is left out."""
    return (story.large_charge, "bold"), (story.why, ""), (story.so_far, "dim")


def _table(console: Console, story: Story, name: str) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", min_width=min(72, console.width))
    table.add_column(name, ratio=1, overflow="ellipsis", no_wrap=True)
    for key in ("column.cost", "column.change"):
        table.add_column(story.t(key), justify="right", no_wrap=True)
    table.add_column("%", justify="right", no_wrap=True)
    return table
