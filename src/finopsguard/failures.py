"""Reads what Step Functions says of a failed state."""

from __future__ import annotations

import json
import re

EXECUTION = "the execution"
"""In place of a state, where the execution as a whole timed out or was aborted (template.yaml says the same)."""

_MESSAGE = re.compile(r'"errorMessage":\s*"((?:[^"\\]|\\.)*)')


_ATTEMPT = re.compile(r"finopsguard deliveries resolve ([\w.-]+/[\w.-]+/\d{3,})(?![\w/])")


def attempt_in(cause: str) -> str | None:
    """The id of the attempt whose outcome an operator is asked for, as the message of a delivery's error names it.

    Of an error Lambda hands on its name and its message alone.
    """
    found = _ATTEMPT.search(cause)
    return found.group(1) if found else None


def plain_cause(cause: str) -> str:
    """The error's own message out of a Cause, which for a Lambda function is JSON.

    Where the Cause was cut off inside the message, the message ends in "…".

    A Cause that is not of that form (a time-out, a Step Functions error) is returned as it is, without line breaks.
    """
    found = _MESSAGE.search(cause)
    if found is None:
        return " ".join(cause.split())
    text = found.group(1)
    # A cut may have left a lone half of an escape at the end.
    text = re.sub(r"\\(u[0-9a-fA-F]{0,3})?$", "", text)
    try:
        # Nor may half of a character that JSON writes as two stay: no log and no card can hold it.
        message = json.loads(f'"{text}"', strict=False).encode("utf-8", "replace").decode()
    except ValueError:  # it looks like JSON and is none: it is shown as it stands
        message = text
    cut = "" if cause[found.end() :].startswith('"') else "…"
    return " ".join(message.split()) + cut
