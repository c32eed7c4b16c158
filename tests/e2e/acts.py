"""What is done with the deployed stack, one act after the other, and what each must show."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from botocore.exceptions import ClientError

from tests.e2e.emulator import Emulator
from tests.e2e.prepared import ROOT
from tests.standins import StandIns
from tests.template import iam

STACK = "finops-guard-e2e"
SAM = ROOT / ".venv-sam" / "bin" / "sam"
PARAMETERS: Mapping[str, str] = {
    "WebhookAllowedHosts": "127.0.0.1",
    "WeeklyState": "ENABLED",
    "DailyState": "ENABLED",
    "TimeZone": "Europe/Madrid",
    "Language": "en",
}
"""What is deployed, beside the webhook's secret."""
_PATIENCE = 180.0
_DUE = "<aws.scheduler.scheduled-time>"


class NotShown(AssertionError):
    """An act has not shown what it must."""


@dataclass
class Stage:
    """What the acts work with."""

    emulator: Emulator
    standins: StandIns
    template: Path
    bucket: str = ""
    stack: str = STACK

    @property
    def posts(self) -> int:
        return len(self.standins.workflows.posts)

    @property
    def pages(self) -> int:
        """Requests of Cost Explorer that AWS would charge."""
        return self.standins.cost_explorer.requests

    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs by name."""
        (stack,) = self.emulator.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


@dataclass(frozen=True)
class Ended:
    """An execution at its end, and what it made of the outside world."""

    status: str
    error: str
    cause: str
    posts: int
    pages: int


def must(shown: bool, what: str) -> None:
    """Raises NotShown with `what`."""
    if not shown:
        raise NotShown(what)


# ---- deploying and deleting ------------------------------------------------------------------------------------------


def deploy(stage: Stage, **parameters: str) -> str:
    """`sam deploy`, as `make deploy` calls it; returns how many resources there are."""
    given = {"TeamsWebhookSecretArn": secret(stage), **PARAMETERS, **parameters}
    command = [str(SAM), "deploy", "--template-file", str(stage.template), "--stack-name", stage.stack]
    command += [
        "--resolve-s3",
        "--capabilities",
        "CAPABILITY_IAM",
        "--no-confirm-changeset",
        "--no-progressbar",
    ]
    command += ["--tags", "application=finops-guard", "--parameter-overrides"]
    command += [f"{name}={value}" for name, value in given.items()]
    done = subprocess.run(
        command,
        env=stage.emulator.env,
        cwd=stage.template.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    must(
        done.returncode == 0,
        f"sam deploy ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-2000:]}",
    )
    outputs = stage.outputs()
    must(stage.bucket in ("", outputs["BucketName"]), "the bucket is not the one that was there")
    stage.bucket = outputs["BucketName"]
    made = stage.emulator.client("cloudformation").describe_stack_resources(StackName=stage.stack)[
        "StackResources"
    ]
    must(all(each["ResourceStatus"] == "CREATE_COMPLETE" for each in made), "a resource is not complete")
    buckets = [each for each in made if each["ResourceType"] == "AWS::S3::Bucket"]
    must(len(buckets) == (0 if parameters.get("BucketName") else 1), f"{len(buckets)} buckets were made")
    return f"{len(made)} resources, all CREATE_COMPLETE; bucket {'adopted' if not buckets else 'made'}"


def secret(stage: Stage) -> str:
    """The secret with the webhook's URL, made once."""
    client = stage.emulator.client("secretsmanager")
    try:
        found: str = client.describe_secret(SecretId="finopsguard/teams")["ARN"]
    except ClientError:
        found = client.create_secret(Name="finopsguard/teams", SecretString=stage.standins.webhook_url)["ARN"]
    return found


def alarms(stage: Stage) -> str:
    """Every alarm is there that these parameters ask for, and goes to the topic."""
    told = json.loads(stage.template.read_text("utf-8"))["Resources"]
    wanted = {
        name
        for name, each in told.items()
        if each["Type"] == "AWS::CloudWatch::Alarm"
        and ("Condition" not in each or iam.holds({"Condition": each["Condition"]}, PARAMETERS))
    }
    found = stage.emulator.client("cloudwatch").describe_alarms(AlarmNamePrefix=stage.stack)["MetricAlarms"]
    named = {name for name in wanted if any(f"-{name}-" in f"{each['AlarmName']}-" for each in found)}
    must(named == wanted, f"missing: {sorted(wanted - named)}")
    topic = stage.outputs()["AlertTopicArn"]
    must(all(topic in each["AlarmActions"] for each in found), "an alarm goes nowhere")
    return f"{len(found)} alarms, each with the topic as its action"


def enforced(stage: Stage) -> str:
    """Who has no policy reads nothing of the bucket."""
    iam = stage.emulator.client("iam")
    iam.create_user(UserName="nobody")
    keys = iam.create_access_key(UserName="nobody")["AccessKey"]
    stranger = stage.emulator.client(
        "s3", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"]
    )
    try:
        stranger.list_objects_v2(Bucket=stage.bucket)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        must(code == "AccessDenied", f"refused with {code}")
        return "a user without a policy is refused the bucket (AccessDenied)"
    raise NotShown("IAM is not enforced: a user without a policy has read the bucket")


def delete(stage: Stage) -> str:
    """The stack is gone and the bucket is not."""
    client = stage.emulator.client("cloudformation")
    client.delete_stack(StackName=stage.stack)
    for _ in polls():
        try:
            client.describe_stacks(StackName=stage.stack)
        except ClientError:
            break
    functions = stage.emulator.client("lambda").list_functions()["Functions"]
    must(
        not [each for each in functions if each["FunctionName"].startswith(stage.stack)], "a function is left"
    )
    kept = stage.emulator.client("s3").list_objects_v2(Bucket=stage.bucket)["KeyCount"]
    must(kept > 0, "the bucket is empty")
    return f"no function is left; the bucket has {kept} objects"


# ---- reports ---------------------------------------------------------------------------------------------------------


def due(report: str, back: int = 0) -> datetime:
    """When the schedule was last due, `back` times before."""
    today = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=2)
    if report == "weekly":
        return today - timedelta(days=today.weekday() + 7 * back)
    return today - timedelta(days=back)


def started(stage: Stage, report: str, at: datetime) -> str:
    """An execution's ARN: begun as the schedule does, with its own target and input."""
    schedule = stage.emulator.client("scheduler").get_schedule(
        GroupName=stage.stack, Name=f"{stage.stack}-{report}"
    )
    must(schedule["State"] == "ENABLED", f"the {report} schedule is {schedule['State']}")
    target = schedule["Target"]
    sent = target["Input"].replace(_DUE, f"{at:%Y-%m-%dT%H:%M:%SZ}")
    must(json.loads(sent)["report"] == report, "the schedule sends another report")
    client = stage.emulator.client("stepfunctions")
    arn: str = client.start_execution(stateMachineArn=target["Arn"], input=sent)["executionArn"]
    return arn


def ended(stage: Stage, arn: str, before: tuple[int, int]) -> Ended:
    """Waits for the end. `before` are posts and pages from when it began."""
    client = stage.emulator.client("stepfunctions")
    for _ in polls():
        told = client.describe_execution(executionArn=arn)
        if told["status"] != "RUNNING":
            posts, pages = stage.posts - before[0], stage.pages - before[1]
            return Ended(told["status"], told.get("error", ""), told.get("cause", ""), posts, pages)
    raise NotShown(f"{arn} still runs after {_PATIENCE:.0f} s")


def report(stage: Stage, name: str, *, back: int = 0, posts: int = 1, free: bool = False) -> str:
    """A report that succeeds; `free`: without a request of Cost Explorer."""
    before = stage.posts, stage.pages
    it = ended(stage, started(stage, name, due(name, back)), before)
    must(it.status == "SUCCEEDED", f"{it.status} with {it.error}: {it.cause}")
    must(it.posts == posts, f"{it.posts} cards were posted, not {posts}")
    must((it.pages == 0) == free, f"{it.pages} requests of Cost Explorer")
    return f"SUCCEEDED; {it.posts} cards posted, {it.pages} requests of Cost Explorer"


def failure(stage: Stage) -> str:
    """Cost Explorer denies, so all accounts are missing; the execution fails under that error's name.

    One card tells it: the gate's and the one that the rule on FAILED asks for are the same story.
    """
    before = stage.posts, stage.pages
    stage.standins.cost_explorer.deny()
    it = ended(stage, started(stage, "daily", due("daily", -1)), before)
    told = settled(stage, before[0] + 1)
    stage.standins.cost_explorer.heal()
    must(it.status == "FAILED", it.status)
    must(it.error == "TooManyAccountsMissing", f"the error is {it.error}")
    must(told == 1, f"{told} cards tell it")
    return (
        f"FAILED with {it.error}; {told} card tells it, although the rule on FAILED called NotifyFailure too"
    )


def aborted(stage: Stage) -> str:
    """Somebody stops an execution: no Catch sees that, the rule does."""
    before = stage.posts
    stage.standins.cost_explorer.throttle(None)
    arn = started(stage, "daily", due("daily", -1) + timedelta(hours=1))
    time.sleep(2)
    stage.emulator.client("stepfunctions").stop_execution(executionArn=arn)
    told = settled(stage, before + 1)
    stage.standins.cost_explorer.heal()
    status = stage.emulator.client("stepfunctions").describe_execution(executionArn=arn)["status"]
    must(status == "ABORTED", status)
    must(told == 1, f"{told} cards tell it")
    card = stage.standins.workflows.posts[-1].decode()
    must("ABORTED" in card, "the card does not say ABORTED")
    return "ABORTED; the rule called NotifyFailure, and 1 card tells it"


def settled(stage: Stage, posts: int) -> int:
    """Cards since then, once there are as many and no other came for some seconds."""
    for _ in polls():
        if stage.posts >= posts:
            break
    time.sleep(5)
    return stage.posts - posts + 1


def polls() -> Iterator[None]:
    """Until patience ends."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        yield
        time.sleep(0.3)


# ---- the play --------------------------------------------------------------------------------------------------------

ACTS: tuple[tuple[str, Callable[[Stage], str]], ...] = (
    ("the stack is deployed", deploy),
    ("IAM is enforced", enforced),
    ("alarms exist", alarms),
    ("the weekly schedule's input", lambda stage: report(stage, "weekly")),
    ("the daily schedule's input", lambda stage: report(stage, "daily")),
    (
        "the weekly schedule's input once more (at least once is what Scheduler promises)",
        lambda stage: report(stage, "weekly", posts=0, free=True),
    ),
    ("a report fails", failure),
    ("an execution is stopped by hand", aborted),
    ("the failed report's input once more", lambda stage: report(stage, "daily", back=-1)),
    ("the stack is deleted", delete),
    ("a stack is deployed that adopts the bucket", lambda stage: deploy(stage, BucketName=stage.bucket)),
    ("it is sent the weekly input again", lambda stage: report(stage, "weekly", posts=0, free=True)),
    ("it is sent the daily input again", lambda stage: report(stage, "daily", posts=0, free=True)),
    ("it is deleted too", delete),
)
