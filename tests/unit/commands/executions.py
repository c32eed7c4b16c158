"""Executions that have ended, for commands that follow one."""

from __future__ import annotations

from datetime import UTC, datetime

from finopsguard.engine.execution import Execution, StateEntered, Status

STARTED = datetime(2026, 11, 23, 8, tzinfo=UTC)


def ended(status: Status, arn: str, *entered: str) -> Execution:
    """An execution that went through these states; one that failed did so with TeamsUnavailable."""
    failed = status != "SUCCEEDED"
    return Execution(
        status,
        arn.rpartition(":")[2],
        arn,
        STARTED,
        2.0,
        error="TeamsUnavailable" if failed else None,
        cause='{"errorMessage": "No."}' if failed else None,
        states_entered=tuple(StateEntered(name, STARTED) for name in entered),
    )
