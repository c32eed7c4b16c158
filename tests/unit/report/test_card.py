"""The card of every kind of report."""

from __future__ import annotations

import pytest

from finopsguard import contracts
from finopsguard.models import Language
from finopsguard.report import card

from .cases import CASES


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("case", CASES)
def test_fits_into_teams(case: str, language: Language) -> None:
    message = card.message(CASES[case](language))

    assert len(contracts.encode(message)) <= card.MAX_BYTES
