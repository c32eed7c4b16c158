"""AWS's usage types in plain words, from one table: `usage_types.json`.

A usage type may begin with the billing code of its Region (`EUW1-BoxUsage:m5.large`; AWS: Region billing codes). A
row's `match` is the rest, with gaps such as `{type}` for what differs; `of` is a part of the service's name where the
same usage type means different things; `compute` marks what runs somebody's code. What no row matches stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from finopsguard.models.run import Language
from finopsguard.report.untrusted import plain

TABLE = Path(__file__).with_suffix(".json")
LONGEST = 64
"""Characters of what is shown; a longer text is cut."""

_LONGEST_KNOWN = 120  # a usage type of more characters is none that the table knows
_GAPS = {
    "type": r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+){1,3}",
    "host": r"[a-z][a-z0-9-]*",
    "family": r"[a-z0-9]+",
    "kind": r"[A-Za-z0-9]+",
    "app": r"[A-Za-z]+",
    "area": r"[A-Z]{2}",
    "code": r"[A-Z0-9]+",
    "engine": r"[\w.:-]+",
    "model": r"[A-Za-z0-9][\w.-]*",
    "tier": r"[\w-]+",
}
_GAP = re.compile(r"\\{(\w+)\\}")


@dataclass(frozen=True)
class UsageType:
    """A usage type in words; `region` is the one that its prefix names, empty where there is none.

    `across`: the words name the Regions themselves. `compute`: it runs somebody's code. `known`: a row matched.
    """

    words: str
    region: str = ""
    across: bool = False
    compute: bool = False
    known: bool = False


@dataclass(frozen=True)
class Row:
    """A line of the table; `words` by language."""

    match: str
    of: str
    compute: bool
    words: Mapping[str, str]
    pattern: re.Pattern[str]


@lru_cache(maxsize=4096)
def read(usage_type: str, language: Language, service: str = "") -> UsageType:
    """A usage type in words of a language; `service` is its service's name where it is known."""
    if len(usage_type) <= _LONGEST_KNOWN:
        for row in rows():
            found = row.pattern.fullmatch(usage_type) if row.of in service else None
            if found:
                return _filled(row, found, language)
    return UsageType(plain(usage_type, LONGEST))


@cache
def rows() -> Sequence[Row]:
    """The table; what is said of one service comes before what is said of all."""
    made = [_row(line) for line in _table()["types"]]
    return [row for row in made if row.of] + [row for row in made if not row.of]


@cache
def regions() -> Mapping[str, str]:
    """Regions by billing code: `ap-south-1` by `APS3`."""
    found: Mapping[str, str] = _table()["regions"]
    return found


@cache
def _table() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(TABLE.read_text("utf-8"))
    return found


def _row(line: Mapping[str, Any]) -> Row:
    codes = "|".join(regions())
    gaps = {**_GAPS, "from": codes, "to": codes}
    pattern = _GAP.sub(lambda gap: f"(?P<{gap[1]}>{gaps[gap[1]]})", re.escape(line["match"]))
    if not line["match"].startswith(("{from}", "{area}")):
        pattern = f"(?:(?P<prefix>{codes})-)?{pattern}"
    words = {name: text for name, text in line.items() if name not in ("match", "of", "compute")}
    return Row(line["match"], line.get("of", ""), line.get("compute", False), words, re.compile(pattern))


def _filled(row: Row, found: re.Match[str], language: Language) -> UsageType:
    gaps = found.groupdict()
    prefix = gaps.pop("prefix", None)
    places = {name: regions()[gaps[name]] for name in ("from", "to") if name in gaps}
    words = row.words[language].format_map(gaps | places)
    return UsageType(
        plain(words, LONGEST), regions()[prefix] if prefix else "", bool(places), row.compute, known=True
    )
