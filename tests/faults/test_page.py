"""docs/reliability.md is of this table: its cells, and what was seen in them is what the rules or the findings say."""

from __future__ import annotations

from tests.faults import findings, page, table
from tests.faults.matrix import Seen, objections
from tests.faults.verdicts import expected


def written() -> dict[str, Seen]:
    return {name: page.seen_in(line) for name, line in page.read(page.PATH.read_text("utf-8")).items()}


def test_the_page_has_the_cells_of_the_table() -> None:
    listed = {cell.name for cell in table.cells()}
    found = written().keys()
    assert found - listed == set(), "run `make faults`: the page has cells that the table does not have"
    assert listed - found == set(), "run `make faults`: the page lacks cells of the table"


def test_what_the_page_saw_is_what_is_expected() -> None:
    seen = written()
    for cell in table.cells():
        objected = [each for each in objections(seen[cell.name], expected(cell)) if "message" not in each]
        if findings.finding_of(cell) is None:
            assert objected == [], f"{cell.name}: run `make faults`"
        else:
            assert findings.verdict(cell, objected or ["the message does not say 'clock': "]) == [], cell.name


def test_the_page_counts_its_cells() -> None:
    text = page.PATH.read_text("utf-8")
    for area in {cell.area for cell in table.cells()}:
        count = sum(cell.area == area for cell in table.cells())
        assert f"| {area} | {count} |" in text, "run `make faults`"


def test_the_page_names_each_finding() -> None:
    text = page.PATH.read_text("utf-8")
    for number, found in enumerate(findings.FINDINGS, start=1):
        assert f"{number}. {found.what} (" in text


def test_what_is_read_is_what_was_written() -> None:
    results = {
        cell.name: Seen("right", "card", "same")
        if cell.times == "once"
        else Seen("refused Some.Error", "alert and card", "delivers", unbounded="took a flood")
        for cell in table.cells()
    }
    assert {name: page.seen_in(line) for name, line in page.read(page.text(results, {})).items()} == results
