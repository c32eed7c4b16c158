"""How a bucket is set up, as far as whoever asks may know; asked by `finopsguard doctor` alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from finopsguard.aws.clients import Clients
from finopsguard.aws.errors import S3, complete, translated

_UNSET = frozenset({"ServerSideEncryptionConfigurationNotFoundError", "NoSuchPublicAccessBlockConfiguration"})
_S3 = replace(S3, denied_hint="", passed=_UNSET)


class Bucket(NamedTuple):
    """`encryption` is AES256, aws:kms or empty; `private`: all four blocks of public access are on."""

    encryption: str
    versioned: bool
    private: bool


def bucket(clients: Clients, name: str) -> Bucket:
    """The bucket's encryption, versioning and public access; raises the errors of S3."""
    s3 = clients.s3()
    found = _asked(lambda: s3.get_bucket_encryption(Bucket=name))
    rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    algorithms = [
        each.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "") for each in rules
    ]
    with translated(_S3):
        versions = complete(s3.get_bucket_versioning(Bucket=name), "ResponseMetadata")
    blocks = _asked(lambda: s3.get_public_access_block(Bucket=name)).get("PublicAccessBlockConfiguration", {})
    return Bucket(
        "".join(algorithms[:1]),
        versions.get("Status") == "Enabled",
        len(blocks) == 4 and all(blocks.values()),
    )


def _asked(ask: Callable[[], Any]) -> Mapping[str, Any]:
    """The answer; nothing, where the bucket has no such setting."""
    try:
        with translated(_S3):
            answer: Mapping[str, Any] = complete(ask(), "ResponseMetadata")
            return answer
    except ClientError:
        return {}
