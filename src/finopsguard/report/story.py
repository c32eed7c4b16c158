"""The sentences of a report in its language. Card, page and terminal show these same words and numbers.

Everything returned is plain text; what came from outside (names, owners, causes) went through `untrusted.plain`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_UP, Decimal
from functools import cached_property

from finopsguard.models.metrics import COST_METRICS
from finopsguard.models.money import CENT
from finopsguard.models.notes import (
    OF_AN_EXPORT,
    Unexplained,
    missing_days,
    nameless,
    not_asked,
    regions_unread,
    unexplained,
)
from finopsguard.models.report import ChargeKind
from finopsguard.models.run import Period
from finopsguard.report import (
    anomaly_text,
    change_text,
    charges,
    checks,
    facts,
    month,
    opinion_text,
    ordinary,
    part_text,
    reason,
    said_text,
    verdict,
    verdict_text,
)
from finopsguard.report.numbers import MINUS, Numbers
from finopsguard.report.tiles import Tile, tiles
from finopsguard.report.untrusted import plain
from finopsguard.report.words import NAME, TITLES, WORD, Tone, Words


@dataclass(frozen=True)
class Notice:
    """Something that the reader must know before trusting the numbers."""

    title: str
    text: str
    tone: Tone = "warn"


class Story(Words):
    """What is said of a report besides its anomalies and movers: first its first three lines."""

    @property
    def title(self) -> str:
        """What this is: `Weekly AWS cost`, or `Corrected: Weekly AWS cost`."""
        title = part_text.title(self, TITLES[self.report.report])
        return self.t("title.corrected", title=title) if self.report.revision > 1 else title

    @property
    def period(self) -> str:
        """The days that the amount is of: `9–15 Nov 2026`."""
        return self.days(facts.shown_days(self.report), year=True)

    @property
    def scope(self) -> str:
        """These days and the basis: `9–15 Nov 2026 · usage`."""
        return self.t("title.scope", period=self.period, basis=self.basis_word)

    @property
    def basis_word(self) -> str:
        """`usage` or `billed`."""
        return self.t(f"basis.{facts.comparison(self.report).basis}")

    @property
    def period_in_words(self) -> str:
        """With room to spell a day out: `Sunday 15 November 2026`."""
        days = facts.shown_days(self.report)
        return self.n.long_day(days[0]) if len(days) == 1 else self.period

    @property
    def amount(self) -> str:
        """How much; `so far` where no day is settled."""
        amount = self.n.money(facts.amount(self.report))
        return amount if facts.comparison(self.report).days else self.t("amount.so_far", amount=amount)

    @property
    def change(self) -> str:
        """Up or down, by how much, against what. Never coloured: sign and words carry it."""
        return change_text.change(self)

    @property
    def before(self) -> str:
        """What the change is against: `2–8 Nov`, or the mean of the same weekdays of some weeks."""
        return change_text.before(self)

    @property
    def why(self) -> str:
        """The account and service that explain the change."""
        return reason.why(self)

    @property
    def large_charge(self) -> str:
        """The largest charge that is not usage and not as before, where it is large; empty where none is."""
        return charges.headline(self)

    @property
    def so_far(self) -> str:
        """`Sun 15 Nov so far: $1,234 (still being billed)`; empty where every day is settled."""
        days = facts.so_far(self.report)
        if not days:
            return ""
        named = [day.date for day in days]
        shown = self.n.weekday(named[0]) if len(named) == 1 else self.days(named)
        amount = sum((facts.day_amount(self.report, day) for day in days), start=facts.NOTHING)
        return self.t("amount.days_so_far", days=shown, amount=self.n.money(amount))

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
        if self.report.revision > 1:
            text = t("notice.corrected", revision=self.n.count(self.report.revision))
            if said := self.report.replaces:
                amount = self.n.money(said.then, exact=True)
                text += " " + t("notice.corrected_said", days=self.days(said.days), amount=amount)
            found.append(Notice(t("notice.corrected_title"), text))
        if check := checks.unsure(self.report):
            found.append(Notice(t("notice.check_title"), checks.sentence(self, check)))
        if self.partial:
            names = self.missing_names()
            key = "notice.missing" if names else "notice.missing_counted"
            text = t(key, names=names, **self._accounts)
            found.append(Notice(t("notice.missing_title"), text))
        late = self.report.coverage.late_days
        if late:
            text = t("notice.late", n=len(late), days=self.days(late))
            found.append(Notice(t("notice.late_title"), text))
        if told := month.alerts(self):
            found.append(Notice(t("notice.budget_title"), " ".join(told)))
        return found

    @property
    def all_clear(self) -> bool:
        """True if usage was judged, and the other charges where they could be, and nothing is unusual."""
        return verdict.all_clear(self.report)

    @property
    def usage_clear(self) -> bool:
        """True if usage was judged and nothing is unusual in it."""
        return verdict.usage_clear(self.report)

    @property
    def no_anomalies(self) -> str:
        """What was judged and found ordinary, as far as the data go."""
        return verdict_text.no_anomalies(self)

    @property
    def quiet(self) -> list[str]:
        """What is muted, and what goes as planned: a line for each."""
        return said_text.quiet(self)

    @property
    def large_move(self) -> str:
        """A large move that no anomaly explains; empty where there is none."""
        return verdict_text.large_move(self)

    @property
    def why_not(self) -> str:
        """The rises in a large move that are no anomaly, and why not; empty where `why` has said so."""
        return ordinary.of_move(self, verdict.unexplained(self.report))

    @property
    def partial(self) -> bool:
        """True if accounts could not be read."""
        return self.report.coverage.accounts_reported < self.report.coverage.accounts_expected

    @property
    def notes(self) -> list[str]:
        """The report's notes in words; a code that this version does not know is shown as it is."""
        notes = [self._note(code) for code in self.report.notes if code != "mock_data"]
        return [*part_text.notes(self), *notes, *month.about_aws(self), *opinion_text.about(self)]

    def _note(self, code: str) -> str:
        if days := missing_days(code):
            return self.t("note.report_missing", days=self.n.period(days))
        if left := unexplained(code):
            return self._without("causes.unexplained", left, self._error(left.error))
        if left := nameless(code):
            key = f"resources.why.{left.error}"
            return self._without(
                "resources.missing", left, self.t(key) if self.t.has(key) else self._error(left.error)
            )
        if count := not_asked(code):
            return self.t("causes.not_asked", n=count, count=self.n.count(count))
        if error := regions_unread([code]):
            return self._without_regions(error)
        known = self.t.has(f"note.{code}")
        return self.t(f"note.{code}", start=self.n.day(self.report.period.start)) if known else plain(code)

    def _without_regions(self, error: str) -> str:
        if error == OF_AN_EXPORT:
            return self.t("regions.of_an_export")
        return self.t("regions.unread", error=self._error(error))

    def _error(self, name: str) -> str:
        """An error's sentence; the name of one that this version does not know."""
        return self.t(f"error.{name}") if self.t.has(f"error.{name}") else plain(name, NAME)

    def _without(self, key: str, left: Unexplained, error: str) -> str:
        named = [
            self.t("anomaly.title", service=self.service_name(line.service), account=account)
            for line in self.report.anomalies
            if line.id in left.incidents
            for account in [self.account_name(line.account_id, line.account_name, WORD)]
        ]
        return self.t(
            key,
            n=len(left.incidents),
            count=self.n.count(len(left.incidents)),
            names=self.first_of(named),
            error=error,
        )

    def missing_names(self, limit: int = 3) -> str:
        """The accounts that could not be read: `log-archive, dev and 4 more`."""
        missing = self.report.coverage.missing
        return self.first_of([self.account_name(each.id, each.name, WORD) for each in missing], limit)

    @property
    def charges(self) -> str:
        """`Usage $1,200.00 + Tax $81.00 − Credits $12.96 = billed $1,268.04`; empty when there is nothing but usage."""
        usage, *_ = facts.charges(self.report)
        others = charges.parts(self.report)
        if not others:
            return ""
        parts = [f"{self.t('charge.usage')} {self.n.money(usage.amount, exact=True)}"]
        for line in others:
            amount = self.n.money(abs(line.amount), exact=True)
            parts.append(f"{MINUS if line.amount < 0 else '+'} {charges.type_name(self, line.name)} {amount}")
        billed, _ = facts.billed(self.report)
        return self.t("charges.billed", sum=" ".join(parts), amount=self.n.money(billed, exact=True))

    @property
    def usage_parts(self) -> str:
        """What usage is made of, where Savings Plans or reservations cover some of it; else empty."""
        return charges.usage_parts(self)

    def charge_name(self, kind: ChargeKind) -> str:
        """A kind of charge; one that this version does not know by the name that AWS gives it."""
        names = facts.record_types(self.report, kind)
        if kind == "other" and names:
            return plain(", ".join(names[:2]), NAME)
        return self.t(f"charge.{kind}")

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
        """What the amounts are: `Unblended cost in USD, UTC days`; and those of anomalies, where they are others."""
        metric = self.t(COST_METRICS[self.report.cost_metric].words)
        alike = facts.judged_metric(self.report) == self.report.cost_metric
        key = "method.basis" if alike else "method.basis_amortized"
        return self.t(key, metric=metric, currency=self.n.currency)

    @property
    def price(self) -> str:
        """What the report cost to read, in USD whatever the report's currency is."""
        used, export, trail = self.report.cost_explorer, self.report.export, self.report.trail
        if export and export.engine == "athena":
            said = self._scanned("method.price_athena", export.readings, export.bytes, export.usd)
        elif used.requests:
            amount = Numbers(self.report.language).money(used.usd)
            said = self.t("method.price", n=used.requests, amount=amount, count=self.n.count(used.requests))
        else:
            said = self.t("method.price_none")
        if not trail:
            return said
        return f"{said}; {self._scanned('method.price_trail', trail.statements, trail.bytes, trail.usd)}"

    def _scanned(self, key: str, statements: int, size: int, usd: Decimal) -> str:
        """What Athena scanned: to the next cent, for statements cost less than one, and not nothing."""
        amount = Numbers(self.report.language).money(usd.quantize(CENT, ROUND_UP))
        return self.t(
            key, n=statements, amount=amount, size=self.n.size(size), count=self.n.count(statements)
        )

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
        whole = [day for day in days if not facts.is_unfinished(self.report, day)] or days
        low, high = min(whole, key=lambda day: day.usage), max(whole, key=lambda day: day.usage)
        return self.t(
            "trend.alt",
            days=self.n.period(Period(days[0].date, days[-1].date + timedelta(1))),
            low=self.n.money(low.usage),
            low_day=self.n.weekday(low.date),
            high=self.n.money(high.usage),
            high_day=self.n.weekday(high.date),
        )

    @property
    def headline(self) -> str:
        """Title, period, amount and change in one sentence."""
        return self.t(
            "fallback",
            title=self.title,
            period=self.period_in_words,
            amount=self.amount,
            basis=self.basis_word,
            change=self.change,
        )

    @property
    def summary(self) -> str:
        """One paragraph without any text from outside, for notifications and screen readers."""
        lines = facts.open_anomalies(self.report)
        if lines:
            count, amount = self.n.count(len(lines)), anomaly_text.impacts(self, lines)
            about = self.t("fallback.anomalies", n=len(lines), count=count, amount=amount)
        else:
            # Where nothing was judged there is nothing to say of anomalies.
            about = self.no_anomalies if self.usage_clear else ""
        partial = self.t("fallback.partial", **self._accounts) if self.partial else ""
        return " ".join(
            part
            for part in (
                self.headline,
                about,
                charges.spoken(self),
                self.large_move,
                month.spoken(self),
                partial,
            )
            if part
        )

    @property
    def _accounts(self) -> dict[str, str]:
        coverage = self.report.coverage
        return {
            "reported": self.n.count(coverage.accounts_reported),
            "expected": self.n.count(coverage.accounts_expected),
        }
