"""The sentences of a report in its language. Card, page and terminal show these same words and numbers.

Everything returned is plain text; what came from outside (names, owners, causes) went through `untrusted.plain`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property

from finopsguard.models.metrics import COST_METRICS
from finopsguard.models.run import Period
from finopsguard.report import anomaly_text, checks, facts, reason
from finopsguard.report.numbers import Numbers
from finopsguard.report.tiles import Tile, tiles
from finopsguard.report.untrusted import plain
from finopsguard.report.words import WORD, Tone, Words

# A change below this is no news, so it is not coloured; the sign and the words always say what happened.
_NEWS_PERCENT = Decimal(5)


@dataclass(frozen=True)
class Notice:
    """Something that the reader must know before trusting the numbers."""

    title: str
    text: str
    tone: Tone = "warn"


class Story(Words):
    """What is said of a report besides its anomalies and movers."""

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
    def period_in_words(self) -> str:
        """With room to spell a day out: `Sunday 15 November 2026`."""
        period = self.report.period
        return self.n.long_day(period.start) if period.days == 1 else self.period

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
        return reason.why(self)

    # ---- key figures and notices

    @property
    def tiles(self) -> list[Tile]:
        """Against expected, the month, the anomalies."""
        return tiles(self)

    @property
    def notices(self) -> list[Notice]:
        """Warnings, most important first."""
        t = self.t
        found: list[Notice] = []
        if self.report.data_source == "mock":
            found.append(Notice(t("notice.mock_title"), t("notice.mock")))
        if check := checks.unsure(self.report):
            found.append(Notice(t("notice.check_title"), checks.sentence(self, check)))
        if self.partial:
            names = self.missing_names()
            key = "notice.missing" if names else "notice.missing_counted"
            text = t(key, names=names, **self._accounts)
            found.append(Notice(t("notice.missing_title"), text))
        if facts.all_provisional(self.report):
            found.append(Notice(t("notice.provisional_title"), t("notice.provisional")))
        return found

    @property
    def all_clear(self) -> bool:
        """True if usage was judged and nothing is unusual."""
        return facts.all_clear(self.report)

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
        names = ", ".join(plain(account.name, WORD) or account.id for account in missing[:limit])
        rest = len(missing) - limit
        return self.t("notice.more_names", names=names, count=self.n.count(rest)) if rest > 0 else names

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
        return self.t("coverage.accounts", n=self.report.coverage.accounts_expected, **self._accounts)

    @property
    def basis(self) -> str:
        """What the amounts are: `Unblended cost, USD, UTC days.`"""
        metric = self.t(COST_METRICS[self.report.cost_metric].words)
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
            count, amount = self.n.count(len(lines)), anomaly_text.impacts(self, lines)
            about = self.t("fallback.anomalies", n=len(lines), count=count, amount=amount)
        else:
            about = self.t("fallback.anomalies_none")
        text = self.t(
            "fallback",
            title=self.title,
            period=self.period_in_words,
            amount=self.amount,
            change=self.change,
            anomalies=about,
        )
        return f"{text} {self.t('fallback.partial', **self._accounts)}" if self.partial else text

    @property
    def _accounts(self) -> dict[str, str]:
        coverage = self.report.coverage
        return {
            "reported": self.n.count(coverage.accounts_reported),
            "expected": self.n.count(coverage.accounts_expected),
        }
