"""The stack, deployed into the emulator once for all integration tests."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from localstack_client.session import Session

from finopsguard import resources
from finopsguard.engine.aws import run_deployed
from finopsguard.engine.execution import Event, Execution
from tests import planted
from tests.standins import StandIns
from tests.workflow.machine import PATH, TASKS, function_of

BUCKET = "finops-guard-integration"
REGION = "us-east-1"


class Stack:
    """What was deployed, and a way to run it."""

    def __init__(self, session: Session, endpoint: str, teams: StandIns) -> None:
        self.client = session.client
        self.teams = teams
        self.endpoint = endpoint
        self.machine_arn = ""
        self.functions: dict[str, str] = {}
        self.events: list[Event] = []

    def deploy(self) -> None:
        """Creates what template.yaml would: bucket, secret, functions, state machine."""
        self.client("s3").create_bucket(Bucket=BUCKET)
        secret = self.client("secretsmanager").create_secret(
            Name="finopsguard/webhook", SecretString=json.dumps({"url": self.teams.webhook_url})
        )
        policy = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}}]}
        role = self.client("iam").create_role(
            RoleName="FinOpsGuard", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", **policy})
        )["Role"]["Arn"]
        for step in sorted({function_of(state) for state in TASKS}):
            self.functions[step] = self.create_function(step, role, secret["ARN"])
        definition = re.sub(r"\$\{(\w+)\}", lambda found: self._substitute(found[1]), PATH.read_text("utf-8"))
        self.machine_arn = self.client("stepfunctions").create_state_machine(
            name="finops-guard", definition=definition, roleArn=role
        )["stateMachineArn"]

    def create_function(self, step: str, role: str, secret: str) -> str:
        """Creates a step's function and returns its ARN."""
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.write(resources.folder("functions") / step / "app.py", "app.py")
        created = self.client("lambda").create_function(
            FunctionName="".join(word.title() for word in step.split("_")) + "Function",
            Description=f"functions/{step}",
            Runtime="python3.13",
            Handler="app.handler",
            Role=role,
            Timeout=20,
            Code={"ZipFile": code.getvalue()},
            Environment={
                "Variables": {
                    "AWS_ENDPOINT_URL": self.endpoint,
                    "AWS_ACCESS_KEY_ID": "accesskey",
                    "AWS_SECRET_ACCESS_KEY": planted.secret("key"),
                    "AWS_REGION": REGION,
                    "FINOPSGUARD_BUCKET": BUCKET,
                    "FINOPSGUARD_USE_MOCK_DATA": "true",
                    "FINOPSGUARD_LANGUAGE": "en",
                    "FINOPSGUARD_MAX_CONCURRENCY": "2",
                    "FINOPSGUARD_WEBHOOK_ALLOWED_HOSTS": "127.0.0.1",
                    "TEAMS_WEBHOOK_SECRET_ARN": secret,
                    "POWERTOOLS_TRACE_DISABLED": "true",
                }
            },
        )
        arn: str = created["FunctionArn"]
        return arn

    def run(self, **request: str) -> Execution:
        """Starts the deployed machine and follows it, as `finopsguard run --engine aws` does."""
        self.events.clear()
        return run_deployed(
            request,
            self.machine_arn,
            self.client("stepfunctions"),
            sleep=lambda seconds: time.sleep(0.25),
            on_event=self.events.append,
        )

    def stored(self, key: str) -> Any:
        """A JSON object in the bucket."""
        return json.loads(self.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def search(self) -> None:
        """Looks for planted secrets in what the functions stored, whose processes nobody watches."""
        client = self.client("s3")
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for key in (each["Key"] for each in page.get("Contents", ())):
                planted.SEARCH.look(f"bucket {key}", client.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def _substitute(self, name: str) -> str:
        if name == "Partition":
            return "aws"
        return self.functions[re.sub(r"(?<!^)(?=[A-Z])", "_", name.removesuffix("FunctionArn")).lower()]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The emulator with the deployed stack; its log is shown if it does not start."""
    log = tmp_path_factory.mktemp("emulator") / "log.txt"
    root = Path(__file__).parents[2]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    env = {**kept, "PYTHONPATH": str(root), "AWS_DEFAULT_REGION": REGION, "FINOPSGUARD_WAIT_SCALE": "0.005"}
    with StandIns() as teams, log.open("w") as output:
        emulator = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.emulator"],
            cwd=root,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )
        assert emulator.stdin
        assert emulator.stdout
        try:
            port = emulator.stdout.readline().strip()
            assert port, log.read_text()
            session = Session(localstack_host=f"127.0.0.1:{port}", region_name=REGION)
            deployed = Stack(session, f"http://127.0.0.1:{port}", teams)
            deployed.deploy()
            yield deployed
            deployed.search()
        finally:
            emulator.stdin.close()
            emulator.stdout.close()
            emulator.wait(10)
            planted.SEARCH.look("log of the functions", log.read_text())
