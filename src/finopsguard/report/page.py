"""The report page, first version."""

from __future__ import annotations

from markupsafe import Markup

from finopsguard.models import Report
from finopsguard.report.story import Story


def render(report: Report) -> str:
    """A page with the headline."""
    story = Story(report)
    return str(
        Markup(
            "<!doctype html><html lang='{}'><meta charset='utf-8'><title>{}</title><h1>{}</h1><p>{}</p><p>{}</p></html>"
        ).format(report.language, story.title, story.amount, story.change, story.why)
    )
