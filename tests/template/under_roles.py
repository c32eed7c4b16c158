"""The attempts of attempts.py made as real requests under each role, against moto with its IAM enforced.

Three outcomes: denied, not denied, proves nothing. A tool that refuses everything, or lets everything through, would
pass for a good one, so each attempt has two controls: a role that may do nothing else has to get through, and a role
that may do nothing has to be refused. moto compares the resource only for S3, SQS, STS and IAM, and knows nothing of
conditions and boundaries: where these decide, nothing is proved.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws, settings
from moto.core.authorization import ActionAuthenticatorMixin

from tests.template import iam, stack
from tests.template.attempts import WORLDS, Attempt
from tests.template.iam import Call

Outcome = Literal["denied", "not denied", "proves nothing"]
_REFUSED = {"AccessDenied", "AccessDeniedException", "403", "Forbidden"}
_CONFIG = Config(retries={"total_max_attempts": 1})
_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
)

_MOTO = "123456789012"
_NOTHING = {"Effect": "Deny", "Action": "sts:GetFederationToken", "Resource": "*"}

Request = tuple[str, str, dict[str, Any]]


def _of_object(operation: str, **more: Any) -> Callable[[str], Request]:
    def request(arn: str) -> Request:
        bucket, _, key = arn.removeprefix("arn:aws:s3:::").partition("/")
        return "s3", operation, {"Bucket": bucket, **({"Key": key} if key else {}), **more}

    return request


def _of(service: str, operation: str, named: str = "", **more: Any) -> Callable[[str], Request]:
    """A request that names its resource in a parameter, or in none."""
    return lambda arn: (service, operation, {**({named: arn} if named else {}), **more})


_PERIOD: dict[str, Any] = {"TimePeriod": {"Start": "2026-11-01", "End": "2026-11-02"}}
_QUEUE = (
    f"https://sqs.{iam.REGION}.amazonaws.com/{iam.ACCOUNT}/{iam.arn('UndeliveredQueue').rpartition(':')[2]}"
)
_KEYED = {"CiphertextBlob": b"cipher"}
REQUESTS: Mapping[str, Callable[[str], Request]] = {
    "s3:PutObject": _of_object("put_object", Body=b""),
    "s3:GetObject": _of_object("get_object"),
    "s3:ListBucket": _of_object("list_objects_v2"),
    "s3:DeleteObject": _of_object("delete_object"),
    "s3:DeleteObjectVersion": _of_object("delete_object", VersionId="1"),
    "s3:PutBucketPolicy": _of_object("put_bucket_policy", Policy='{"Statement": []}'),
    "s3:PutLifecycleConfiguration": _of_object(
        "put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": []}
    ),
    "s3:PutBucketPublicAccessBlock": _of_object(
        "put_public_access_block", PublicAccessBlockConfiguration={"BlockPublicAcls": False}
    ),
    "s3:AbortMultipartUpload": _of_object("abort_multipart_upload", UploadId="x"),
    "s3:ListMultipartUploadParts": _of_object("list_parts", UploadId="x"),
    "s3:GetBucketLocation": _of_object("get_bucket_location"),
    "s3:ListBucketMultipartUploads": _of_object("list_multipart_uploads"),
    "athena:StartQueryExecution": _of("athena", "start_query_execution", QueryString="SELECT 1"),
    "ce:GetCostAndUsage": _of(
        "ce", "get_cost_and_usage", **_PERIOD, Granularity="DAILY", Metrics=["UsageQuantity"]
    ),
    "ce:CreateCostCategoryDefinition": _of(
        "ce", "create_cost_category_definition", Name="x", RuleVersion="CostCategoryExpression.v1", Rules=[{}]
    ),
    "organizations:ListAccounts": _of("organizations", "list_accounts"),
    "organizations:ListRoots": _of("organizations", "list_roots"),
    "organizations:CloseAccount": _of("organizations", "close_account", AccountId="111122223333"),
    "organizations:DescribeOrganizationalUnit": _of(
        "organizations", "describe_organizational_unit", OrganizationalUnitId="ou-ab12-cdef3456"
    ),
    "organizations:ListOrganizationalUnitsForParent": _of(
        "organizations", "list_organizational_units_for_parent", ParentId="r-ab12"
    ),
    "organizations:ListAccountsForParent": _of(
        "organizations", "list_accounts_for_parent", ParentId="r-ab12"
    ),
    "sts:AssumeRole": _of("sts", "assume_role", "RoleArn", RoleSessionName="tried"),
    "secretsmanager:GetSecretValue": _of("secretsmanager", "get_secret_value", "SecretId"),
    "secretsmanager:PutSecretValue": _of("secretsmanager", "put_secret_value", "SecretId", SecretString="x"),
    "kms:Decrypt": _of("kms", "decrypt", "KeyId", **_KEYED),
    "kms:GenerateDataKey": _of("kms", "generate_data_key", "KeyId", NumberOfBytes=32),
    "kms:ScheduleKeyDeletion": _of("kms", "schedule_key_deletion", "KeyId"),
    "kms:PutKeyPolicy": _of("kms", "put_key_policy", "KeyId", PolicyName="default", Policy="{}"),
    "ce:GetAnomalies": _of("ce", "get_anomalies", DateInterval={"StartDate": "2026-11-01"}),
    "events:PutEvents": lambda arn: (
        "events",
        "put_events",
        {"Entries": [{"Source": "x", "DetailType": "x", "Detail": "{}", "EventBusName": arn}]},
    ),
    "sns:Publish": _of("sns", "publish", "TopicArn", Message="x"),
    "sns:Subscribe": _of("sns", "subscribe", "TopicArn", Protocol="email", Endpoint="a@example.com"),
    "sqs:SendMessage": _of("sqs", "send_message", QueueUrl=_QUEUE, MessageBody="x"),
    "sqs:ReceiveMessage": _of("sqs", "receive_message", QueueUrl=_QUEUE),
    "states:DescribeExecution": _of("stepfunctions", "describe_execution", "executionArn"),
    "states:StartExecution": _of("stepfunctions", "start_execution", "stateMachineArn"),
    "states:StopExecution": _of("stepfunctions", "stop_execution", "executionArn"),
    "states:UpdateStateMachine": _of("stepfunctions", "update_state_machine", "stateMachineArn"),
    "lambda:InvokeFunction": _of("lambda", "invoke", "FunctionName"),
    "lambda:UpdateFunctionCode": _of("lambda", "update_function_code", "FunctionName", ZipFile=b"x"),
    "logs:PutLogEvents": _of(
        "logs",
        "put_log_events",
        logGroupName="x",
        logStreamName="x",
        logEvents=[{"timestamp": 1, "message": "x"}],
    ),
    "logs:DeleteLogGroup": _of("logs", "delete_log_group", logGroupName="x"),
    "xray:PutTraceSegments": _of("xray", "put_trace_segments", TraceSegmentDocuments=["{}"]),
    "iam:CreateRole": _of("iam", "create_role", RoleName="other", AssumeRolePolicyDocument=_TRUST),
    "iam:PutRolePolicy": _of(
        "iam", "put_role_policy", RoleName="finops-guard-FetchCostsRole", PolicyName="x", PolicyDocument="{}"
    ),
    "iam:DeleteRolePermissionsBoundary": _of(
        "iam", "delete_role_permissions_boundary", RoleName="finops-guard-FetchCostsRole"
    ),
    "scheduler:UpdateSchedule": _of(
        "scheduler",
        "update_schedule",
        Name="x",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": iam.arn("StateMachine"), "RoleArn": iam.arn("ScheduleRole")},
    ),
    "iam:CreateUser": _of("iam", "create_user", UserName="other"),
}
"""How an action is called; what is not here is not tried under a role, and proves nothing."""


class Enforced:
    """moto's IAM with the roles of one world; `outcome` makes one attempt under one of them."""

    def __init__(self, callers: Callers, parameters: Mapping[str, str]) -> None:
        self._callers = callers
        self._parameters = parameters
        self._controls: dict[str, bool] = {}
        bucket = iam.arn("Bucket").rpartition(":")[2]
        self._callers.client("", "s3").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": iam.REGION}
        )
        for role in iam.roles():
            self.make(role, iam.statements(role, parameters))
        self.make("NothingRole", [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}])
        self.make("ControlRole", [])

    def make(self, role: str, statements: Sequence[Mapping[str, Any]]) -> None:
        """A role with these statements, which it has instead of those that it had."""
        name = f"{iam.STACK}-{role}"
        with _trusted():
            if role not in self._callers.roles:
                self._callers.client("", "iam").create_role(RoleName=name, AssumeRolePolicyDocument=_TRUST)
                self._callers.assume(role, f"arn:aws:iam::{_MOTO}:role/{name}")
            document = {"Version": "2012-10-17", "Statement": list(statements) or [_NOTHING]}
            self._callers.client("", "iam").put_role_policy(
                RoleName=name, PolicyName="own", PolicyDocument=json.dumps(document)
            )

    def outcome(self, role: str, call: Call) -> Outcome:
        """What the attempt proves, after its controls."""
        if call.action not in REQUESTS:
            return "proves nothing"
        named = [
            each
            for each in iam.statements(role, self._parameters)
            if call.action in stack.as_list(each["Action"])
        ]
        if not self._tells(call) or any("Condition" in each or call.context for each in named):
            return "proves nothing"
        if any(each["Resource"] != "*" for each in named) and not self._tells_resources(call):
            return "proves nothing"
        return "denied" if self.refused(role, call) else "not denied"

    def _tells(self, call: Call) -> bool:
        """True if moto knows the action: who may it on everything gets through, who may nothing does not."""
        return self._control(call, "*") and self.refused("NothingRole", call)

    def _tells_resources(self, call: Call) -> bool:
        """True if moto looks at the resource as well: who may it on this one alone gets through."""
        if call.resource == "*":
            return True
        return self._control(call, call.resource) and not self._control(call, f"{call.resource}-not")

    def _control(self, call: Call, resource: str) -> bool:
        """True if who may do that on this resource alone is not refused; asked once for each action and kind."""
        kind = f"{call.action} {resource == call.resource} {resource == '*'} {'/' in call.resource}"
        if kind not in self._controls:
            self.make("ControlRole", [{"Effect": "Allow", "Action": call.action, "Resource": resource}])
            self._controls[kind] = not self.refused("ControlRole", call)
        return self._controls[kind]

    def refused(self, role: str, call: Call) -> bool:
        """True if the request is refused for want of a permission; whatever else is answered, it got through IAM."""
        service, operation, parameters = REQUESTS[call.action](call.resource)
        try:
            getattr(self._callers.client(role, service), operation)(**parameters)
        except ClientError as error:
            return error.response["Error"]["Code"] in _REFUSED
        except NotImplementedError:  # moto looks at the rights first
            return False
        return False


class Callers:
    """One client for each service, whose requests are signed by the role that is named."""

    def __init__(self) -> None:
        self.roles: dict[str, Mapping[str, str]] = {}
        self._clients: dict[str, Any] = {}
        self._session: Any = boto3.Session("root", "root", region_name=iam.REGION)
        self._credentials: Any = self._session.get_credentials()

    def assume(self, role: str, arn: str) -> None:
        """Signs in as a role."""
        answer = self.client("", "sts").assume_role(RoleArn=arn, RoleSessionName="tried")
        self.roles[role] = answer["Credentials"]

    def client(self, role: str, service: str) -> Any:
        """The service's client, signing for a role; for the owner of everything where none is named."""
        signer = self.roles.get(role, {})
        self._credentials.access_key = signer.get("AccessKeyId", "root")
        self._credentials.secret_key = signer.get("SecretAccessKey", "root")
        self._credentials.token = signer.get("SessionToken")
        if service not in self._clients:
            self._clients[service] = self._session.client(service, config=_CONFIG)
        return self._clients[service]


@contextmanager
def enforced(world: str, callers: Callers | None = None) -> Iterator[Enforced]:
    """A world with IAM enforced for every request of its roles."""
    with mock_aws():
        made = Enforced(callers or Callers(), WORLDS[world])
        before = ActionAuthenticatorMixin.request_count, settings.INITIAL_NO_AUTH_ACTION_COUNT
        ActionAuthenticatorMixin.request_count, settings.INITIAL_NO_AUTH_ACTION_COUNT = 0, 0
        try:
            yield made
        finally:
            ActionAuthenticatorMixin.request_count, settings.INITIAL_NO_AUTH_ACTION_COUNT = before


@contextmanager
def _trusted() -> Iterator[None]:
    """Nobody is asked for a permission: roles are being made."""
    before = settings.INITIAL_NO_AUTH_ACTION_COUNT
    settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
    try:
        yield
    finally:
        settings.INITIAL_NO_AUTH_ACTION_COUNT = before


def outcomes(attempts: Sequence[Attempt]) -> dict[Attempt, dict[str, Outcome]]:
    """Every attempt under every role."""
    found: dict[Attempt, dict[str, Outcome]] = {}
    callers = Callers()
    for world in {attempt.world: None for attempt in attempts}:
        callers.roles.clear()
        with enforced(world, callers) as roles:
            for attempt in attempts:
                if attempt.world == world:
                    found[attempt] = {role: roles.outcome(role, attempt.call) for role in iam.roles()}
    return found
