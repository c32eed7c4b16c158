"""Which fault meets which call, by the seed: the same calls meet the same faults each time.

The faults are those of the matrix. What ends a run at once is rarer than what passes, and some faults last until the
run ends. A few stored files are damaged instead.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

from finopsguard.store import keys
from tests.faults import faults, table
from tests.faults.arrange import damaged, fault_of, page_of
from tests.faults.border import Exchange, Fault
from tests.faults.teams import ANSWERS, Outcome
from tests.standins.s3 import key_of

SHARE = 0.05
"""Of the calls meet a fault."""
_ENDS = ("denied", "expired token", "clock skew", "403", "KMS", "redirect", "malformed", "truncated", "empty")
"""Of an object without a checksum nobody can say that it was changed, and a step that needs it fails."""
_ENDS_FOR_ONE = 8
_LASTS_FOR_ONE = 60
_OF_POSTS = 4
"""There are few posts, and all depends on them: so many times the share."""
_DAMAGED = 0.004
_DAMAGES = ("empty", "half", "garbage", "missing")
# They take seconds each, or have no bound (tests/faults/findings.py).
_LEFT_OUT = ("slow drip", "flood")
_OF_AN_EXECUTION = re.compile(r"/[0-9a-f]{16}/")


class Chance:
    """Puts faults in the way of calls. `met` counts them by area and kind; `calls` are all that were made.

    Of the execution that goes on: `unseen` are numbers of messages that Teams or the topic took without the sender
    knowing, `at_store` the keys at which the store failed. `lost` are keys of objects that the store lost.
    """

    def __init__(self, seed: int, share: float = SHARE) -> None:
        self.seed = seed
        self.share = share
        self.calls = 0
        self.met: Counter[tuple[str, str]] = Counter()
        self.lasting: Counter[tuple[str, str]] = Counter()
        self.lost: set[str] = set()
        self.begin("")

    def begin(self, run: str) -> None:
        """A new execution: what lasted is over."""
        self._run = run
        self._nth: Counter[str] = Counter()
        self._lasts: dict[str, str] = {}
        self._lock = threading.Lock()
        self.unseen = 0
        self.at_store: set[str] = set()

    def __call__(self, exchange: Exchange) -> Fault | None:
        """The fault of a call, or None."""
        operation = exchange.operation
        with self._lock:
            self.calls += 1
            place = _place(exchange)
            self._nth[place] += 1
            name = self._lasts.get(operation) or self._drawn(place, operation, exchange)
            if name is None or not _can_happen(name, exchange):
                return None
            self.met[_area(operation), name] += 1
            if operation.startswith("s3:"):
                self.at_store.add(key_of(exchange.request))
        return self._watched(_fault(operation, name))

    def damage(self, key: str, data: bytes) -> bytes | None:
        """What is kept of an object; `S3StandIn.damages` asks."""
        kind = keys.kind_of(key)
        with self._lock:
            place = f"kept {_plain(key)}"
            self._nth[place] += 1
            random = self._random(place)
            if kind is None or random.random() >= _DAMAGED * self.share / SHARE:
                return data
            name = random.choice(_DAMAGES)
            self.met["stored", name] += 1
            self.at_store.add(key)
            if name == "missing":
                self.lost.add(key)
        return damaged(name, kind, data)

    def _drawn(self, place: str, operation: str, exchange: Exchange) -> str | None:
        random, posts = self._random(place), operation in ("teams:post", "sns:Publish")
        if random.random() >= self.share * (_OF_POSTS if posts else 1):
            return None
        kinds = _kinds(operation)
        ends = [each for each in kinds if _ends(operation, each)]
        passes = [each for each in kinds if each not in ends]
        lasts = random.randrange(_LASTS_FOR_ONE) == 0
        rare = random.randrange(2 if posts else _ENDS_FOR_ONE) == 0
        chosen = ends if ends and rare else passes
        fitting = [
            each for each in chosen if _can_happen(each, exchange) and (lasts or each != "endless pages")
        ]
        name = random.choice(fitting)
        if lasts:
            self._lasts[operation] = name
            self.lasting[_area(operation), name] += 1
        return name

    def _random(self, place: str) -> Random:
        return Random(f"{self.seed}|{self._run}|{place}|{self._nth[place]}")

    def _watched(self, fault: Fault) -> Fault:
        def watched(exchange: Exchange) -> None:
            before = _taken(exchange)
            fault(exchange)
            self.unseen += _taken(exchange) - before

        return watched


def _taken(exchange: Exchange) -> int:
    return len(exchange.border.workflows.posts) + len(exchange.border.sns.published)


def _kinds(operation: str) -> Sequence[str]:
    if operation == "teams:post":
        return [
            name
            for name, kind in ANSWERS.items()
            if kind.fault and kind.outcome is not Outcome.ACCEPTED and name not in _LEFT_OUT
        ]
    if operation.startswith("s3:"):
        named = [name for name in faults.ON_STORE if table.happens(operation, name)]
    else:
        named = [*faults.ON_AWS, *(faults.PAGED if operation in table.PAGES else ())]
    return [name for name in named if name not in _LEFT_OUT]


def _ends(operation: str, name: str) -> bool:
    if operation == "teams:post":
        return ANSWERS[name].outcome is not Outcome.LATER
    service = operation.partition(":")[0]
    # What AWS's other services answer is checked, and asked for again.
    return name in (_ENDS if service == "s3" else _ENDS[:4])


def _can_happen(name: str, exchange: Exchange) -> bool:
    only = page_of(name)
    return only is None or only(exchange)


def _fault(operation: str, name: str) -> Fault:
    if operation != "teams:post":
        return fault_of(name)
    fault = ANSWERS[name].fault
    assert fault is not None
    return fault


def _area(operation: str) -> str:
    return {"s3": "store", "teams": "Teams"}.get(operation.partition(":")[0], "AWS")


def _place(exchange: Exchange) -> str:
    """What a call is for, without what is different each time."""
    return f"{exchange.operation} {_plain(key_of(exchange.request))}"


def _plain(key: str) -> str:
    return _OF_AN_EXECUTION.sub("/*/", key)


def counts(met: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """The counts by area, then by kind."""
    found: dict[str, dict[str, int]] = {}
    for (area, name), number in sorted(met.items()):
        found.setdefault(area, {})[name] = number
    return found
