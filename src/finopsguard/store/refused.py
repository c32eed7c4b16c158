"""Readings of a run that were refused as incomplete: the next one finds none of their costs, and reads everything."""

from __future__ import annotations

from itertools import count

from finopsguard.ports import Store
from finopsguard.store import keys


def record(store: Store, run_id: str, reading: int) -> None:
    """Notes that this reading was refused; raises what ports.Store raises."""
    store.write(keys.REFUSED.key(run_id=run_id, reading=str(reading)), b"")


def next_reading(store: Store, run_id: str) -> int:
    """The number of the first reading that was not refused; raises what ports.Store raises."""
    return next(n for n in count() if not store.exists(keys.REFUSED.key(run_id=run_id, reading=str(n))))
