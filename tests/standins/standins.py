"""The server: one port on the loopback for all stand-ins."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tests import planted
from tests.standins.athena import AthenaStandIn
from tests.standins.budgets import BudgetsStandIn
from tests.standins.cloudtrail import CloudTrailStandIn
from tests.standins.cost_explorer import CostExplorerStandIn
from tests.standins.costs import Costs, sample_accounts, sample_costs
from tests.standins.deployed import (
    CloudFormationStandIn,
    CloudWatchStandIn,
    DeployedWorld,
    RestStandIn,
)
from tests.standins.event_bridge import EventBridgeStandIn
from tests.standins.exports import ExportsStandIn
from tests.standins.organizations import AccountRecord, OrganizationsStandIn
from tests.standins.s3 import BUCKET, S3StandIn
from tests.standins.secrets_manager import SecretsManagerStandIn
from tests.standins.service import Answer, Request, StandIn
from tests.standins.sns import OPERATIONS as OF_SNS
from tests.standins.sns import SnsStandIn
from tests.standins.step_functions import StepFunctionsStandIn
from tests.standins.sts import OWN_ACCESS_KEY, StsStandIn
from tests.standins.workflows import PATH, WorkflowsStandIn

_ACCESS_KEY = re.compile(r"Credential=([^/,\s]+)/")


class StandIns:
    """Starts on `with`; `environ()` is what a child process needs beside the usual environment.

    accounts: the Organization; the first account manages it unless `management_account` says otherwise.
    costs: what Cost Explorer answers; by default samples for all accounts.
    own_account: whose credentials `environ()` holds; by default the management account's.
    """

    def __init__(
        self,
        *,
        accounts: Sequence[AccountRecord] | None = None,
        costs: Costs | None = None,
        own_account: str | None = None,
        management_account: str | None = None,
        region: str = "us-east-1",
    ) -> None:
        listed = list(accounts) if accounts is not None else sample_accounts()
        management = management_account or listed[0].id
        self.region = region
        self.sts = StsStandIn(own_account or management)
        self.organizations = OrganizationsStandIn(self.sts, management, listed)
        self.cost_explorer = CostExplorerStandIn(
            self.sts, self.organizations, costs or sample_costs([account.id for account in listed])
        )
        self.budgets = BudgetsStandIn(self.sts)
        self.exports = ExportsStandIn(lambda: self.cost_explorer.costs)
        self.s3 = S3StandIn()
        self.athena = AthenaStandIn(self.sts, self.exports, self.s3)
        self.cloudtrail = CloudTrailStandIn(self.sts)
        self.secrets_manager = SecretsManagerStandIn(self.sts)
        self.step_functions = StepFunctionsStandIn(self.sts)
        self.topic_arn = f"arn:aws:sns:{region}:{self.sts.own_account}:finops-guard-alerts"
        self.sns = SnsStandIn(self.sts, self.topic_arn)
        self.bus_arn = f"arn:aws:events:{region}:{self.sts.own_account}:event-bus/incidents"
        self.event_bridge = EventBridgeStandIn(self.sts, self.bus_arn)
        self.deployed = DeployedWorld()
        self.cloudformation = CloudFormationStandIn(self.sts, self.deployed)
        self.cloudwatch = CloudWatchStandIn(self.sts, self.deployed)
        self.rest = RestStandIn(self.sts, self.deployed)
        self.workflows = WorkflowsStandIn()
        self.webhook_secret_arn = (
            f"arn:aws:secretsmanager:{region}:{self.sts.own_account}:secret:finopsguard/webhook-AbCdEf"
        )
        self._server: _Server | None = None

    def __enter__(self) -> StandIns:
        self._server = _Server(self)
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        self.secrets_manager.secrets[self.webhook_secret_arn] = self.webhook_url
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    @property
    def endpoint(self) -> str:
        """The URL of every AWS stand-in."""
        if self._server is None:
            raise RuntimeError("the stand-ins are started by `with`")
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def webhook_url(self) -> str:
        """The workflow's URL with its present `sig`."""
        query = urlencode(
            {
                "api-version": "2016-06-01",
                "sp": "/triggers/manual/run",
                "sv": "1.0",
                "sig": self.workflows.sig,
            }
        )
        return f"{self.endpoint}{PATH}?{query}"

    def rotate_webhook(self, sig: str) -> None:
        """The workflow gets a new URL and the secret is updated; the old URL is refused with 401 from now on."""
        self.workflows.sig = sig
        self.secrets_manager.secrets[self.webhook_secret_arn] = self.webhook_url

    def environ(
        self, webhook: Literal["secret", "url", "none"] = "secret", *, topic: bool = False
    ) -> dict[str, str]:
        """Variables that send FinOps Guard, or any program with botocore, to the stand-ins.

        `webhook`: through Secrets Manager, through TEAMS_WEBHOOK_URL, or none configured; `topic`: with a topic of
        alerts. Profiles, instance metadata and proxies of the machine are kept out. Of S3 there are the bucket of a
        data export and `s3`, and no variable leads there: a test that reads one sets AWS_ENDPOINT_URL_S3.
        """
        return {
            "AWS_ENDPOINT_URL_COST_EXPLORER": self.endpoint,
            "AWS_ENDPOINT_URL_ORGANIZATIONS": self.endpoint,
            "AWS_ENDPOINT_URL_BUDGETS": self.endpoint,
            "AWS_ENDPOINT_URL_STS": self.endpoint,
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": self.endpoint,
            "AWS_ENDPOINT_URL_SFN": self.endpoint,
            "AWS_ENDPOINT_URL_SNS": self.endpoint,
            "AWS_ENDPOINT_URL_EVENTBRIDGE": self.endpoint,
            "AWS_ENDPOINT_URL_ATHENA": self.endpoint,
            "AWS_ENDPOINT_URL_GLUE": self.endpoint,
            "AWS_ENDPOINT_URL_CLOUDTRAIL": self.endpoint,
            "AWS_ENDPOINT_URL_CLOUDFORMATION": self.endpoint,
            "AWS_ENDPOINT_URL_CLOUDWATCH": self.endpoint,
            "AWS_ENDPOINT_URL_LAMBDA": self.endpoint,
            "AWS_ENDPOINT_URL_SCHEDULER": self.endpoint,
            "AWS_ACCESS_KEY_ID": OWN_ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": planted.secret("standin-secret-key"),
            "AWS_SESSION_TOKEN": planted.secret("standin-session-token"),
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
            "TEAMS_WEBHOOK_SECRET_ARN": self.webhook_secret_arn if webhook == "secret" else "",
            "TEAMS_WEBHOOK_URL": self.webhook_url if webhook == "url" else "",
            "FINOPSGUARD_WEBHOOK_ALLOWED_HOSTS": "127.0.0.1",
            "FINOPSGUARD_ALERT_TOPIC_ARN": self.topic_arn if topic else "",
        }

    def handle(self, request: Request) -> Answer:
        """Finds the stand-in that a request is for, as AWS does: by its target, or by its form."""
        target = request.headers.get("X-Amz-Target", "")
        form = request.body if request.path == "/" else b""
        found: Sequence[tuple[bool, StandIn]] = (
            (target.startswith("AWSInsightsIndexService."), self.cost_explorer),
            (target.startswith("AWSOrganizationsV20161128."), self.organizations),
            (target.startswith("AWSBudgetServiceGateway."), self.budgets),
            (target.startswith("AWSStepFunctions."), self.step_functions),
            (target.startswith("AWSEvents."), self.event_bridge),
            (target.startswith("secretsmanager."), self.secrets_manager),
            (".CloudTrail_20131101." in target, self.cloudtrail),
            (target.startswith(("AmazonAthena.", "AWSGlue.")), self.athena),
            (target.startswith("GraniteServiceVersion20100801."), self.cloudwatch),
            (any(f"Action={name}&".encode() in form for name in OF_SNS), self.sns),
            (b"StackName=" in form, self.cloudformation),
            (b"Action=" in form, self.sts),
        )
        rest = self.rest if self.rest.speaks(request.path) else self.workflows
        service = next((service for fits, service in found if fits), rest)
        return service.handle(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, standins: StandIns) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.standins = standins


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        """Every request, of AWS and of Teams, is a POST, but for those of S3."""
        self._send(self.server.standins.handle(self._request()))

    def do_GET(self) -> None:
        """An object of S3, or a list of them."""
        request = self._request()
        if request.path.startswith(f"/{BUCKET}"):
            self._send(self.server.standins.s3.handle(self.command, request))
            return
        if self.server.standins.rest.speaks(request.path):
            self._send(self.server.standins.handle(request))
            return
        status, body, headers = self.server.standins.exports.answer(unquote(request.path), request.query)
        self._send(Answer(status, body, "application/xml", headers))

    def do_HEAD(self) -> None:
        """Whether there is an object."""
        self.do_GET()

    def do_PUT(self) -> None:
        """An object that is written."""
        self.do_GET()

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        found = _ACCESS_KEY.search(self.headers.get("Authorization", ""))
        return Request(
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            headers={name.title(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
            access_key=found.group(1) if found else "",
        )

    def _send(self, answer: Answer) -> None:
        if answer.status == 0:
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Silence: tests print their own."""
