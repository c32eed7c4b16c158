"""Where runs keep their state: readable, writable, and how the bucket is set up."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from finopsguard.aws.bucket import bucket as asked
from finopsguard.config import StoreSettings
from finopsguard.costs.paid import PRICE_OF_A_REQUEST
from finopsguard.doctor.around import Around
from finopsguard.doctor.check import failing, passed, skipped, warned
from finopsguard.errors import FinOpsGuardError
from finopsguard.models.checkup import Finding
from finopsguard.models.run import source_of
from finopsguard.store import keys, kinds


def store(around: Around) -> Sequence[Finding]:
    """Reads and writes. What it writes is what this examination paid, which counts in the month's limit as a report's.

    Where nothing was paid, a page that is recorded already is written again: the store refuses that, and had it not
    allowed to write it would have said so.
    """
    kept, now = around.store, around.clock()
    settings: StoreSettings = around.wiring.get(StoreSettings)
    place = settings.bucket or settings.state_dir or ""
    names = {"source": source_of(around.invented), "month": f"{now:%Y-%m}"}
    before = kept.list(keys.PAID.below(**names))
    run_id = f"doctor-{now:%Y%m%dT%H%M%S}"
    if settings.state_dir and not settings.bucket and not _may_write(Path(settings.state_dir)):
        return failing("store_unwritable", place=place)
    for page in range(1, around.paid + 1):
        kept.create(keys.PAID.key(**names, run_id=run_id, page=f"{page:06d}"), b"")
    if around.paid == 0 and not before:
        return passed("store_read", place=place)
    if around.paid == 0:
        kept.create(before[0], b"")
    return passed("store", place=place, usd=(len(before) + around.paid) * PRICE_OF_A_REQUEST)


def _may_write(folder: Path) -> bool:
    """A folder that is not there yet is made where it can be."""
    there = next(each for each in (folder.resolve(), *folder.resolve().parents) if each.exists())
    return there.is_dir() and os.access(there, os.W_OK)


def bucket(around: Around) -> Sequence[Finding]:
    """Whether the bucket has what the stack gives its own, and whether the stack made it or found it."""
    settings: StoreSettings = around.wiring.get(StoreSettings)
    if not settings.bucket:
        return skipped("bucket_none")
    try:
        found = asked(around.clients, settings.bucket)
    except FinOpsGuardError as error:
        # Reports need none of these rights, so none of them is missing.
        return [Finding("warn", "bucket_unasked", {"bucket": settings.bucket}, str(error))]
    expected = {each.prefix for each in keys.TABLE if each.lifetime != kinds.ALWAYS}
    endless = sorted(expected - found.expiring)
    lacking = [
        *(() if found.versioned else warned("bucket_unversioned", bucket=settings.bucket)),
        *(() if found.private else warned("bucket_public", bucket=settings.bucket)),
        *(() if found.tls_only else warned("bucket_plain", bucket=settings.bucket)),
    ]
    if endless and "" not in found.expiring:
        lacking += warned("bucket_endless", bucket=settings.bucket, prefixes=", ".join(endless))
    if lacking:
        return lacking
    values = {"bucket": settings.bucket, "encryption": found.encryption or "-"}
    if not around.options.stack:
        return passed("bucket", **values)
    made = settings.bucket in around.stack().named("AWS::S3::Bucket")
    return passed("bucket_made" if made else "bucket_adopted", **values)
