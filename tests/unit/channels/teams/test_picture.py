"""The PNG: valid, small, and visible on both themes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard.channels.teams.picture import COLOURS, SPARKLINE, TREND, data_uri, png
from finopsguard.report import trend
from finopsguard.report.trend import Bar
from tests.unit.report.sample import weekly

Pixel = tuple[int, ...]
# Teams' card backgrounds, light and dark, and those of its emphasised containers.
BACKGROUNDS = {
    "light": (0xFF, 0xFF, 0xFF),
    "dark": (0x2D, 0x2C, 0x2C),
    "dark emphasis": (0x29, 0x28, 0x28),
    "classic dark": (0x1F, 0x1F, 0x1F),
}


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG, with signature, lengths and check sums verified."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at = 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + body),)
        yield kind, body
        at += 12 + length


def pixels(data: bytes) -> list[list[Pixel]]:
    """Decodes it independently of how it was made: filters 0 and 2, palette, transparency."""
    parts = dict(chunks(data))
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert (depth, colour, rest) == (8, 3, [0, 0, 0])
    colours = parts[b"PLTE"]
    palette: list[Pixel] = [tuple(colours[start : start + 3]) for start in range(0, len(colours), 3)]
    raw, rows, above = zlib.decompress(parts[b"IDAT"]), [], bytes(width)
    assert len(raw) == height * (width + 1)
    for y in range(height):
        kind, line = raw[y * (width + 1)], raw[y * (width + 1) + 1 : (y + 1) * (width + 1)]
        if kind == 2:
            line = bytes((here + up) & 0xFF for here, up in zip(line, above, strict=True))
        else:
            assert kind == 0
        rows.append([(*palette[index], parts[b"tRNS"][index]) for index in line])
        above = line
    return rows


def solid(image: list[list[Pixel]], colour: str) -> int:
    """Opaque pixels of a colour."""
    return sum(pixel == (*COLOURS[colour], 255) for row in image for pixel in row)


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("colour", COLOURS)
def test_contrast_is_at_least_three_to_one(colour: str, background: str) -> None:
    one, other = sorted((_luminance(COLOURS[colour]), _luminance(BACKGROUNDS[background])))

    assert (other + 0.05) / (one + 0.05) >= 3


def _luminance(colour: tuple[int, int, int]) -> float:
    """Relative luminance (WCAG 2.2)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_bars_are_as_tall_as_their_days() -> None:
    image = pixels(png([Bar(50, now=False), Bar(100, now=True)], TREND))

    assert solid(image, "now") == pytest.approx(2 * solid(image, "before"), rel=0.02)
    assert solid(image, "unusual") == 0


def test_only_what_is_above_expectation_is_red() -> None:
    image = pixels(png([Bar(100, now=True, unusual=True, expected=75)], TREND))

    assert solid(image, "unusual") / (solid(image, "unusual") + solid(image, "now")) == pytest.approx(
        0.25, abs=0.02
    )


def test_a_provisional_day_is_hollow() -> None:
    final, hollow = (
        solid(pixels(png([Bar(100, now=True, provisional=flag)], TREND)), "now") for flag in (False, True)
    )

    assert 0 < hollow < final / 5


def test_the_expected_line_is_drawn_beside_a_bar_and_cut_out_of_it() -> None:
    image = pixels(png([Bar(10, now=True, expected=100), Bar(100, now=True, expected=50)], TREND))
    line = next(row for row in image if row[-1][3] == 255 and row[-1][:3] == COLOURS["before"])

    assert any(pixel[3] == 0 for pixel in line)


def test_it_is_small_enough_for_a_card() -> None:
    report = weekly("en")

    assert len(data_uri(trend.bars(report))) < 2_500
    for line in report.anomalies:
        assert len(data_uri(trend.anomaly_bars(line, report), SPARKLINE)) < 500


@given(
    bars=st.lists(
        st.builds(
            Bar,
            value=st.floats(-1e15, 1e15),
            now=st.booleans(),
            unusual=st.booleans(),
            provisional=st.booleans(),
            expected=st.none() | st.floats(-1e15, 1e15),
        ),
        min_size=1,
        max_size=40,
    ),
    size=st.sampled_from([TREND, SPARKLINE]),
)
def test_any_amounts_make_a_valid_picture(bars: list[Bar], size: object) -> None:
    assert isinstance(size, type(TREND))
    parts = dict(chunks(png(bars, size)))
    width, height = struct.unpack(">II", parts[b"IHDR"][:8])

    assert len(zlib.decompress(parts[b"IDAT"])) == height * (width + 1)
    assert width <= size.width
