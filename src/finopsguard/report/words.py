"""A report's language, formats, names and links: what every sentence is made of."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Literal

from finopsguard.models.report import AccountCost, Report
from finopsguard.models.run import Period, ReportName, in_a_row
from finopsguard.report.facts import Mover
from finopsguard.report.links import Console
from finopsguard.report.messages import catalogue
from finopsguard.report.numbers import Numbers
from finopsguard.report.services import short_name
from finopsguard.report.untrusted import plain

# Longest name and longest other word that is shown; report.json and the page's tables have all of it.
NAME, WORD = 40, 28

# How a figure is coloured; its sign and words always say the same.
Tone = Literal["bad", "good", "warn", "plain"]

TITLES: Mapping[ReportName, str] = {
    "daily": "title.daily",
    "weekly": "title.weekly",
    "monthly": "title.monthly",
}
"""What a report is called, as messages of `report/messages`."""

_CURRENCY = re.compile(r"[A-Z]{3}")


class Words:
    """The words of one report. Text from outside is cleaned here, so that nobody else has to think of it."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.t = catalogue(report.language)
        self.n = Numbers(report.language, report.currency if _CURRENCY.fullmatch(report.currency) else "¤")
        self.console = Console(report.execution)

    def account_name(self, account_id: str, name: str, limit: int = NAME) -> str:
        """The name, or the id of an account without one; a name that others have too carries the end of its id."""
        shown = plain(name, limit)
        if not shown:
            return account_id
        others = self._ids_by_name[plain(name, NAME)] - {account_id}
        if not others:
            return shown
        digits = next(
            (count for count in (4, 8) if account_id[-count:] not in {each[-count:] for each in others}), 12
        )
        return self.t("account.of_many", name=shown, digits=account_id[-digits:])

    def account_of(self, account_id: str) -> str:
        """The name of an account of which only the id is known here."""
        return self.account_name(account_id, self.name_of_account(account_id))

    def name_of_account(self, account_id: str) -> str:
        """The whole name of an account of the report; empty for others."""
        return self._names_by_id.get(account_id, "")

    def service_name(self, name: str) -> str:
        """A service's short name."""
        return plain(short_name(name), NAME)

    def mover_name(self, mover: Mover) -> str:
        """An account's or a service's name."""
        return self.account_name(mover.id, mover.name) if mover.id else self.service_name(mover.name)

    def own(self, link: str | None) -> str | None:
        """A link to Cost Explorer that an owner may have: one that shows some accounts alone, not all."""
        return link if self.report.part is None or not link or "LinkedAccount" in link else None

    @property
    def own_accounts(self) -> list[str]:
        """The accounts that links are held to: an owner's; none for the whole Organization."""
        return [account.id for account in self.report.accounts] if self.report.part else []

    def account_link(self, account: AccountCost | Mover) -> str | None:
        """Cost Explorer for both periods of an account."""
        return self.console.cost_explorer(
            self.both_periods, metric=self.report.cost_metric, accounts=[account.id]
        )

    def service_link(self, name: str) -> str | None:
        """Cost Explorer for both periods of a service."""
        return self.own(
            self.console.cost_explorer(
                self.both_periods,
                metric=self.report.cost_metric,
                accounts=self.own_accounts,
                services=[name],
            )
        )

    @property
    def link(self) -> str | None:
        """Cost Explorer for both periods of everything."""
        return self.own(
            self.console.cost_explorer(
                self.both_periods, metric=self.report.cost_metric, accounts=self.own_accounts
            )
        )

    @property
    def both_periods(self) -> Period:
        """The previous period and this one."""
        return Period(
            min(self.report.previous_period.start, self.report.period.start), self.report.period.end
        )

    def days(self, days: Sequence[date], *, year: bool = False) -> str:
        """`14–15 Nov` for days in a row, else a list of such: `9 Nov, 11–13 Nov`."""
        runs = in_a_row(days)
        if len(runs) == 1 and (year or runs[0].days > 1):
            return self.n.period(runs[0], year=year)
        shown = [self.n.day(run.start) if run.days == 1 else self.n.period(run, year=False) for run in runs]
        return ", ".join(shown) + (f" {max(days).year}" if year else "")

    def first_of(self, names: Sequence[str], limit: int = 3) -> str:
        """`log-archive, dev, sandbox and 4 more`."""
        shown, rest = ", ".join(names[:limit]), len(names) - limit
        return self.t("notice.more_names", names=shown, count=self.n.count(rest)) if rest > 0 else shown

    @cached_property
    def _names_by_id(self) -> dict[str, str]:
        return {account.id: account.name for account in self.report.accounts}

    @cached_property
    def _ids_by_name(self) -> dict[str, set[str]]:
        """All accounts that the report names, by the name as it is shown."""
        report = self.report
        named = [(account.id, account.name) for account in report.accounts]
        named += [(account.id, account.name) for account in report.coverage.missing]
        named += [(line.account_id, line.account_name) for line in report.anomalies]
        found: dict[str, set[str]] = defaultdict(set)
        for account_id, name in named:
            found[plain(name, NAME)].add(account_id)
        return found
