"""What tests of the real steps share: a channel to post to, and a store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standins import StandIns
from tests.sweeps import quick

SOME = "999900001000,999900001100,999900001201,999900001600,999900002027"
"""Invented accounts of which each has something to tell; `make check` has all forty."""


@pytest.fixture
def teams(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StandIns]:
    """A channel to post to, mock data, and a store of its own."""
    with StandIns() as standins:
        for name, value in {
            **standins.environ(webhook="url"),
            "FINOPSGUARD_USE_MOCK_DATA": "true",
            "FINOPSGUARD_STATE_DIR": str(tmp_path),
            "FINOPSGUARD_LANGUAGE": "en",
            **({"FINOPSGUARD_INCLUDE_ACCOUNTS": SOME} if quick() else {}),
        }.items():
            monkeypatch.setenv(name, value)
        yield standins
