"""CheckHeartbeat: measures how long ago each report was delivered, and what the month's requests have cost so far.

A schedule of its own calls it, no state does.

An alarm on these metrics tells a report that does not come, whatever the reason: nothing failed where nothing began. An
age that is not sent is alarming too (docs/adr/0006-the-heartbeat.md).
"""

from __future__ import annotations

from finopsguard.config import HeartbeatSettings
from finopsguard.costs.paid import usd_in_month
from finopsguard.models.messages import Heartbeat, HeartbeatRequest
from finopsguard.models.run import source_of
from finopsguard.ports import Store
from finopsguard.store import covered


def run(asked: HeartbeatRequest, *, store: Store, settings: HeartbeatSettings) -> Heartbeat:
    """The ages at the time that the schedule was due, and the price of its month until now."""
    source = source_of(settings.use_mock_data)
    ages = (covered.hours_since(store, source, report, asked.at) for report in ("daily", "weekly", "monthly"))
    daily, weekly, monthly = ages
    return Heartbeat(daily, weekly, usd_in_month(store, source, asked.at), monthly)
