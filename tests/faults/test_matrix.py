"""A sample of the matrix, a fourteenth of it in `make test`: each fault, each operation; `make faults` has all."""

from __future__ import annotations

import os
from itertools import chain

import pytest

from finopsguard import errors
from finopsguard.ports import Channel
from finopsguard.store import keys
from finopsguard.wiring import Wiring
from tests.faults import findings, matrix, sample, table
from tests.faults.arrange import arranged
from tests.faults.matrix import Seen, objections
from tests.faults.run import place, surroundings
from tests.faults.table import Cell
from tests.faults.teams import ANSWERS
from tests.faults.verdicts import expected
from tests.sweeps import sampled

RUNS = [*sample.runs()]
ANSWERED = sample.answered("always")


def name(cells: tuple[Cell, ...]) -> str:
    return cells[0].name if len(cells) == 1 else f"{len(cells)} from {cells[0].name}"


# A file of costs that cannot be read leaves its temporary folder to the garbage collector.
@sampled(every=14)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("cells", RUNS, ids=name)
def test_what_goes_wrong_is_survived_or_said_or_refused_as_the_rules_have_it(cells: tuple[Cell, ...]) -> None:
    first = cells[0]
    seen = matrix.run_cell(*cells, twice=cells == RUNS[-1])
    assert findings.verdict(first, objections(seen, expected(first))) == []


def test_each_answer_of_teams_is_understood() -> None:
    with place() as at, surroundings(at.settings(), at.now):
        wiring = Wiring(os.environ)
        for cell in ANSWERED:
            known = ANSWERS[cell.fault]
            with arranged(cell, at):
                # The address of a webhook is read once.
                channel = (wiring if known.fault else Wiring(os.environ)).get(Channel)
                assert error_of(channel) in (known.errors or ("",)), cell.name


def error_of(channel: Channel) -> str:
    try:
        channel.post(b"{}")
    except errors.FinOpsGuardError as error:
        return type(error).__name__
    return ""


# ---- the table itself ------------------------------------------------------------------------------------------------


def test_the_sample_has_each_operation_and_each_fault() -> None:
    meant = [cell for cell in table.cells() if cell.fault not in sample.APART]
    found = [*chain.from_iterable(RUNS), *ANSWERED]
    assert {cell.fault for cell in meant} - {cell.fault for cell in found} == set()
    # A service without trusted TLS is not one of its operations.
    operations = {operation_of(cell) for cell in meant if cell.fault != "TLS"}
    assert operations - set(map(operation_of, found)) == set()


def operation_of(cell: Cell) -> tuple[str, str]:
    """Of stored files the way in which they heal."""
    healing = {kind.pattern: kind.damaged for kind in keys.TABLE}
    return cell.area, healing.get(cell.operation, cell.operation)


def test_what_is_run_together_is_to_end_alike() -> None:
    for run in RUNS:
        first = expected(run[0])
        for cell in run:
            wanted = expected(cell)
            assert {*first.report} <= {*wanted.report}, cell.name
            assert (first.told, first.again) == (wanted.told, wanted.again), cell.name


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
