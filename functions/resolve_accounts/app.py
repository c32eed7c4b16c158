"""ResolveAccounts: freezes the period, lists the accounts, plans the batches."""

from finopsguard.runtime import step
from finopsguard.steps import resolve_accounts

handler = step(resolve_accounts.run)
