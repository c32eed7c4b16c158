"""The report as text for a terminal, a log or a file. Needs rich, which comes with the `local` extra."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from finopsguard.models.report import Report
from finopsguard.report.outline import Gap, Heading, Item, Line, Movers, Part, Style, Tiles, Title, outline

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_STYLES: dict[Style, str] = {
    "bad": "bold red",
    "good": "bold green",
    "warn": "yellow",
    "plain": "bold",
    "strong": "bold",
    "drawn": "magenta",
    "dim": "dim",
    "": "",
}


def render(report: Report, console: Console) -> None:
    """Prints the report."""
    for block in outline(report):
        match block:
            case Title(text):
                console.print(_text([Part(text, "dim")]))
            case Heading(text):
                console.print(_text([Part(f"\n{text}", "strong")]))
            case Line(parts, under):
                console.print(_text([Part(" " * under), *parts] if under else parts))
            case Item(mark, title, details):
                console.print(_text([mark, *title]))
                for detail in details:
                    console.print(_text([detail._replace(text=" " * len(mark.text) + detail.text)]))
            case Tiles(tiles):
                labels = [Part(tile.label, "dim") for tile in tiles]
                values = [Part(tile.value, tile.tone) for tile in tiles]
                console.print(_grid(labels, values, [Part(tile.detail, "dim") for tile in tiles]))
            case Movers():
                console.print(_movers(block, console))
            case Gap():
                console.print()


def _text(parts: Sequence[Part]) -> Text:
    from rich.text import Text

    return Text.assemble(*((part.text, _STYLES[part.style]) for part in parts))


def _grid(*rows: Sequence[Part]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 4))
    for row in rows:
        table.add_row(*(Text(part.text, style=_STYLES[part.style]) for part in row))
    return table


def _movers(movers: Movers, console: Console) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", min_width=min(72, console.width))
    name, *numbers = movers.columns
    table.add_column(name, ratio=1, overflow="ellipsis", no_wrap=True)
    for column in numbers:
        table.add_column(column, justify="right", no_wrap=True)
    for row in movers.rows:
        table.add_row(*(_text([Part(cell)]) for cell in row))
    return table
