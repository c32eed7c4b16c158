"""The reference says what the code does."""

from __future__ import annotations

import re

from finopsguard import contracts
from tests.docs import reference


def test_the_reference_is_written_from_the_code() -> None:
    """`python -m tests.docs.reference` writes it anew."""
    text = reference.PAGE.read_text("utf-8")
    assert text == reference.with_parts(text)


def test_every_field_of_the_report_is_explained() -> None:
    text = reference.PAGE.read_text("utf-8")
    fields = contracts.load_schema("report")["properties"]
    assert [name for name in fields if not re.search(rf"`{name}\b", text)] == []
