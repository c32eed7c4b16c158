"""Step Functions as ports.Executions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finopsguard import errors
from finopsguard.aws.errors import Rule, Service, complete, incomplete, translated

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient

STEP_FUNCTIONS = Service(
    name="Step Functions",
    iam="states",
    unavailable=errors.ExecutionUnavailable,
    denied=errors.ExecutionAccessDenied,
    rejected=Rule(
        errors.ExecutionAccessDenied,
        "Step Functions refused the request. Check the ARN of the state machine and AWS_REGION.",
    ),
    rules={
        "ExecutionDoesNotExist": (
            Rule(errors.InvalidInput, "{about} does not exist. Start a new execution."),
        ),
        "InvalidArn": (
            Rule(errors.InvalidInput, "{about} is not an execution's ARN. Correct `execution` in the input."),
        ),
        "KmsAccessDeniedException": (
            Rule(
                errors.ExecutionAccessDenied,
                "The state machine's key denies access. Allow kms:Decrypt on it to the role.",
            ),
        ),
    },
)


class AwsExecutions:
    """Satisfies ports.Executions."""

    def __init__(self, step_functions: SFNClient) -> None:
        self._step_functions = step_functions

    def redrive_count(self, execution: str) -> int:
        """See ports.Executions."""
        with translated(STEP_FUNCTIONS, about=execution):
            described = complete(self._step_functions.describe_execution(executionArn=execution), "status")
            count = described.get("redriveCount", 0)
            if type(count) is not int:
                raise incomplete("redriveCount is no number")
            return count
