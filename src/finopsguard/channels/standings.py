"""How the delivery ledger stands: the newest attempt of each post, and what of it is still open.

An attempt's id, `weekly-2026-11-16/teams/001`, is what people type: the run id of the post, its channel, its number.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from finopsguard.channels import deliveries
from finopsguard.errors import DeliveryInProgress, DeliveryUncertain, InvalidInput
from finopsguard.models.ledger import DeliveryAttempt, Standing, StandingState
from finopsguard.models.run import Run
from finopsguard.ports import Store
from finopsguard.store import covered, documents, keys, told

_ID = re.compile(r"(\w[\w.-]*)/(\w[\w.-]*)/(\d{3,})", re.ASCII)
# How the run id of a report, its revision or its correction begins: its kind and its first day.
_FIRST_DAY = re.compile(r"[a-z]+-(\d{4}-\d{2}-\d{2})")

Post = tuple[str, str]
"""A post of the ledger: its run id and its channel."""


@dataclass(frozen=True)
class Known:
    """An attempt that is in the ledger. `record` is None where it cannot be read: that is uncertain too."""

    id: str
    record: DeliveryAttempt | None

    @property
    def parts(self) -> dict[str, str]:
        """What stands in its keys."""
        return parts(self.id)

    @property
    def key(self) -> str:
        """Where it is in the store."""
        return keys.DELIVERY.key(**self.parts)

    def state(self, now: datetime) -> StandingState:
        """How it stands at that time."""
        if self.record is None:
            return "uncertain"
        if self.record.status == "posting":
            return "in_progress" if deliveries.in_progress(self.record, now) else "uncertain"
        return self.record.status


def standings(store: Store, now: datetime) -> list[Standing]:
    """How each post stands in its channel, the newest first; raises what ports.Store raises."""
    attempts = attempts_of_posts(store)
    found = []
    for post, known in zip(attempts, _read(store, attempts), strict=True):
        run_id, correction = deliveries.about(post[0])
        at = known.record.at if known.record else None
        standing = Standing(known.id, run_id, correction, post[1], known.state(now), at, len(attempts[post]))
        found.append(standing)
    return sorted(found, key=lambda each: (each.at is None, each.at or now, each.id), reverse=True)


def notes(store: Store, run: Run, now: datetime) -> tuple[str, ...]:
    """The note `delivery_open` for a run's card, as long as nobody has answered for an earlier one of its source.

    Of the last 35 days, by the first day of its report: an older one changes nothing any more. The run's own card is
    not among them: it says that by its error. Raises what ports.Store raises.
    """
    since = run.period.end - timedelta(days=told.REMEMBERED_DAYS)
    attempts = {
        post: ids
        for post, ids in _begun(store, since).items()
        if ("-mock" in post[0]) == (run.source == "mock") and post[0] != run.run_id
    }
    is_open = any(known.state(now) == "uncertain" for known in _read(store, attempts))
    return ("delivery_open",) if is_open else ()


def told_by_another(store: Store, run: Run, now: datetime) -> bool:
    """As `covered.by_another`, which it raises as well.

    Raises DeliveryUncertain where a report that has some of the run's days may be in the channel since the run was due,
    and DeliveryInProgress while it is being posted: of two that failed and were redriven, the second one would tell
    them again, and does not say so. What was open before the run was due is in its notes.
    """
    if covered.by_another(store, run):
        return True
    if not run.continues:
        return False
    begun = _begun(store, run.period.start - covered.LONGEST, run.period.end)
    attempts = {post: ids for post, ids in begun.items() if post[0].startswith(f"{run.report}-")}
    for known in _read(store, attempts):
        record = known.record
        if record is None or record.given is None or record.at < run.scheduled_time:
            continue
        other, state = record.given.run, known.state(now)
        if other.first_id == run.first_id or not other.continues or other.source != run.source:
            continue
        if other.period.end <= run.period.start:
            continue
        if state == "in_progress":
            raise DeliveryInProgress(f"{known.id} has days of this report and is being posted right now.")
        if state == "uncertain":
            raise DeliveryUncertain(
                f"{known.id} may be in the channel. It has days of this report, which was not posted."
                f" {deliveries.remedy(known.id)}"
            )
    return False


def find(store: Store, copied: str) -> Known:
    """The attempt of an id as it was typed or copied; raises InvalidInput where there is none."""
    # A card lets a long name wrap, and what lets it is copied with it.
    attempt = copied.replace("\u200b", "")
    if not _ID.fullmatch(attempt):
        raise InvalidInput(
            f"{attempt[:80]!r} is no attempt. Give its id as `finopsguard deliveries list` shows it, such as"
            " weekly-2026-11-16/teams/001."
        )
    key = keys.DELIVERY.key(**parts(attempt))
    if not store.exists(key):
        raise InvalidInput(
            f"There is no attempt {attempt}. `finopsguard deliveries list` shows which there are."
        )
    return Known(attempt, documents.find_whole(store, key, DeliveryAttempt))


def newest(attempts: Sequence[str]) -> str:
    """The last of a post's attempts."""
    return max(attempts, key=lambda attempt: int(parts(attempt)["number"]))


def attempts_of_posts(store: Store, prefix: str = "") -> dict[Post, list[str]]:
    """The ids of all attempts below a prefix of the ledger, by post; what else lies there is passed over."""
    found: dict[Post, list[str]] = defaultdict(list)
    for key in store.list(prefix or keys.DELIVERY.below()):
        if match := _ID.fullmatch(keys.attempt_id(key)):
            found[match[1], match[2]].append(match[0])
    return found


def _begun(store: Store, first: date, end: date = date.max) -> dict[Post, list[str]]:
    """The ids of the attempts of posts whose report begins on these days, by post."""
    return {
        post: ids
        for post, ids in attempts_of_posts(store).items()
        if (began := _FIRST_DAY.match(post[0])) and str(first) <= began.group(1) < str(end)
    }


def parts(attempt: str) -> dict[str, str]:
    """What stands in the keys of an attempt, by its id."""
    run_id, channel, number = attempt.split("/")
    return {"run_id": run_id, "channel": channel, "number": number}


def _read(store: Store, attempts: Mapping[Post, Sequence[str]]) -> list[Known]:
    ids = [newest(each) for each in attempts.values()]
    records = documents.find_all(store, [keys.DELIVERY.key(**parts(each)) for each in ids], DeliveryAttempt)
    return [Known(attempt, record) for attempt, record in zip(ids, records, strict=True)]
