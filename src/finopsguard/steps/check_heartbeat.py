"""CheckHeartbeat: measures how long ago each report was delivered; a schedule of its own calls it, no state does.

An alarm on these metrics tells a report that does not come, whatever the reason: nothing failed where nothing began. An
age that is not sent is alarming too (docs/adr/0006-the-heartbeat.md).
"""

from __future__ import annotations

from typing import get_args

from finopsguard.config import HeartbeatSettings
from finopsguard.models.messages import Heartbeat, HeartbeatRequest
from finopsguard.models.run import ReportName, source_of
from finopsguard.ports import Store
from finopsguard.store import covered


def run(asked: HeartbeatRequest, *, store: Store, settings: HeartbeatSettings) -> Heartbeat:
    """The ages at the time that the schedule was due."""
    source = source_of(settings.use_mock_data)
    return Heartbeat(
        *(covered.hours_since(store, source, report, asked.at) for report in get_args(ReportName))
    )
