"""A sample of the matrix: each fault and each operation at least once; `make faults` runs every cell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from finopsguard import errors
from finopsguard.store import keys
from tests.faults import findings, matrix, sample, table
from tests.faults.matrix import Seen, objections
from tests.faults.table import Cell, expected

TOGETHER = [*sample.together()]
STORED = [*sample.stored()]


def names(cells: tuple[Cell, ...]) -> str:
    return cells[0].name if len(cells) == 1 else f"{len(cells)} from {cells[0].name}"


def wrong(cell: Cell, seen: Seen) -> list[str]:
    return findings.verdict(cell, objections(seen, expected(cell)))


@pytest.mark.parametrize("cells", [each for each in (*TOGETHER, *STORED) if len(each) > 1], ids=names)
def test_what_goes_wrong_once_is_survived_also_together(cells: tuple[Cell, ...]) -> None:
    assert objections(matrix.run_cell(*cells), table.RIGHT) == []


# A file of costs that cannot be read leaves its temporary folder to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("cells", [each for each in (*TOGETHER, *STORED) if len(each) == 1], ids=names)
def test_a_cell_is_as_its_rule_says_and_so_is_the_run_after_it(cells: tuple[Cell, ...]) -> None:
    assert wrong(cells[0], matrix.run_cell(*cells)) == []


@pytest.mark.parametrize("cell", [*sample.single(), *sample.posts()], ids=lambda cell: cell.name)
def test_a_cell_is_as_its_rule_says(cell: Cell) -> None:
    seen = matrix.run_cell(cell, twice=False)
    objected = objections(seen, expected(cell))
    if findings.finding_of(cell) is None:
        assert objected == []
    else:
        assert objected, f"{cell.name} is as expected now: remove it from its finding"
        assert findings.verdict(cell, objected) == []


# ---- the table itself ------------------------------------------------------------------------------------------------


def sampled() -> Iterator[Cell]:
    for run in (*TOGETHER, *STORED):
        yield from run
    yield from sample.single()
    yield from sample.posts()


def test_the_sample_has_each_operation_and_each_fault() -> None:
    meant = [cell for cell in table.cells() if cell.fault not in sample.APART]
    found = [*sampled()]
    assert {cell.fault for cell in meant} - {cell.fault for cell in found} == set()
    # A service without trusted TLS is not one of its operations.
    operations = {(cell.area, cell.operation) for cell in meant if cell.fault != "TLS"}
    assert operations - {(cell.area, cell.operation) for cell in found} == set()


def test_each_name_is_one_cell() -> None:
    listed = [cell.name for cell in table.cells()]
    assert len(listed) == len(set(listed))


def test_each_kind_of_stored_file_has_its_cells() -> None:
    """A new kind gets them from store/keys.py; whoever leaves it out says why."""
    of_kind = {
        kind: {
            cell.fault for cell in table.cells() if (cell.area, cell.operation) == ("stored", kind.pattern)
        }
        for kind in keys.TABLE
    }
    without = {kind for kind, damages in of_kind.items() if not damages}
    assert without == table.WITHOUT.keys()
    assert all(
        damages >= {*table.DAMAGES} - {"older"} for kind, damages in of_kind.items() if kind not in without
    )


def test_each_cell_expects_something_that_can_be_seen() -> None:
    for cell in table.cells():
        wanted = expected(cell)
        assert wanted.report and wanted.told and wanted.again, cell.name
        for report in wanted.report:
            name = report.removeprefix("refused ")
            assert name in ("right", "says", "*") or issubclass(
                getattr(errors, name), errors.FinOpsGuardError
            ), cell.name


def test_each_finding_has_cells() -> None:
    for found in findings.FINDINGS:
        assert [cell for cell in table.cells() if findings.finding_of(cell) is found], found.what


# ---- the judge -------------------------------------------------------------------------------------------------------

A_CELL = Cell("AWS", "ce:usage", "throttled", "once")


@pytest.mark.parametrize(
    "seen",
    [
        Seen("wrong: period 1 is 2", "card", "same"),
        Seen("says", "card", "same"),
        Seen("right", "2 cards", "same"),
        Seen("right", "alert and card", "same"),
        Seen("right", "nobody", "delivers"),
        Seen("right", "card", "the card twice"),
        Seen("right", "card", "asks"),
        Seen("refused CostsIncomplete", "alert", "delivers"),
        Seen("right", "card", "same", unbounded="took a flood"),
    ],
)
def test_the_judge_objects(seen: Seen) -> None:
    assert objections(seen, expected(A_CELL))


def test_the_judge_wants_the_remedy_s_words_and_our_own_errors() -> None:
    refused = table.refused("CredentialsMissing", words="clock")
    assert objections(Seen("refused CredentialsMissing", "alert", "delivers", "Sign in."), refused)
    assert not objections(Seen("refused CredentialsMissing", "alert", "delivers", "Set the clock."), refused)
    assert objections(Seen("refused KeyError", "alert", "delivers"), table.refused("*"))
    assert not objections(Seen("refused CostsIncomplete", "alert", "delivers"), table.refused("*"))


def test_a_finding_that_is_mended_asks_to_be_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    known = findings.Finding("Known", ("AWS | ce:usage | [] | *",), ("report: says*",))
    monkeypatch.setattr(findings, "FINDINGS", (known,))
    cell = Cell("AWS", "ce:usage", "[]", "once")
    assert findings.verdict(cell, ["report: says, not right"]) == []
    assert findings.verdict(cell, ["report: says, not right", "told: nobody"]) == ["told: nobody"]
    assert findings.verdict(cell, []) == ["is as expected now: remove it from the finding 'Known'"]
    assert findings.verdict(A_CELL, ["told: nobody"]) == ["told: nobody"]
