"""A request to a Lambda function URL and its answer, as Lambda spells them (payload format version 2.0)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class HttpLine:
    """How the request was made."""

    method: str


@dataclass(frozen=True)
class UrlContext:
    """What Lambda knows of the request; `domainName` is the URL's own host."""

    http: HttpLine
    domainName: str  # noqa: N815 - Lambda's own spelling


@dataclass(frozen=True)
class UrlRequest:
    """Input of TakeVerdict. Names of headers are in lower case; a body may be in base64."""

    rawPath: str  # noqa: N815
    rawQueryString: str  # noqa: N815
    headers: Mapping[str, str]
    requestContext: UrlContext  # noqa: N815
    body: str | None = None
    isBase64Encoded: bool = False  # noqa: N815


@dataclass(frozen=True)
class UrlAnswer:
    """Output of TakeVerdict."""

    statusCode: int  # noqa: N815
    headers: Mapping[str, str]
    body: str
