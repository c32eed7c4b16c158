"""One server for the tests of Athena's engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from finopsguard.aws.clients import Clients
from tests.standins import StandIns
from tests.standins.costs import Costs
from tests.unit.costs.sources.data_export.athena_world import World
from tests.unit.costs.sources.data_export.test_source import CHARGES


@pytest.fixture(scope="module")
def exporting() -> Iterator[StandIns]:
    with StandIns(costs=Costs.charges(CHARGES)) as found:
        yield found


@pytest.fixture(scope="module")
def clients() -> Clients:
    """Of all tests of this file: a session takes longer than a test."""
    return Clients("us-east-1")


@pytest.fixture
def world(exporting: StandIns, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> World:
    for name, value in {**exporting.environ(), "AWS_ENDPOINT_URL_S3": exporting.endpoint}.items():
        monkeypatch.setenv(name, value)
    return World(exporting, clients)
