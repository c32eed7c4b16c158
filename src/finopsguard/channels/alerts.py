"""Alerts of failed executions: to Teams, and to a topic where Teams does not take them; once each, whoever reports it.

An alert is the last resort, and the store may be what failed: it is asked whether the alert was sent, and told that it
was, as far as it answers. Unlike a report, an alert sent twice is better than none. But for a card whose outcome nobody
knows the operator is asked once, however often its report is run again: `finopsguard deliveries list` goes on asking.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from finopsguard.errors import FinOpsGuardError, Transient
from finopsguard.failures import EXECUTION, attempt_in
from finopsguard.models.ledger import Alert
from finopsguard.models.messages import Alerted, DeliveryStatus, Failure
from finopsguard.ports import AlertTopic, Channel, Clock, Store
from finopsguard.report.alert_text import AlertText
from finopsguard.store import documents, keys

T = TypeVar("T")

TOPIC = "AlertTopic"
"""The topic's name in the record of alerts; a channel's has no capitals."""


@dataclass(frozen=True)
class Places:
    """Where an alert can go. `name` is the channel's, by the settings."""

    name: str
    channel: Channel | None
    topic: AlertTopic | None


@dataclass
class Record:
    """What is known of one failure's alerts; `troubles` are the errors of the store that did not stop them.

    A store that failed once is not asked again: one that hangs would take the time that Teams and the topic need, and
    an invocation that runs out of time is repeated with its alert.
    """

    failure: Failure
    store: Store
    clock: Clock
    troubles: list[FinOpsGuardError] = field(default_factory=list)

    def once(self, name: str, send: Callable[[], None]) -> DeliveryStatus:
        """Sends the alert, unless it is known to be in this place already; raises what `send` raises."""
        wanted = alert_keys(self.failure, name)
        told = self._asked(lambda: {key for key in wanted if self.store.exists(key)}) or set()
        if not told:
            send()
        alert = Alert(self.failure.failure.error, self.clock())
        for key in wanted:
            if key not in told:
                # Raised, a trouble would have the state machine send the alert again.
                self.keep(partial(documents.write, self.store, key, alert))
        return "already_delivered" if told else "delivered"

    def keep(self, write: Callable[[], None]) -> None:
        """Writes as far as the store answers."""
        self._asked(write)

    def _asked(self, ask: Callable[[], T]) -> T | None:
        if not self.troubles:
            try:
                return ask()
            except FinOpsGuardError as error:
                self.troubles.append(error)
        return None


def deliver(card: bytes, words: AlertText, record: Record, places: Places) -> Alerted:
    """Posts the card; where Teams does not take it, or no webhook is configured, publishes the words.

    Raises what ports.Channel and ports.AlertTopic raise, only where nobody was told: an error that is worth a retry
    before one that is not.
    """
    refused = None
    channel, topic, name = places.channel, places.topic, places.name
    if channel is not None:
        try:
            status = record.once(name, lambda: channel.post(card))
        except FinOpsGuardError as error:
            refused = error
        else:
            return Alerted("teams", status, name)
    why = f"{type(refused).__name__}: {refused}" if refused else None
    if topic is not None:
        try:
            status = record.once(TOPIC, lambda: topic.publish(words.subject, words.body(why)))
        except FinOpsGuardError as error:
            raise _worth_a_retry(refused, error) from error
        return Alerted("topic", status, name, why)
    if refused is not None:
        raise type(refused)(
            f"{refused} No alert topic is configured (FINOPSGUARD_ALERT_TOPIC_ARN)."
        ) from refused
    return Alerted("none", "not_configured", name)


def alert_keys(failure: Failure, place: str) -> tuple[str, ...]:
    """The records of an alert: its own, and that of the delivery attempt whose outcome it asks for, if it does."""
    attempt = attempt_in(failure.failure.cause)
    own = alert_key(failure, place)
    if attempt is None:
        return (own,)
    return own, keys.ALERT.key(execution=keys.execution_name(attempt), channel=place, story="attempt")


def alert_key(failure: Failure, place: str) -> str:
    """One alert per execution and redrive, whoever reports it; a time-out or an abort is a story of its own."""
    detail = failure.failure
    own_story = detail.state == EXECUTION and detail.error != "FAILED"
    return keys.ALERT.key(
        execution=keys.execution_name(failure.execution or repr(failure)),
        channel=place,
        story=detail.error if own_story else str(detail.redriveCount),
    )


def _worth_a_retry(refused: FinOpsGuardError | None, by_topic: FinOpsGuardError) -> FinOpsGuardError:
    """The error that the state machine is told, with the words of both."""
    if refused is None:
        return by_topic
    kind = next((type(each) for each in (refused, by_topic) if isinstance(each, Transient)), type(refused))
    return kind(f"{refused} {by_topic}")
