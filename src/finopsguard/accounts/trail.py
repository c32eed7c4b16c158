"""CloudTrail as ports.Trail: an account's events through its role, the own account's through its own credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from finopsguard.accounts.trail_record import event_of
from finopsguard.aws.trail import EventHistory, Found, Lookups
from finopsguard.errors import CredentialsMissing, TrailAccessDenied, TrailRejected
from finopsguard.models.run import Run
from finopsguard.models.trail import TrailEvent, TrailEvents, TrailQuestion
from finopsguard.ports import Sleep


class Connects(Protocol):
    """Gives CloudTrail's client of a Region, through a role where one is given."""

    def __call__(self, region: str, role_arn: str | None) -> Lookups: ...


class AwsTrail:
    """Satisfies ports.Trail.

    `role` is the name of the role in each account that is not the own; `shorten`: e-mail addresses are shortened.
    """

    def __init__(
        self,
        connect: Connects,
        own_account: Callable[[], str],
        partition: Callable[[], str],
        *,
        role: str | None,
        shorten: bool,
        sleep: Sleep,
    ) -> None:
        self._connect = connect
        self._own_account = own_account
        self._partition = partition
        self._role = role
        self._shorten = shorten
        self._sleep = sleep

    def events(self, run: Run, question: TrailQuestion) -> TrailEvents:  # noqa: ARG002 - the port's
        """See ports.Trail."""
        role_arn = self._role_in(question.account_id)
        try:
            return self._events(question, role_arn)
        except CredentialsMissing as error:
            # AWS takes no credentials in a Region that the account has not enabled, and says no more than that.
            raise TrailRejected(
                f"CloudTrail of {question.region} takes no credentials of account {question.account_id}. If others of"
                f" its Regions do, it has not enabled this one. ({error})"
            ) from None

    def _events(self, question: TrailQuestion, role_arn: str | None) -> TrailEvents:
        about = role_arn or f"in {question.region} of account {question.account_id}"
        history = EventHistory(self._connect(question.region, role_arn), about, sleep=self._sleep)
        found: dict[TrailEvent, None] = {}
        for resource in question.resources:
            looked = history.look_up("ResourceName", resource, question.since, question.until)
            found |= dict.fromkeys(self._read(looked, question))
        cut = set()
        for name in question.names:
            looked = history.look_up("EventName", name, question.since, question.until)
            found |= dict.fromkeys(self._read(looked, question))
            if not looked.whole:
                cut.add(name)
        return TrailEvents(sorted(found, key=lambda event: (event.at, event[:2])), frozenset(cut))

    def _read(self, looked: Found, question: TrailQuestion) -> Iterable[TrailEvent]:
        events = (event_of(*each, shorten=self._shorten) for each in looked.records)
        return [event for event in events if event and question.since <= event.at < question.until]

    def _role_in(self, account_id: str) -> str | None:
        if account_id == self._own_account():
            return None
        if not self._role:
            raise TrailAccessDenied(
                f"Account {account_id} is not the one that FinOps Guard runs in, and its events are read through a"
                " role. Set FINOPSGUARD_TRAIL_ROLE to the name of that role (docs/permissions.md)."
            )
        return f"arn:{self._partition()}:iam::{account_id}:role/{self._role}"
