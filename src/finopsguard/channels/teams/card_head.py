"""What stands below a card's headline, whichever report it is of: warnings, and a row of figures."""

from __future__ import annotations

from collections.abc import Sequence

from finopsguard.channels.teams.elements import SMALL, Element, column, columns, container, text, text_run
from finopsguard.report.story import Notice
from finopsguard.report.tiles import Tile


def notice(notice: Notice) -> Element:
    """A warning, in the card's whole width."""
    words = text(text_run(f"⚠ {notice.title} ", bold=True), text_run(notice.text))
    return container([words], style="warning", spacing="None", bleed=True)


def tiles(tiles: Sequence[Tile]) -> Element:
    """Figures side by side, each with its label above and its detail, where it has one, below."""
    return columns(*(column(_tile(tile), "1") for tile in tiles), spacing="Medium")


def _tile(tile: Tile) -> list[Element]:
    value = text_run(tile.value, bold=True, tone="bad" if tile.tone == "bad" else "plain")
    detail = [text(text_run(tile.detail, **SMALL), spacing="None")] if tile.detail else []
    return [text(text_run(tile.label, **SMALL)), text(value, spacing="None"), *detail]
