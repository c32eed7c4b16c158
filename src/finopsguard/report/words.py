"""A report's language, formats, names and links: what every sentence is made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from finopsguard.models.report import AccountCost, Report
from finopsguard.models.run import Period
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

_CURRENCY = re.compile(r"[A-Z]{3}")


class Words:
    """The words of one report. Text from outside is cleaned here, so that nobody else has to think of it."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.t = catalogue(report.language)
        self.n = Numbers(report.language, report.currency if _CURRENCY.fullmatch(report.currency) else "¤")
        self.console = Console(report.execution)

    def account_name(self, account_id: str, name: str) -> str:
        """The name, or the id of an account without one."""
        return plain(name, NAME) or account_id

    def service_name(self, name: str) -> str:
        """A service's short name."""
        return plain(short_name(name), NAME)

    def mover_name(self, mover: Mover) -> str:
        """An account's or a service's name."""
        return self.account_name(mover.id, mover.name) if mover.id else self.service_name(mover.name)

    def account_link(self, account: AccountCost | Mover) -> str | None:
        """Cost Explorer for both periods of an account."""
        return self.console.cost_explorer(
            self.both_periods, metric=self.report.cost_metric, account=account.id
        )

    def service_link(self, name: str) -> str | None:
        """Cost Explorer for both periods of a service."""
        return self.console.cost_explorer(self.both_periods, metric=self.report.cost_metric, service=name)

    @property
    def link(self) -> str | None:
        """Cost Explorer for both periods of everything."""
        return self.console.cost_explorer(self.both_periods, metric=self.report.cost_metric)

    @property
    def both_periods(self) -> Period:
        """The previous period and this one."""
        return Period(
            min(self.report.previous_period.start, self.report.period.start), self.report.period.end
        )

    def days(self, days: Sequence[date]) -> str:
        """`14–15 Nov` for days in a row, else a list."""
        first, last = days[0], days[-1]
        if (last - first).days == len(days) - 1:
            return (
                self.n.day(first)
                if first == last
                else self.n.period(Period(first, last + timedelta(1)), year=False)
            )
        return ", ".join(self.n.day(day) for day in days)
