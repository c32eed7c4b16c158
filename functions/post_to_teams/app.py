"""PostToTeams: posts the card, once."""

from finopsguard.runtime import step
from finopsguard.steps import post_to_teams

handler = step(post_to_teams.run)
