"""Fixtures: the stand-ins as this process's AWS, and botocore's retries without their waits."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import botocore.endpoint
import pytest

from finopsguard.aws.clients import Clients
from finopsguard.costs.sources.cost_explorer import CostExplorer
from tests.standins import StandIns


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that botocore would have waited before its retries."""
    waited: list[float] = []
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=waited.append))
    return waited


@pytest.fixture
def standins(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIns]:
    """The stand-ins with their samples; this process's settings lead to them."""
    with StandIns() as started:
        for name, value in started.environ().items():
            monkeypatch.setenv(name, value)
        yield started


@pytest.fixture
def clients(standins: StandIns) -> Clients:
    """Clients that reach the stand-ins."""
    return Clients(standins.region)


@pytest.fixture
def reader(clients: Clients) -> CostExplorer:
    """The Cost Explorer reader with the own credentials."""
    return CostExplorer(clients.cost_explorer)
