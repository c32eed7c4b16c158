"""What is given to JSONata's reference implementation (tests/browser) has every expression of the state machine."""

from __future__ import annotations

import re

from finopsguard import machine
from tests.workflow import expressions


def test_every_expression_of_the_machine_is_met_with_data_of_its_own() -> None:
    written = {
        text.replace('\\"', '"').replace("\\\\", "\\")
        for text in re.findall(r'"\{%\s*(.*?)\s*%\}"', machine.text())
    }
    met = {each["expression"].strip() for each in expressions.recorded()}
    assert {each for each in written if "${" not in each} - met == set()
