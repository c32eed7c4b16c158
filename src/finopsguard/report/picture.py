"""The trend of the last days as a small PNG, drawn and encoded here: zlib is the only library that is needed.

One picture serves Teams' light and dark theme, so its background is transparent and every colour has a contrast of at
least 3:1 (WCAG 2.2, 1.4.11) to both; a test measures it. Grey bars are before the period, violet bars the period, red is
what lies above the expected band, stripes are provisional days, the line is what was to be expected.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 1200, 280
COLOURS = {"before": (0x86, 0x8A, 0x96), "now": (0x70, 0x74, 0xDA), "unusual": (0xE0, 0x4F, 0x4F)}
_LEVELS = 4  # steps of opacity for smooth edges
_RADIUS = 9
_LINE = 4
_STRIPE = 20


@dataclass(frozen=True)
class Bar:
    """One day: `value` and `expected` in the same unit, from 0 up."""

    value: float
    now: bool
    unusual: bool = False
    provisional: bool = False
    expected: float | None = None


def data_uri(bars: Sequence[Bar]) -> str:
    """The picture as a data URI."""
    return "data:image/png;base64," + base64.b64encode(png(bars)).decode("ascii")


def png(bars: Sequence[Bar]) -> bytes:
    """The picture: 8-bit palette with transparency (PNG 1.2, sections 4.1 and 6)."""
    names = list(COLOURS)
    palette, alpha = bytearray(3), bytearray(1)
    for name in names:
        for level in range(1, _LEVELS + 1):
            palette += bytes(COLOURS[name])
            alpha.append(255 * level // _LEVELS)
    columns = _columns(bars, {name: index * _LEVELS for index, name in enumerate(names)})
    raw, above = bytearray(), bytes(WIDTH)
    for y in range(HEIGHT):
        line = bytes(column[y] for column in columns)
        # Filter 2 (up): rows repeat, so that nearly all bytes become zero.
        raw.append(2)
        raw += bytes((here - up) & 0xFF for here, up in zip(line, above, strict=True))
        above = line
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"PLTE", palette),
        (b"tRNS", alpha),
        (b"IDAT", zlib.compress(bytes(raw), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, bytes(data)) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _columns(bars: Sequence[Bar], first: dict[str, int]) -> list[bytearray]:
    """The picture column by column, each pixel a palette index."""
    columns = [bytearray(HEIGHT) for _ in range(WIDTH)]
    top = max([1e-9, *(bar.value for bar in bars), *(bar.expected or 0.0 for bar in bars)])
    scale = (HEIGHT - 8) / top
    slot = WIDTH / max(len(bars), 1)
    gap = max(4, round(slot * 0.16))
    for index, bar in enumerate(bars):
        left, right = round(index * slot), round((index + 1) * slot)
        height = max(2, round(max(bar.value, 0.0) * scale))
        expected = None if bar.expected is None else round(max(bar.expected, 0.0) * scale)
        for x in range(left, right):
            inside = left + gap // 2 <= x < right - (gap - gap // 2)
            edge = min(x - (left + gap // 2), right - (gap - gap // 2) - 1 - x)
            if inside:
                _fill(columns[x], bar, height, expected, edge, x, first)
            if expected is not None:
                _mark(columns[x], height if inside else 0, expected, first["before"] + _LEVELS)
    return columns


def _fill(
    column: bytearray, bar: Bar, height: int, expected: int | None, edge: int, x: int, first: dict[str, int]
) -> None:
    """One column of a bar, `edge` pixels from the bar's nearer side."""
    plain = first["now" if bar.now else "before"]
    # The corner's circle: how far down it starts here, with the fraction as opacity.
    drop = 0.0
    if edge < _RADIUS and height > _RADIUS:
        drop = _RADIUS - (_RADIUS**2 - (_RADIUS - edge - 0.5) ** 2) ** 0.5
    whole = int(drop)
    for up in range(height - whole):
        y = HEIGHT - 1 - up
        if bar.provisional and (x + y) % _STRIPE < _STRIPE * 0.45:
            continue
        colour = first["unusual"] if bar.unusual and (expected is None or up >= expected) else plain
        opacity = _LEVELS
        if up == height - whole - 1 and drop:
            opacity = max(1, round(_LEVELS * (1 - (drop - whole))))
        column[y] = colour + opacity


def _mark(column: bytearray, height: int, expected: int, colour: int) -> None:
    """The expected line: drawn on the empty background, cut out of a bar, so that it is seen on both."""
    for up in range(expected - _LINE // 2, expected + _LINE // 2):
        y = HEIGHT - 1 - up
        if 0 <= y < HEIGHT:
            column[y] = 0 if up < height else colour
