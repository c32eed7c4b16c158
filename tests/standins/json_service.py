"""AWS's JSON 1.1 protocol: the operation is in the header X-Amz-Target."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.standins.service import Answer, Refused, Request, StandIn


class JsonStandIn(StandIn):
    """A stand-in whose operations are methods named as AWS names them (`GetSecretValue` is `get_secret_value`)."""

    def parse(self, request: Request) -> tuple[str, Mapping[str, Any]]:
        operation = request.headers["X-Amz-Target"].rpartition(".")[2]
        return operation, json.loads(request.body or b"{}")

    def perform(self, operation: str, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        self.authenticate(access_key)
        method = self.operations().get(operation)
        if method is None:
            raise Refused("UnknownOperationException", f"{type(self).__name__} does not speak {operation}")
        result: Mapping[str, Any] = method(parameters, access_key)
        return result

    def authenticate(self, access_key: str) -> str:
        """The caller's account; raises Refused for a key that nobody has."""
        raise NotImplementedError

    def operations(self) -> Mapping[str, Any]:
        """Operation name to method(parameters, access_key)."""
        raise NotImplementedError

    def render(self, operation: str, result: Mapping[str, Any]) -> Answer:
        return Answer(200, json.dumps(result).encode())

    def render_error(self, refused: Refused) -> Answer:
        body = {"__type": refused.code, "message": refused.message, "Message": refused.message}
        return Answer(refused.status, json.dumps(body).encode(), headers={"x-amzn-ErrorType": refused.code})
