"""What every border is held to: a result, or an error that an operator can act on; never anything else, and soon."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings

from finopsguard.errors import FinOpsGuardError
from tests.leaf_errors import leaves
from tests.sweeps import examples

T = TypeVar("T")

SIG = "kEy-oF-tHe-cHaNnEl"
"""The planted secret: a webhook's signature, which nothing may repeat."""

_LONGEST = 30.0
_IN_THE_SUITE = 100
_LONG = 75


class Hung(BaseException):
    """Took longer than anything may; no `except Exception` on the way hides it."""


def tries(few: int, *, many: int | None = None) -> settings:
    """So many examples in the suite, and `many` (else 75 times as many) under `make fuzz`."""
    long = settings().max_examples > _IN_THE_SUITE
    return settings(
        max_examples=(many or _LONG * few) if long else examples(few),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def outcome(do: Callable[[], T], *secrets: str, original: str = "") -> T | FinOpsGuardError:
    """What `do` returns, or the named error that it raises; anything else that it raises fails the test.

    `original`: the name of an error that the gate raises again, which may be anybody's.
    """
    try:
        with soon():
            return do()
    except FinOpsGuardError as error:
        if not (original and type(error).__name__ == original and type(error).__module__.endswith("redrive")):
            is_named(error, *secrets)
        return error


def is_named(error: FinOpsGuardError, *secrets: str) -> None:
    """A leaf of the tree, which Retry and runbook know, with a message that says something and repeats no secret."""
    assert type(error) is leaves().get(type(error).__name__), (
        f"{type(error).__name__} is no leaf of errors.py"
    )
    assert len(str(error).split()) > 2, f"{type(error).__name__} says nothing: {str(error)!r}"
    shown: BaseException | None = error
    while shown is not None:
        assert not any(each in str(shown) for each in (SIG, *secrets)), f"a secret in {type(shown).__name__}"
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)


@contextmanager
def soon(seconds: float = _LONGEST) -> Iterator[None]:
    """Ends what hangs. Far above what anything takes, so that a busy machine is no hang."""

    def end(*_: Any) -> None:
        raise Hung(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
