"""Whose an incident is: the owner of its account, as the account's tag says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.report import AccountCost


def owned(found: Sequence[AnomalyLine], accounts: Iterable[AccountCost]) -> tuple[AnomalyLine, ...]:
    """The incidents with the owners of their accounts; what is of no account of the report has none."""
    owners = {account.id: account.owner for account in accounts}
    return tuple(replace(line, owner=owners.get(line.account_id)) for line in found)
