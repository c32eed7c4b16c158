"""Text from outside becomes one visible line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard.report.untrusted import breakable, plain, plain_end


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("  a \n\t b  ", "a b"),
        ("a\u202eb\u200bc\x00d", "abcd"),
        ("{{x}}", "{\u200b{x}\u200b}"),
        ("a\u0301", "a\u0301"),
        ("a" + "\u0301" * 9, "a\u0301\u0301"),
        ("Cuenta de producción 日本", "Cuenta de producción 日本"),
        ("", ""),
        ("حساب", "\u2068حساب\u2069"),
    ],
)
def test_plain(given_text: str, shown: str) -> None:
    assert plain(given_text) == shown


def test_plain_shortens_with_a_sign() -> None:
    assert plain("abcdefgh", 5) == "abcd…"
    assert plain("abcde", 5) == "abcde"


def test_what_is_told_apart_by_its_end_keeps_it() -> None:
    assert plain_end("abcdefgh", 5) == "…efgh"
    assert plain_end("abc defgh", 6) == "…defgh"
    assert plain_end("abcde", 5) == "abcde"
    assert plain_end("xxx {{حساب", 8) == "\u2068…{\u200b{حساب\u2069"


@pytest.mark.parametrize("shortened", [plain, plain_end])
@given(text=st.text(max_size=300), limit=st.integers(1, 80))
def test_plain_is_one_short_visible_line(shortened: Callable[[str, int], str], text: str, limit: int) -> None:
    shown = shortened(text, limit)

    assert len(re.sub("[\u200b\u2068\u2069]", "", shown)) <= limit
    assert "{{" not in shown
    assert "}}" not in shown
    assert all(unicodedata.category(character) not in ("Cc", "Cs", "Co") for character in shown)
    assert shown == shown.strip()


def test_long_words_break_at_punctuation_first() -> None:
    assert breakable("USE1-EUW1-AWS-Out-Bytes", 20) == "USE1-\u200bEUW1-\u200bAWS-\u200bOut-\u200bBytes"
    assert breakable("prod-payments", 20) == "prod-payments"


@given(text=st.text(max_size=200), longest=st.integers(2, 40))
def test_breaking_changes_nothing_visible(text: str, longest: int) -> None:
    broken = breakable(text, longest)

    assert broken.replace("\u200b", "") == text.replace("\u200b", "")
    if "\u200b" not in text:
        assert all(len(piece) <= longest for word in broken.split(" ") for piece in word.split("\u200b"))
