"""SendEvents: tells EventBridge of each incident that is new, has grown or is over, once the report is delivered.

The card is in its channels by then, whatever fails here. What was sent is in the ledger, so that a redrive sends the
rest alone.
"""

from __future__ import annotations

from finopsguard import errors
from finopsguard.channels import events
from finopsguard.models.messages import DeliveredReport, EventsSent
from finopsguard.models.report import Report
from finopsguard.ports import Clock, EventBus, Store, raises
from finopsguard.store import documents


@raises(errors.InvalidInput)
def run(given: DeliveredReport, *, bus: EventBus | None, store: Store, clock: Clock) -> EventsSent:
    """Sends what the report tells of incidents and was not sent yet; nothing where no bus is configured."""
    if bus is None:
        return EventsSent("not_configured")
    report = documents.read(store, given.report_key, Report)
    return events.send(report, given.run, bus=bus, store=store, clock=clock)
