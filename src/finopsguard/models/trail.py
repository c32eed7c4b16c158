"""What a trail of management events is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True)
class TrailQuestion:
    """Events of an account's Region from `since` until before `until`: those that name the `resources`, and those whose
    name is one of `names` (`RunInstances`), whatever they are about. What comes first is asked first.
    """

    account_id: str
    region: str
    since: datetime
    until: datetime
    resources: tuple[str, ...]
    names: tuple[str, ...]


class TrailEvent(NamedTuple):
    """A management event that was done and changed something.

    `name` and `source` are AWS's (`RunInstances`, `ec2.amazonaws.com`). `principal` is who acted, without an e-mail
    address where names are shortened; empty where the event does not say it. `by_service`: a service of AWS acted for
    itself. `resources` are the ids and ARNs that it names, `sizes` the instance and volume types.
    """

    name: str
    source: str
    at: datetime
    region: str
    principal: str
    tool: str
    by_service: bool = False
    resources: frozenset[str] = frozenset()
    sizes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TrailEvents:
    """The events, each once. `cut`: names of which not all events were read, for there are too many."""

    events: Sequence[TrailEvent]
    cut: frozenset[str] = frozenset()
