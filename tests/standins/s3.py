"""S3 as far as the store speaks it: one bucket, whole objects, If-None-Match, lists in pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from urllib.parse import unquote
from xml.sax.saxutils import escape

from tests.standins.service import Answer, Refused, Request

BUCKET = "finops-guard-faults"
_PAGE = 1000


class S3StandIn:
    """`objects` by key. Each of `damages` may change what is kept of an object that is put; None: nothing is kept."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.writers: dict[str, str] = {}
        self.damages: list[Callable[[str, bytes], bytes | None]] = []
        self.puts: list[tuple[str, bytes]] = []

    def handle(self, method: str, request: Request) -> Answer:
        """Answers one request in S3's protocol."""
        key = key_of(request)
        try:
            if method == "GET" and not key:
                return self._list(request)
            if method == "PUT":
                return self._put(key, request)
            if key not in self.objects:
                raise Refused("NoSuchKey", "The specified key does not exist.", 404)
            data = self.objects[key]
            headers = {"x-amz-checksum-crc32": checksum(data), "ETag": '"standin"'}
            if key in self.writers:
                headers["x-amz-meta-writer"] = self.writers[key]
            return Answer(200, data, "application/octet-stream", headers)
        except Refused as refused:
            return error(refused)

    def _put(self, key: str, request: Request) -> Answer:
        if request.headers.get("If-None-Match") == "*" and key in self.objects:
            raise Refused("PreconditionFailed", "At least one of the pre-conditions did not hold", 412)
        self.puts.append((key, request.body))
        kept: bytes | None = request.body
        for damage in self.damages:
            kept = kept if kept is None else damage(key, kept)
        if kept is None:
            self.objects.pop(key, None)
        else:
            self.objects[key] = kept
            self.writers[key] = request.headers.get("X-Amz-Meta-Writer", "")
        return Answer(200, b"", "application/xml", {"ETag": '"standin"'})

    def _list(self, request: Request) -> Answer:
        prefix = unquote(request.query.get("prefix", ""))
        after = request.query.get("continuation-token", "")
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        page, more = keys[:_PAGE], keys[_PAGE:]
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects[key])}</Size></Contents>"
            for key in page
        )
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        body = (
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{BUCKET}</Name><KeyCount>{len(page)}</KeyCount><IsTruncated>{str(bool(more)).lower()}</IsTruncated>"
            f"{token}{contents}</ListBucketResult>"
        )
        return Answer(200, body.encode(), "application/xml")


def key_of(request: Request) -> str:
    """The key that a request is about; empty for the bucket itself."""
    return unquote(request.path).removeprefix(f"/{BUCKET}").removeprefix("/")


def checksum(data: bytes) -> str:
    """The CRC-32 of an object, as S3 writes it."""
    return base64.b64encode(binascii.crc32(data).to_bytes(4, "big")).decode()


def error(refused: Refused) -> Answer:
    """A refusal as S3 writes it."""
    body = f"<Error><Code>{refused.code}</Code><Message>{escape(refused.message)}</Message></Error>"
    return Answer(refused.status, body.encode(), "application/xml")
