"""What `make test` leaves out and `make check` runs: tests that are dear because they try much, marked exhaustive.

None is the only test of a rule. Each names the test beside it that holds the same rule in `make test`, or is a
parameter of a test of which others are tried there; tests/test_sweeps.py holds both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeVar

import pytest
from hypothesis import settings

T = TypeVar("T")
QUICK_EXAMPLES = 10
"""Examples of a property in `make test`, of 100 that hypothesis tries by itself."""
COLLECTED = pytest.StashKey[Mapping[str, str | None]]()
"""Every test that was collected, whatever is left out then: what is to be beside it; None if it is not exhaustive."""


def exhaustive(*, beside: str) -> pytest.MarkDecorator:
    """A test for `make check` alone; `beside` is the one in `make test`: its name, or `tests/test_it.py::test_name`."""
    return pytest.mark.exhaustive(beside=beside)


def sampled(*ids: str, every: int = 0) -> pytest.MarkDecorator:
    """Of its parameters `make test` tries those of these ids, or the first of so many; `make check` tries all."""
    return pytest.mark.sampled(ids=ids, every=every)


def examples(many: int) -> int:
    """How often a property is tried that is dear: so often in `make check`, in `make test` a tenth of it."""
    return max(1, many // 10) if quick() else many


def share(of: Sequence[T], every: int) -> Sequence[T]:
    """Of what one test tries in turn `make test` takes the first of so many; `make check` takes all."""
    return of[::every] if quick() else of


def quick() -> bool:
    """True in `make test`."""
    return settings.get_current_profile_name() == "quick"


def mark(items: Sequence[pytest.Item]) -> Mapping[str, str | None]:
    """Marks the parameters that are in no sample, and returns what COLLECTED holds."""
    seen = Counter[str]()
    for item in items:
        sample = item.get_closest_marker("sampled")
        if sample is not None:
            function, _, rest = item.nodeid.partition("[")
            every = sample.kwargs["every"]
            kept = rest[:-1] in sample.kwargs["ids"] or (every and seen[function] % every == 0)
            seen[function] += 1
            if not kept:
                item.add_marker(pytest.mark.exhaustive(beside=function))
    return {item.nodeid: _beside(item) for item in items}


def _beside(item: pytest.Item) -> str | None:
    found = item.get_closest_marker("exhaustive")
    if found is None:
        return None
    named: str = found.kwargs["beside"]
    return named if "::" in named else f"{item.nodeid.partition('::')[0]}::{named}"


def missing(collected: Mapping[str, str | None]) -> list[str]:
    """Exhaustive tests with nothing in `make test` beside them; of files that were not collected nothing is known."""
    files = {name.partition("::")[0] for name in collected}
    quick = {name.partition("[")[0] for name, beside in collected.items() if beside is None}
    return [
        f"{name}: {beside} is not in `make test`"
        for name, beside in collected.items()
        if beside is not None and beside.partition("::")[0] in files and beside not in quick
    ]
