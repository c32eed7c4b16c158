"""Days of accounts that no report has judged, for the account could not be read then.

A report judges the newest days. An account that is missing in it, and read again some reports later, has days behind
those that nobody judged: they are owed, and the first report that reads the account judges them too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta

MOST_OWED_DAYS = 28
"""What is older is no news: the longest period that one report covers."""


def owed(unread: Mapping[str, date], missing: Collection[str], end: date) -> dict[str, date]:
    """The accounts that are read again, each with the first day that is to be judged; `end` is that of the report."""
    earliest = end - timedelta(days=MOST_OWED_DAYS)
    return {account: max(first, earliest) for account, first in unread.items() if account not in missing}


def still_unread(unread: Mapping[str, date], missing: Collection[str], first: date) -> dict[str, date]:
    """What is owed after a report that judges the days from `first` on, but for those of the missing accounts."""
    return {account: min(unread.get(account, first), first) for account in sorted(missing)}
