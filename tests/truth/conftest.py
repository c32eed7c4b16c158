"""The fixtures of the readers' own tests: botocore's retries without their waits, and the Cost Explorer reader."""

from __future__ import annotations

from tests.unit.conftest import reader, waits

__all__ = ["reader", "waits"]
