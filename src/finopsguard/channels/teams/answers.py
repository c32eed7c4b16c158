"""What an answer of the Workflows webhook means: accepted, refused, or nobody knows.

202 with an empty body is Microsoft's documented answer. A flow with a response action of its own answers what it likes,
and so does whatever stands between: a login page came as 200, and a failure in words did. So only the known answers are
a delivery. Error codes are those that Power Automate and Logic Apps put into the body, as seen by users.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from finopsguard.errors import (
    CardTooLarge,
    DeliveryUncertain,
    FinOpsGuardError,
    TeamsAnswerUnknown,
    TeamsPaused,
    TeamsRejected,
    TeamsThrottled,
    TeamsUnavailable,
)

LONGEST_RETRIED = 300.0
"""Seconds that the state machine's Retry waits about: a longer pause is for the operator to end."""

_ACCEPTED = ("", "1")
_REPORTED = re.compile(r"returned HTTP error (\d{3})")
_CODE = re.compile(r"[A-Za-z]{3,60}")
_MAKE_ANEW = "Make the workflow's URL anew, put it into the secret and redrive the execution."
_REMEDIES: Mapping[str, str] = {
    "DirectApiAuthorizationRequired": (
        "The URL has no valid signature, or the workflow lets signed-in users in alone. Let anyone trigger the"
        " workflow, copy its whole URL into the secret and redrive the execution."
    ),
    "DirectApiInvalidAuthorizationScheme": (
        "The workflow lets signed-in users in alone. Let anyone trigger it, copy its whole URL into the secret and"
        " redrive the execution."
    ),
    "WorkflowTriggerIsNotEnabled": "The workflow is switched off. Switch it on and redrive the execution.",
    "WorkflowNotFound": f"The workflow was deleted. {_MAKE_ANEW}",
    "TriggerInputSchemaMismatch": (
        "The workflow's trigger expects another message. Remove the schema of its trigger, or make the workflow anew"
        " from the template `Post to a channel when a webhook request is received`, and redrive the execution."
    ),
    "InvalidRequestContent": "The workflow could not read the card. Report this as a bug of FinOps Guard.",
}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. `text` is None where it was too long or packed to be read; `wait` seconds of Retry-After."""

    status: int
    text: str | None
    wait: float | None = None


def accept(answer: Answer) -> None:
    """Returns if the card was accepted; else raises what the answer means, naming no more of it than its code.

    TeamsThrottled, TeamsPaused, TeamsUnavailable, TeamsRejected, CardTooLarge: nothing was posted. DeliveryUncertain
    and TeamsAnswerUnknown: it may have been.
    """
    text = (answer.text or "").strip()
    if 200 <= answer.status < 300:
        if answer.text is not None and text in _ACCEPTED:
            return
        if reported := _REPORTED.search(text):
            raise _refused(Answer(int(reported.group(1)), ""))
        raise TeamsAnswerUnknown(
            f"Teams answered HTTP {answer.status} with a text that is no known confirmation, so the card may not be in"
            " the channel. A proxy's login page or a response action in the workflow answers so: remove it."
        )
    raise _refused(answer)


def _refused(answer: Answer) -> FinOpsGuardError:
    status, code = answer.status, _code(answer.text or "")
    shown = f"HTTP {status}, {code}" if code else f"HTTP {status}"
    if status == 429:
        return _throttled(answer.wait, shown)
    if status == 504 or (status == 502 and code == "NoResponse"):
        return DeliveryUncertain(
            f"Teams answered after the card was sent that the workflow is not done ({shown}); it may be in the channel."
        )
    if status >= 500 or status == 408:
        return TeamsUnavailable(f"Teams is not available ({shown}); the card is posted later.")
    if status == 413:
        return CardTooLarge(
            f"Teams refused the card as too large ({shown}). Report this as a bug of FinOps Guard."
        )
    return TeamsRejected(f"Teams refused the card ({shown}). {_remedy(status, code)}")


def _remedy(status: int, code: str) -> str:
    if code in _REMEDIES:
        return _REMEDIES[code]
    if status in (401, 403, 404, 410):
        return f"It does not know this webhook. {_MAKE_ANEW}"
    return "Check the workflow's run history in Power Automate."


def _throttled(wait: float | None, shown: str) -> FinOpsGuardError:
    if wait is not None and wait > LONGEST_RETRIED:
        return TeamsPaused(
            f"Teams asks to wait {round(wait / 60)} minutes ({shown}). Redrive the execution after that."
        )
    return TeamsThrottled(f"Teams asks to slow down ({shown}); the card is posted later.")


def _code(text: str) -> str:
    """`error.code` of a JSON body, or nothing: what it holds else is not repeated."""
    try:
        error = json.loads(text)["error"]
        code = error["code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""
