"""What a trial found: what daily reports would have told, as its page and its texts show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from finopsguard.models.anomaly import AnomalyKind, AnomalyStatus, Ending
from finopsguard.models.report import CostExplorerUse
from finopsguard.models.run import Language, Period


@dataclass(frozen=True)
class TrialEvent:
    """What the reports of the days `first` to `last` said of a story: one day, but for a story that went on.

    `impact` is USD since the story's `start`, signed, as it was known on `last`; `last_day` is the newest that
    deviates.
    """

    first: date
    last: date
    id: str
    status: AnomalyStatus
    ended: Ending | None
    account_id: str
    account_name: str
    services: tuple[str, ...]
    kind: AnomalyKind
    start: date
    last_day: date
    impact: Decimal

    @property
    def is_message(self) -> bool:
        """True for what is told as new or grown; what went on or is over is only listed."""
        return self.status in ("new", "growing")


@dataclass(frozen=True)
class TrialWeek:
    """Seven days of reports, or the fewer that the first week has, and the messages in them."""

    days: Period
    messages: int


@dataclass(frozen=True)
class TrialGate:
    """What would have been told with one least excess a day: messages, and USD above and below expectation."""

    usd: Decimal
    messages: int
    a_week: Decimal
    above: Decimal
    below: Decimal
    present: bool
    suggested: bool


@dataclass(frozen=True)
class Trial:
    """All of it. `reports` are the days on which reports would have come; `usage` is what the days before them cost.

    `price` of reading is None where files were read; `doubts` are sentences in the language.
    """

    language: Language
    currency: str
    reports: Period
    usage: Decimal
    above: Decimal
    below: Decimal
    stories: int
    messages: int
    a_week: Decimal
    events: tuple[TrialEvent, ...]
    weeks: tuple[TrialWeek, ...]
    gates: tuple[TrialGate, ...]
    wanted: Decimal
    setting: str
    price: CostExplorerUse | None
    doubts: tuple[str, ...]
