"""A check, and how all are run: one that fails ends no other, but for those that find nothing without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from finopsguard.doctor.around import Around
from finopsguard.errors import FinOpsGuardError
from finopsguard.models.checkup import CheckName, Finding, Value

Looked = tuple[CheckName, Finding]


@dataclass(frozen=True)
class Check:
    """Asks one thing. `run` may raise an error of ours, whose message is then the remedy.

    `after` are checks without whose success this one can find nothing: it is skipped where one of them failed.
    """

    name: CheckName
    run: Callable[[Around], Sequence[Finding]]
    after: tuple[CheckName, ...] = ()


def run_all(checks: Sequence[Check], around: Around) -> Iterator[Looked]:
    """Each check's findings, in order."""
    failed: set[CheckName] = set()
    for check in checks:
        findings = _run(check, around, failed)
        if any(each.state == "fail" for each in findings) or not failed.isdisjoint(check.after):
            failed.add(check.name)
        yield from ((check.name, each) for each in findings)


def _run(check: Check, around: Around, failed: set[CheckName]) -> Sequence[Finding]:
    blocked = next((name for name in check.after if name in failed), None)
    if blocked:
        return [Finding("skip", "after", {"check": blocked})]
    try:
        return check.run(around)
    except FinOpsGuardError as error:
        return [from_error(error)]


def from_error(error: FinOpsGuardError) -> Finding:
    """A check that an error of ours ended; the first line of its message is for the operator."""
    lines = str(error).splitlines() or [""]
    return Finding("fail", "error", {"error": type(error).__name__}, lines[0])


def passed(said: str, **values: Value) -> list[Finding]:
    """All is well."""
    return [Finding("pass", said, values)]


def warned(said: str, **values: Value) -> list[Finding]:
    """It works, and somebody should know."""
    return [Finding("warn", said, values)]


def failing(said: str, **values: Value) -> list[Finding]:
    """It cannot work like this."""
    return [Finding("fail", said, values)]


def skipped(said: str, **values: Value) -> list[Finding]:
    """There was nothing to look at."""
    return [Finding("skip", said, values)]
