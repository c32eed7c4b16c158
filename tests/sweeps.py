"""What `make test` leaves out and `make check` runs: tests that are dear because they try much, marked exhaustive.

None is the only test of a rule. Each names the test beside it that holds the same rule in `make test`, or is a
parameter of a test of which others are not marked; tests/test_sweeps.py holds both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import pytest
from hypothesis import settings

V = TypeVar("V")

QUICK_EXAMPLES = 20
"""Examples of a property in `make test`, of 100 that hypothesis tries by itself."""
COLLECTED = pytest.StashKey[dict[str, str | None]]()
"""Every test that was collected, whatever is left out then: what it names beside it; None if it is not exhaustive."""


def exhaustive(*, beside: str) -> pytest.MarkDecorator:
    """A test for `make check` alone; `beside` is the one in `make test`: its name, or `tests/test_it.py::test_name`."""
    return pytest.mark.exhaustive(beside=beside)


def sampled(values: Iterable[V], keep: Callable[[V], bool] | Sequence[V]) -> list[Any]:
    """Parameters, of which those that are kept are tried in `make test` and the others in `make check` alone."""
    values, kept = list(values), keep if callable(keep) else keep.__contains__
    found = [
        value
        if kept(value)
        else pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.exhaustive)
        for value in values
    ]
    assert 0 < sum(map(kept, values)) < len(found)
    return found


def examples(many: int) -> int:
    """How often a property is tried that is dear: so often in `make check`, in `make test` a fifth of it."""
    return many if settings().max_examples > QUICK_EXAMPLES else max(1, many // 5)


def note(config: pytest.Config, items: Iterable[pytest.Item]) -> None:
    """Keeps what tests/test_sweeps.py looks at."""
    config.stash[COLLECTED] = {item.nodeid: _beside(item) for item in items}


def _beside(item: pytest.Item) -> str | None:
    mark = item.get_closest_marker("exhaustive")
    if mark is None:
        return None
    here, _, name = item.nodeid.partition("::")
    named: str = mark.kwargs.get("beside", name.partition("[")[0])
    return named if "::" in named else f"{here}::{named}"


def missing(collected: dict[str, str | None]) -> list[str]:
    """Exhaustive tests with nothing in `make test` beside them; of files that were not collected nothing is known."""
    files = {name.partition("::")[0] for name in collected}
    quick = {name.partition("[")[0] for name, beside in collected.items() if beside is None}
    return [
        f"{name}: {beside} is not in `make test`"
        for name, beside in collected.items()
        if beside is not None and beside.partition("::")[0] in files and beside not in quick
    ]
