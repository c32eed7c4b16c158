"""Fixtures: botocore's retries without their waits, and the Cost Explorer reader."""

from __future__ import annotations

from types import SimpleNamespace

import botocore.endpoint
import pytest

from finopsguard.aws.clients import Clients
from finopsguard.costs.sources.cost_explorer import CostExplorer


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that botocore would have waited before its retries."""
    waited: list[float] = []
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=waited.append))
    return waited


@pytest.fixture
def reader(clients: Clients) -> CostExplorer:
    """The Cost Explorer reader with the own credentials."""
    return CostExplorer(clients.cost_explorer)
