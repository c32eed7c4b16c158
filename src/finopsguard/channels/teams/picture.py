"""Small bar charts as PNG, drawn and encoded here: zlib is the only library that is needed.

One picture serves Teams' light and dark theme, so its background is transparent and every colour has a contrast of at
least 3:1 (WCAG 2.2, 1.4.11) to both; a test measures it. Grey bars are before the period, violet bars the period, red
is what lies above the expected cost, hollow bars are provisional days, the line is what was to be expected.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from finopsguard.report.trend import Bar

COLOURS = {"before": (0x86, 0x8A, 0x96), "now": (0x70, 0x74, 0xDA), "unusual": (0xE0, 0x4F, 0x4F)}
_LEVELS = 4  # steps of opacity, for round corners
_STEPS = range(1, _LEVELS + 1)
# Palette index 0 is transparent; each colour has one index per level.
_FIRST = {name: index * _LEVELS for index, name in enumerate(COLOURS)}


@dataclass(frozen=True)
class Size:
    """Pixels of a chart; it is drawn larger than shown, for screens with two pixels per unit."""

    width: int
    height: int
    radius: int
    line: int = 4


TREND = Size(1000, 200, radius=8)
SPARKLINE = Size(160, 44, radius=2)


def data_uri(bars: Sequence[Bar], size: Size = TREND) -> str:
    """The picture as a data URI."""
    return _drawn(tuple(bars), size)


@lru_cache(maxsize=32)
def _drawn(bars: tuple[Bar, ...], size: Size) -> str:
    """Kept, for a card that is too large is built again and again, and its pictures stay as they are."""
    return "data:image/png;base64," + base64.b64encode(png(bars, size)).decode("ascii")


def png(bars: Sequence[Bar], size: Size = TREND) -> bytes:
    """The picture: 8-bit palette with transparency (PNG specification, sections 11.2.1 to 11.3.1)."""
    rows = _rows(bars, size)
    different = set(rows)
    used = sorted({0}.union(*map(set, different)))
    colours = [
        (0, 0, 0, 0),
        *((*rgb, 255 * level // _LEVELS) for rgb in COLOURS.values() for level in _STEPS),
    ]
    palette = b"".join(bytes(colours[index][:3]) for index in used)
    alpha = bytes(colours[index][3] for index in used)
    renumber = bytes(used.index(index) if index in used else 0 for index in range(256))
    lines = {row: row.translate(renumber) for row in different}
    raw, above = bytearray(), b""
    for line in map(lines.__getitem__, rows):
        # A row that repeats is written as the difference to the one above (filter 2): nothing but zeros.
        raw += b"\2" + bytes(len(line)) if line == above else b"\0" + line
        above = line
    header = struct.pack(">IIBBBBB", len(rows[0]), size.height, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"PLTE", palette),
        (b"tRNS", alpha),
        (b"IDAT", zlib.compress(bytes(raw), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _rows(bars: Sequence[Bar], size: Size) -> list[bytes]:
    """Palette indexes, top row first."""
    top = max([1e-9, *(bar.value for bar in bars), *(bar.expected or 0.0 for bar in bars)])
    scale = (size.height - size.line) / top
    slot = size.width // max(len(bars), 1)
    drawn = [_DrawnBar(bar, slot, scale, size) for bar in bars]
    changes = {0}.union(*(bar.changes() for bar in drawn))
    rows: list[bytes] = []
    for up in range(size.height):
        # Most rows are the one below once more: to draw each would take four times as long.
        rows.append(b"".join(bar.row(up) for bar in drawn) if up in changes else rows[-1])
    return rows[::-1]


class _DrawnBar:
    """One bar in its slot of `slot` pixels, row by row; row 0 is the lowest."""

    def __init__(self, bar: Bar, slot: int, scale: float, size: Size) -> None:
        self._slot = slot
        gap = max(2, round(self._slot * 0.16))
        self._before, self._after = gap // 2, gap - gap // 2
        self._width = max(1, self._slot - gap)
        self._height = max(2, round(max(bar.value, 0.0) * scale))
        self._expected = None if bar.expected is None else round(max(bar.expected, 0.0) * scale)
        self._bar, self._line = bar, size.line
        round_by = size.line if bar.provisional else size.radius
        self._radius = min(round_by, self._width // 2, self._height // 2)

    def changes(self) -> Iterator[int]:
        """The rows that may differ from the one below."""
        yield self._line  # a hollow bar's floor ends
        yield from range(self._height - self._radius, self._height + 1)
        if self._expected is not None:
            half = -(-self._line // 2)
            yield from range(self._expected - half, self._expected + half + 1)

    def row(self, up: int) -> bytes:
        """The slot's pixels in one row."""
        marked = self._expected is not None and abs(up - self._expected) < self._line / 2
        outside = _FIRST["before"] + _LEVELS if marked else 0
        if up >= self._height:
            return bytes([outside]) * self._slot
        # The line is drawn on the empty background and cut out of a bar, so that it is seen on both.
        inside = bytes(self._width) if marked else self._inside(up)
        return bytes([outside]) * self._before + inside + bytes([outside]) * self._after

    def _inside(self, up: int) -> bytes:
        over = self._bar.unusual and (self._expected is None or up >= self._expected)
        colour = _FIRST["unusual" if over else "now" if self._bar.now else "before"]
        full = bytes([colour + _LEVELS])
        row = full * self._width
        below_top = self._height - 1 - up
        if self._bar.provisional and self._line <= up and below_top >= self._radius:
            side = full * min(self._line, self._width // 2)
            row = side + bytes(self._width - 2 * len(side)) + side
        if below_top >= self._radius:
            return row
        # The circle of a corner, with the part of the pixel that it covers as opacity.
        missing = self._radius - (self._radius**2 - (self._radius - below_top - 0.5) ** 2) ** 0.5
        whole = int(missing)
        edge = bytes([colour + max(1, round(_LEVELS * (1 - missing + whole)))])
        middle = row[whole + 1 : self._width - whole - 1]
        return bytes(whole) + edge + middle + edge + bytes(whole)
