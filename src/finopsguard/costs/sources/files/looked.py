"""What a file is, by what is in it: Parquet, JSON or text; packed or not; its encoding, delimiter and header."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from finopsguard.costs.sources.files import bounds
from finopsguard.costs.sources.files.opened import Opened, Part
from finopsguard.errors import InvalidInput

Form = Literal["parquet", "json", "text"]

_HEAD = 1024 * 1024
_GZIP, _PARQUET, _ZIP = b"\x1f\x8b", b"PAR1", b"PK\x03\x04"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = (",", ";", "\t", "|")
_UNPACKING = (EOFError, zlib.error, gzip.BadGzipFile)


@dataclass(frozen=True)
class Looked:
    """A file with what it is; `head` is its first text, `skip` the lines before its header."""

    part: Part
    form: Form
    packed: bool = False
    head: str = ""
    delimiter: str = ","
    header: tuple[str, ...] = ()
    skip: int = 0


def look(part: Part, opened: Opened) -> Looked:
    """Looks into a file. Raises InvalidInput for what is none of the forms. Text is UTF-8 after it, whatever it
    was.
    """
    try:
        with part.path.open("rb") as file:
            packed = file.read(2) == _GZIP
        head = _read(part.path, packed, _HEAD)
    except _UNPACKING as error:
        raise InvalidInput(f"{part.name} cannot be unpacked ({error}). Download it again.") from error
    if head.startswith(_PARQUET) or part.path.suffix.lower() in (".parquet", ".pq"):
        if packed or not head.startswith(_PARQUET):
            raise InvalidInput(f"{part.name} cannot be read as Parquet. Give it as it was exported.")
        return Looked(part, "parquet")
    if head.startswith((_GZIP, _ZIP)):
        raise InvalidInput(f"{part.name} is packed twice. Unpack it once.")
    encoding = _encoding(head)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    if "\0" in text or not text.strip():
        why = "holds no text" if text.strip() else "is empty"
        raise InvalidInput(f"{part.name} {why}: it cannot be read as CSV, JSON or Parquet.")
    if encoding not in ("utf-8", "utf-8-sig"):
        part, packed = _as_utf8(part, packed, encoding, opened), False
    if text.lstrip()[0] in "{[":
        return Looked(part, "json", packed, text)
    delimiter, header, skip = _header(part, text)
    return Looked(part, "text", packed, text, delimiter, header, skip)


def whole(looked: Looked) -> str:
    """All text of a file that is read whole. Raises InvalidInput for one that is too long, no text or damaged."""
    part = looked.part
    try:
        data = _read(part.path, looked.packed, bounds.MOST_WHOLE + 1)
        if len(data) > bounds.MOST_WHOLE:
            raise InvalidInput(f"{part.name} has more than {bounds.MOST_WHOLE:,} bytes. {bounds.SMALLER}")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{part.name} is no UTF-8 text at byte {error.start}. Save it as UTF-8."
        ) from error
    except _UNPACKING as error:
        raise InvalidInput(f"{part.name} cannot be unpacked ({error}). Download it again.") from error


def _read(path: Path, packed: bool, most: int) -> bytes:
    with gzip.open(path) if packed else path.open("rb") as file:
        return file.read(most)


def _encoding(head: bytes) -> str:
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if marked:
        return marked
    zeros = head[:_HEAD:2].count(0), head[1:_HEAD:2].count(0)
    if max(zeros) > len(head) // 8:
        return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        # What spreadsheets on Windows write where nobody asks for UTF-8.
        return "cp1252"
    return "utf-8"


def _as_utf8(part: Part, packed: bool, encoding: str, opened: Opened) -> Part:
    source: BinaryIO = gzip.open(part.path) if packed else part.path.open("rb")  # type: ignore[assignment] # noqa: SIM115
    with source:
        reader = codecs.getreader(encoding)(source, "replace")
        laid = opened.lay_down(part.name, _Encoded(reader))  # type: ignore[arg-type] # it only reads
    return Part(part.name, laid, part.delivery)


class _Encoded:
    """Reads text as UTF-8 bytes."""

    def __init__(self, reader: codecs.StreamReader) -> None:
        self._reader = reader

    def read(self, size: int) -> bytes:
        """About as much; nothing at the end."""
        text: str = self._reader.read(size)
        return text.encode("utf-8")


def _header(part: Part, text: str) -> tuple[str, tuple[str, ...], int]:
    """(delimiter, names, lines before them). A spreadsheet may say its delimiter in a line of its own."""
    text = text.lstrip("\ufeff")
    first, _, rest = text.partition("\n")
    said = first.strip().strip('"')
    skip = 1 if said.lower().startswith("sep=") and len(said) == 5 else 0
    if skip:
        text = rest
    best: tuple[str, tuple[str, ...]] = (",", ())
    for delimiter in (said[-1],) if skip else _DELIMITERS:
        try:
            names = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
        except csv.Error as error:
            raise InvalidInput(f"{part.name} cannot be read as CSV ({error}). Export it again.") from error
        if len(names) > len(best[1]):
            best = delimiter, tuple(names)
    return *best, skip
