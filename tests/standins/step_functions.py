"""Step Functions: DescribeExecution and ListExecutions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.standins.json_service import JsonStandIn
from tests.standins.service import Refused
from tests.standins.sts import StsStandIn


class StepFunctionsStandIn(JsonStandIn):
    """`redrives` maps an execution's ARN to how often it was redriven.

    `executions` are (name, status), newest first.
    """

    def __init__(self, sts: StsStandIn) -> None:
        super().__init__()
        self._sts = sts
        self.redrives: dict[str, int] = {}
        self.executions: list[tuple[str, str]] = []

    def authenticate(self, access_key: str) -> str:
        return self._sts.account_of(access_key)

    def operations(self) -> Mapping[str, Any]:
        return {"DescribeExecution": self._describe_execution, "ListExecutions": self._list_executions}

    def _list_executions(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        arn = parameters["stateMachineArn"]
        shown = self.executions[: parameters["maxResults"]]
        return {
            "executions": [
                {
                    "executionArn": f"{arn.replace(':stateMachine:', ':execution:')}:{name}",
                    "stateMachineArn": arn,
                    "name": name,
                    "status": status,
                    "startDate": 1795420800.0 - number,
                }
                | ({} if status == "RUNNING" else {"stopDate": 1795420860.0 - number})
                for number, (name, status) in enumerate(shown)
            ]
        }

    def _describe_execution(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        arn = parameters["executionArn"]
        if arn not in self.redrives:
            raise Refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        count = self.redrives[arn]
        machine = arn.replace(":execution:", ":stateMachine:").rpartition(":")[0]
        return {
            "executionArn": arn,
            "stateMachineArn": machine,
            "name": arn.rpartition(":")[2],
            "status": "RUNNING",
            "startDate": 1795420800.0,
            "redriveCount": count,
            "redriveStatus": "NOT_REDRIVABLE",
        }
