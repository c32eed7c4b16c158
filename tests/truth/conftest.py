"""The fixtures of the readers' own tests (botocore's retries without their waits, the reader), and a small company."""

from __future__ import annotations

from tests.truth.proof_world import world
from tests.unit.conftest import reader, waits

__all__ = ["reader", "waits", "world"]
