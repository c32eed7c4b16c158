from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard.failures import plain_cause


@pytest.mark.parametrize(
    ("cause", "plain"),
    [
        (
            '{"errorMessage": "Allow \\"ce:Get\\".\\nThen redrive.", "errorType": "X"}',
            'Allow "ce:Get". Then redrive.',
        ),
        ("The state timed out\n  after 5 s", "The state timed out after 5 s"),
        ("", ""),
        ('{"errorType": "X"}', '{"errorType": "X"}'),
        ('{"errorMessage": "cut at an escape \\', "cut at an escape…"),
        ('{"errorMessage": "cut at an escape \\u00', "cut at an escape…"),
        ('{"errorMessage": "A\\u00f1o"}', "Año"),
    ],
)
def test_the_message_is_read_out_of_a_cause(cause: str, plain: str) -> None:
    assert plain_cause(cause) == plain


@given(st.text(), st.integers(0, 200))
def test_a_cause_cut_off_anywhere_still_reads(message: str, length: int) -> None:
    cause = json.dumps({"errorMessage": message, "errorType": "X"})
    assert plain_cause(cause) == " ".join(message.split())
    plain_cause(cause[:length])


def test_a_cause_that_only_looks_like_json_is_shown_as_it_stands() -> None:
    assert plain_cause('{"errorMessage": "C:\\xyz is not there"}') == "C:\\xyz is not there"
