"""What the pages say of `finopsguard doctor`: each of its checks, and the rights that it was seen to use."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

import boto3
import pytest
from moto import mock_aws

from finopsguard import cli
from finopsguard.models.checkup import CheckName
from finopsguard.report.messages import catalogue
from tests.docs import markdown
from tests.recorder import Recorder
from tests.standins import StandIns
from tests.template.stack import ROOT
from tests.unit.doctor.examining import STACK, around, deployed, found

ROLE = "arn:aws:iam::111100000005:role/Reader"
VIEW = "arn:aws:billing::111100000000:billingview/custom-1"
# Not asked by its name in IAM, or of everybody.
_NAMES = {"monitoring:DescribeAlarms": "cloudwatch:DescribeAlarms"}
_FREE = {"sts:GetCallerIdentity"}
_OF_S3 = {
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
}


def documented() -> set[str]:
    """The actions of the table in docs/permissions.md; what keys of KMS allow is in words beside it."""
    section = markdown.sections((ROOT / "docs" / "permissions.md").read_text("utf-8"), 2)["Who runs doctor"]
    rows = markdown.table(section, "| Permission | Resource | For |")
    return {action for permission, *_ in rows for action in re.findall(r"\w+:\w+", permission)}


def test_the_guide_tells_each_check_by_its_name() -> None:
    guide = (ROOT / "docs" / "guia.md").read_text("utf-8")
    rows = markdown.table(guide, "| Comprobación | Qué mira |")
    told = {name.strip() for names, _ in rows for name in names.split(",")}
    titles = {str(catalogue("es").texts[f"doctor.check.{name}"]) for name in get_args(CheckName)}
    assert titles == told


def test_the_rights_of_whoever_runs_it_are_those_that_it_uses(
    standins: StandIns,
    watched: Recorder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A whole examination with all that there can be; S3's own answers are moto's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    standins.sts.roles.add(ROLE)
    standins.cost_explorer.billing_views.add(VIEW)
    standins.organizations.add_unit("ou-st01-aaaaaaaa")
    deployed(
        standins,
        FINOPSGUARD_STATE_DIR=str(tmp_path / "kept"),
        FINOPSGUARD_INCLUDE_OUS="r-st01,ou-st01-aaaaaaaa",
        FINOPSGUARD_ACCOUNT_ROLE_ARNS=ROLE,
        FINOPSGUARD_BILLING_VIEW_ARN=VIEW,
        FINOPSGUARD_EVENT_BUS=standins.bus_arn,
    )
    assert cli.main(["doctor", "--stack", STACK]) == 0, capsys.readouterr().out
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", standins.endpoint)
    standins.exports.deliver(date(2026, 11, 1), date(2026, 11, 3))
    exported = {**standins.exports.variables, **standins.athena.variables}
    assert len(found("export", around(exported, now=datetime(2026, 11, 16, 8, tzinfo=UTC)))) == 2
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3")
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="kept")
        made = around({"FINOPSGUARD_BUCKET": "kept", "FINOPSGUARD_USE_MOCK_DATA": "true"})
        made.paid = 1
        found("store", made)
        found("bucket", made)
    seen = {_OF_S3.get(each.action, _NAMES.get(each.action, each.action)) for each in watched.seen.called}
    seen |= {each.action for each in watched.seen.exported}
    assert seen - _FREE - {"s3:CreateBucket"} == documented()
