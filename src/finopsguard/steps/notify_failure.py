"""NotifyFailure: tells the channel that a report failed, and what to do next.

Two callers: the state machine's Catch, and an EventBridge rule on executions that ended FAILED, TIMED_OUT or ABORTED.
The rule catches what no Catch sees, such as the time-out of the whole execution; an alert that the Catch sent already
is not sent again.
"""

from __future__ import annotations

from finopsguard import contracts
from finopsguard.aws.failures import EXECUTION, key_name, plain_cause
from finopsguard.channels.teams import failure_card
from finopsguard.models.messages import Delivery, Failure
from finopsguard.report.failure_story import FailureStory
from finopsguard.telemetry import logger
from finopsguard.wiring import Adapters


def run(failure: Failure, adapters: Adapters) -> Delivery:
    """Logs the failure and posts the failure card. Raises what ports.Channel and ports.Store raise."""
    detail = failure.failure
    logger().error(
        "report failed", state=detail.state, error=detail.error, message_to_operator=plain_cause(detail.cause)
    )
    settings = adapters.settings
    story = FailureStory(failure, settings.language, settings.time_zone)
    body = contracts.encode(failure_card.message(story))
    channel = adapters.channel
    if channel is None:
        return Delivery(status="not_configured", bytes=len(body))
    name = channel.fingerprint()
    key = alert_key(failure, name)
    if adapters.store.exists(key):
        return Delivery(status="already_delivered", bytes=len(body), channel=name)
    channel.post(body)
    # Recorded after the post: unlike a report, an alert sent twice is better than none.
    posted_at = adapters.clock()
    adapters.store.write(key, contracts.encode({"error": detail.error, "at": posted_at.isoformat()}))
    return Delivery(status="delivered", bytes=len(body), channel=name, posted_at=posted_at)


def alert_key(failure: Failure, channel: str) -> str:
    """One alert per execution and redrive, whoever reports it; a time-out or an abort is a story of its own."""
    name = key_name(failure.execution or repr(failure))
    detail = failure.failure
    own_story = detail.state == EXECUTION and detail.error != "FAILED"
    return f"alerts/{name}/{channel}/{detail.error if own_story else detail.redriveCount}.json"
