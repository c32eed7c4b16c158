"""NotifyFailure: tells the channel that a report failed, and what to do next.

Two callers: the state machine's Catch, and an EventBridge rule on executions that ended FAILED, TIMED_OUT or ABORTED.
The rule catches what no Catch sees, such as the time-out of the whole execution; an alert that the Catch sent already
is not sent again.
"""

from __future__ import annotations

from finopsguard import contracts
from finopsguard.channels import alerts
from finopsguard.channels.teams import failure_card
from finopsguard.config import AlertSettings
from finopsguard.failures import plain_cause
from finopsguard.models.messages import Delivery, Failure
from finopsguard.ports import Channel, Clock, Store
from finopsguard.report.failure_story import FailureStory
from finopsguard.telemetry import logger


def run(
    failure: Failure, *, channel: Channel | None, store: Store, settings: AlertSettings, clock: Clock
) -> Delivery:
    """Logs the failure and posts the failure card."""
    detail = failure.failure
    logger().error(
        "report failed", state=detail.state, error=detail.error, message_to_operator=plain_cause(detail.cause)
    )
    story = FailureStory(failure, settings.language, settings.time_zone)
    body = contracts.encode(failure_card.message(story))
    name = settings.channel_name
    if channel is None:
        return Delivery("not_configured", len(body), name)
    told = alerts.deliver(body, failure, name, channel=channel, store=store, clock=clock)
    for trouble in told.troubles:
        logger().warning("alert sent without its record", error=str(trouble))
    return told.delivery
