"""The report as Markdown: what is shown is the outline's text, and names are never markup."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from finopsguard.models.report import Report
from finopsguard.models.telling import IncidentRecord
from finopsguard.report import markdown
from finopsguard.report.incident_list import IncidentList
from finopsguard.report.markup import code, escaped, table
from finopsguard.report.outline import Gap, Heading, Item, Line, Movers, Tiles, Title, outline
from tests.unit.report import looked_back
from tests.unit.report.cases import CASES

GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = {"h2", "h3", "p", "strong", "ul", "li", "br", "table", "thead", "tbody", "tr", "th", "td"}


def shown(text: str) -> str:
    """What a reader sees, in one line."""
    return _one_line(html.unescape(re.sub(r"<[^>]+>", " ", GITHUB.render(text))))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def said(report: Report) -> Iterator[str]:
    """Every text of the outline, from top to bottom."""
    for block in outline(report):
        match block:
            case Title(text) | Heading(text):
                yield text
            case Line(parts):
                yield from (part.text for part in parts)
            case Item(mark, title, details):
                yield from (part.text for part in (mark, *title, *details))
            case Tiles(tiles):
                for name in ("label", "value", "detail"):
                    yield from (getattr(tile, name) for tile in tiles)
            case Movers(columns, rows):
                yield from (cell for row in (columns, *rows) for cell in row)
            case Gap():
                pass


@pytest.mark.parametrize("case", CASES)
def test_it_shows_the_texts_of_the_outline_and_no_other_markup(case: str) -> None:
    report = CASES[case]("en")
    text = markdown.render(report)
    assert shown(text) == _one_line(" ".join(said(report)))
    assert set(re.findall(r"</?([a-z0-9]+)", GITHUB.render(text))) <= OURS
    assert text.endswith("\n")
    assert not re.search(r"(?<!\\)://", text), "GitHub makes a link of any address"


def test_a_month_that_is_looked_back_on_has_its_incidents() -> None:
    report = looked_back.monthly(looked_back.everything(), "es")
    text = markdown.render(report)
    assert shown(text) == _one_line(" ".join(said(report)))
    assert "\n- **" in text


@given(text=st.text(alphabet="ab1.:/-+=*_`[](){}<>#!|~@&$\\ w", max_size=24).filter(str.strip))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    for around in ("{}", "- {}", "## {}", "- **a**\\\n  {}"):
        made = GITHUB.render(around.format(escaped(text.strip())))
        tags = set(re.findall(r"</?([a-z0-9]+)", made)) - {"p", "ul", "li", "h2", "strong", "br"}
        assert not tags, made
    assert shown(escaped(text.strip())) == _one_line(text)
    cell = GITHUB.render(f"| a |\n| --- |\n| {escaped(text.strip())} |")
    assert cell.count("<td") == 1


def test_a_table_has_as_many_cells_as_heads_whatever_they_hold() -> None:
    made = table(["a | b", "c"], [["`x`|", "1 | 2"], ["plain-1", "$5"]], numbers=1, codes=1)
    assert made.splitlines()[1] == "| --- | ---: |"
    shown_cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", GITHUB.render(made))
    assert shown_cells == ["a | b", "c", "`x`|", "1 | 2", "<code>plain-1</code>", "$5"]


def test_code_is_code_or_text() -> None:
    assert [code(each) for each in ("weekly-2026/teams/001", "a`b", "a|b", "")] == [
        "`weekly-2026/teams/001`",
        "a\\`b",
        "a\\|b",
        "",
    ]


HOSTILE = "<img src=x> **[click](https://evil.example)** | `x`"


def test_the_list_of_incidents_has_names_that_are_no_markup() -> None:
    day = date(2026, 11, 20)
    record = IncidentRecord(
        id="account_service/111111111111/Amazon%20EC2/2026-11-20/up",
        state="open",
        scope="account_service",
        account_id="111111111111",
        account_name=HOSTILE,
        services=(HOSTILE,),
        region=None,
        owner=HOSTILE,
        kind="spike",
        direction=1,
        first_day=day,
        last_day=day,
        impact=Decimal(7),
        run_rate_month=None,
        severity=None,
        first_told=None,
        grown=(),
        tellings=(),
    )
    words = IncidentList("en", "UTC")
    for text in (words.all([record], "md"), words.one(record, "md")):
        made = GITHUB.render(text)
        assert set(re.findall(r"</?([a-z0-9]+)", made)) <= {*OURS, "code"}
        assert "[click](https://evil.example)" in html.unescape(made)
