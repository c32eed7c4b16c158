"""NotifyFailure: tells the channel that a report failed."""

from finopsguard.runtime import step
from finopsguard.steps import notify_failure

handler = step(notify_failure.run)
