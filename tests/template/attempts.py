"""What is tried under each role of the stack: its own calls, those of the others, and what nobody may do.

Who may comes from the table of keys where objects are concerned, and is written here where they are not: the recorded
runs of tests/template/test_recorded.py hold both to what the steps were seen to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from finopsguard.store import keys
from tests.template import granted, iam, stack
from tests.template.iam import Call

_HERE = f"{iam.REGION}:{iam.ACCOUNT}"
SECRET = f"arn:aws:secretsmanager:{_HERE}:secret:finopsguard/teams_webhook_url-AbCdEf"
ROUTE_SECRET = f"arn:aws:secretsmanager:{_HERE}:secret:finopsguard/payments-AbCdEf"
SECRET_KEY, KEY = (f"arn:aws:kms:{_HERE}:key/{name}" for name in ("secret", "customer"))
ORGANIZATION_ROLE = "arn:aws:iam::222233334444:role/finopsguard-organization"
ACCOUNT_ROLE = "arn:aws:iam::999988887777:role/finopsguard-account"

BUS = f"arn:aws:events:{_HERE}:event-bus/incidents"

# In the management account; in a tooling account, by a role and by a billing view; and what a fresh deployment has.
MANAGEMENT: Mapping[str, str] = {
    "TeamsWebhookSecretArn": SECRET,
    "RouteSecretArns": f"{ROUTE_SECRET},{ROUTE_SECRET}2",
    "WebhookSecretKeyArn": SECRET_KEY,
    "KmsKeyArn": KEY,
    "PageLink": "presigned",
}
TOOLING = {**MANAGEMENT, "OrganizationRoleArn": ORGANIZATION_ROLE, "AccountRoleArns": ACCOUNT_ROLE}
VIEW = "arn:aws:billing::222233334444:billingview/custom-1"
EXPORT = {
    **MANAGEMENT,
    "CostSource": "data_export",
    "ExportBucket": "exports",
    "ExportPrefix": "billing",
    "ExportName": "all",
}
RESOURCES = {"Resources": "true"}
WORLDS: Mapping[str, Mapping[str, str]] = {
    "management": MANAGEMENT,
    "resources": {**MANAGEMENT, **RESOURCES},
    "budgets": {**MANAGEMENT, "AwsBudgets": "true"},
    "opinion": {**MANAGEMENT, "SecondOpinion": "true"},
    "events": {**MANAGEMENT, "EventBus": BUS},
    "tooling": TOOLING,
    "view": {**MANAGEMENT, **RESOURCES, "BillingViewArn": VIEW},
    "export": EXPORT,
    "athena": {
        **EXPORT,
        "ExportEngine": "athena",
        "ExportDatabase": "billing",
        "ExportTable": "all_costs",
    },
    "trail": {**MANAGEMENT, "Trail": "true", "TrailRole": "FinOpsGuardTrail"},
    "fresh": {},
}


@dataclass(frozen=True)
class Attempt:
    """A call, in words; the roles that have to be able to make it, and those that may besides, none by default."""

    call: Call
    what: str
    must: frozenset[str] = frozenset()
    may_besides: frozenset[str] = frozenset()
    world: str = "management"

    @property
    def may(self) -> frozenset[str]:
        """All who are not to be refused, or need not be."""
        return self.must | self.may_besides


def roles(*names: str) -> frozenset[str]:
    """`FetchCosts` -> `FetchCostsRole`."""
    return frozenset(f"{name}Role" for name in names)


def key_of(kind: keys.Kind) -> str:
    """The key of one object of a kind."""
    return kind.key(**dict.fromkeys(re.findall(r"\{(\w+)\}", kind.pattern), "x-1"))


def all_attempts() -> Iterator[Attempt]:
    """Everything that is tried."""
    yield from of_objects()
    yield from of_services()
    yield from of_resources()
    yield from of_the_trail()
    yield from of_routes()
    yield from of_tags_and_budgets()
    yield from of_opinions()
    yield from of_events()
    yield from of_nobody()


def of_objects() -> Iterator[Attempt]:
    """Each kind of object is written by its writers alone; who writes one may look whether it is there."""
    bucket = iam.arn("Bucket")
    for kind in keys.TABLE:
        where, what = f"{bucket}/{key_of(kind)}", f"`{granted.keys_of(kind)}`"
        writers, readers = roles(*kind.writers), roles(*(kind.writers if kind.counted else kind.readers))
        world = "athena" if kind.prefix == keys.UNLOADED.prefix else "management"
        # Athena writes with the rights of who asks it.
        writers |= roles(*keys.UNLOADED_LIST.readers) if world == "athena" else roles()
        yield Attempt(Call("s3:PutObject", where), what, writers, world=world)
        yield Attempt(Call("s3:GetObject", where), what, readers, writers, world=world)
    listing = roles(*(step for step in stack.functions() if step != "HoldForRedrive"))
    yield Attempt(Call("s3:ListBucket", bucket), "the bucket", listing)
    page = f"{bucket}/{key_of(keys.PAGE)}"
    own = Call("s3:GetObject", f"{bucket}/{key_of(keys.PART_PAGE)}")
    yield Attempt(own, "an owner's page, nothing presigned", world="fresh")
    yield Attempt(Call("s3:GetObject", page), "the page, nothing presigned", world="fresh")
    hours = {"s3:signatureAge": str(stack.template()["Parameters"]["PageLinkHours"]["MaxValue"] * 3_600_000)}
    yield Attempt(Call("s3:GetObject", page, hours), "the page, by a link of 12 hours", roles("BuildCard"))
    older = {name: f"{int(age) + 1}" for name, age in hours.items()}
    yield Attempt(Call("s3:GetObject", page, older), "the page, by an older link")


def of_the_trail() -> Iterator[Attempt]:
    """Who acted is looked up by one step, where it is switched on, and through the role that is named."""
    looked_up, assume = "with `Trail` and `TrailRole`", "sts:AssumeRole"
    explain, look = roles("ExplainAnomalies"), Call("cloudtrail:LookupEvents", "*")
    yield Attempt(look, f"the event history, {looked_up}", explain, world="trail")
    yield Attempt(look, "the event history")
    named = "arn:aws:iam::999988887777:role/FinOpsGuardTrail"
    yield Attempt(Call(assume, named), f"`TrailRole` in an account, {looked_up}", explain, world="trail")
    yield Attempt(Call(assume, ACCOUNT_ROLE), f"another role, {looked_up}", world="trail")


def of_routes() -> Iterator[Attempt]:
    """The webhooks of the route file's channels are read by who posts there, those that are named and no others."""
    of_route, named = Call("secretsmanager:GetSecretValue", ROUTE_SECRET), "with `RouteSecretArns`"
    yield Attempt(of_route, f"a route's webhook, {named}", roles("PostToTeams"))
    yield Attempt(of_route, "a route's webhook", world="fresh")
    other = Call("secretsmanager:GetSecretValue", f"{ROUTE_SECRET}-of-another")
    yield Attempt(other, f"another secret, {named}")


def of_services() -> Iterator[Attempt]:
    """What the steps, the state machine and the schedules call."""
    resolve, fetch, posts, asks = (
        roles("ResolveAccounts"),
        roles("FetchCosts"),
        roles("PostToTeams", "NotifyFailure"),
        roles("ResolveAccounts", "FetchCosts", "ExplainAnomalies"),
    )
    tooling = "with `OrganizationRoleArn`"
    yield Attempt(Call("ce:GetCostAndUsage", "*"), "all costs", asks)
    yield Attempt(Call("ce:GetCostAndUsage", "*"), f"all costs, {tooling}", world="tooling")
    yield Attempt(Call("ce:GetDimensionValues", "*"), "all costs", resolve)
    viewed = "with `BillingViewArn`"
    yield Attempt(Call("ce:GetCostAndUsage", VIEW), f"the billing view, {viewed}", asks, world="view")
    yield Attempt(Call("ce:GetCostAndUsage", "*"), f"all costs, {viewed}", world="view")
    yield Attempt(Call("billing:GetBillingViewData", VIEW), f"the billing view, {viewed}", asks, world="view")
    exported = "with `CostSource` data_export"
    file = "arn:aws:s3:::exports/billing/all/data/BILLING_PERIOD=2026-11/all-00001.snappy.parquet"
    yield Attempt(Call("s3:GetObject", file), f"the data export, {exported}", resolve | fetch, world="export")
    yield Attempt(
        Call("s3:ListBucket", "arn:aws:s3:::exports"),
        f"its bucket, {exported}",
        resolve | fetch,
        world="export",
    )
    by_athena = "with `ExportEngine` athena"
    workgroup = f"arn:aws:athena:{_HERE}:workgroup/{iam.STACK}-export"
    for action in ("athena:StartQueryExecution", "athena:GetQueryExecution"):
        yield Attempt(
            Call(action, workgroup), f"`ExportWorkgroup`, {by_athena}", resolve | fetch, world="athena"
        )
        yield Attempt(Call(action, workgroup), f"`ExportWorkgroup`, {exported}", world="export")
    yield Attempt(
        Call("athena:StartQueryExecution", f"arn:aws:athena:{_HERE}:workgroup/primary"),
        f"another workgroup, {by_athena}",
        world="athena",
    )
    for action, resource in (
        ("glue:GetDatabase", "database/billing"),
        ("glue:GetTable", "table/billing/all_costs"),
        ("glue:GetPartitions", "table/billing/all_costs"),
    ):
        where = f"arn:aws:glue:{_HERE}:{resource}"
        yield Attempt(
            Call(action, where), f"the export's table, {by_athena}", resolve | fetch, world="athena"
        )
    yield Attempt(
        Call("glue:GetTable", f"arn:aws:glue:{_HERE}:table/billing/other"),
        f"another table, {by_athena}",
        world="athena",
    )
    own = iam.arn("Bucket")
    for action in ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"):
        yield Attempt(
            Call(action, f"{own}/athena/aws/x"), f"`athena/*`, {by_athena}", resolve | fetch, world="athena"
        )
    for action in ("s3:GetBucketLocation", "s3:ListBucketMultipartUploads"):
        yield Attempt(Call(action, own), f"the bucket, {by_athena}", resolve | fetch, world="athena")
    yield Attempt(Call("s3:GetObject", file), "a data export, without it")
    yield Attempt(
        Call("s3:GetObject", "arn:aws:s3:::exports/billing/other/data/x"),
        f"another export, {exported}",
        world="export",
    )
    yield Attempt(Call("s3:PutObject", file), f"the data export, {exported}", world="export")
    yield Attempt(Call("organizations:ListAccounts", "*"), "the Organization", resolve)
    yield Attempt(Call("organizations:ListAccounts", "*"), f"the Organization, {tooling}", world="tooling")
    yield Attempt(Call("organizations:ListRoots", "*"), "the Organization", resolve)
    unit = "arn:aws:organizations::222233334444:ou/o-ab12/ou-ab12-cdef3456"
    for action in ("DescribeOrganizationalUnit", "ListOrganizationalUnitsForParent", "ListAccountsForParent"):
        yield Attempt(Call(f"organizations:{action}", unit), "a unit", resolve)
    assume = "sts:AssumeRole"
    yield Attempt(Call(assume, ORGANIZATION_ROLE), "`OrganizationRoleArn`", asks, world="tooling")
    yield Attempt(
        Call(assume, ACCOUNT_ROLE),
        "a role of `AccountRoleArns`",
        fetch | roles("ExplainAnomalies"),
        world="tooling",
    )
    yield Attempt(Call("secretsmanager:GetSecretValue", SECRET), "the webhook", posts)
    yield from of_keys(posts)
    yield Attempt(Call("sns:Publish", iam.arn("AlertTopic")), "`AlertTopic`", roles("NotifyFailure"))
    queue = iam.arn("UndeliveredQueue")
    yield Attempt(Call("sqs:SendMessage", queue), "`UndeliveredQueue`", roles("NotifyFailure", "Schedule"))
    execution = f"arn:aws:states:{_HERE}:execution:{iam.STACK}:one"
    yield Attempt(Call("states:DescribeExecution", execution), "an execution", roles("HoldForRedrive"))
    yield Attempt(Call("states:StartExecution", iam.arn("StateMachine")), "`StateMachine`", roles("Schedule"))
    invoke = "lambda:InvokeFunction"
    yield Attempt(Call(invoke, iam.arn("PostToTeamsFunction")), "PostToTeams", roles("StateMachine"))
    yield Attempt(Call(invoke, iam.arn("CheckHeartbeatFunction")), "CheckHeartbeat", roles("Schedule"))
    yield Attempt(Call("logs:PutLogEvents", iam.arn("FetchCostsLogs")), "the log of FetchCosts", fetch)
    traced = roles(*stack.functions(), "StateMachine")
    yield Attempt(Call("xray:PutTraceSegments", "*"), "traces", traced)


def of_resources() -> Iterator[Attempt]:
    """Costs by resource, where they are asked for."""
    call, explains = "ce:GetCostAndUsageWithResources", roles("ExplainAnomalies")
    viewed = "with `BillingViewArn` and `Resources`"
    yield Attempt(Call(call, "*"), "costs by resource, with `Resources`", explains, world="resources")
    yield Attempt(Call(call, "*"), "costs by resource, without it")
    yield Attempt(Call(call, VIEW), f"the billing view, {viewed}", explains, world="view")


def of_tags_and_budgets() -> Iterator[Attempt]:
    """What ResolveAccounts reads beside accounts and costs."""
    resolve, tags = roles("ResolveAccounts"), "organizations:ListTagsForResource"
    member = "arn:aws:organizations::222233334444:account/o-ab12/111122223333"
    yield Attempt(Call(tags, member), "an account", resolve)
    yield Attempt(Call(tags, member), "an account, with `OrganizationRoleArn`", world="tooling")
    yield Attempt(Call(tags, "arn:aws:organizations::222233334444:ou/o-ab12/ou-ab12-cdef3456"), "a unit")
    view, budget = "budgets:ViewBudget", f"arn:aws:budgets::{iam.ACCOUNT}:budget/all"
    yield Attempt(Call(view, budget), "a budget, with `AwsBudgets`", resolve, world="budgets")
    yield Attempt(Call(view, budget), "a budget, without it")


def of_opinions() -> Iterator[Attempt]:
    """What AWS Cost Anomaly Detection found, where it is asked."""
    look, resolve = Call("ce:GetAnomalies", "*"), roles("ResolveAccounts")
    yield Attempt(look, "AWS's findings, with `SecondOpinion`", resolve, world="opinion")
    yield Attempt(look, "AWS's findings, without it")


def of_events() -> Iterator[Attempt]:
    """Events go to the bus that is named, under our own source, where one is."""
    put, ours, named = "events:PutEvents", {"events:source": "finopsguard"}, "with `EventBus`"
    sends = roles("SendEvents")
    yield Attempt(Call(put, BUS, ours), f"`EventBus`, {named}", sends, world="events")
    yield Attempt(Call(put, BUS, {"events:source": "aws.ec2"}), f"another source, {named}", world="events")
    other = f"arn:aws:events:{_HERE}:event-bus/default"
    yield Attempt(Call(put, other, ours), f"another bus, {named}", world="events")
    yield Attempt(Call(put, BUS, ours), "a bus, without it")


def of_keys(posts: frozenset[str]) -> Iterator[Attempt]:
    """Keys are used through the service that has something encrypted with them, and for that thing."""
    bucket = {
        "kms:ViaService": f"s3.{iam.REGION}.amazonaws.com",
        "kms:EncryptionContext:aws:s3:arn": iam.arn("Bucket"),
    }
    other = {**bucket, "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::another-bucket"}
    readers = roles(*(step for kind in keys.TABLE for step in kind.readers))
    writers = roles(*(step for kind in keys.TABLE for step in kind.writers))
    yield Attempt(Call("kms:Decrypt", KEY, bucket), "`KmsKeyArn`, for an object", readers, writers)
    yield Attempt(Call("kms:GenerateDataKey", KEY, bucket), "`KmsKeyArn`, for an object", writers)
    yield Attempt(Call("kms:Decrypt", KEY, other), "`KmsKeyArn`, for another bucket's object")
    yield Attempt(Call("kms:Decrypt", KEY), "`KmsKeyArn`, called by itself")
    sent = {"sns": roles("NotifyFailure"), "sqs": roles("NotifyFailure", "Schedule")}
    for service, senders in sent.items():
        via = {"kms:ViaService": f"{service}.{iam.REGION}.amazonaws.com"}
        yield Attempt(
            Call("kms:GenerateDataKey", KEY, via), f"`KmsKeyArn`, through {service.upper()}", senders
        )
    secret = {"kms:ViaService": f"secretsmanager.{iam.REGION}.amazonaws.com"}
    yield Attempt(Call("kms:Decrypt", SECRET_KEY, secret), "`WebhookSecretKeyArn`, for the webhook", posts)
    yield Attempt(Call("kms:Decrypt", SECRET_KEY), "`WebhookSecretKeyArn`, called by itself")


def of_nobody() -> Iterator[Attempt]:
    """What no role of the stack may do, whatever its step is."""
    bucket, ledger = iam.arn("Bucket"), f"{iam.arn('Bucket')}/{key_of(keys.DELIVERY)}"
    forbidden = {
        "s3:DeleteObject": (ledger, "a record of `deliveries/`"),
        "s3:DeleteObjectVersion": (ledger, "a record of `deliveries/`"),
        "s3:PutBucketPolicy": (bucket, "the bucket"),
        "s3:PutLifecycleConfiguration": (bucket, "the bucket"),
        "s3:PutBucketPublicAccessBlock": (bucket, "the bucket"),
        "iam:CreateRole": (f"arn:aws:iam::{iam.ACCOUNT}:role/other", "a new role"),
        "iam:PutRolePolicy": (iam.arn("FetchCostsRole"), "a role of the stack"),
        "iam:DeleteRolePermissionsBoundary": (iam.arn("FetchCostsRole"), "a role of the stack"),
        "organizations:LeaveOrganization": ("*", "the Organization"),
        "organizations:CloseAccount": ("arn:aws:organizations::222233334444:account/o-ab12/1", "an account"),
        "ce:CreateCostCategoryDefinition": ("*", "cost management"),
        "budgets:ModifyBudget": (f"arn:aws:budgets::{iam.ACCOUNT}:budget/all", "a budget"),
        "secretsmanager:PutSecretValue": (SECRET, "the webhook"),
        "secretsmanager:GetSecretValue": (
            f"arn:aws:secretsmanager:{_HERE}:secret:other-AbCdEf",
            "another secret",
        ),
        "kms:ScheduleKeyDeletion": (KEY, "`KmsKeyArn`"),
        "kms:PutKeyPolicy": (KEY, "`KmsKeyArn`"),
        "lambda:UpdateFunctionCode": (iam.arn("PostToTeamsFunction"), "PostToTeams"),
        "states:UpdateStateMachine": (iam.arn("StateMachine"), "`StateMachine`"),
        "states:StopExecution": (f"arn:aws:states:{_HERE}:execution:{iam.STACK}:one", "an execution"),
        "states:DescribeExecution": (
            f"arn:aws:states:{_HERE}:execution:other:one",
            "another machine's execution",
        ),
        "scheduler:UpdateSchedule": (
            f"arn:aws:scheduler:{_HERE}:schedule/default/{iam.STACK}-weekly",
            "a schedule",
        ),
        "logs:DeleteLogGroup": (iam.arn("FetchCostsLogs"), "the log of FetchCosts"),
        "sns:Subscribe": (iam.arn("AlertTopic"), "`AlertTopic`"),
        "sns:Publish": (f"arn:aws:sns:{_HERE}:other", "another topic"),
        "sqs:ReceiveMessage": (iam.arn("UndeliveredQueue"), "`UndeliveredQueue`"),
        "sts:AssumeRole": (f"arn:aws:iam::{iam.ACCOUNT}:role/admin", "another role"),
        "iam:CreateUser": (f"arn:aws:iam::{iam.ACCOUNT}:user/other", "a new user"),
    }
    for action, (resource, what) in forbidden.items():
        yield Attempt(Call(action, resource), what)
    yield Attempt(Call("s3:PutObject", f"{bucket}/elsewhere.json"), "a key of no kind")
    yield Attempt(Call("s3:GetObject", "arn:aws:s3:::another-bucket/object"), "another bucket's object")
