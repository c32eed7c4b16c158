"""The check of cards against Microsoft's schema can fail."""

from __future__ import annotations

from tests.unit.channels.teams.cards import schema_problems


def test_microsoft_s_schema_refuses_what_teams_does_not_know() -> None:
    """Else a card that keeps to it would say nothing."""
    made = {"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": "x"}]}
    assert schema_problems(made) == []
    assert schema_problems({**made, "body": [{"type": "TextBlok", "text": "x"}]})
    assert schema_problems({**made, "body": [{"type": "TextBlock", "text": 5}]})
