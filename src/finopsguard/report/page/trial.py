"""The page of a trial: what daily reports would have told, in the look of the report page and as safe to open.

Cards are pictures of what Teams would have shown, made by who knows Teams; this page knows that they are HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from finopsguard.models.trial import Trial
from finopsguard.report.page import chart, html
from finopsguard.report.trial_story import TrialStory

_ASSETS = Path(__file__).parent / "assets"


@dataclass(frozen=True)
class Shown:
    """A card as HTML, and over it what report it is of."""

    title: str
    card: html.Html


def page(trial: Trial, cards: Sequence[Shown], *, style: str, script: str) -> str:
    """The page's HTML; `style` and `script` are those that the cards need."""
    story = TrialStory(trial)
    columns = [
        chart.Column(Decimal(week.messages), "now", f"{days}: {count}")
        for week, (days, count) in zip(trial.weeks, story.weeks.rows, strict=True)
    ]
    return html.fill(
        _ASSETS,
        "trial",
        look="page",
        more_style=style,
        more_script=script,
        story=story,
        trial=trial,
        t=story.t,
        picture=chart.svg(columns, chart.ceiling(columns), story.weeks.caption) if columns else None,
        cards=cards,
    )
