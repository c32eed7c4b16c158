"""What is said where an earlier report proved wrong: then, now, why, and where the numbers of today are."""

from __future__ import annotations

from decimal import Decimal

from finopsguard.models.report import Correction, Report
from finopsguard.models.run import ReportName
from finopsguard.report.story import Story
from finopsguard.report.words import WORD, Words

_TITLES: dict[ReportName, str] = {
    "daily": "correction.title_daily",
    "weekly": "correction.title_weekly",
    "monthly": "correction.title_monthly",
}


class CorrectionStory(Words):
    """The sentences of one correction, in the language of the report that found it."""

    def __init__(self, report: Report, correction: Correction) -> None:
        super().__init__(report)
        self.correction = correction
        self._newest = Story(report)

    @property
    def title(self) -> str:
        """`Correction of the report of 22 Nov`."""
        return self.t(_TITLES[self.correction.report], days=self.days(self.correction.days))

    @property
    def basis_word(self) -> str:
        """What both amounts are: `usage` or `billed`."""
        return self.t(f"basis.{self.correction.basis}")

    @property
    def amounts(self) -> str:
        """`$1,234.56 instead of $1,100.00 (+12.2%)`."""
        it = self.correction
        now, then = self.n.money(it.now, exact=True), self.n.money(it.then, exact=True)
        if it.change_pct is None:
            return self.t("correction.instead", now=now, then=then)
        percent = self.n.percent(it.change_pct, signed=True)
        return self.t("correction.instead_percent", now=now, then=then, percent=percent)

    @property
    def reasons(self) -> list[str]:
        """Why, as far as it is known, what makes most of the difference first."""
        it = self.correction
        if it.list_unread:
            counts = {"then": self.n.count(it.accounts_then), "now": self.n.count(it.accounts_now)}
            return [self.t("correction.list", **counts)]
        found: list[tuple[Decimal, str]] = []
        if it.restated:
            changes = [day.now - day.then for day in it.restated]
            key = "correction.restated"
            if min(changes) > 0:
                key = "correction.late"
            elif max(changes) < 0:
                key = "correction.lowered"
            named = [
                self._part(self.n.weekday(day.date), change)
                for day, change in zip(it.restated, changes, strict=True)
            ]
            found.append((abs(sum(changes, Decimal(0))), self.t(key, days=self.first_of(named))))
        if it.read_since:
            named = [
                self._part(self.account_name(each.id, each.name, WORD), each.amount) for each in it.read_since
            ]
            amount = sum((each.amount for each in it.read_since), Decimal(0))
            text = self.t("correction.missing", n=len(named), names=self.first_of(named))
            found.append((abs(amount), text))
        return [text for _, text in sorted(found, key=lambda each: each[0], reverse=True)]

    @property
    def told(self) -> str:
        """When the wrong report came."""
        return self.t("correction.told", moment=self.n.moment(self.correction.told_at, self.report.time_zone))

    @property
    def pointer(self) -> str:
        """The report that has the numbers of today."""
        return self.t("correction.pointer", title=self._newest.title, period=self._newest.period)

    @property
    def summary(self) -> str:
        """Without any text from outside, for notifications and screen readers."""
        return f"{self.title}: {self.amounts}."

    def _part(self, name: str, amount: Decimal) -> str:
        return self.t("correction.part", name=name, amount=self.n.money(amount, signed=True, exact=True))
