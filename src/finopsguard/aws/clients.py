"""boto3 clients: one session, one configuration, made once each and only when asked for.

Credentials and endpoints (AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE>) are found by botocore's own rules. Cost
Explorer and Organizations have one endpoint per partition; botocore picks it from the region.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import CredentialProvider, CredentialResolver, DeferredRefreshableCredentials

from finopsguard.aws.answers import bound
from finopsguard.aws.athena import ATHENA, GLUE
from finopsguard.aws.budgets import BUDGETS
from finopsguard.aws.errors import (
    COST_EXPLORER,
    ORGANIZATIONS,
    S3,
    SECRETS_MANAGER,
    STS,
    Service,
    translated,
)
from finopsguard.aws.events import EVENT_BRIDGE
from finopsguard.aws.executions import STEP_FUNCTIONS
from finopsguard.aws.stacks import CLOUDFORMATION, LOGS
from finopsguard.aws.topic import SNS
from finopsguard.aws.trail import CLOUD_TRAIL
from finopsguard.errors import InvalidConfiguration

if TYPE_CHECKING:
    from types_boto3_ce import CostExplorerClient
    from types_boto3_organizations import OrganizationsClient
    from types_boto3_s3 import S3Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_stepfunctions import SFNClient
    from types_boto3_sts import STSClient
    from types_boto3_sts.type_defs import AssumeRoleRequestTypeDef

T = TypeVar("T")

# Standard mode, because legacy mode does not retry Cost Explorer's LimitExceededException. Five calls with full
# jitter wait 15 s at most; the state machine retries after that.
CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 5},
    connect_timeout=5,
    read_timeout=60,
    tcp_keepalive=True,
    user_agent_extra="finopsguard",
)

# Version 4, which every region and a key of the customer's own ask for in presigned URLs.
_S3_CONFIG = CONFIG.merge(Config(signature_version="s3v4"))

# An alert is small, and NotifyFailure has two minutes for the store, Teams and the topic; the state machine retries.
_SNS_CONFIG = CONFIG.merge(Config(read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}))

# The card is posted by then; what is repeated here may be an event twice, and the state machine retries.
_EVENTS_CONFIG = CONFIG.merge(Config(read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3}))

# A report goes out without AWS Budgets, and ResolveAccounts has two minutes for all that it reads.
_BUDGETS_CONFIG = CONFIG.merge(Config(read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3}))


# Who acted is told beside the causes, which are not to wait for it.
_TRAIL_CONFIG = CONFIG.merge(Config(read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}))


class _Role(NamedTuple):
    """A role to assume, and what its trust policy may ask for: who reads for others proves for whom it does."""

    arn: str
    external_id: str | None


class Clients:
    """Makes each client once; safe for many threads."""

    def __init__(self, region: str) -> None:
        self._region = region
        # Clients are safe for threads, sessions are not. Reentrant: a role's credentials need the STS client.
        self._lock = threading.RLock()
        self._sessions: dict[_Role | None, boto3.Session] = {}
        self._clients: dict[tuple[str, _Role | None, str | None], Any] = {}

    def s3(self) -> S3Client:
        """S3 in the own account."""
        return self._once(S3, None, lambda session: session.client("s3", config=_S3_CONFIG))

    def sts(self) -> STSClient:
        """STS in the own account."""
        return self._once(STS, None, lambda session: session.client("sts", config=CONFIG))

    def secrets_manager(self) -> SecretsManagerClient:
        """Secrets Manager in the own account."""
        return self._once(
            SECRETS_MANAGER, None, lambda session: session.client("secretsmanager", config=CONFIG)
        )

    def step_functions(self) -> SFNClient:
        """Step Functions in the own account."""
        return self._once(
            STEP_FUNCTIONS, None, lambda session: session.client("stepfunctions", config=CONFIG)
        )

    def cloudformation(self) -> Any:
        """CloudFormation in the own account; `aws.stacks.CloudFormation` says what is used of it."""
        return self._once(
            CLOUDFORMATION, None, lambda session: session.client("cloudformation", config=CONFIG)
        )

    def logs(self) -> Any:
        """CloudWatch Logs in the own account; `aws.stacks.Logs` says what is used of it."""
        return self._once(LOGS, None, lambda session: session.client("logs", config=CONFIG))

    def sns(self) -> Any:
        """SNS in the own account; `aws.topic.Publisher` says what is used of it."""
        return self._once(SNS, None, lambda session: session.client("sns", config=_SNS_CONFIG))

    def events(self) -> Any:
        """EventBridge in the own account; `aws.events.Puts` says what is used of it."""
        return self._once(EVENT_BRIDGE, None, lambda session: session.client("events", config=_EVENTS_CONFIG))

    def athena(self) -> Any:
        """Athena in the own account; `aws.athena.Queries` says what is used of it."""
        return self._once(ATHENA, None, lambda session: session.client("athena", config=CONFIG))

    def glue(self) -> Any:
        """Glue in the own account; `aws.athena.Tables` says what is used of it."""
        return self._once(GLUE, None, lambda session: session.client("glue", config=CONFIG))

    def budgets(self, role_arn: str | None = None, external_id: str | None = None) -> Any:
        """AWS Budgets, through a role where one is given; `aws.budgets.Describes` says what is used of it."""
        role = _Role(role_arn, external_id) if role_arn else None
        return self._once(BUDGETS, role, lambda session: session.client("budgets", config=_BUDGETS_CONFIG))

    def other(self, service: Service, name: str) -> Any:
        """A client of the own account by boto3's name, for what `finopsguard doctor` alone looks at."""
        return self._once(service, None, lambda session: session.client(name, config=CONFIG))  # type: ignore[call-overload]

    def organizations(
        self, role_arn: str | None = None, external_id: str | None = None
    ) -> OrganizationsClient:
        """Organizations, through a role where one is given."""
        role = _Role(role_arn, external_id) if role_arn else None
        return self._once(ORGANIZATIONS, role, lambda session: session.client("organizations", config=CONFIG))

    def cost_explorer(
        self, role_arn: str | None = None, external_id: str | None = None
    ) -> CostExplorerClient:
        """Cost Explorer, through a role where one is given; raises InvalidConfiguration in GovCloud, which has none."""
        if self._region.startswith("us-gov-"):
            raise InvalidConfiguration(
                f"AWS_REGION is {self._region}, in GovCloud, where Cost Explorer has no costs of this Organization. Run"
                " FinOps Guard in the standard AWS account that pays for the GovCloud account."
            )
        role = _Role(role_arn, external_id) if role_arn else None
        return self._once(COST_EXPLORER, role, lambda session: session.client("ce", config=CONFIG))

    def cloud_trail(self, region: str, role_arn: str | None = None, external_id: str | None = None) -> Any:
        """CloudTrail in a Region, through a role where one is given; `aws.trail.Lookups` says what is used of it."""
        role = _Role(role_arn, external_id) if role_arn else None
        return self._once(
            CLOUD_TRAIL,
            role,
            lambda session: session.client("cloudtrail", region_name=region, config=_TRAIL_CONFIG),
            region,
        )

    def partition(self) -> str:
        """`aws`, `aws-cn` or another one: that of the region."""
        with self._lock:
            return str(self._session(None).get_partition_for_region(self._region))

    def _once(
        self,
        service: Service,
        role: _Role | None,
        make: Callable[[boto3.Session], T],
        region: str | None = None,
    ) -> T:
        with self._lock, translated(service):
            if (service.name, role, region) not in self._clients:
                try:
                    made = make(self._session(role))
                except ValueError:
                    # Not in botocore's words: they quote the endpoint, which may hold a password.
                    raise InvalidConfiguration(
                        "AWS_REGION is no region, or AWS_ENDPOINT_URL no URL. Correct it."
                    ) from None
                bound(made, service)
                self._clients[service.name, role, region] = made
            client: T = self._clients[service.name, role, region]
            return client

    def _session(self, role: _Role | None) -> boto3.Session:
        if role not in self._sessions:
            core = botocore.session.Session()
            core.register_component("data_loader", _models())
            if role is not None:
                assumed = _AssumedRole(self.sts, role)
                core.register_component("credential_provider", CredentialResolver([assumed]))
            self._sessions[role] = boto3.Session(botocore_session=core, region_name=self._region)
        return self._sessions[role]


@cache
def _models() -> Any:
    """botocore's service models, parsed once for the sessions of all roles: 70 ms for each without (measured)."""
    return botocore.session.Session().get_component("data_loader")


class _AssumedRole(CredentialProvider):
    """Credentials of a role, asked for at the first call and again before they expire."""

    METHOD = "assume-role"

    def __init__(self, sts: Callable[[], STSClient], role: _Role) -> None:
        super().__init__()
        self._sts = sts
        self._asked: AssumeRoleRequestTypeDef = {"RoleArn": role.arn, "RoleSessionName": "finopsguard"}
        if role.external_id:
            self._asked["ExternalId"] = role.external_id

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(refresh_using=self._assume, method=self.METHOD)

    def _assume(self) -> dict[str, Any]:
        answer = self._sts().assume_role(**self._asked)
        credentials = answer["Credentials"]
        return {
            "access_key": credentials["AccessKeyId"],
            "secret_key": credentials["SecretAccessKey"],
            "token": credentials["SessionToken"],
            "expiry_time": credentials["Expiration"].isoformat(),
        }
