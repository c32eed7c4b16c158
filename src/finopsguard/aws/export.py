"""A bucket with an export of AWS Data Exports: objects that are read, and never written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from finopsguard import errors
from finopsguard.aws.bounds import MOST_KEY_PAGES, Pages
from finopsguard.aws.errors import Rule, Service, complete, incomplete, translated

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import GetObjectOutputTypeDef

_MISSING = ("NoSuchKey", "404")
_CHUNK = 8 * 1024 * 1024
MOST_MANIFEST_BYTES = 10_000_000
"""A manifest names columns and files: some thousands of either."""

S3_EXPORT = Service(
    name="The export's bucket",
    iam="s3",
    unavailable=errors.ExportUnavailable,
    denied=errors.ExportAccessDenied,
    denied_hint=" and s3:ListBucket on the bucket, in the bucket's own policy too where it is another account's, and"
    " kms:Decrypt where it is encrypted with a key",
    rejected=Rule(
        errors.ExportRejected,
        "S3 refused to give the export. Check FINOPSGUARD_EXPORT_BUCKET and AWS_REGION.",
    ),
    redirects=True,
    passed=frozenset(_MISSING),
    rules={
        "NoSuchBucket": (
            Rule(
                errors.ExportRejected,
                "The export's bucket does not exist. Set FINOPSGUARD_EXPORT_BUCKET to the bucket of the export in the"
                " Billing console (Data Exports).",
            ),
        ),
    },
)


class Found(NamedTuple):
    """An object's bytes, and when S3 got it."""

    data: bytes
    modified: datetime


class Listed(NamedTuple):
    """An object's bytes, and when S3 got it."""

    size: int
    modified: datetime


class ExportBucket:
    """Reads objects of one bucket."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self.name = bucket

    def find(self, key: str) -> Found | None:
        """A small object, None if there is none; raises the errors of S3_EXPORT, and AnswerTooLong."""
        with self._got(key) as found:
            if found is None:
                return None
            if found["ContentLength"] > MOST_MANIFEST_BYTES:
                raise errors.AnswerTooLong(
                    f"{key} has more than {MOST_MANIFEST_BYTES} bytes: no manifest of an export is so large. Check"
                    " FINOPSGUARD_EXPORT_PREFIX and FINOPSGUARD_EXPORT_NAME."
                )
            return Found(found["Body"].read(), found["LastModified"])

    def download(self, key: str, path: Path, room: int) -> datetime | None:
        """Writes an object to a file and says when S3 got it; None if there is none.

        Raises the errors of S3_EXPORT, and InvalidConfiguration for one of more than `room` bytes.
        """
        with self._got(key) as found:
            if found is None:
                return None
            if found["ContentLength"] > room:
                raise errors.InvalidConfiguration(
                    f"{key} has {found['ContentLength']} bytes, and the temporary folder has room for {room}. Raise"
                    " EphemeralStorage of ResolveAccounts and FetchCosts in template.yaml."
                )
            with path.open("wb") as file:
                for chunk in found["Body"].iter_chunks(_CHUNK):
                    file.write(chunk)
            return found["LastModified"]

    def list(self, prefix: str) -> Mapping[str, Listed]:
        """The objects whose keys begin so; raises the errors of S3_EXPORT, and AnswerTooLong."""
        count = Pages(
            f"The list of {prefix} in the export's bucket",
            MOST_KEY_PAGES,
            "Give the export a prefix of its own.",
        )
        with translated(S3_EXPORT, about=prefix):
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
            found = {}
            for page in count.each(pages):
                for each in complete(page, "KeyCount").get("Contents", ()):
                    modified = complete(complete(each, "Key"), "Size").get("LastModified")
                    if not isinstance(modified, datetime):
                        raise incomplete("no LastModified in the answer")
                    found[each["Key"]] = Listed(each["Size"], modified)
            return found

    @contextmanager
    def _got(self, key: str) -> Iterator[GetObjectOutputTypeDef | None]:
        with translated(S3_EXPORT, about=key):
            try:
                found = self._s3.get_object(Bucket=self.name, Key=key)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") not in _MISSING:
                    raise
                yield None
                return
            if not isinstance(complete(found, "ContentLength").get("LastModified"), datetime):
                raise incomplete("no LastModified in the answer")
            yield found
