"""Secrets Manager: GetSecretValue."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from tests.standins.json_service import JsonStandIn
from tests.standins.service import Refused
from tests.standins.sts import StsStandIn


class SecretsManagerStandIn(JsonStandIn):
    """`secrets` maps an ARN to its string, or to bytes for a binary secret; `deleted` are marked for deletion.

    `previous` are those that were there before they were rotated.
    """

    def __init__(self, sts: StsStandIn) -> None:
        super().__init__()
        self._sts = sts
        self.secrets: dict[str, str | bytes] = {}
        self.previous: dict[str, str | bytes] = {}
        self.deleted: set[str] = set()

    def authenticate(self, access_key: str) -> str:
        return self._sts.account_of(access_key)

    def operations(self) -> Mapping[str, Any]:
        return {"GetSecretValue": self._get_secret_value}

    def _get_secret_value(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        arn, stage = parameters["SecretId"], parameters.get("VersionStage", "AWSCURRENT")
        if arn not in self.secrets:
            raise Refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        if arn in self.deleted:
            raise Refused(
                "InvalidRequestException",
                "You can't perform this operation on the secret because it was marked for deletion.",
            )
        kept_as = self.previous if stage == "AWSPREVIOUS" else self.secrets
        if arn not in kept_as:
            raise Refused(
                "ResourceNotFoundException",
                f"Secrets Manager can't find the specified secret value for staging label: {stage}",
            )
        value = kept_as[arn]
        binary = base64.b64encode(value).decode() if isinstance(value, bytes) else None
        kept = {"SecretString": value} if binary is None else {"SecretBinary": binary}
        return {"ARN": arn, "Name": arn.rpartition(":")[2], "VersionStages": [stage], **kept}
