"""The bucket that a trail writes to: how many bytes are below a prefix. Its files are read by Athena alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finopsguard import errors
from finopsguard.aws.bounds import Pages
from finopsguard.aws.errors import Rule, Service, complete, incomplete, translated

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MOST_PAGES = 30
"""Of a thousand files, of one account's Region and day: CloudTrail writes one about every five minutes (AWS)."""

S3_TRAIL = Service(
    name="The trail's bucket",
    iam="s3",
    unavailable=errors.TrailUnavailable,
    denied=errors.TrailAccessDenied,
    denied_hint=" on it and s3:GetObject below, in the bucket's own policy too where it is another account's",
    rejected=Rule(
        errors.TrailRejected,
        "S3 refused to list the trail. Check the table's storage.location.template and AWS_REGION.",
    ),
    redirects=True,
    rules={
        "NoSuchBucket": (
            Rule(
                errors.TrailRejected,
                "The trail's bucket does not exist. Correct the table's storage.location.template.",
            ),
        ),
    },
)


def size_below(s3: S3Client, bucket: str, prefix: str) -> int:
    """The bytes of all objects below a prefix; raises the errors of S3_TRAIL, and AnswerTooLong."""
    count = Pages(
        f"The list of {prefix} in the trail's bucket",
        MOST_PAGES,
        "Give the table's storage.location.template the whole path of one account, Region and day.",
    )
    with translated(S3_TRAIL, about=prefix):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        size = 0
        for page in count.each(pages):
            for each in complete(page, "KeyCount").get("Contents", ()):
                found = complete(each, "Size")["Size"]
                if type(found) is not int or found < 0:
                    raise incomplete("no size in the answer")
                size += found
        return size
