"""The incident ledger: one life of all incidents, which daily and weekly reports read and write alike.

Each object, `incidents/<aws or mock>/<end of what is read>/<n>.json`, is one report's look at the life: what it found
before, and what it left. Looks are appended and never changed. A report follows the newest look up to its own end. A
report that is run again, revised or not, follows what its first run followed, so it tells the same, whatever ran in
between. Of two reports at the same time one appends first, and the other one follows it: nothing is told as new twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from finopsguard.errors import InvalidInput, ObjectMissing, StoreUnavailable
from finopsguard.incidents.rules import MEMORY_DAYS
from finopsguard.incidents.versions import decode_life
from finopsguard.models.incident import Incident, IncidentLife
from finopsguard.models.run import Run
from finopsguard.ports import Store
from finopsguard.store import documents, keys

_ATTEMPTS = 5

Judge = Callable[[Sequence[Incident]], tuple[tuple[Incident, ...], tuple[Incident, ...]]]
"""From the incidents before a report to (those to keep, those of the report); called again where another run was
quicker."""


class _Start(NamedTuple):
    """Where a run starts: the look that it follows, and the place of its own look, None if it has one."""

    before: str | None
    incidents: tuple[Incident, ...]
    place: int | None


def record(store: Store, run: Run, judge: Judge) -> tuple[Incident, ...]:
    """Judges on top of the newest look, keeps this report's look, and returns the report's incidents.

    Raises InvalidInput (a look cannot be read), ObjectMissing (the look that a first run followed is gone) and what
    ports.Store raises.
    """
    for _ in range(_ATTEMPTS):
        start = _start(store, run)
        after, told = judge(start.incidents)
        if start.place is None:
            return told
        look = IncidentLife(2, run.first_id, start.before, run.window.end, after)
        key = keys.INCIDENTS.key(
            source=keys.source_of(run.data_source), end=str(run.window.end), number=f"{start.place:03d}"
        )
        if documents.create(store, key, look):
            return told
    raise StoreUnavailable(
        f"Other reports wrote incidents of {run.window.end} at the same time, {_ATTEMPTS} times. Run again."
    )


def _start(store: Store, run: Run) -> _Start:
    end = run.window.end
    found = {
        place: key
        for key in store.list(keys.INCIDENTS.below(source=keys.source_of(run.data_source)))
        if (place := place_of(key)) and 0 <= (end - place[0]).days <= MEMORY_DAYS
    }
    own = {number: _read(store, found[day, number]) for day, number in sorted(found) if day == end}
    for number, look in own.items():
        if look.run_id == run.first_id:
            return _Start(look.before, _first_before(store, found[end, number], look), None)
    last = max(own, default=0)
    if not found:
        return _Start(None, (), 1)
    before = found[max(found)]
    newest = own[last] if own else _read(store, before)
    return _Start(before, newest.incidents, last + 1)


def _first_before(store: Store, key: str, look: IncidentLife) -> tuple[Incident, ...]:
    if look.before is None:
        return ()
    try:
        return _read(store, look.before).incidents
    except ObjectMissing as error:
        raise ObjectMissing(
            f"{look.before} is gone, which {key} followed. Delete {key} too and run again: the report then follows the"
            " newest incidents that are left, and may tell as new what was told before."
        ) from error


def _read(store: Store, key: str) -> IncidentLife:
    try:
        return decode_life(store.read(key))
    except InvalidInput as error:
        raise InvalidInput(
            f"{key} cannot be read: {error}. Delete it and run again: the report then follows the incidents before it."
        ) from error


def place_of(key: str) -> tuple[date, int] | None:
    """(end, n) of a look; None for what is none."""
    parts = keys.INCIDENTS.parts(key)
    try:
        return (date.fromisoformat(parts["end"]), int(parts["number"])) if parts else None
    except ValueError:
        return None
