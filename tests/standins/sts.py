"""STS: who calls, and roles to assume. Every other stand-in asks it which account an access key belongs to."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests import planted
from tests.standins.query_service import QueryService
from tests.standins.service import Refused

OWN_ACCESS_KEY = "AKIASTANDINSTANDINS0"
# Whoever signed in by IAM Identity Center has their e-mail address as the session's name (AWS), and so in refusals.
CALLER = "assumed-role/AWSReservedSSO_Reader_0123456789abcdef/" + planted.address("ana")


class StsStandIn(QueryService):
    """`roles` may be assumed, all others are denied; `external_ids` are what some of them ask for.

    `session` is how long assumed credentials say that they live. `anybody`: every key is the own account's, for whoever
    gives the keys out has looked at them.
    """

    namespace = "https://sts.amazonaws.com/doc/2011-06-15/"

    def __init__(self, own_account: str) -> None:
        super().__init__()
        self.own_account = own_account
        self.roles: set[str] = set()
        self.external_ids: dict[str, str] = {}
        self.session = timedelta(hours=1)
        self.anybody = False
        self._account_of = {OWN_ACCESS_KEY: own_account}
        self._serial = itertools.count(1)

    def account_of(self, access_key: str) -> str:
        """The account behind an access key; refuses a key that was never given out."""
        if self.anybody:
            return self.own_account
        try:
            return self._account_of[access_key]
        except KeyError:
            raise Refused(
                "UnrecognizedClientException", "The security token included in the request is invalid.", 403
            ) from None

    def perform(self, operation: str, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        account = self.account_of(access_key)
        if operation == "GetCallerIdentity":
            return {
                "Arn": f"arn:aws:sts::{account}:{CALLER}",
                "UserId": "AIDASTANDIN",
                "Account": account,
            }
        if operation == "AssumeRole":
            return self._assume(
                parameters["RoleArn"], parameters["RoleSessionName"], account, parameters.get("ExternalId")
            )
        raise Refused("InvalidAction", f"The stand-in does not speak {operation}")

    def _assume(
        self, role_arn: str, session_name: str, account: str, external_id: str | None
    ) -> Mapping[str, Any]:
        if role_arn not in self.roles or self.external_ids.get(role_arn, external_id) != external_id:
            raise Refused(
                "AccessDenied",
                f"User: arn:aws:sts::{account}:{CALLER} is not authorized to perform: sts:AssumeRole "
                f"on resource: {role_arn}",
                403,
            )
        role_account = role_arn.split(":")[4]
        access_key = f"ASIA{role_account}{next(self._serial):04}"
        self._account_of[access_key] = role_account
        expiration = datetime.now(UTC) + self.session
        return {
            "Credentials": {
                "AccessKeyId": access_key,
                "SecretAccessKey": planted.secret("assumed-secret-key"),
                "SessionToken": planted.secret("assumed-session-token"),
                "Expiration": expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
            "AssumedRoleUser": {"Arn": f"{role_arn}/{session_name}", "AssumedRoleId": f"AROA:{session_name}"},
        }
