"""The delivery ledger: a report is posted to a channel once, whatever is retried, redriven or started twice.

Posting is not idempotent and posted twice is worse than late. Every attempt is an object,
`deliveries/<run>/<channel>/<attempt>.json`, that is created only if it is not there, and then says how it ended:

    posting   begun; the outcome is not known yet
    failed    ended, and nothing was posted: the next attempt may begin
    posted    ended, and the card is in the channel: there is no next attempt

Two executions that post the same report at the same time create the same attempt; the store lets one of them win.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from finopsguard import contracts
from finopsguard.errors import DeliveryInProgress, DeliveryUncertain
from finopsguard.ports import Store
from finopsguard.store import keys

# Longer than PostToTeams may run (its timeout is 120 s): an older attempt without an outcome was cut off.
LONGEST_ATTEMPT = timedelta(minutes=3)


@dataclass(frozen=True)
class Attempt:
    """A delivery begun by this invocation. End it with `failed` or `posted`; left open it counts as uncertain."""

    store: Store
    key: str
    execution: str

    def failed(self, at: datetime) -> None:
        """Nothing was posted."""
        self.store.write(self.key, _record("failed", at, self.execution))

    def posted(self, at: datetime) -> None:
        """The card is in the channel."""
        self.store.write(self.key, _record("posted", at, self.execution))


@dataclass(frozen=True)
class Posted:
    """The report was delivered before, at that time."""

    at: datetime


def begin(store: Store, run_id: str, channel: str, at: datetime, execution: str) -> Attempt | Posted:
    """Begins a delivery, or tells that it was made already.

    Raises DeliveryInProgress (another execution is at it) and DeliveryUncertain (an attempt was cut off).
    """
    for number in count(1):
        key = keys.DELIVERY.key(run_id=run_id, channel=channel, number=f"{number:03d}")
        if store.create(key, _record("posting", at, execution)):
            return Attempt(store, key, execution)
        record = json.loads(store.read(key))
        since = datetime.fromisoformat(record["at"])
        if record["status"] == "posted":
            return Posted(since)
        if record["status"] == "posting":
            if at - since < LONGEST_ATTEMPT:
                raise DeliveryInProgress(
                    "The same report is being posted by another invocation; waiting for its outcome."
                )
            raise DeliveryUncertain(
                f"A post of this report was cut off at {record['at']}; it may be in the channel. {remedy(key)}"
            )
    raise AssertionError("unreachable: count() does not end")


def remedy(key: str) -> str:
    """What to do about an attempt whose outcome is unknown."""
    return f"Look there. If the card is not there, delete {key} from the store and redrive the execution."


def _record(status: str, at: datetime, execution: str) -> bytes:
    return contracts.encode({"status": status, "at": at.isoformat(), "execution": execution})
