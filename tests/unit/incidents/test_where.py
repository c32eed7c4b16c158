"""Who is behind what was told of a Region."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from finopsguard.incidents.where import AccountPart, days_asked, parts_by_account
from finopsguard.models.run import Period
from finopsguard.ports import AccountUsage

START = date(2026, 11, 16)
DAYS = Period(START, START + timedelta(days=9))


def used(account: str, before: int, since: int) -> list[AccountUsage]:
    """The same on every day, and another amount from the start on."""
    return [
        AccountUsage(day, account, Decimal(1), Decimal(since if day >= START else before))
        for day in days_asked(START, DAYS.end - timedelta(days=1)).dates()
    ]


def test_accounts_by_what_they_used_beyond_what_was_usual() -> None:
    found = [*used("1", 10, 12), *used("2", 0, 50), *used("3", 9, 4), *used("4", 5, 5), *used("9", 0, 99)]
    assert parts_by_account(found, DAYS, "1234", 1) == (
        AccountPart("2", Decimal(450)),
        AccountPart("1", Decimal(18)),
    )
    assert parts_by_account(found, DAYS, "1234", -1) == (AccountPart("3", Decimal(-45)),)
    assert parts_by_account([], DAYS, "1234", 1) == ()
