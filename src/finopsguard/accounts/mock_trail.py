"""The invented company's trail: who did what is planted in its costs, and what its pipelines do every day.

Hours are counted from where the question looks for the beginning, a week after its first moment, so every report tells
the same story. Records are written as CloudTrail writes them, and read by the same code.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from finopsguard.accounts.mock_company import BY_NAME
from finopsguard.accounts.mock_usage import HOME
from finopsguard.accounts.trail_record import event_of
from finopsguard.models.run import Run
from finopsguard.models.trail import TrailEvents, TrailQuestion

_TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) aws-sdk-go-v2/1.30"


class _Done(NamedTuple):
    """An act, so many hours after the beginning is looked for; `daily`: and at that hour of each day before.

    `on_resource`: it made or stopped what is billed, and names the largest resource that is asked for.
    """

    name: str
    source: str
    identity: Mapping[str, Any]
    agent: str
    region: str = HOME
    hours: float = 0.0
    asked: Mapping[str, Any] = MappingProxyType({})
    daily: bool = False
    on_resource: bool = False

    def fits(self, question: TrailQuestion) -> bool:
        """Whether it is asked for, by its name or by what it is about."""
        about = self.on_resource and bool(question.resources)
        return self.region == question.region and (about or self.name in question.names)


def _role(name: str, session: str) -> Mapping[str, Any]:
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::999900000000:assumed-role/{name}/{session}",
        "sessionContext": {"sessionIssuer": {"type": "Role", "userName": name}},
    }


_PIPELINE = _role("ci-deploy", "pipeline")
_ANA = _role("AWSReservedSSO_DataScience_0123456789abcdef", "ana@marea.example")
_NOOR = _role("AWSReservedSSO_Media_00112233445566aa", "noor@marea.example")
_LUIS = _role("AWSReservedSSO_Operator_fedcba9876543210", "luis@marea.example")
_ACTS: Mapping[str, tuple[_Done, ...]] = MappingProxyType(
    {
        "search-prod": (
            _Done(
                "UpdateAutoScalingGroup",
                "autoscaling.amazonaws.com",
                _role("terraform-deploy", "terraform"),
                _TERRAFORM,
                hours=10.2,
                asked={"autoScalingGroupName": "search-web", "minSize": 24},
            ),
        ),
        "sandbox-ml": (
            _Done(
                "CreateNotebookInstance",
                "sagemaker.amazonaws.com",
                _ANA,
                "Mozilla/5.0",
                "us-east-1",
                hours=20.7,
                asked={"notebookInstanceName": "gpu-test", "instanceType": "ml.p3.8xlarge"},
                on_resource=True,
            ),
        ),
        "media-prod": (
            _Done(
                "DeleteBucketLifecycle",
                "s3.amazonaws.com",
                _NOOR,
                "aws-cli/2.17.0",
                hours=14.5,
                on_resource=True,
            ),
        ),
        "data-prod": (
            _Done(
                "PauseCluster",
                "redshift.amazonaws.com",
                _LUIS,
                "Mozilla/5.0",
                hours=11.0,
                on_resource=True,
            ),
        ),
        # Deployed every day: it coincides with the incident, and explains nothing.
        "payments-prod": (
            _Done(
                "UpdateFunctionCode20150331v2",
                "lambda.amazonaws.com",
                _PIPELINE,
                "aws-cli/2.17.0",
                hours=20.0,
                daily=True,
            ),
        ),
    }
)
_DAY = timedelta(days=1)
_LOOKS_BACK = timedelta(days=7)


class MockTrail:
    """Satisfies ports.Trail."""

    def __init__(self, *, shorten: bool) -> None:
        self._shorten = shorten

    def events(self, run: Run, question: TrailQuestion) -> TrailEvents:  # noqa: ARG002 - the port's
        """See ports.Trail."""
        acts = [
            done
            for name, each in _ACTS.items()
            if BY_NAME[name].id == question.account_id
            for done in each
            if done.fits(question)
        ]
        began = question.since + _LOOKS_BACK
        found = [
            event_of(
                _record(done, began + timedelta(hours=done.hours) - back * _DAY),
                question.resources[:1] if done.on_resource else (),
                shorten=self._shorten,
            )
            for done in acts
            for back in range(8 if done.daily else 1)
        ]
        return TrailEvents(
            sorted(
                (event for event in found if event and question.since <= event.at < question.until),
                key=lambda event: event.at,
            )
        )


def _record(done: _Done, at: datetime) -> Mapping[str, Any]:
    return {
        "eventName": done.name,
        "eventSource": done.source,
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "awsRegion": done.region,
        "userIdentity": done.identity,
        "userAgent": done.agent,
        "requestParameters": dict(done.asked),
        "readOnly": False,
    }
