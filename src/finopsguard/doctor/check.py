"""A check, and how all are run: one that fails ends no other, but for those that find nothing without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from finopsguard import errors
from finopsguard.doctor.around import Around
from finopsguard.errors import FinOpsGuardError
from finopsguard.models.checkup import CheckName, Finding, Value

Looked = tuple[CheckName, Finding]

# What the roles of a stack may be allowed all the same: they have rights of their own, and the trust of
# deploy/organization-role.yaml names them and nobody else.
_DENIED = (
    errors.AthenaAccessDenied,
    errors.CostExplorerAccessDenied,
    errors.EventBusRefused,
    errors.ExportAccessDenied,
    errors.OrganizationsAccessDenied,
    errors.RoleNotAssumable,
    errors.SecretAccessDenied,
    errors.StoreAccessDenied,
)
_NOT_SHOWN = "not_shown"


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
        ended = any(each.state == "fail" or each.said == _NOT_SHOWN for each in findings)
        if ended or not failed.isdisjoint(check.after):
            failed.add(check.name)
        yield from ((check.name, each) for each in findings)


def _run(check: Check, around: Around, failed: set[CheckName]) -> Sequence[Finding]:
    blocked = next((name for name in check.after if name in failed), None)
    if blocked:
        return [Finding("skip", "after", {"check": blocked})]
    try:
        return check.run(around)
    except FinOpsGuardError as error:
        return [from_error(error, around)]


def from_error(error: FinOpsGuardError, around: Around) -> Finding:
    """A check that an error of ours ended; the first line of its message is for the operator.

    Of a stack, what these rights do not show is no fault of it: a warning.
    """
    first = next(iter(str(error).splitlines()), "")
    values = {"error": type(error).__name__}
    if around.options.stack and isinstance(error, _DENIED):
        return Finding("warn", _NOT_SHOWN, values, first)
    return Finding("fail", "error", values, first)


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
