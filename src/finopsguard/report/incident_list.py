"""The ledger of incidents in the reader's language: a row for each, or all that is known of one."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from finopsguard.models.run import Language
from finopsguard.models.telling import IncidentRecord, Telling
from finopsguard.models.verdict import Verdict
from finopsguard.report.markup import escaped, table
from finopsguard.report.messages import catalogue
from finopsguard.report.numbers import Numbers
from finopsguard.report.services import short_name
from finopsguard.report.untrusted import plain

_LONGEST_ID, _NAME, _REASON = 160, 60, 300
_COLUMNS = ("id", "what", "since", "told", "amount", "rate", "state")


class IncidentList:
    """The words for incidents; amounts are in the currency of the report that told them."""

    def __init__(self, language: Language, time_zone: str) -> None:
        self._t = catalogue(language)
        self._language: Language = language
        self._n = Numbers(language)
        self._time_zone = time_zone

    def all(self, found: Sequence[IncidentRecord], form: str) -> str:
        """A row for each: aligned columns, or a table of Markdown."""
        if not found:
            return self._t("incidents.none")
        rows = [tuple(self._t(f"incidents.column_{name}") for name in _COLUMNS), *map(self._row, found)]
        if form == "md":
            return table(rows[0], rows[1:], codes=1)
        width = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
        return "\n".join(
            "  ".join(cell.ljust(size) for cell, size in zip(row, width, strict=True)).rstrip()
            for row in rows
        )

    def one(self, record: IncidentRecord, form: str) -> str:
        """All that is known of one: its row, each telling, its causes and what people said of it, and who."""
        t = self._t
        head = list(zip((t(f"incidents.column_{name}") for name in _COLUMNS), self._row(record), strict=True))
        head += [(t("incidents.severity"), t(f"severity.{record.severity}"))] if record.severity else []
        head += [(t("incidents.owner"), plain(record.owner, _NAME))] if record.owner else []
        parts = [
            (t("incidents.tellings"), [self._telling(each, record) for each in record.tellings]),
            (
                t("incidents.causes"),
                [f"{plain(each.value, _NAME)} {self._money(each.impact, record)}" for each in record.causes],
            ),
            (t("incidents.verdicts"), [self._verdict(each) for each in record.verdicts]),
            (t("incidents.parts"), [plain(each, _LONGEST_ID) for each in record.incidents]),
        ]
        bold, shown = ("**", escaped) if form == "md" else ("", str)
        lines = [f"{'- ' if bold else ''}{bold}{shown(name)}{bold}: {shown(said)}" for name, said in head]
        for name, told in parts:
            if told:
                lines += ["", f"{bold}{shown(name)}{bold}", *([""] if bold else [])]
                lines += [f"- {shown(each)}" for each in told]
        return "\n".join(lines)

    def unreadable(self, keys: Sequence[str]) -> str:
        """The records that could not be read: what they told is missing."""
        return self._t("incidents.unreadable", n=len(keys), keys=", ".join(keys))

    def _row(self, record: IncidentRecord) -> tuple[str, ...]:
        told = record.first_told
        return (
            plain(record.id, _LONGEST_ID),
            self._what(record),
            self._n.day_year(record.first_day),
            self._n.moment(told.at, self._time_zone) if told else self._t("incidents.untold"),
            self._money(record.impact, record),
            "–" if record.run_rate_month is None else self._money(record.run_rate_month, record),
            self._state(record),
        )

    def _what(self, record: IncidentRecord) -> str:
        services = [plain(short_name(name), _NAME) for name in record.services[:2]]
        account = plain(record.account_name, _NAME)
        return " · ".join(filter(None, (", ".join(services), account or record.account_id))) or self._t(
            "incidents.everything"
        )

    def _state(self, record: IncidentRecord) -> str:
        if record.ended is None:
            return self._t(f"incidents.{record.state}")
        day = self._n.day_year(record.ended_on) if record.ended_on else ""
        return self._t(f"incidents.ended_{record.ended}", day=day, id=plain(record.joined or "", _LONGEST_ID))

    def _telling(self, telling: Telling, record: IncidentRecord) -> str:
        status = "quiet" if telling.quiet else telling.status
        return self._t(
            "incidents.telling",
            moment=self._n.moment(telling.at, self._time_zone),
            status=self._t(f"incidents.told_{status}"),
            amount=self._money(telling.impact, record),
            report=plain(telling.run_id, _LONGEST_ID),
            channels=", ".join(plain(each) for each in telling.channels),
        )

    def _verdict(self, verdict: Verdict) -> str:
        return self._t(
            "incidents.verdict",
            verdict=self._t(f"incidents.said_{verdict.verdict}"),
            moment=self._n.moment(verdict.at, self._time_zone),
            until=self._t("incidents.until", day=self._n.day_year(verdict.until)) if verdict.until else "",
            by=plain(verdict.by, _NAME),
            reason=plain(verdict.reason, _REASON),
            mark=plain(verdict.mark, _NAME),
        )

    def _money(self, amount: Decimal, record: IncidentRecord) -> str:
        return Numbers(self._language, record.currency).money(amount, signed=True)
