"""The seal of a stored object: its schema, that schema's version, and a checksum of all the rest.

A JSON document carries it as its last member, `_seal`, which a reader that does not know it passes over:

    {"error":"...","at":"...","_seal":{"schema":"alert","version":1,"sha256":"<hex>"}}

A Parquet file carries it as a line of text between its pages and its footer, where the format leaves room: pages are
found by their place from the beginning, the footer from the end, so any reader of Parquet reads the file. Before that
line there is room for a note, which says of the rows what no row can: one object then holds both, or neither. What was
stored before there were seals has none, and is read as it is. A document under the seal of the version that is written
today was checked against its schema when it was sealed, and is not checked again: of a report of a thousand accounts
that is half of what reading it takes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import NamedTuple

from finopsguard.errors import InvalidInput

VERSIONS: Mapping[str, int] = {"incident_life": 4}
"""The version of each schema that is written, where it is not the first. Who raises one writes a reader of the old."""

COSTS_VERSION = 1
"""The version of the columns of Parquet files."""

_JSON = re.compile(rb',"_seal":\{("schema":"(\w+)","version":(\d{1,4})),"sha256":"([0-9a-f]{64})"\}\}')
_TRACES = (b'"_seal"', b'"sha256"')
_JSON_TAIL = 200
_LINE = re.compile(rb"(FinOpsGuard costs (\d{4})(?: note (\d{9}))?) sha256 ([0-9a-f]{64})\n")
_LINE_BYTES = (95, 110)
"""Without a note, and with one."""
_MAGIC = b"PAR1"
_END_BYTES = 8
"""A Parquet file ends in four bytes with the length of its footer, and four of magic."""


def sealed(document: bytes, schema: str) -> bytes:
    """A JSON object with its seal."""
    head = f'"schema":"{schema}","version":{version(schema)}'.encode()
    return document[:-1] + b',"_seal":{%b,"sha256":"%b"}}' % (head, _sha256(document, head))


class Opened(NamedTuple):
    """A JSON object without its seal, and whether it satisfies its schema: it was checked when it was sealed."""

    document: bytes
    checked: bool


def opened(data: bytes, schema: str) -> Opened:
    """A JSON object without its seal.

    Raises InvalidInput where the checksum is wrong, and for another schema's document or one of a later release.
    """
    begin = max(0, len(data) - _JSON_TAIL)
    found = _JSON.search(data, begin)
    if found is None or found.end() != len(data):
        if any(trace in data[begin:] for trace in _TRACES):
            raise InvalidInput("its seal is damaged")
        return Opened(data, checked=False)
    document = data[: found.start()] + b"}"
    _refuse_unless(_sha256(document, found[1]) == found[4])
    if found[2].decode() != schema:
        raise InvalidInput(f"it is of schema {found[2].decode()}, not {schema}")
    _refuse_later(int(found[3]), version(schema))
    return Opened(document, checked=int(found[3]) == version(schema))


class Noted(NamedTuple):
    """A Parquet file as it is, and its note; empty where it has none."""

    parquet: bytes
    note: bytes


def sealed_parquet(data: bytes, note: bytes = b"") -> bytes:
    """A Parquet file with its seal, and with a note where one is given."""
    footer = _footer(data)
    head = b"FinOpsGuard costs %04d" % COSTS_VERSION
    if note:
        head += b" note %09d" % len(note)
    # Parts without copies: a large Organization's file has hundreds of megabytes.
    pages, end = memoryview(data)[:footer], memoryview(data)[footer:]
    line = b"%b sha256 %b\n" % (head, _sha256(pages, note, end, head))
    return b"".join((pages, note, line, end))


def checked_parquet(data: bytes) -> Noted:
    """The file and its note; raises InvalidInput where it is damaged, none, or a later release's."""
    footer = _footer(data)
    lines = (_LINE.fullmatch(data, max(0, footer - size), footer) for size in _LINE_BYTES)
    found = next(filter(None, lines), None)
    if found is None:
        if _LINE.search(data):
            raise InvalidInput("its seal is not where it was")
        return Noted(data, b"")
    begin = found.start()
    parts = memoryview(data)[:begin], memoryview(data)[footer:]
    _refuse_unless(_sha256(*parts, found[1]) == found[4])
    _refuse_later(int(found[2]), COSTS_VERSION)
    return Noted(data, data[begin - int(found[3] or 0) : begin])


def version(schema: str) -> int:
    """The version of a schema that is written."""
    return VERSIONS.get(schema, 1)


def _footer(data: bytes) -> int:
    """Where a Parquet file's footer begins."""
    footer = len(data) - _END_BYTES - int.from_bytes(data[-_END_BYTES : -len(_MAGIC)], "little")
    if not data.startswith(_MAGIC) or not data.endswith(_MAGIC) or footer < len(_MAGIC):
        raise InvalidInput("it is no whole Parquet file")
    return footer


def _refuse_unless(same: bool) -> None:
    if not same:
        raise InvalidInput("its checksum is wrong")


def _refuse_later(found: int, ours: int) -> None:
    if found > ours:
        raise InvalidInput(
            f"a later release of FinOps Guard wrote it (version {found}, this one knows {ours})"
        )


def _sha256(*parts: bytes | memoryview) -> bytes:
    made = hashlib.sha256()
    for part in parts:
        made.update(part)
    return made.hexdigest().encode()
