"""The seal of a stored object: what is changed is noticed, what is older is read, what is later is not guessed at."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from finopsguard import contracts
from finopsguard.costs.table import CostTable, to_parquet
from finopsguard.errors import InvalidInput
from finopsguard.models.costs import CostRow
from finopsguard.models.ledger import Alert
from finopsguard.models.run import Period
from finopsguard.store import documents, files, seal
from finopsguard.store.memory import MemoryStore

DOCUMENT = b'{"error":"a, \\"_seal\\"","at":"2026-11-23T08:00:00Z"}'
SEALED = seal.sealed(DOCUMENT, "alert")
ROWS = [CostRow(date(2026, 11, 1), "111111111111", "Amazon S3", None, Decimal("1.5"), "USD")]


def test_a_sealed_document_is_json_that_a_reader_without_seals_can_read() -> None:
    data = json.loads(SEALED)
    assert data.pop("_seal") == {
        "schema": "alert",
        "version": 1,
        "sha256": json.loads(SEALED)["_seal"]["sha256"],
    }
    assert data == json.loads(DOCUMENT)
    assert seal.opened(SEALED, "alert") == (DOCUMENT, True)


def test_what_was_stored_before_there_were_seals_is_read() -> None:
    assert seal.opened(DOCUMENT, "alert") == (DOCUMENT, False)
    assert seal.checked_parquet(to_parquet(ROWS)) == (to_parquet(ROWS), b"")


def test_each_bit_of_a_document_counts() -> None:
    for place in range(len(SEALED) - 1):  # without the last bracket it is no JSON, whatever the seal says
        changed = SEALED[:place] + bytes([SEALED[place] ^ 1]) + SEALED[place + 1 :]
        with pytest.raises((InvalidInput, ValueError)):
            json.loads(seal.opened(changed, "alert").document)


@pytest.mark.parametrize(
    "broken", [b"{}", b'{"error":"a","at":3}', b'{"error":"a","at":"2026-02-30T08:00:00Z"}']
)
def test_a_sealed_document_is_not_checked_again_and_one_that_breaks_its_contract_is_named(
    monkeypatch: pytest.MonkeyPatch, broken: bytes
) -> None:
    store = MemoryStore()
    store.write("alerts/broken.json", seal.sealed(broken, "alert"))
    with pytest.raises(InvalidInput, match=r"alerts/broken\.json cannot be read"):
        documents.read(store, "alerts/broken.json", Alert)
    store.write("alerts/whole.json", SEALED)
    monkeypatch.setattr(contracts, "_check", None)
    assert documents.read(store, "alerts/whole.json", Alert).error == 'a, "_seal"'
    store.write("alerts/unsealed.json", DOCUMENT)
    with pytest.raises(TypeError):
        documents.read(store, "alerts/unsealed.json", Alert)


def test_another_schema_s_document_is_refused() -> None:
    with pytest.raises(InvalidInput, match="it is of schema alert, not told"):
        seal.opened(SEALED, "told")


def test_a_later_release_s_objects_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "VERSIONS", {"alert": 2})
    monkeypatch.setattr(seal, "COSTS_VERSION", 2)
    later, costs = seal.sealed(DOCUMENT, "alert"), seal.sealed_parquet(to_parquet(ROWS))
    monkeypatch.undo()
    with pytest.raises(
        InvalidInput, match=r"a later release of FinOps Guard wrote it \(version 2, this one knows 1\)"
    ):
        seal.opened(later, "alert")
    with pytest.raises(InvalidInput, match="a later release"):
        seal.checked_parquet(costs)


def test_any_reader_of_parquet_reads_a_sealed_file(tmp_path: Path) -> None:
    path = tmp_path / "sealed.parquet"
    path.write_bytes(seal.sealed_parquet(to_parquet(ROWS)))
    found = duckdb.read_parquet(str(path)).project("account_id, amount").fetchall()
    assert found == [("111111111111", Decimal("1.5"))]


def test_each_byte_of_a_parquet_file_counts() -> None:
    whole = seal.sealed_parquet(to_parquet(ROWS))
    begin = whole.index(b"FinOpsGuard")
    for place in range(len(whole)):
        changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        if begin <= place < begin + 95:  # in the seal itself: the costs are what they were
            continue
        with pytest.raises(InvalidInput):
            seal.checked_parquet(changed)


def test_costs_without_a_seal_that_are_no_parquet_inside_are_an_error_of_ours() -> None:
    """A store that an earlier release filled has no checksums."""
    store = MemoryStore()
    damaged = bytearray(to_parquet(ROWS * 50))
    damaged[60:160] = b"\xff" * 100
    store.write("runs/x/costs.parquet", bytes(damaged))
    with (
        pytest.raises(InvalidInput, match="first step"),
        CostTable([files.read_costs(store, "runs/x/costs.parquet")]) as table,
    ):
        table.usage_series(Period(date(2026, 11, 1), date(2026, 11, 2)))
