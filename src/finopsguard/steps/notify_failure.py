"""NotifyFailure: tells the channel that a report failed, and what to do next; where Teams does not take it, a topic.

Two callers: the state machine's Catch, and an EventBridge rule on executions that ended FAILED, TIMED_OUT or ABORTED.
The rule catches what no Catch sees, such as the time-out of the whole execution; an alert that the Catch sent already
is not sent again.
"""

from __future__ import annotations

from finopsguard import contracts
from finopsguard.channels import alerts
from finopsguard.channels.teams import failure_card
from finopsguard.config import AlertSettings
from finopsguard.failures import attempt_in, plain_cause
from finopsguard.models.messages import Alerted, Failure
from finopsguard.models.run import source_of
from finopsguard.ports import AlertTopic, Channel, Clock, Store
from finopsguard.report.alert_text import AlertText
from finopsguard.report.failure_story import FailureStory
from finopsguard.store import failed
from finopsguard.telemetry import logger


def run(
    failure: Failure,
    *,
    channel: Channel | None,
    topic: AlertTopic | None,
    store: Store,
    settings: AlertSettings,
    clock: Clock,
) -> Alerted:
    """Logs the failure and sends the alert; raises only where nobody was told although somebody could be."""
    detail = failure.failure
    logger().error(
        "report failed", state=detail.state, error=detail.error, message_to_operator=plain_cause(detail.cause)
    )
    story = FailureStory(failure, settings.language, settings.time_zone)
    card = contracts.encode(failure_card.message(story))
    record = alerts.Record(failure, store, clock)
    places = alerts.Places(settings.channel_name, channel, topic)
    try:
        told = alerts.deliver(card, AlertText(story), record, places)
    finally:
        # A report whose card may be in the channel is not called missing: the next one says that nobody knows.
        if attempt_in(detail.cause) is None:
            source = source_of(settings.use_mock_data)
            record.keep(lambda: failed.record(store, failure, source, clock()))
    for trouble in record.troubles:
        logger().warning("alert sent without its record", error=str(trouble))
    if told.refused:
        logger().warning("Teams did not take the alert", message_to_operator=told.refused)
    return told
