"""The ledger of what delivered reports told: later readings are held to it (`costs/closed.py`).

Each object, `told/<aws or mock>/<end>/<run>/<channel>.json`, is what one report told one channel; a revision has a run
id of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from finopsguard.models.ledger import Earlier, Told
from finopsguard.models.messages import Delivery
from finopsguard.models.run import Run
from finopsguard.ports import Store
from finopsguard.store import documents, keys

REMEMBERED_DAYS = 35
"""Reports that end so many days before the newest day read are held to nothing any more."""


class Before(NamedTuple):
    """What was told before, and the keys of the records that cannot be read: they are held to nothing."""

    earlier: tuple[Earlier, ...] = ()
    unreadable: tuple[str, ...] = ()


def before(store: Store, run: Run, asked: datetime | None) -> Before:
    """What was told before the run's costs were read, the newest first; of a period and channel only the last.

    `asked`: none of the run's costs were read before; None (not known): nothing can be held to them. Invented costs are
    another story each morning, and held to nothing. Raises what ports.Store raises.
    """
    if asked is None or run.data_source == "mock":
        return Before()
    since = run.window.end - timedelta(days=REMEMBERED_DAYS)
    found = [
        (key, parts["channel"])
        for key in store.list(keys.TOLD.below(source=run.source))
        if (parts := keys.TOLD.parts(key)) and parts["end"] > str(since)
    ]
    records = documents.find_all(store, [key for key, _ in found], Told)
    last: dict[tuple[str, date, str], Told] = {}
    unreadable: list[str] = []
    for (key, channel), told in zip(found, records, strict=True):
        if told is None:
            unreadable.append(key)
            continue
        place = (told.report, told.end, channel)
        if told.at and told.at <= asked and (place not in last or told.at > (last[place].at or told.at)):
            last[place] = told
    return Before(_by_report(last), tuple(unreadable))


def record(store: Store, run: Run, done: Delivery, *, part: bool = False) -> None:
    """Notes what the run's report told a channel, as AggregateCosts left it; nothing where it was not delivered.

    A channel that had a `part` of it is not told what of the whole proves wrong.

    What was delivered before was noted then, unless that invocation was cut off between post and note. Nothing either
    where what AggregateCosts left is gone or damaged: the card is posted, and must not be called a failure.
    """
    if done.posted_at is None:
        return
    left = documents.find_whole(store, keys.TO_TELL.key(run_id=run.run_id), Told)
    if left is None:
        return
    told = replace(left, at=done.posted_at, part=part)
    key = keys.TOLD.key(source=run.source, end=str(told.end), run_id=run.run_id, channel=done.channel)
    if done.status == "delivered":
        documents.write(store, key, told)
    else:
        documents.create(store, key, told)


def _by_report(last: Mapping[tuple[str, date, str], Told]) -> tuple[Earlier, ...]:
    channels: dict[str, list[str]] = {}
    for (_, _, channel), told in last.items():
        channels.setdefault(told.run_id, []).extend(() if told.part else (channel,))
    by_id = {told.run_id: told for told in last.values()}
    found = [Earlier(told, told.at, tuple(sorted(channels[each]))) for each, told in by_id.items() if told.at]
    return tuple(sorted(found, key=lambda each: (each.at, each.told.run_id), reverse=True))
