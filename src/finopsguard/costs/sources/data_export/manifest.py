"""The manifest of a billing period: AWS delivers it after all files that it names (documented by AWS).

`s3://bucket/prefix/name/metadata/BILLING_PERIOD=2026-11/name-Manifest.json`, the files below `.../data/`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime

from finopsguard.aws.export import Found
from finopsguard.errors import ExportIncomplete, ExportRejected
from finopsguard.models.metrics import MetricName

_ENDING = ".parquet"


@dataclass(frozen=True)
class Place:
    """Where an export is delivered: its bucket, the prefix (it may be empty) and its name, as AWS calls them."""

    bucket: str
    prefix: str
    name: str

    @property
    def root(self) -> str:
        """The prefix of all its keys."""
        return "/".join(part for part in (self.prefix.strip("/"), self.name) if part) + "/"

    @property
    def fingerprint(self) -> str:
        """Tells places apart in keys."""
        return hashlib.sha256(f"{self.bucket}/{self.root}".encode()).hexdigest()[:8]

    def question(self, metric: MetricName) -> str:
        """What is asked of which export, as it stands in keys."""
        return f"{metric}-{self.fingerprint}"

    def manifest(self, month: date) -> str:
        """The key of a period's manifest."""
        return f"{self.root}metadata/BILLING_PERIOD={month:%Y-%m}/{self.name}-Manifest.json"


@dataclass(frozen=True)
class Manifest:
    """The keys of a period's files, when S3 got the manifest, and a digest that changes with each delivery."""

    keys: tuple[str, ...]
    modified: datetime
    digest: str


def read_manifest(found: Found, place: Place, month: date) -> Manifest:
    """What a manifest says. Raises ExportRejected for another export's, and for one that is none."""
    key = place.manifest(month)
    try:
        said = json.loads(found.data)
        uris = said["dataFiles"]
        execution = str(said.get("executionId"))
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise ExportRejected(
            f"{key} is no manifest of AWS Data Exports ({type(error).__name__}). {_CHECK}"
        ) from error
    if not isinstance(uris, list) or not all(isinstance(uri, str) for uri in uris):
        raise ExportRejected(f"{key} does not name its files. {_CHECK}")
    if not uris:
        raise ExportIncomplete(
            f"{key} names no file: AWS delivers costs once there are some. Run again later."
        )
    below = f"s3://{place.bucket}/{place.root}"
    for uri in uris:
        if not uri.startswith(below) or ".." in uri:
            raise ExportRejected(f"{key} names {uri[:200]!a}, which is not below {below}. {_CHECK}")
        if not uri.endswith(_ENDING):
            raise ExportRejected(
                f"{key} names {uri[:200]!a}, which is no Parquet. Make an export in Parquet in the Billing console"
                " (Data Exports), and set FINOPSGUARD_EXPORT_NAME to its name."
            )
    start = len(f"s3://{place.bucket}/")
    digest = hashlib.sha256(repr((execution, uris, found.modified.isoformat())).encode()).hexdigest()[:16]
    return Manifest(tuple(uri[start:] for uri in uris), found.modified, digest)


_CHECK = "Check FINOPSGUARD_EXPORT_BUCKET, FINOPSGUARD_EXPORT_PREFIX and FINOPSGUARD_EXPORT_NAME."
