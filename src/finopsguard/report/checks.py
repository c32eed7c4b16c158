"""What was read and is not proven, in words: at most one notice, the weightiest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finopsguard.models.report import UNKNOWN, Check, CheckStatus, Report
from finopsguard.report.untrusted import plain

if TYPE_CHECKING:
    from finopsguard.report.words import Words

# The weightiest first.
_UNSURE: tuple[CheckStatus, ...] = ("failed", "warn")
_LONGEST_DETAIL = 160


def unsure(report: Report) -> Check | None:
    """The weightiest check that is not ok; None where all is proven."""
    return next(
        (check for status in _UNSURE for check in report.coverage.checks if check.status == status), None
    )


def sentence(words: Words, check: Check) -> str:
    """What a check found; one that this version does not know is shown as it is."""
    detail = plain(check.detail, _LONGEST_DETAIL)
    key = f"check.{check.name}.{'unknown' if check.detail == UNKNOWN else check.status}"
    return words.t(key, detail=detail) if words.t.has(key) else f"{plain(check.name)}: {detail}"
