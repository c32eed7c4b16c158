"""The incident ledger: one life of all incidents, which daily and weekly reports read and write alike.

Each object, `incidents/<aws or mock>/<end of what is read>/<n>.json`, is one report's look at the life: what it found
before, and what it left. Looks are appended and never changed. A report follows the newest look up to its own end. A
report that is run again, revised or not, follows what its first run followed, so it tells the same, whatever ran in
between. Of two reports at the same time one appends first, and the other one follows it: nothing is told as new twice.
A look that cannot be read, or is gone, is passed over for the one before it, and said.

A look has the verdicts that its report went by (`verdicts.py`). What somebody says while a report is made counts from
the next one on, and a report that is made again goes by what its first run went by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from finopsguard.errors import InvalidInput, ObjectMissing, StoreUnavailable
from finopsguard.incidents.standing import in_force
from finopsguard.incidents.versions import decode_life
from finopsguard.models.incident import Incident, IncidentLife
from finopsguard.models.run import Run, Source
from finopsguard.models.verdict import Verdict
from finopsguard.ports import Store
from finopsguard.store import documents, keys, verdicts

_ATTEMPTS = 5
LOOK_DAYS = 35
"""An older look at all incidents says nothing any more of what goes on."""


class Life(NamedTuple):
    """All incidents that are known, the accounts with days that no report has judged (`unread.py`), and the verdicts
    that the report goes by.
    """

    incidents: tuple[Incident, ...] = ()
    unread: Mapping[str, date] = {}
    verdicts: tuple[Verdict, ...] = ()


class Judged(NamedTuple):
    """What a report makes of the life before it: the one after it, and the incidents of the report.

    `owed` are the days that it judged for earlier ones, by account.
    """

    life: Life
    told: tuple[Incident, ...]
    owed: Mapping[str, date] = {}


Judge = Callable[[Life], Judged]
"""Called again where another run was quicker."""


class _Start(NamedTuple):
    """Where a run starts: the look that it follows, and the place of its own look, None if it has one.

    `verdicts` are those that it went by before, None where it has no look.
    """

    before: str | None
    life: Life
    place: int | None
    unreadable: tuple[str, ...]
    verdicts: tuple[Verdict, ...] | None = None


class Recorded(NamedTuple):
    """What was judged, and the keys of the looks and verdicts that could not be read."""

    judged: Judged
    unreadable: tuple[str, ...] = ()


def record(store: Store, run: Run, judge: Judge) -> Recorded:
    """Judges on top of the newest look, keeps this report's look, and returns the report's incidents.

    Raises what ports.Store raises.
    """
    said = verdicts.given(store, run.source)
    for _ in range(_ATTEMPTS):
        start = _start(store, run)
        going_by = start.verdicts
        if going_by is None:
            going_by = in_force(said.verdicts, start.life.incidents, run.window.end)
        judged = judge(start.life._replace(verdicts=going_by))
        unreadable = (*start.unreadable, *said.unreadable)
        if start.place is None:
            return Recorded(judged, unreadable)
        look = IncidentLife(4, run.first_id, start.before, run.window.end, *judged.life)
        key = keys.INCIDENTS.key(source=run.source, end=str(run.window.end), number=f"{start.place:03d}")
        if documents.create(store, key, look):
            return Recorded(judged, unreadable)
    raise StoreUnavailable(
        f"Other reports wrote incidents of {run.window.end} at the same time, {_ATTEMPTS} times. Run again."
    )


def newest(store: Store, source: Source) -> tuple[str | None, Life]:
    """(run, life) of the newest look that can be read; raises what ports.Store raises."""
    found = _places(store, source)
    looks = _Looks(store)
    key, life = looks.newest([found[place] for place in sorted(found)])
    look = looks.read(key) if key else None
    return look.run_id if look else None, life


def _start(store: Store, run: Run) -> _Start:
    end = run.window.end
    found = {
        place: key
        for place, key in _places(store, run.source).items()
        if 0 <= (end - place[0]).days <= LOOK_DAYS
    }
    looks = _Looks(store)
    for place in sorted(place for place in found if place[0] == end):
        own = looks.read(found[place])
        if own and own.run_id == run.first_id:
            earlier = [found[each] for each in sorted(found) if each < place]
            _, life = looks.newest([*earlier, own.before] if own.before else [])
            return _Start(own.before, life, None, looks.unreadable, own.verdicts)
    before, life = looks.newest([found[place] for place in sorted(found)])
    last = max((number for day, number in found if day == end), default=0)
    return _Start(before, life, last + 1, looks.unreadable)


class _Looks:
    """Reads looks, each once, and remembers those that cannot be read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, IncidentLife | None] = {}

    def read(self, key: str) -> IncidentLife | None:
        """The look, or None."""
        if key not in self._known:
            try:
                self._known[key] = documents.read_as(self._store, key, IncidentLife, decode_life)
            except (InvalidInput, ObjectMissing):
                self._known[key] = None
        return self._known[key]

    def forget(self) -> None:
        """Keeps no look any longer."""
        self._known.clear()

    def newest(self, keys_by_age: Sequence[str]) -> tuple[str | None, Life]:
        """(key, life) of the last one that can be read."""
        for key in reversed(keys_by_age):
            if look := self.read(key):
                return key, Life(look.incidents, look.unread)
        return None, Life()

    @property
    def unreadable(self) -> tuple[str, ...]:
        return tuple(key for key, look in self._known.items() if look is None)


def looks(store: Store, source: Source, first: date, last: date) -> Iterator[tuple[str, IncidentLife | None]]:
    """(key, look) of each that was read until one of these days, the oldest first; None: it cannot be read.

    One by one, for a look has all incidents. Raises what ports.Store raises.
    """
    found = _places(store, source)
    read = _Looks(store)
    for place in sorted(place for place in found if first <= place[0] <= last):
        yield found[place], read.read(found[place])
        read.forget()


def _places(store: Store, source: Source) -> dict[tuple[date, int], str]:
    """The key of each look, by its place."""
    listed = store.list(keys.INCIDENTS.below(source=source))
    return {place: key for key in listed if (place := place_of(key))}


def place_of(key: str) -> tuple[date, int] | None:
    """(end, n) of a look; None for what is none."""
    parts = keys.INCIDENTS.parts(key)
    try:
        return (date.fromisoformat(parts["end"]), int(parts["number"])) if parts else None
    except ValueError:
        return None
