"""What steps need from the world: protocols that adapters in aws/, teams/, costs/ and directory.py satisfy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple, Protocol

from finopsguard.models.run import Batch, Run


class CostRow(NamedTuple):
    """One amount of one day. Exactly one of `service` (usage by service) and `record_type` (all charges) is set."""

    date: date
    account_id: str
    service: str | None
    record_type: str | None
    amount: Decimal
    unit: str


@dataclass(frozen=True)
class Costs:
    """What was read for one batch, and the Cost Explorer requests (each page is one, and is charged) that it took."""

    rows: Sequence[CostRow]
    requests: int


class CostSource(Protocol):
    """Where costs come from: Cost Explorer, or mock data."""

    def fetch(self, run: Run, batch: Batch) -> Costs:
        """Daily costs of the batch's accounts over `run.window`: usage by service, and all charges by record type.

        Raises CostExplorerThrottled, CostExplorerUnavailable, CostExplorerPagesChanged (transient),
        CostExplorerAccessDenied, CostExplorerNotEnabled, CostExplorerRejected, RoleNotAssumable, CredentialsMissing.
        """


@dataclass(frozen=True)
class ListedAccount:
    """An account as Organizations lists it. `ou_ids` are its root and organizational units, outermost first."""

    id: str
    name: str
    state: str
    ou_ids: tuple[str, ...]


class Organization(Protocol):
    """The account list. Every account is listed, closed and suspended ones too: they may still cost."""

    def accounts(self) -> list[ListedAccount] | None:
        """All accounts, or None when AWS Organizations is not in use.

        Raises OrganizationsUnavailable (transient), OrganizationsAccessDenied, CredentialsMissing.
        """

    def unit_exists(self, ou_id: str) -> bool:
        """True if the organizational unit or root is in this Organization, even if it holds no account."""

    def own_account(self) -> str:
        """The 12-digit id of the account whose credentials are in use."""


class Store(Protocol):
    """Objects by key (`runs/weekly-2026-11-16/report.json`), in S3 or a directory.

    Every method raises StoreUnavailable (transient) or StoreAccessDenied.
    """

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


class Channel(Protocol):
    """A Teams channel behind a Workflows webhook."""

    def fingerprint(self) -> str:
        """A short hash that names the channel in the ledger, without revealing the URL."""

    def post(self, body: bytes) -> None:
        """Posts a message. Returns when Teams accepted it.

        Raises TeamsThrottled, TeamsUnavailable (nothing was posted, try again), TeamsRejected (permanent),
        DeliveryUncertain (it may have been posted), WebhookHostNotAllowed, SecretNotFound, SecretInvalid,
        SecretAccessDenied, SecretUnavailable.
        """


class Executions(Protocol):
    """The state machine's executions, as Step Functions describes them."""

    def redrive_count(self, execution: str) -> int:
        """How often the execution was redriven. Raises ExecutionUnavailable, ExecutionAccessDenied."""
