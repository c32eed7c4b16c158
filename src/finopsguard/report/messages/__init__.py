"""Every word and number format that people read, in `en.json` and `es.json`.

A test finds keys that are missing or unused. A plural is an object with the forms `one` and `other` (all that Spanish
and English need here), chosen by `n`. `numbers` holds the formats; a language cannot be read without all of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from finopsguard.models.run import Language

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class NumberFormat:
    """How a language writes numbers; the forms have `{names}`, and `sign` is empty, `+` or `−`.

    `percent` takes sign and number, `millions` the number of millions alone. `money` takes sign, symbol and number,
    with a currency of `symbols` (CLDR's, outside their own countries); any other currency is shown as `money_by_code`.
    """

    decimal: str
    group: str
    percent: str
    money: str
    money_by_code: str
    millions: str
    symbols: Mapping[str, str]


@dataclass(frozen=True)
class Catalogue:
    """The words of one language. Values put into a message are shown as they are: format and clean them first."""

    texts: Mapping[str, Any]
    numbers: NumberFormat

    def __call__(self, key: str, /, **values: object) -> str:
        """The message `key` with its `{names}` filled in; a plural is chosen by the integer `n`, shown as `{count}`."""
        text = self.texts[key]
        if isinstance(text, dict):
            text = text["one" if values["n"] == 1 else "other"]
        return str(text).format(**values)

    def has(self, key: str) -> bool:
        """True if there is such a message: notes and errors may come from a newer version of another step."""
        return key in self.texts

    def month(self, number: int) -> str:
        """`November` for 11."""
        return str(self.texts["months"][number - 1])

    def month_short(self, number: int) -> str:
        """`Nov` for 11."""
        return str(self.texts["months_short"][number - 1])

    def weekday(self, number: int) -> str:
        """`Monday` for 0, as Python counts."""
        return str(self.texts["weekdays"][number])

    def weekday_short(self, number: int) -> str:
        """`Mon` for 0."""
        return str(self.texts["weekdays_short"][number])

    def weekdays(self, number: int) -> str:
        """`Mondays` for 0."""
        return str(self.texts["weekdays_plural"][number])


@cache
def catalogue(language: Language) -> Catalogue:
    """The catalogue of a language, read once."""
    return read(language)


def languages(folder: Path = FOLDER) -> list[str]:
    """The languages that have a file, in alphabetical order."""
    return sorted(path.stem for path in folder.glob("*.json"))


def read(language: str, folder: Path = FOLDER) -> Catalogue:
    """Reads `<language>.json`; raises ValueError naming the number formats that it lacks or that nobody knows."""
    texts: dict[str, Any] = json.loads((folder / f"{language}.json").read_text("utf-8"))
    given, known = texts.pop("numbers", {}), {field.name for field in fields(NumberFormat)}
    wrong = [f"lacks numbers.{name}" for name in sorted(known - given.keys())]
    wrong += [f"has numbers.{name}, which nobody reads" for name in sorted(given.keys() - known)]
    if wrong:
        raise ValueError(f"{language}.json {', '.join(wrong)}. Write it as the other languages have it.")
    return Catalogue(texts, NumberFormat(**given))
