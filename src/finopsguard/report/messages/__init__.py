"""Every word that people read, in `en.json` and `es.json`; a test finds keys that are missing or unused.

A plural is an object with the forms `one` and `other` (all that Spanish and English need here), chosen by `n`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from finopsguard.models.run import Language

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Catalogue:
    """The words of one language. Values put into a message are shown as they are: format and clean them first."""

    texts: Mapping[str, Any]

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


@cache
def catalogue(language: Language) -> Catalogue:
    """The catalogue of a language, read once."""
    return Catalogue(json.loads((_FOLDER / f"{language}.json").read_text("utf-8")))
