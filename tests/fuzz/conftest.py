"""Fixtures of the fuzzed borders: credentials that nobody has, and botocore's retries without their waits."""

from __future__ import annotations

import pytest

from tests.unit.conftest import waits

__all__ = ["waits"]


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials to sign with."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
