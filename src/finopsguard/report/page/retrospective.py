"""The page of a monthly report, in the look of the report page and as safe to open."""

from __future__ import annotations

from pathlib import Path

from finopsguard.models.report import Report
from finopsguard.models.retrospective import Retrospective
from finopsguard.report.page import html
from finopsguard.report.retrospective_story import RetrospectiveStory

_ASSETS = Path(__file__).parent / "assets"


def page(report: Report, looked: Retrospective) -> str:
    """The page's HTML."""
    story = RetrospectiveStory(report, looked)
    return html.fill(
        _ASSETS, "retrospective", look="page", story=story, report=report, looked=looked, t=story.t
    )
