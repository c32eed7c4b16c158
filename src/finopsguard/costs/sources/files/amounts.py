"""How amounts are written: with a decimal point or a decimal comma, in groups, with a currency's sign. Never guessed.

A pattern is written once, for the database and for Python. Which way a file writes is told by the amounts that can be
read in one way only; where there are none, and it matters, the file is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from finopsguard.aws.sql import literal

Style = Literal["point", "comma"]

SIGNS: Mapping[str, str] = {
    "US$": "USD",
    "CN¥": "CNY",
    "R$": "BRL",
    "A$": "AUD",
    "C$": "CAD",
    "$": "USD",
    "¥": "CNY",
    "￥": "CNY",
    "元": "CNY",
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
}
"""A currency's sign. AWS bills in yen nowhere that Cost Explorer shows its sign, and in yuan in China."""
CODES = (
    *(
        "AUD",
        "BRL",
        "CAD",
        "CHF",
        "CLP",
        "CNY",
        "COP",
        "CZK",
        "DKK",
        "EUR",
        "GBP",
        "HKD",
        "IDR",
        "ILS",
        "INR",
        "JPY",
    ),
    *("KRW", "MXN", "MYR", "NOK", "NZD", "PEN", "PLN", "SEK", "SGD", "THB", "TRY", "TWD", "USD", "ZAR"),
)
MONEY = "|".join([*(re.escape(sign) for sign in SIGNS), *CODES])
# What may stand around and between the digits: a currency, spaces of all kinds, an apostrophe.
_AROUND = f"{MONEY}|[\\s'’\u00a0\u202f\u2009]"
_PLAIN = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?"
_GROUPED: Mapping[Style, str] = {
    "point": r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?",
    "comma": r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d*)?",
}
_SURE: Mapping[Style, str] = {
    "point": r"[+-]?(\d{1,3}(,\d{3})+\.\d*|\d{1,3}(,\d{3}){2,})",
    "comma": r"[+-]?(\d{1,3}(\.\d{3})+,\d*|\d{1,3}(\.\d{3}){2,}|\d+,(\d{1,2}|\d{4,})|0\d*,\d+|\d{4,},\d+)",
}
_UNSURE = r"[+-]?\d{1,3},\d{3}"
DECIMAL_POINT = r"^[^,]*\.(\d{1,2}|\d{4,})\s*$"
"""An amount whose point is none between thousands."""


@dataclass(frozen=True)
class Seen:
    """How many rows can be read in one way only, and how many in both."""

    point: int
    comma: int
    unsure: int


def clean(column: str) -> str:
    """SQL: the digits of a text, without what stands around them; parentheses are a minus."""
    bare = f"replace(regexp_replace({column}, {literal(_AROUND)}, '', 'g'), '−', '-')"
    return f"regexp_replace({bare}, '^\\((.*)\\)$', '-\\1')"


def count(column: str, rows: str) -> str:
    """SQL: the three numbers of `Seen` of a text, each row of which stands for `rows`."""
    patterns = (_SURE["point"], _SURE["comma"], _UNSURE)
    return ", ".join(
        f"coalesce(sum({rows}) FILTER (regexp_full_match({clean(column)}, '{pattern}')), 0)::BIGINT"
        for pattern in patterns
    )


def has_money(column: str) -> str:
    """SQL: whether a text names a currency."""
    return f"regexp_matches({column}, {literal(MONEY)})"


def parsed(column: str, style: Style) -> str:
    """SQL: a text's amount, NULL where it is none."""
    bare = clean(column)
    grouped = f"replace({bare}, ',', '')"
    if style == "comma":
        grouped = f"replace(replace({bare}, '.', ''), ',', '.')"
    pattern = _GROUPED["comma"] if style == "comma" else f"{_GROUPED['point']}|{_PLAIN}"
    return f"CASE WHEN regexp_full_match({bare}, '{pattern}') THEN try_cast({grouped} AS DECIMAL(38, 10)) END"


def seen_in(texts: Iterable[str]) -> Seen:
    """The numbers of `Seen` of some texts, in Python."""
    bare = [_clean(text) for text in texts]
    point, comma, unsure = (
        sum(re.fullmatch(pattern, each) is not None for each in bare)
        for pattern in (_SURE["point"], _SURE["comma"], _UNSURE)
    )
    return Seen(point, comma, unsure)


def amount(text: str, style: Style) -> Decimal | None:
    """What `parsed` is of one text, in Python."""
    bare = _clean(text)
    pattern = _GROUPED["comma"] if style == "comma" else f"{_GROUPED['point']}|{_PLAIN}"
    if not re.fullmatch(pattern, bare):
        return None
    return Decimal(bare.replace(".", "").replace(",", ".") if style == "comma" else bare.replace(",", ""))


def _clean(text: str) -> str:
    return re.sub(r"^\((.*)\)$", r"-\1", re.sub(_AROUND, "", text).replace("−", "-"))


def style_of(seen: Seen, delimiter: str, *, decimal_points: bool) -> Style | None:
    """The way a file writes; None where it cannot be told. `decimal_points`: some other amount has one."""
    if seen.comma > seen.point:
        return "comma"
    if seen.point or not seen.unsure or decimal_points:
        return "point"
    # A semicolon parts the columns because the comma is in the amounts.
    return "comma" if delimiter == ";" else None


def currency_of(text: str) -> str | None:
    """The currency that a sign or a code names: `$`, `USD`; None for a unit of usage such as `Hrs`."""
    return SIGNS.get(text) or (text if text in CODES else None)
