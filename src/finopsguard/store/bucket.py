"""The store in S3."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from finopsguard.aws import bounds
from finopsguard.aws.errors import S3, complete, translated
from finopsguard.errors import ObjectMissing, StoreUnavailable
from finopsguard.ports import Place

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_CONFLICT_ATTEMPTS = 3
_TOO_MANY_KEYS = "Give FinOps Guard a bucket of its own."


def _new_writer() -> str:
    return uuid.uuid4().hex


class BucketStore:
    """Satisfies ports.Store. S3 writes a whole object or nothing, and is consistent right after a write."""

    def __init__(self, s3: S3Client, bucket: str, *, new_writer: Callable[[], str] = _new_writer) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._new_writer = new_writer

    def read(self, key: str) -> bytes:
        """See ports.Store."""
        with translated(S3, about=key):
            found = self._s3.get_object(Bucket=self._bucket, Key=key)
            bounds.refuse_large(key, complete(found, "ContentLength")["ContentLength"])
            return found["Body"].read()

    def write(self, key: str, data: bytes) -> None:
        """See ports.Store."""
        with translated(S3, about=key):
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=data)

    def exists(self, key: str) -> bool:
        """See ports.Store."""
        try:
            with translated(S3, about=key):
                # A proxy answers each HEAD with 200; every object of S3 has an ETag.
                complete(self._s3.head_object(Bucket=self._bucket, Key=key), "ETag")
        except ObjectMissing:
            return False
        return True

    def create(self, key: str, data: bytes) -> bool:
        """See ports.Store; S3's If-None-Match makes it atomic.

        S3 answers 412 if the object is there, and 409 if it is being written right now: then it is asked again.
        """
        for _ in range(_CONFLICT_ATTEMPTS):
            created = self._create_once(key, data)
            if created is not None:
                return created
        raise StoreUnavailable(f"{key} is being written by somebody else. Run again.")

    def list(self, prefix: str) -> Sequence[str]:
        """See ports.Store; S3 answers with 1,000 keys at a time."""
        with translated(S3, about=prefix):
            count = bounds.Pages(f"The list of {prefix} in the bucket", bounds.MOST_KEY_PAGES, _TOO_MANY_KEYS)
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            # A proxy's page, taken for an answer, must not pass for an empty bucket: KeyCount is in every answer.
            return sorted(
                complete(each, "Key")["Key"]
                for page in count.each(pages)
                for each in complete(page, "KeyCount").get("Contents", ())
            )

    def page_link(self, key: str, lifetime: timedelta) -> str | None:
        """See ports.Store: a presigned GET. It ends with the credentials that signed it, if those end sooner (AWS)."""
        with translated(S3, about=key):
            return self._s3.generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self._bucket,
                    "Key": key,
                    "ResponseContentType": "text/html; charset=utf-8",
                },
                ExpiresIn=int(lifetime.total_seconds()),
            )

    def place(self, key: str) -> Place:
        """See ports.Store."""
        meta = self._s3.meta
        return Place(meta.partition, meta.region_name, self._bucket, key)

    def _create_once(self, key: str, data: bytes) -> bool | None:
        """True if created, False if it was there, None if S3 wants to be asked again."""
        writer = self._new_writer()
        with translated(S3, about=key):
            try:
                self._s3.put_object(
                    Bucket=self._bucket, Key=key, Body=data, IfNoneMatch="*", Metadata={"writer": writer}
                )
            except ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                if status == 409:
                    return None
                if status != 412:
                    raise
                # If an answer is lost after S3 has written, botocore's second call finds our own object.
                repeated = error.response["ResponseMetadata"].get("RetryAttempts", 0) > 0
                return repeated and self._writer_of(key) == writer
        return True

    def _writer_of(self, key: str) -> str | None:
        return self._s3.head_object(Bucket=self._bucket, Key=key)["Metadata"].get("writer")
