"""SendEvents: sends what became of each incident to EventBridge, once."""

from finopsguard.runtime import step
from finopsguard.steps import send_events

handler = step(send_events.run)
