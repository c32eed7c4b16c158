"""Secrets Manager: GetSecretValue."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from tests.standins.json_service import JsonStandIn
from tests.standins.service import Refused
from tests.standins.sts import StsStandIn


class SecretsManagerStandIn(JsonStandIn):
    """`secrets` maps an ARN to its string, or to bytes for a binary secret; `deleted` are marked for deletion."""

    def __init__(self, sts: StsStandIn) -> None:
        super().__init__()
        self._sts = sts
        self.secrets: dict[str, str | bytes] = {}
        self.deleted: set[str] = set()

    def authenticate(self, access_key: str) -> str:
        return self._sts.account_of(access_key)

    def operations(self) -> Mapping[str, Any]:
        return {"GetSecretValue": self._get_secret_value}

    def _get_secret_value(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        arn = parameters["SecretId"]
        if arn not in self.secrets:
            raise Refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        if arn in self.deleted:
            raise Refused(
                "InvalidRequestException",
                "You can't perform this operation on the secret because it was marked for deletion.",
            )
        value = self.secrets[arn]
        binary = base64.b64encode(value).decode() if isinstance(value, bytes) else None
        kept = {"SecretString": value} if binary is None else {"SecretBinary": binary}
        return {"ARN": arn, "Name": arn.rpartition(":")[2], "VersionStages": ["AWSCURRENT"], **kept}
