"""What steps need from the world, as protocols; `wiring` gives a step those that its signature names.

What a port or a step may raise on purpose is declared with `raises`, as data: the state machine's retriers are compared
with it, and what the tests see being raised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from finopsguard import errors
from finopsguard.errors import FinOpsGuardError
from finopsguard.models.budget import AccountBudgets
from finopsguard.models.costs import (
    NOTHING_HELD,
    AccountUsage,
    Billed,
    BilledAccounts,
    Costs,
    HeldRows,
    Resources,
    Usage,
    UsageQuestion,
)
from finopsguard.models.event import IncidentEvent
from finopsguard.models.opinion import AwsFindings
from finopsguard.models.run import Batch, Period, Run
from finopsguard.models.trail import TrailEvents, TrailQuestion

T = TypeVar("T")

_RAISED: dict[object, frozenset[type[FinOpsGuardError]]] = {}


def raises(*kinds: type[FinOpsGuardError]) -> Callable[[T], T]:
    """Declares what a port, or a step by itself, may raise; what its ports raise is not repeated at a step."""

    def declare(what: T) -> T:
        _RAISED[what] = frozenset(kinds)
        return what

    return declare


def raised_by(what: object) -> frozenset[type[FinOpsGuardError]]:
    """What was declared with `raises`; nothing, where nothing was."""
    return _RAISED.get(what, frozenset())


class Clock(Protocol):
    """Tells the time, in UTC."""

    def __call__(self) -> datetime: ...


class Sleep(Protocol):
    """Waits for some seconds."""

    def __call__(self, seconds: float, /) -> None: ...


class Meter(Protocol):
    """Counts what is charged."""

    def __call__(self) -> None:
        """One more page of Cost Explorer was answered."""


def unmetered() -> None:
    """Satisfies Meter, for who does not count."""


@raises(
    errors.CostExplorerThrottled,
    errors.CostExplorerUnavailable,
    errors.CostExplorerPagesChanged,
    errors.CostExplorerIncomplete,
    errors.CostExplorerAccessDenied,
    errors.CostExplorerNotEnabled,
    errors.CostExplorerRejected,
    errors.ExportUnavailable,
    errors.ExportIncomplete,
    errors.ExportAccessDenied,
    errors.ExportRejected,
    errors.RegionsNotRead,
    errors.AthenaUnavailable,
    errors.AthenaUnfinished,
    errors.AthenaAccessDenied,
    errors.AthenaRejected,
    errors.BudgetExceeded,
    errors.StoreUnavailable,
    errors.StoreAccessDenied,
    errors.AnswerTooLong,
    errors.RoleNotAssumable,
    errors.CredentialsMissing,
    errors.InvalidConfiguration,
)
class CostSource(Protocol):
    """Where costs come from: Cost Explorer, a data export, or mock data."""

    def fetch(
        self, run: Run, batch: Batch, days: Period, paid: Meter = unmetered, held: HeldRows = NOTHING_HELD
    ) -> Costs:
        """Daily costs of the batch's accounts on the days: usage by service, and all charges by record type.

        Of a batch of Regions: usage by service and Region, of its accounts together (of all that the Organization is
        billed, if it is whole). `paid` is called for each page as it comes, here and below. Of days that are `held` a
        source may give these rows once more, where it sees for less that they are as they were.
        """

    def billed(self, run: Run, paid: Meter = unmetered) -> Billed:
        """What the payer is billed by day over `run.window`, whoever's it is; through the credentials that read all."""

    def billed_accounts(self, run: Run, paid: Meter = unmetered) -> BilledAccounts:
        """The accounts that were billed anything over `run.window`, through the credentials that read all accounts."""


@raises(
    errors.CostExplorerThrottled,
    errors.CostExplorerUnavailable,
    errors.CostExplorerAccessDenied,
    errors.CostExplorerNotEnabled,
    errors.CostExplorerRejected,
    errors.ResourcesNotEnabled,
    errors.UsageIncomplete,
    errors.UsageNotRead,
    errors.AnswerTooLong,
    errors.RoleNotAssumable,
    errors.CredentialsMissing,
    errors.InvalidConfiguration,
)
class UsageSource(Protocol):
    """Where an account's usage by type comes from: Cost Explorer, a data export, or mock data."""

    def usage(self, run: Run, asked: UsageQuestion, paid: Meter = unmetered, *, pages: int) -> Usage:
        """Daily usage by type, in at most so many `pages`; at least one is asked for.

        `paid` is called for each page as it comes. Where the days are too many for the pages, weeks before the incident
        are left out (`Usage.since`); AnswerTooLong where that is not enough. Groupings besides the first are left out
        where no page is left, or they cannot be read.
        """

    def resources(self, run: Run, asked: UsageQuestion, paid: Meter = unmetered, *, pages: int) -> Resources:
        """Daily cost of the same by resource; days that the source cannot tell are left out."""

    def by_account(
        self, run: Run, services: Sequence[str], region: str, days: Period, paid: Meter = unmetered
    ) -> Sequence[AccountUsage]:
        """Who used these services in a Region, by day, through the credentials that read all; one page.

        UsageIncomplete where the accounts and days are more than a page.
        """


@raises(
    errors.TrailUnavailable,
    errors.TrailAccessDenied,
    errors.TrailRejected,
    errors.BudgetExceeded,
    errors.AnswerTooLong,
    errors.StoreUnavailable,
    errors.StoreAccessDenied,
    errors.RoleNotAssumable,
    errors.CredentialsMissing,
    errors.InvalidConfiguration,
)
class Trail(Protocol):
    """Management events of accounts: who created, changed or stopped what."""

    def events(self, run: Run, question: TrailQuestion) -> TrailEvents:
        """The events that were done and changed something, the oldest first, as far as its bounds allow.

        `run` is the report that asks, which pays where that costs something. BudgetExceeded: it may not.
        """


@raises(
    errors.CostExplorerThrottled,
    errors.CostExplorerUnavailable,
    errors.CostExplorerIncomplete,
    errors.CostExplorerAccessDenied,
    errors.CostExplorerNotEnabled,
    errors.CostExplorerRejected,
    errors.CostExplorerPagesChanged,
    errors.AnswerTooLong,
    errors.RoleNotAssumable,
    errors.CredentialsMissing,
    errors.InvalidConfiguration,
)
class OpinionSource(Protocol):
    """AWS Cost Anomaly Detection, or what it would have found of invented data."""

    def findings(self, days: Period, paid: Meter = unmetered) -> AwsFindings:
        """What it found on these days, one page; `paid` is called for it."""


@dataclass(frozen=True)
class ListedAccount:
    """An account as Organizations lists it. `ou_ids` are its root and organizational units, outermost first.

    `manages` the Organization: it is billed for all accounts.
    """

    id: str
    name: str
    state: str
    ou_ids: tuple[str, ...]
    manages: bool = False


@raises(
    errors.OrganizationsUnavailable,
    errors.OrganizationsAccessDenied,
    errors.AnswerTooLong,
    errors.RoleNotAssumable,
    errors.CredentialsMissing,
    errors.InvalidConfiguration,
)
class Organization(Protocol):
    """The account list. Every account is listed, closed and suspended ones too: they may still cost."""

    def accounts(self) -> list[ListedAccount] | None:
        """All accounts, or None when AWS Organizations is not in use."""

    def unit_exists(self, ou_id: str) -> bool:
        """True if the organizational unit or root is in this Organization, even if it holds no account."""

    def own_account(self) -> str:
        """The 12-digit id of the account whose credentials are in use."""

    def tags(self, account_id: str) -> Mapping[str, str]:
        """All tags of an account by key; none of one that is in no Organization."""


@raises(
    errors.AwsBudgetsUnavailable,
    errors.AwsBudgetsAccessDenied,
    errors.AnswerTooLong,
    errors.RoleNotAssumable,
    errors.CredentialsMissing,
    errors.InvalidConfiguration,
)
class BudgetSource(Protocol):
    """AWS Budgets."""

    def budgets(self, account_id: str, month: date) -> AccountBudgets:
        """The account's budgets with their amounts of the month that begins on that day."""


@dataclass(frozen=True)
class Place:
    """Where an object is kept in S3: `aws`, `aws-cn` or another partition, Region, bucket and key."""

    partition: str
    region: str
    bucket: str
    key: str


@raises(
    errors.StoreUnavailable,
    errors.StoreAccessDenied,
    errors.ObjectMissing,
    errors.AnswerTooLong,
    errors.CredentialsMissing,
    errors.InvalidConfiguration,
)
class Store(Protocol):
    """Objects by key (`runs/weekly-2026-11-16/report.json`), in S3 or a directory; store/keys.py has all keys."""

    def read(self, key: str) -> bytes:
        """The object's bytes; raises ObjectMissing."""

    def write(self, key: str, data: bytes) -> None:
        """Writes the whole object or nothing; replaces an older one."""

    def exists(self, key: str) -> bool:
        """True if the object is there."""

    def create(self, key: str, data: bytes) -> bool:
        """Writes the object only if there is none; False (and nothing written) if there is. Atomic."""

    def list(self, prefix: str) -> Sequence[str]:
        """All keys that begin with `prefix` (`incidents/aws/`), sorted; none if there is none."""

    def page_link(self, key: str, lifetime: timedelta) -> str | None:
        """A URL under which anybody can read an HTML page for that long, or None where the store has no URLs."""

    def place(self, key: str) -> Place | None:
        """Where the object is found in AWS, or None where the store is not there; nothing is asked."""


@raises(
    errors.TeamsThrottled,
    errors.TeamsUnavailable,
    errors.TeamsRejected,
    errors.TeamsPaused,
    errors.TeamsAnswerUnknown,
    errors.CardTooLarge,
    errors.DeliveryUncertain,
    errors.WebhookHostNotAllowed,
    errors.WebhookNotWhole,
    errors.SecretNotFound,
    errors.SecretInvalid,
    errors.SecretAccessDenied,
    errors.SecretUnavailable,
    errors.CredentialsMissing,
    errors.InvalidConfiguration,
)
class Channel(Protocol):
    """A Teams channel behind a Workflows webhook."""

    def post(self, body: bytes) -> None:
        """Posts a message. Returns when Teams accepted it.

        TeamsThrottled and TeamsUnavailable: nothing was posted, try again. DeliveryUncertain and TeamsAnswerUnknown: it
        may have been posted.
        """


@raises(*raised_by(Channel), *raised_by(Store), errors.RoutesInvalid, errors.RouteNotFound)
class RouteChannels(Protocol):
    """The Teams channels of the route file."""

    def of(self, name: str) -> Channel | None:
        """The channel of that name, as the file has it now; None where it names no webhook.

        Raises RoutesInvalid, RouteNotFound and what Store raises.
        """


@raises(
    errors.SecretNotFound,
    errors.SecretInvalid,
    errors.SecretAccessDenied,
    errors.SecretUnavailable,
    errors.CredentialsMissing,
    errors.InvalidConfiguration,
)
class VerdictKeys(Protocol):
    """The keys that sign verdict links."""

    def read(self) -> Sequence[bytes]:
        """The current key, which signs, and the one before it where there was one; each of 32 bytes at least."""


@raises(
    errors.AlertTopicUnavailable,
    errors.AlertTopicRefused,
    errors.CredentialsMissing,
    errors.InvalidConfiguration,
)
class AlertTopic(Protocol):
    """The topic that takes an alert where Teams does not; who subscribed gets it, by e-mail for instance."""

    def publish(self, subject: str, text: str) -> None:
        """Publishes plain text under a subject of less than 100 ASCII characters; returns when SNS has it.

        AlertTopicUnavailable: try again. A topic that nobody subscribed to takes it as well.
        """


@dataclass(frozen=True)
class Taken:
    """Whether a bus took each event, in their order; `trouble` is what became of the first that it did not take."""

    taken: Sequence[bool]
    trouble: FinOpsGuardError | None = None


@raises(
    errors.EventBusUnavailable,
    errors.EventBusRefused,
    errors.CredentialsMissing,
    errors.InvalidConfiguration,
)
class EventBus(Protocol):
    """The customer's bus of EventBridge: what is put there goes wherever the customer's rules send it."""

    def put(self, events: Sequence[IncidentEvent]) -> Taken:
        """Puts at most ten events; some may be taken and others not.

        EventBusUnavailable: try again. It may have taken what it did not answer for.
        """


@raises(
    errors.ExecutionUnavailable, errors.ExecutionAccessDenied, errors.InvalidInput, errors.CredentialsMissing
)
class Executions(Protocol):
    """The state machine's executions, as Step Functions describes them."""

    def redrive_count(self, execution: str) -> int:
        """How often the execution was redriven."""
