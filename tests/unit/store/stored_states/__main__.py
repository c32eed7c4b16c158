"""Keeps the state that today's code leaves: `python -m tests.unit.store.stored_states NAME`."""

from __future__ import annotations

import sys

from tests.unit.store import stored_states
from tests.unit.store.mornings import TUESDAY, Mornings

if __name__ == "__main__":
    stack = Mornings()
    for error in (stack.report(TUESDAY), stack.alert(TUESDAY)):
        assert error is None, error
    stack.decide("daily-2026-11-15")
    stack.plan()
    stored_states.keep(sys.argv[1], stack.store.objects)
