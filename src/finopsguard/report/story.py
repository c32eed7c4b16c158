"""The sentences of a report in its language. Card, page and terminal show these same words and numbers.

Everything returned is plain text; what came from outside (names, owners, causes) went through `untrusted.plain`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Literal

from finopsguard.models import AccountCost, AnomalyLine, Cause, Period, Report
from finopsguard.report import facts
from finopsguard.report.facts import Mover, percent_of
from finopsguard.report.links import Console
from finopsguard.report.messages import catalogue
from finopsguard.report.numbers import Numbers
from finopsguard.report.services import short_name
from finopsguard.report.untrusted import plain

Tone = Literal["bad", "good", "warn", "plain"]

# A change below this is no news, so it is not coloured; the sign and the words always say what happened.
_NEWS_PERCENT = Decimal(5)
_STEADY_PERCENT = Decimal(1)
_CURRENCY = re.compile(r"[A-Z]{3}")
_MOSTLY = Decimal(50)

# Longest name that is shown; the page and report.json have all of it.
_NAME, _WORD = 40, 28


@dataclass(frozen=True)
class Tile:
    """One key figure."""

    label: str
    value: str
    detail: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Notice:
    """Something that the reader must know before trusting the numbers."""

    title: str
    text: str
    tone: Tone = "warn"


@dataclass(frozen=True)
class AnomalyText:
    """One anomaly in words; `link` opens Cost Explorer at its days."""

    impact: str
    title: str
    account: str
    service: str
    sentence: str
    details: tuple[str, ...]
    status: str
    tone: Tone
    link: str | None


class Story:
    """Finds the words for a report."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.t = catalogue(report.language)
        self.n = Numbers(report.language, report.currency if _CURRENCY.fullmatch(report.currency) else "¤")
        self.console = Console(report.execution)

    # ---- the first three lines

    @property
    def title(self) -> str:
        """What this is: `Weekly AWS cost`."""
        return self.t("title.daily") if self.report.report == "daily" else self.t("title.weekly")

    @property
    def period(self) -> str:
        """`9–15 Nov 2026`."""
        return self.n.period(self.report.period)

    @property
    def amount(self) -> str:
        """How much."""
        return self.n.money(self.report.totals.period)

    @property
    def change(self) -> str:
        """Up or down, by how much, against what."""
        totals = self.report.totals
        if totals.previous is None or totals.change is None:
            return self.t("change.first")
        before = self.n.period(self.report.previous_period, year=False)
        amount = self.n.money(totals.change, signed=True)
        if totals.change == 0:
            text = self.t("change.same", before=before)
        elif totals.change_pct is None:
            key = "change.amount_up" if totals.change > 0 else "change.amount_down"
            text = self.t(key, amount=amount, before=before)
        else:
            key = "change.up" if totals.change > 0 else "change.down"
            percent = self.n.percent(totals.change_pct, signed=True)
            text = self.t(key, percent=percent, amount=amount, before=before)
        return self.t("change.so_far", change=text) if facts.all_provisional(self.report) else text

    @property
    def change_tone(self) -> Tone:
        """Red and green only for a change that is news, and never while all days are provisional."""
        percent = self.report.totals.change_pct
        if percent is None or abs(percent) < _NEWS_PERCENT or facts.all_provisional(self.report):
            return "plain"
        return "bad" if percent > 0 else "good"

    @property
    def why(self) -> str:
        """The account and service that explain the change."""
        totals = self.report.totals
        if not totals.period and not totals.previous:
            return self.t("why.nothing")
        if totals.previous is None or totals.change is None:
            return self._why_first()
        if totals.change == 0 or (totals.change_pct is not None and abs(totals.change_pct) < _STEADY_PERCENT):
            return self.t("why.steady", amount=self._largest_move())
        return self._why_charges(totals.change) or self._why_mover(totals.change)

    # ---- key figures and notices

    @property
    def tiles(self) -> list[Tile]:
        """Against expected, the month, the anomalies."""
        return [self._expected_tile(), self._month_tile(), self._anomalies_tile()]

    @property
    def notices(self) -> list[Notice]:
        """Warnings, most important first."""
        t, coverage = self.t, self.report.coverage
        found: list[Notice] = []
        if self.report.data_source == "mock":
            found.append(Notice(t("notice.mock_title"), t("notice.mock")))
        if self.partial:
            numbers = {
                "reported": self.n.count(coverage.accounts_reported),
                "expected": self.n.count(coverage.accounts_expected),
            }
            names = self.missing_names()
            text = (
                t("notice.missing", names=names, **numbers)
                if names
                else t("notice.missing_counted", **numbers)
            )
            found.append(Notice(t("notice.missing_title"), text))
        if facts.all_provisional(self.report):
            found.append(Notice(t("notice.provisional_title"), t("notice.provisional")))
        return found

    @property
    def all_clear(self) -> bool:
        """True if usage was judged and nothing is unusual."""
        return self.report.totals.expected is not None and not facts.open_anomalies(self.report)

    @property
    def no_anomalies(self) -> str:
        """That nothing is unusual, as far as the data go."""
        return self.t("anomalies.none_so_far" if facts.all_provisional(self.report) else "anomalies.none")

    @property
    def partial(self) -> bool:
        """True if accounts could not be read."""
        return self.report.coverage.accounts_reported < self.report.coverage.accounts_expected

    @property
    def notes(self) -> list[str]:
        """The report's notes in words; a code that this version does not know is shown as it is."""
        return [
            self.t(f"note.{code}") if self.t.has(f"note.{code}") else plain(code)
            for code in self.report.notes
            if code != "mock_data"
        ]

    def missing_names(self, limit: int = 3) -> str:
        """The accounts that could not be read: `log-archive, dev and 4 more`."""
        missing = self.report.coverage.missing
        names = ", ".join(plain(account.name, _WORD) or account.id for account in missing[:limit])
        rest = len(missing) - limit
        return self.t("notice.more_names", names=names, count=self.n.count(rest)) if rest > 0 else names

    # ---- anomalies, movers, charges

    def anomaly(self, line: AnomalyLine) -> AnomalyText:
        """One anomaly in words."""
        account, service = (
            self.account_name(line.account_id, line.account_name),
            self.service_name(line.service),
        )
        details = [self._since(line)]
        if line.region:
            details.append(plain(line.region, _WORD))
        if line.owner:
            details.append(plain(line.owner, _WORD))
        return AnomalyText(
            impact=self.n.money(facts.impact(line), signed=True, compact=True),
            title=self.t("anomaly.title", service=service, account=account),
            account=account,
            service=service,
            sentence=self._sentence(line),
            details=tuple(details),
            status=self.t(f"status.{line.status}"),
            tone="plain" if line.direction < 0 or line.status == "resolved" else "bad",
            link=self.console.cost_explorer(
                self._around(line),
                metric=self.report.cost_metric,
                account=line.account_id,
                service=line.service,
            ),
        )

    def more_anomalies(self, hidden: Sequence[AnomalyLine]) -> str:
        """`2 more anomalies: +$509 · −$2,038.`; empty when none is hidden."""
        if not hidden:
            return ""
        return self.t(
            "anomalies.more", n=len(hidden), count=self.n.count(len(hidden)), amount=self._impacts(hidden)
        )

    def causes(self, line: AnomalyLine, limit: int = 1) -> list[str]:
        """What explains an anomaly, largest part first."""
        ranked = sorted(line.causes, key=lambda cause: -abs(cause.impact))
        return [self._cause(cause) for cause in ranked[:limit]]

    def account_name(self, account_id: str, name: str) -> str:
        """The name, or the id of an account without one."""
        return plain(name, _NAME) or account_id

    def service_name(self, name: str) -> str:
        """A service's short name."""
        return plain(short_name(name), _NAME)

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

    @property
    def charges(self) -> str:
        """`Usage $101,200 · Tax $8,100 · Credits −$1,296`; empty when there is nothing but usage."""
        found = facts.charges(self.report)
        if len(found) == 1:
            return ""
        return " · ".join(
            f"{self.t(f'charge.{charge.kind}')} {self.n.money(charge.amount)}" for charge in found
        )

    # ---- can I trust it

    @property
    def freshness(self) -> str:
        """How new and how final the numbers are."""
        last = self.report.period.end - timedelta(days=1)
        provisional = facts.provisional_in(self.report, self.report.period)
        through = self.t("freshness.through", day=self.n.day_year(last))
        if not provisional:
            return f"{through}, {self.t('freshness.final')}"
        return (
            f"{through}, {self.t('freshness.provisional', n=len(provisional), days=self.days(provisional))}"
        )

    @property
    def coverage(self) -> str:
        """How many accounts were read."""
        coverage = self.report.coverage
        reported, expected = (
            self.n.count(coverage.accounts_reported),
            self.n.count(coverage.accounts_expected),
        )
        return self.t("coverage.accounts", n=coverage.accounts_expected, reported=reported, count=expected)

    @property
    def basis(self) -> str:
        """What the amounts are: `Unblended cost, USD, UTC days.`"""
        key = f"metric.{self.report.cost_metric}"
        metric = self.t(key) if self.t.has(key) else plain(self.report.cost_metric)
        return self.t("method.basis", metric=metric, currency=self.n.currency)

    @property
    def price(self) -> str:
        """What the report cost at Cost Explorer, in USD whatever the report's currency is."""
        used = self.report.cost_explorer
        if not used.requests:
            return self.t("method.price_none")
        amount = Numbers(self.report.language).money(used.usd)
        return self.t("method.price", n=used.requests, amount=amount, count=self.n.count(used.requests))

    @property
    def built(self) -> str:
        """When the run was scheduled, in the reader's time zone."""
        return self.t("method.built", moment=self.n.moment(self.report.scheduled_time, self.report.time_zone))

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

    @cached_property
    def trend_alt(self) -> str:
        """The trend in words, for those who do not see the picture."""
        days = facts.recent_days(self.report)
        if not days:
            return ""
        low, high = min(days, key=lambda day: day.usage), max(days, key=lambda day: day.usage)
        return self.t(
            "trend.alt",
            days=self.n.period(Period(days[0].date, days[-1].date + timedelta(1))),
            low=self.n.money(low.usage),
            low_day=self.n.weekday(low.date),
            high=self.n.money(high.usage),
            high_day=self.n.weekday(high.date),
        )

    @property
    def summary(self) -> str:
        """One paragraph without any text from outside, for notifications and screen readers."""
        lines = facts.open_anomalies(self.report)
        if lines:
            count, amount = self.n.count(len(lines)), self._impacts(lines)
            about = self.t("fallback.anomalies", n=len(lines), count=count, amount=amount)
        else:
            about = self.t("fallback.anomalies_none")
        text = self.t(
            "fallback",
            title=self.title,
            period=self.period,
            amount=self.amount,
            change=self.change,
            anomalies=about,
        )
        coverage = self.report.coverage
        if coverage.accounts_reported < coverage.accounts_expected:
            reported, expected = (
                self.n.count(coverage.accounts_reported),
                self.n.count(coverage.accounts_expected),
            )
            text += " " + self.t("fallback.partial", reported=reported, expected=expected)
        return text

    # ---- parts

    def _why_first(self) -> str:
        accounts = facts.largest_accounts(self.report)
        if len(accounts) > 1:
            share = percent_of(accounts[0].cost, self.report.totals.period)
            name = self.account_name(accounts[0].id, accounts[0].name)
            return self.t("why.first", account=name, share=self.n.share(share or Decimal(0)))
        services = sorted(self.report.services, key=lambda service: -service.cost)
        share = percent_of(services[0].cost, self.report.totals.usage) if services else None
        if share is None:
            return self.t("why.nothing")
        return self.t(
            "why.first_service", service=self.service_name(services[0].name), share=self.n.percent(share)
        )

    def _why_charges(self, change: Decimal) -> str | None:
        """Tax, fees and credits come in lumps: where they are most of the change, usage is not what to look at."""
        usage_before = self.report.totals.usage_previous
        if usage_before is None:
            return None
        usage = self.report.totals.usage - usage_before
        share = percent_of((change - usage) * _way(change), abs(change))
        others = [
            item for item in facts.charges(self.report) if item.kind != "usage" and item.previous is not None
        ]
        if share is None or share < _MOSTLY or not others:
            return None
        largest = max(others, key=lambda item: (item.amount - (item.previous or Decimal(0))) * _way(change))
        return self.t(
            "why.charges",
            charge=self.t(f"charge.{largest.kind}"),
            amount=self.n.money(largest.amount - (largest.previous or Decimal(0)), signed=True),
            usage=self.n.money(usage, signed=True),
        )

    def _why_mover(self, change: Decimal) -> str:
        way: Literal["rise", "fall"] = "rise" if change > 0 else "fall"
        services = [mover for mover in facts.service_movers(self.report) if mover.change * change > 0]
        accounts = [mover for mover in facts.account_movers(self.report) if mover.change * change > 0]
        if len(self.report.accounts) > 1 and accounts:
            return self._why_account(accounts[0], services, change, way)
        if not services:
            return self.t("why.steady_spread", amount=self._largest_move())
        share = min(percent_of(abs(services[0].change), abs(change)) or Decimal(0), Decimal(100))
        return self.t(
            f"why.{way}_service",
            service=self.mover_name(services[0]),
            share=self.n.share(share),
            amount=self.n.money(services[0].change, signed=True),
        )

    def _why_account(self, top: Mover, services: Sequence[Mover], change: Decimal, way: str) -> str:
        account = self.mover_name(top)
        share = percent_of(abs(top.change), abs(change)) or Decimal(0)
        same_way = [line for line in facts.open_anomalies(self.report) if line.direction * change > 0]
        known = next(
            (self.service_name(line.service) for line in same_way if line.account_id == top.id), None
        )
        if share > 100:
            amount = self.n.money(abs(top.change))
            if known:
                return self.t(f"why.{way}_alone_service", account=account, amount=amount, service=known)
            return self.t(f"why.{way}_alone", account=account, amount=amount)
        shown = self.n.share(share)
        if known:
            return self.t(f"why.{way}_account_service", account=account, share=shown, service=known)
        if not services:
            return self.t("why.steady_spread", amount=self._largest_move())
        name, amount = self.mover_name(services[0]), self.n.money(services[0].change, signed=True)
        return self.t(f"why.{way}_account", account=account, share=shown, service=name, amount=amount)

    def _largest_move(self) -> str:
        moves = [
            abs(account.cost - account.previous)
            for account in self.report.accounts
            if account.previous is not None
        ]
        return self.n.money(max(moves, default=Decimal(0)))

    def _expected_tile(self) -> Tile:
        expected, label = self.report.totals.expected, self.t("tile.expected")
        if expected is None:
            return Tile(label, self.t("tile.expected_unknown"), self.t("tile.expected_unknown_detail"))
        over = self.report.totals.period - expected
        percent = percent_of(over, expected)
        amount = self.t("tile.expected_detail", amount=self.n.money(expected, compact=True))
        detail = amount if percent is None else f"{self.n.percent(percent, signed=True)} {amount}"
        news = percent is not None and percent >= _NEWS_PERCENT
        return Tile(label, self.n.money(over, signed=True, compact=True), detail, "bad" if news else "plain")

    def _month_tile(self) -> Tile:
        totals = self.report.totals
        last = self.report.period.end - timedelta(days=1)
        so_far = self.n.money(totals.month_to_date, compact=True)
        if totals.forecast_month is None:
            label = self.t("tile.month", month=self.n.month(last))
            return Tile(label, so_far, self.t("tile.month_detail", day=self.n.day(last)))
        forecast, budget = totals.forecast_month, facts.budget(self.report)
        label, value = (
            self.t("tile.forecast", month=self.n.month_short(last)),
            self.n.money(forecast, compact=True),
        )
        if budget is None:
            return Tile(label, value, self.t("tile.forecast_detail", amount=so_far))
        percent = self.n.share(forecast / budget * 100)
        detail = self.t("tile.budget_detail", percent=percent, amount=self.n.money(budget, compact=True))
        return Tile(label, value, detail, "bad" if forecast > budget else "plain")

    def _anomalies_tile(self) -> Tile:
        lines = facts.open_anomalies(self.report)
        label = self.t("section.anomalies_short")
        if self.all_clear:
            return Tile(label, self.t("tile.anomalies_none"), self.t("tile.anomalies_none_detail"), "good")
        if not lines:
            return Tile(label, self.t("tile.anomalies_unjudged"), self.t("tile.expected_unknown_detail"))
        label = self.t("tile.anomalies", n=len(lines), count=self.n.count(len(lines)))
        above, below = facts.above_and_below(lines)
        counts = {status: sum(line.status == status for line in lines) for status in facts.STATUS_ORDER}
        detail = ", ".join(
            self.t(f"status_count.{status}", n=number, count=self.n.count(number))
            for status, number in counts.items()
            if number and (status != "continuing" or number == len(lines))
        )
        value = self.n.money(above or below, signed=True, compact=True)
        return Tile(label, value, detail, "bad" if above else "plain")

    def _impacts(self, lines: Sequence[AnomalyLine]) -> str:
        amounts = [amount for amount in facts.above_and_below(lines) if amount]
        return " · ".join(self.n.money(amount, signed=True) for amount in amounts or [Decimal(0)])

    def _sentence(self, line: AnomalyLine) -> str:
        key = f"anomaly.{line.kind}"
        if line.kind in ("shift", "drift"):
            key += "_up" if line.direction > 0 else "_down"
        return self.t(
            key,
            start=self.n.day(line.start),
            day=self.n.day(line.day),
            actual=self.n.money(line.actual),
            expected=self.n.money(line.expected),
        )

    def _since(self, line: AnomalyLine) -> str:
        last = (
            line.day
            if line.status == "resolved"
            else max(line.day, self.report.period.end - timedelta(days=1))
        )
        days = (last - line.start).days + 1
        return self.t("anomaly.since", n=days, day=self.n.day(line.start), count=self.n.count(days))

    def _around(self, line: AnomalyLine) -> Period:
        """Two weeks before an anomaly began, so that the chart shows the difference."""
        return Period(
            line.start - timedelta(days=14), max(self.report.period.end, line.day + timedelta(days=1))
        )

    def _cause(self, cause: Cause) -> str:
        amount = self.n.money(cause.impact, signed=True)
        if cause.dimension == "service":
            return self.t("anomaly.cause", value=self.service_name(cause.value), amount=amount)
        value = plain(cause.value, _NAME)
        if cause.dimension == "usage_type":  # its values speak for themselves: BoxUsage:m5.large
            return self.t("anomaly.cause", value=value, amount=amount)
        dimension = self._dimension(cause.dimension)
        return self.t("anomaly.cause_dimension", dimension=dimension, value=value, amount=amount)

    def _dimension(self, name: str) -> str:
        key = f"dimension.{name}"
        return self.t(key) if self.t.has(key) else plain(name, 24)


def _way(change: Decimal) -> int:
    return 1 if change > 0 else -1
