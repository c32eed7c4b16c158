"""Event buses as ports.EventBus: one behind AWS, and one of invented data that takes everything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from finopsguard import contracts
from finopsguard.errors import FinOpsGuardError
from finopsguard.models.event import IncidentEvent
from finopsguard.ports import Taken


class PutsDetails(Protocol):
    """What takes events as JSON."""

    def put(self, details: Sequence[str]) -> tuple[list[bool], FinOpsGuardError | None]:
        """Whether each was taken, and what became of the first that was not."""


class DetailBus:
    """Satisfies ports.EventBus: an event goes out as its contract has it."""

    def __init__(self, below: PutsDetails) -> None:
        self._below = below

    def put(self, events: Sequence[IncidentEvent]) -> Taken:
        """See ports.EventBus."""
        return Taken(
            *self._below.put([contracts.encode(contracts.to_json(each)).decode() for each in events])
        )


class MockBus:
    """Satisfies ports.EventBus without AWS: the ledger in the store shows what would have been sent."""

    def put(self, events: Sequence[IncidentEvent]) -> Taken:
        """See ports.EventBus."""
        return Taken([True] * len(events))
