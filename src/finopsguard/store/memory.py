"""The store of what is kept nowhere: it ends with the process."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta

from finopsguard.errors import ObjectMissing
from finopsguard.ports import Place


class MemoryStore:
    """Satisfies ports.Store."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self._one_at_a_time = threading.Lock()

    def read(self, key: str) -> bytes:
        """See ports.Store."""
        if key not in self.objects:
            raise ObjectMissing(f"{key} is not in the store.")
        return self.objects[key]

    def write(self, key: str, data: bytes) -> None:
        """See ports.Store."""
        self.objects[key] = data

    def exists(self, key: str) -> bool:
        """See ports.Store."""
        return key in self.objects

    def create(self, key: str, data: bytes) -> bool:
        """See ports.Store."""
        with self._one_at_a_time:
            if key in self.objects:
                return False
            self.objects[key] = data
        return True

    def list(self, prefix: str) -> Sequence[str]:
        """See ports.Store."""
        return sorted(key for key in self.objects if key.startswith(prefix))

    def page_link(self, key: str, lifetime: timedelta) -> str | None:  # noqa: ARG002 - the port's
        """See ports.Store."""
        return None

    def place(self, key: str) -> Place | None:  # noqa: ARG002 - the port's
        """See ports.Store."""
        return None
