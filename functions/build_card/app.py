"""BuildCard: completes the report and builds the Adaptive Card."""

from finopsguard.runtime import step
from finopsguard.steps import build_card

handler = step(build_card.run)
