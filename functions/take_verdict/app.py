"""TakeVerdict: shows what a card's link would do, and does it."""

from finopsguard.runtime import step
from finopsguard.steps import take_verdict

handler = step(take_verdict.run)
