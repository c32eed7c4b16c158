"""HoldForRedrive: ends a failed execution under its true error, and lets a redriven one go on.

A redrive runs a state again that was entered and not exited. A state whose error was caught has been exited, and a
Fail state only fails again; so after the alert the machine enters this step, which has no Catch and raises the original
error. A redrive enters it once more, with a higher redrive count, and the machine goes back to the failed step
(docs/adr/0001-the-gate.md).
"""

from __future__ import annotations

from typing import NoReturn

from finopsguard.errors import ExecutionAccessDenied, Permanent
from finopsguard.failures import plain_cause
from finopsguard.models.messages import Failure
from finopsguard.models.run import is_embedded
from finopsguard.ports import Executions, Store
from finopsguard.store import keys


def run(held: Failure, *, executions: Executions, store: Store) -> Failure:
    """Returns what it was given if the execution was redriven since the failure; else raises the original error."""
    unasked = ""
    if held.redrive_count is None:
        redriven = _first_pass_of_a_redrive(held, executions, store)
    else:
        redriven = held.redrive_count > held.failure.redriveCount
        # AWS does not say if a redriven state's Arguments are evaluated anew: the count may be that of its first entry.
        if not redriven and not is_embedded(held.execution):
            try:
                redriven = executions.redrive_count(held.execution) > held.failure.redriveCount
            except ExecutionAccessDenied as error:
                unasked = f" (And it is not known whether this execution was redriven: {error})"
    if not redriven:
        _raise_original(held, unasked)
    return held


def _first_pass_of_a_redrive(held: Failure, executions: Executions, store: Store) -> bool:
    """Without a count in the context neither can the Catcher have recorded one, so each redrive opens the gate once.

    Otherwise a step that fails again after a redrive would be let through at once, over and over.
    """
    count = executions.redrive_count(held.execution)
    if count == 0:
        return False
    gate = keys.REDRIVE.key(execution=keys.execution_name(held.execution), count=str(count))
    return store.create(gate, b"")


def _raise_original(held: Failure, unasked: str) -> NoReturn:
    """Raises an error with the original's name: Lambda reports the name of the class, which has no NUL.

    AWS's own names (`Sandbox.Timedout`) lose their dot: the machine would take them for this step's trouble, and retry.
    """
    name = held.failure.error.replace("\0", "").replace(".", "") or "Unknown"
    original = type(name, (Permanent,), {"__doc__": "The original error, raised again."})
    raise original(f"{plain_cause(held.failure.cause) or f'{held.failure.state} failed.'}{unasked}")
