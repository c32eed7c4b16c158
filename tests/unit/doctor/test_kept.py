"""The store, in a directory and in a bucket, and how the bucket is set up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from finopsguard.aws import bucket as border
from finopsguard.errors import StoreAccessDenied
from finopsguard.store import keys
from finopsguard.store.bucket import BucketStore
from finopsguard.store.directory import DirectoryStore
from tests.standins import StandIns
from tests.template import iam, stack
from tests.unit.doctor.examining import STACK, around, deployed, found, only

MOCK = {"FINOPSGUARD_USE_MOCK_DATA": "true"}
BUCKET = "finops-guard-bucket-x3"


def test_what_was_paid_is_recorded_where_reports_count_it(standins: StandIns, tmp_path: Path) -> None:
    standins.cost_explorer.page_size = 100
    given = around({"FINOPSGUARD_STATE_DIR": str(tmp_path)})
    found("cost_explorer", given)
    assert only("store", given)[:2] == ("pass", "store")
    written = DirectoryStore(tmp_path).list("")
    assert len(written) == given.paid > 0
    assert all(keys.kind_of(key) is keys.PAID for key in written)


def test_nothing_is_written_where_nothing_was_paid(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert only("store", around({**MOCK, "FINOPSGUARD_STATE_DIR": str(folder)}))[:2] == ("pass", "store_read")
    assert not folder.exists()
    key = keys.PAID.key(source="mock", month=f"{around({}).clock():%Y-%m}", run_id="daily-1", page="000001")
    DirectoryStore(folder).write(key, b"")
    assert only("store", around({**MOCK, "FINOPSGUARD_STATE_DIR": str(folder)}))[:2] == ("pass", "store")
    assert DirectoryStore(folder).list("") == [key]


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    state = {**MOCK, "FINOPSGUARD_STATE_DIR": str(tmp_path / "state")}
    assert only("store", around(state))[:2] == ("fail", "store_unwritable")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """moto's S3 with a bucket as template.yaml makes it."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        client.put_public_access_block(
            Bucket=BUCKET,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )
        client.put_bucket_encryption(
            Bucket=BUCKET,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
            },
        )
        policy = stack.resources("AWS::S3::BucketPolicy")["BucketPolicy"]["PolicyDocument"]
        client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(iam.resolved(policy, {})))
        client.put_bucket_lifecycle_configuration(
            Bucket=BUCKET, LifecycleConfiguration={"Rules": rules_of_the_stack()}
        )
        yield


def rules_of_the_stack() -> list[Any]:
    """template.yaml's lifecycle rules, as S3's API takes them."""
    rules = stack.resources("AWS::S3::Bucket")["Bucket"]["LifecycleConfiguration"]["Rules"]
    return [
        {
            "ID": each["Id"],
            "Status": each["Status"],
            "Filter": {"Prefix": each["Prefix"]},
            "Expiration": {"Days": int(iam.resolved(each["ExpirationInDays"], {}))},
        }
        for each in rules
        if "Prefix" in each
    ]


@pytest.mark.usefixtures("s3")
def test_a_bucket_and_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {**MOCK, "FINOPSGUARD_BUCKET": BUCKET}
    assert only("store", around(given))[:2] == ("pass", "store_read")
    [finding] = found("bucket", around(given))
    assert (finding.said, finding.values["encryption"]) == ("bucket", "aws:kms")
    client = boto3.client("s3", region_name="us-east-1")
    client.delete_public_access_block(Bucket=BUCKET)
    assert only("bucket", around(given))[:2] == ("warn", "bucket_public")
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    lacking = [each.said for each in found("bucket", around(given))]
    assert lacking == ["bucket_unversioned", "bucket_public"]
    assert only("store", around({**given, "FINOPSGUARD_BUCKET": "another"}))[2].startswith(
        "The bucket does not exist. Set FINOPSGUARD_BUCKET"
    )
    monkeypatch.setattr(BucketStore, "list", _denied)
    assert only("store", around(given))[2] == "S3 denies access. Allow s3:ListBucket"


@pytest.mark.usefixtures("s3")
def test_an_adopted_bucket_that_lacks_what_the_stack_gives_its_own() -> None:
    given = {**MOCK, "FINOPSGUARD_BUCKET": BUCKET}
    client = boto3.client("s3", region_name="us-east-1")
    old = [each for each in rules_of_the_stack() if each["ID"] not in ("usage", "told")]
    client.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": old})
    [finding] = found("bucket", around(given))
    assert (finding.said, finding.values["prefixes"]) == ("bucket_endless", "told/, usage/")
    everything: Any = {
        "ID": "all",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"Days": 400},
    }
    client.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [everything]})
    assert only("bucket", around(given))[:2] == ("pass", "bucket")
    off: Any = {**everything, "Status": "Disabled"}
    client.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [off]})
    assert only("bucket", around(given))[:2] == ("warn", "bucket_endless")
    client.delete_bucket_lifecycle(Bucket=BUCKET)
    client.delete_bucket_policy(Bucket=BUCKET)
    assert [each.said for each in found("bucket", around(given))] == ["bucket_plain", "bucket_endless"]


@pytest.mark.usefixtures("s3")
def test_a_policy_of_one_statement_alone_stands_without_a_list() -> None:
    client = boto3.client("s3", region_name="us-east-1")
    policy = json.loads(client.get_bucket_policy(Bucket=BUCKET)["Policy"])
    plain = [each for each in policy["Statement"] if "Bool" in each["Condition"]]
    client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({**policy, "Statement": plain[0]}))
    assert only("bucket", around({**MOCK, "FINOPSGUARD_BUCKET": BUCKET}))[:2] == ("pass", "bucket")


def _denied(*_: object) -> None:
    raise StoreAccessDenied("S3 denies access. Allow s3:ListBucket\nmore")


def test_a_bucket_that_may_not_be_asked_about_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finopsguard.doctor.kept.asked", _denied)
    given = {**MOCK, "FINOPSGUARD_BUCKET": BUCKET}
    assert only("bucket", around(given))[:2] == ("warn", "bucket_unasked")
    assert only("bucket", around({**MOCK, "FINOPSGUARD_BUCKET": ""}))[:2] == ("skip", "bucket_none")


def test_a_bucket_that_the_stack_made_and_one_that_was_there(
    standins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "finopsguard.doctor.kept.asked", lambda *_: border.Bucket("AES256", True, True, True, frozenset({""}))
    )
    deployed(standins, FINOPSGUARD_BUCKET=BUCKET)
    assert only("bucket", around({}, stack=STACK))[:2] == ("pass", "bucket_made")
    deployed(standins, FINOPSGUARD_BUCKET="from-before")
    assert only("bucket", around({}, stack=STACK))[:2] == ("pass", "bucket_adopted")
