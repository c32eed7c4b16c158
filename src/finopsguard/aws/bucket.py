"""How a bucket is set up, as far as whoever asks may know; asked by `finopsguard doctor` alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from finopsguard.aws.clients import Clients
from finopsguard.aws.errors import S3, complete, incomplete, translated

_UNSET = frozenset(
    {
        *("ServerSideEncryptionConfigurationNotFoundError", "NoSuchPublicAccessBlockConfiguration"),
        *("NoSuchLifecycleConfiguration", "NoSuchBucketPolicy"),
    }
)
_S3 = replace(S3, denied_hint="", passed=_UNSET)


class Bucket(NamedTuple):
    """How a bucket is set up.

    `encryption` is AES256, aws:kms or empty; `private`: all four blocks of public access are on; `tls_only`: its policy
    denies what comes without TLS; `expiring`: the prefixes whose objects end some day, `` for all of them.
    """

    encryption: str
    versioned: bool
    private: bool
    tls_only: bool
    expiring: frozenset[str]


def bucket(clients: Clients, name: str) -> Bucket:
    """What template.yaml gives its own bucket, and this one has or has not; raises the errors of S3."""
    s3 = clients.s3()
    found = _asked(lambda: s3.get_bucket_encryption(Bucket=name))
    rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    algorithms = [
        each.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "") for each in rules
    ]
    with translated(_S3):
        versions = complete(s3.get_bucket_versioning(Bucket=name), "ResponseMetadata")
    blocks = _asked(lambda: s3.get_public_access_block(Bucket=name)).get("PublicAccessBlockConfiguration", {})
    rules = _asked(lambda: s3.get_bucket_lifecycle_configuration(Bucket=name)).get("Rules", [])
    policy = _asked(lambda: s3.get_bucket_policy(Bucket=name)).get("Policy", "{}")
    return Bucket(
        "".join(algorithms[:1]),
        versions.get("Status") == "Enabled",
        len(blocks) == 4 and all(blocks.values()),
        _denies_plain_http(policy),
        frozenset(_prefix(each) for each in rules if _expires(each)),
    )


def _expires(rule: Mapping[str, Any]) -> bool:
    """True if the rule is on and ends objects, whatever their tags and size."""
    chosen = set(rule.get("Filter", {})) - {"Prefix"}
    return rule.get("Status") == "Enabled" and "Days" in rule.get("Expiration", {}) and not chosen


def _prefix(rule: Mapping[str, Any]) -> str:
    """Rules of before 2016 have it on top (AWS: LifecycleRule)."""
    found: str = rule.get("Filter", {}).get("Prefix", rule.get("Prefix", ""))
    return found


def _denies_plain_http(policy: str) -> bool:
    """True if one statement denies everybody everything that comes without TLS, as AWS documents it."""
    try:
        found = json.loads(policy).get("Statement", [])
        # One alone may stand without a list (AWS: JSON policy elements, Statement).
        statements = [found] if isinstance(found, dict) else found
        return any(
            each["Effect"] == "Deny"
            and each["Principal"] in ("*", {"AWS": "*"})
            and each["Action"] in ("s3:*", ["s3:*"], "*")
            and str(each["Condition"]["Bool"]["aws:SecureTransport"]).lower() == "false"
            for each in statements
            if {"Effect", "Principal", "Action", "Condition"} <= each.keys() and "Bool" in each["Condition"]
        )
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise incomplete(f"a bucket's policy that is not as documented ({type(error).__name__})") from error


def _asked(ask: Callable[[], Any]) -> Mapping[str, Any]:
    """The answer; nothing, where the bucket has no such setting."""
    try:
        with translated(_S3):
            answer: Mapping[str, Any] = complete(ask(), "ResponseMetadata")
            return answer
    except ClientError:
        return {}
