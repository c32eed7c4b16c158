"""Where a part of a report goes: the routes that a customer keeps, and what they made of a report's accounts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from finopsguard.models.run import Language, ReportName

MOST_ROUTES = 50
"""Each is a message in a payload of 256 KiB, with its error where all of them fail."""


@dataclass(frozen=True)
class Route:
    """A channel and whose accounts its card has.

    `name` is the channel's in the ledger. It has the accounts of these owners, of these units with all that is below
    them, with one of these tags (`team=payments`), and those that are named; `remainder`: all that no other route has.
    The webhook is in the secret; without one it is the setting's of this name. None: the report's own `language`.
    Incidents of less than `least_usd` are counted, not told. `only_when_something`: nothing is posted where there is
    nothing to say.
    """

    name: str
    owners: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    remainder: bool = False
    webhook_secret_arn: str | None = None
    language: Language | None = None
    least_usd: Decimal = Decimal(0)
    reports: tuple[ReportName, ...] = ("daily", "weekly")
    only_when_something: bool = False


@dataclass(frozen=True)
class Routes:
    """The route file, in its order: an account is in the card of the first route that has it.

    `organization`: the Organization's own channel has the whole report all the same.
    """

    routes: tuple[Route, ...]
    organization: bool = True


@dataclass(frozen=True)
class RoutedPart:
    """The accounts of a route in a report; `posted`: its channel has this kind of report."""

    channel: str
    accounts: tuple[str, ...]
    posted: bool = True


@dataclass(frozen=True)
class Routed:
    """Whose the accounts of a report were when it was made, in the order of the route file.

    `organization` is as in Routes.
    """

    run_id: str
    organization: bool
    parts: tuple[RoutedPart, ...]


@dataclass(frozen=True)
class ReportPart:
    """Whose part of the Organization's report it is: the name of the channel that has it.

    `below` incidents of less than `least_usd` are not told in it. `joined` are accounts that were another channel's in
    the report before, `left` the number of those that are another's since. `only_when_something`: it is not posted
    where it has nothing to say.
    """

    channel: str
    least_usd: Decimal = Decimal(0)
    below: int = 0
    joined: tuple[str, ...] = ()
    left: int = 0
    only_when_something: bool = False
