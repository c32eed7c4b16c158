"""Every answer is a delivery or an error that a channel declares: steps and the state machine know no other."""

from __future__ import annotations

import itertools
import json

from finopsguard.channels.teams.answers import Answer, accept
from finopsguard.errors import FinOpsGuardError
from finopsguard.ports import Channel, raised_by

CODES = (
    "", "NoResponse", "WorkflowNotFound", "WorkflowTriggerIsNotEnabled", "TriggerInputSchemaMismatch",
    "DirectApiAuthorizationRequired", "DirectApiInvalidAuthorizationScheme", "InvalidRequestContent", "Unheard",
)  # fmt: skip


def raised(answer: Answer) -> type[FinOpsGuardError] | None:
    """The error that an answer means; None for a delivery."""
    try:
        accept(answer)
    except FinOpsGuardError as error:
        return type(error)
    return None


def test_whatever_is_answered_is_taken_or_raises_what_a_channel_declares() -> None:
    texts = [None, *(json.dumps({"error": {"code": code}}) if code else "" for code in CODES)]
    waits = (None, 5.0, 9_999.0)
    found = {
        answer: raised(answer)
        for answer in (Answer(*each) for each in itertools.product(range(200, 600), texts, waits))
    }
    taken = {(answer.status // 100, answer.text) for answer, error in found.items() if error is None}
    assert taken == {(2, "")}
    assert {error for error in found.values() if error} <= raised_by(Channel)
