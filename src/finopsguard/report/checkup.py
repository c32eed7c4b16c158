"""What `finopsguard doctor` found, in the reader's language: each check's state, what was found, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from finopsguard.models.checkup import CheckName, CheckResult, CheckState, Checkup, Finding, Value
from finopsguard.models.run import Language
from finopsguard.report.markup import table
from finopsguard.report.messages import catalogue
from finopsguard.report.numbers import Numbers
from finopsguard.report.untrusted import plain

_LONGEST = 600
_MARKS: dict[CheckState, str] = {"pass": "✔", "warn": "⚠", "fail": "✖", "skip": "·"}


class Words:
    """The words for checks, in a language and a time zone."""

    def __init__(self, language: Language, time_zone: str) -> None:
        self._t = catalogue(language)
        self._n = Numbers(language)
        self._time_zone = time_zone

    def result(self, check: CheckName, finding: Finding) -> CheckResult:
        """A finding in words. An error's message is the remedy as it is, in English as all errors of ours."""
        values: dict[str, Value] = {name: self._value(name, value) for name, value in finding.values.items()}
        if "n" in values:
            values["count"], values["n"] = values["n"], finding.values["n"]
        if "error" in values:
            values["words"] = self._error(str(values["error"]))
        found = self._t(f"doctor.found.{finding.said}", **values)
        key = f"doctor.remedy.{finding.said}"
        remedy = plain(finding.error, _LONGEST) if finding.error else None
        return CheckResult(
            check, finding.state, found, remedy or (self._t(key) if self._t.has(key) else None)
        )

    def before(self, price: Decimal) -> str:
        """What will be asked, and what that costs."""
        return self._t("doctor.asks", usd=self._n.money(price, exact=True))

    def text(self, checkup: Checkup, price: Decimal) -> str:
        """A line for each check, and below it what to do."""
        width = max(len(self._t(f"doctor.check.{each.check}")) for each in checkup.checks)
        lines = [self._t("doctor.title", version=checkup.version), ""]
        for each in checkup.checks:
            name = self._t(f"doctor.check.{each.check}").ljust(width)
            lines.append(f"{_MARKS[each.state]} {name}  {each.found}")
            if each.remedy and each.state != "skip":
                lines.append(f"  {'':{width}}  → {each.remedy}")
        return "\n".join([*lines, "", *self._end(checkup, price)])

    def markdown(self, checkup: Checkup, price: Decimal) -> str:
        """A table of Markdown."""
        heads = [self._t(f"doctor.column_{name}") for name in ("state", "check", "found", "remedy")]
        shown = table(heads, [self._row(each) for each in checkup.checks])
        title = f"# {self._t('doctor.title', version=checkup.version)}"
        return "\n".join([title, "", shown, "", *self._end(checkup, price)])

    def _row(self, each: CheckResult) -> tuple[str, ...]:
        return (
            f"{_MARKS[each.state]} {self._t(f'doctor.state.{each.state}')}",
            self._t(f"doctor.check.{each.check}"),
            each.found,
            (each.remedy or "") if each.state != "skip" else "",
        )

    def _end(self, checkup: Checkup, price: Decimal) -> Iterator[str]:
        counts = {
            "passed": self._count(checkup.checks, "pass"),
            "skipped": self._count(checkup.checks, "skip"),
            "warned": self._n.count(checkup.warned),
            "failed": self._n.count(checkup.failed),
        }
        usd = self._n.money(checkup.requests * price, exact=True)
        yield self._t("doctor.counts", **counts, requests=self._n.count(checkup.requests), usd=usd)
        yield self._t("doctor.own_rights")
        yield self._t("doctor.not_well" if checkup.failed else "doctor.all_well")

    def _count(self, results: Sequence[CheckResult], state: CheckState) -> str:
        return self._n.count(sum(each.state == state for each in results))

    def _error(self, name: str) -> str:
        key = f"error.{name}"
        return self._t(key) if self._t.has(key) else name

    def _value(self, name: str, value: Value) -> str:
        if name == "check":
            return self._t(f"doctor.check.{value}")
        if isinstance(value, datetime):
            return self._n.moment(value, self._time_zone)
        if isinstance(value, date):
            return self._n.day_year(value)
        if isinstance(value, Decimal):
            return self._n.money(value, exact=True)
        return self._n.count(value) if isinstance(value, int) else plain(value, _LONGEST)
