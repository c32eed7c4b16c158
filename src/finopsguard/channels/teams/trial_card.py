"""The card that `finopsguard doctor --post` posts: that one arrives, and nothing else."""

from __future__ import annotations

from typing import Any

from finopsguard.channels.teams.elements import adaptive_card, container, envelope, text, text_run
from finopsguard.models.run import Language
from finopsguard.report.messages import catalogue


def message(language: Language, version: str) -> dict[str, Any]:
    """The body to post."""
    t = catalogue(language)
    title, says = t("doctor.card_title"), t("doctor.card_text", version=version)
    body = [
        container(
            [text(text_run(title, bold=True, size="Large")), text(text_run(says), spacing="Small")],
            style="accent",
            bleed=True,
        )
    ]
    return envelope(adaptive_card(body, language=language, summary=f"{title}. {says}", buttons=[]))
