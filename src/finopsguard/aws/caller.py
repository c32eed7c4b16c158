"""Who calls AWS, from where, and when by AWS's own clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import botocore.session
from botocore.exceptions import ClientError, UnknownRegionError

from finopsguard.aws.clients import Clients
from finopsguard.aws.errors import ORGANIZATIONS, STS, complete, incomplete, texts, translated
from finopsguard.aws.words import one_line

if TYPE_CHECKING:
    from types_boto3_sts.type_defs import AssumeRoleRequestTypeDef

_ACCOUNT = re.compile(r"[0-9]{12}")
_SESSION = "finopsguard"


class Caller(NamedTuple):
    """An account and who acts in it (`assumed-role/Reader/...`), without the name of a person."""

    account: str
    who: str


class Region(NamedTuple):
    """`partition` is `aws`, `aws-cn`, ...; `listed`: this botocore has it in its list, and not by its form alone."""

    partition: str
    listed: bool


def caller(clients: Clients) -> Caller:
    """Whose credentials are in use; raises the errors of STS."""
    with translated(STS):
        answer = texts(complete(clients.sts().get_caller_identity(), "Account"), "Account", "Arn")
        if not _ACCOUNT.fullmatch(answer["Account"]):
            raise incomplete("an account without its id")
        return Caller(answer["Account"], one_line(answer.get("Arn", "")).rpartition(":")[2])


def time_of_aws(clients: Clients) -> datetime | None:
    """When AWS answered, by its own clock, whether it took the request or not; None where it does not say."""
    with translated(STS):
        try:
            said: Mapping[str, Any] = clients.sts().get_caller_identity()["ResponseMetadata"]
        except ClientError as error:
            said = error.response.get("ResponseMetadata", {})
        try:
            return parsedate_to_datetime(said.get("HTTPHeaders", {}).get("date", ""))
        except ValueError:
            return None


def assume(clients: Clients, role_arn: str, external_id: str | None) -> None:
    """Assumes a role, and forgets its credentials; raises RoleNotAssumable and the errors of STS."""
    asked: AssumeRoleRequestTypeDef = {"RoleArn": role_arn, "RoleSessionName": _SESSION}
    if external_id:
        asked["ExternalId"] = external_id
    with translated(STS, about=role_arn):
        complete(clients.sts().assume_role(**asked), "Credentials")


def management_account(clients: Clients, role_arn: str | None, external_id: str | None) -> str | None:
    """The account that manages the Organization, as the ARN of any account says it; None where none is listed.

    Raises the errors of ORGANIZATIONS.
    """
    with translated(ORGANIZATIONS, about=role_arn or ""):
        listed = complete(
            clients.organizations(role_arn, external_id).list_accounts(MaxResults=1), "Accounts"
        )
        arns = [texts(each, "Arn").get("Arn", "").split(":") for each in listed["Accounts"]]
        return next((parts[4] for parts in arns if len(parts) > 4), None)


def region(name: str) -> Region | None:
    """What botocore knows of a region; None for what is none."""
    session = botocore.session.Session()
    try:
        partition = session.get_partition_for_region(name)
    except UnknownRegionError:
        return None
    return Region(partition, name in session.get_available_regions("sts", partition))
