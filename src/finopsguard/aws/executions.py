"""Step Functions as ports.Executions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finopsguard.aws.errors import STEP_FUNCTIONS, complete, translated

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient


class AwsExecutions:
    """Satisfies ports.Executions."""

    def __init__(self, step_functions: SFNClient) -> None:
        self._step_functions = step_functions

    def redrive_count(self, execution: str) -> int:
        """See ports.Executions."""
        with translated(STEP_FUNCTIONS, about=execution):
            described = complete(self._step_functions.describe_execution(executionArn=execution), "status")
        return described.get("redriveCount", 0)
