"""What the text of a setting says, where it is more than a word or a number: lists, names, a time zone, a secret's ARN.

Each raises ValueError with the end of a sentence that begins with the variable's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

_SERVICE_LENGTH = 200
# Documented by AWS (STS: AssumeRole).
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)


def secret(value: str) -> str:
    """The ARN of a secret, or its name; never the secret itself."""
    if "://" in value:
        raise ValueError("holds a URL; give the ARN of the secret that holds it, or set TEAMS_WEBHOOK_URL")
    return value


def words(value: str) -> tuple[str, ...]:
    """Words that commas or spaces part, each once."""
    return tuple(dict.fromkeys(word for word in re.split(r"[\s,]+", value) if word))


def time_zone(value: str) -> str:
    """The name of a time zone."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"is {value!r}; use an IANA name such as Europe/Madrid") from None
    return value


def external_id(value: str) -> str:
    """An external ID of STS."""
    if not _EXTERNAL_ID.fullmatch(value):
        raise ValueError("is no external ID; use 2 to 1,224 letters, digits and +=,.@:/-_")
    return value


def services(value: str) -> tuple[str, ...]:
    """Names of services, which have spaces, that commas or line breaks part."""
    names = tuple(
        dict.fromkeys(name for each in re.split(r"[,\n]", value) if (name := " ".join(each.split())))
    )
    for name in names:
        if len(name) > _SERVICE_LENGTH or not name.isprintable():
            raise ValueError(
                f"holds {name[:40]!r}; use names of services as Cost Explorer writes them, separated by commas"
            )
    return names


def list_of(form: re.Pattern[str], what: str) -> Callable[[str], tuple[str, ...]]:
    """Parses a list of texts of one form; `what` says what these are."""

    def parse(value: str) -> tuple[str, ...]:
        found = words(value)
        for word in found:
            if not form.fullmatch(word):
                raise ValueError(f"holds {word!r}; use {what}, separated by commas")
        return found

    return parse
