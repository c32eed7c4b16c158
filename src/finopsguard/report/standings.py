"""How deliveries stand, in the reader's language: a row for each post, and what the command answers to a decision."""

from __future__ import annotations

from collections.abc import Sequence

from finopsguard.models.ledger import Standing
from finopsguard.models.run import Language
from finopsguard.report.markup import table
from finopsguard.report.messages import catalogue
from finopsguard.report.numbers import Numbers
from finopsguard.report.untrusted import plain

_LONGEST_ID = 160


class Standings:
    """The words for posts and for what was decided about them."""

    def __init__(self, language: Language, time_zone: str) -> None:
        self._t = catalogue(language)
        self._n = Numbers(language)
        self._time_zone = time_zone

    @property
    def header(self) -> tuple[str, ...]:
        """What stands above the rows."""
        return tuple(
            self._t(key)
            for key in (
                "deliveries.id",
                "deliveries.what",
                "deliveries.channel",
                "deliveries.state",
                "deliveries.attempts",
            )
        )

    def row(self, standing: Standing) -> tuple[str, ...]:
        """One post: its id, what it is, its channel, how it stands since when, how many attempts there were."""
        what = "deliveries.correction" if standing.correction else "deliveries.report"
        return (
            plain(standing.id, _LONGEST_ID),
            self._t(what, report=plain(standing.run_id, _LONGEST_ID)),
            plain(standing.channel),
            self._state(standing),
            self._n.count(standing.attempts),
        )

    def text(self, standings: Sequence[Standing]) -> str:
        """Aligned columns, and what to do about those that nobody knows the outcome of."""
        rows = [self.header, *map(self.row, standings)]
        width = [max(len(row[column]) for row in rows) for column in range(len(self.header))]
        lines = (
            "  ".join(cell.ljust(size) for cell, size in zip(row, width, strict=True)).rstrip()
            for row in rows
        )
        return "\n".join([*lines, *self._after(standings)]) if standings else self._t("deliveries.none")

    def markdown(self, standings: Sequence[Standing]) -> str:
        """A table of Markdown, its cells as code where they are names."""
        if not standings:
            return self._t("deliveries.none")
        shown = table(self.header, [self.row(each) for each in standings], codes=1)
        return "\n".join([shown, *self._after(standings)])

    def resolved(self, attempt: str, *, posted: bool, noted: bool, before: bool) -> str:
        """What a decision about an uncertain attempt came to."""
        name = plain(attempt, _LONGEST_ID)
        said = self._t("deliveries.now_posted" if posted else "deliveries.now_failed", id=name)
        parts = [self._t("deliveries.before") if before else "", said]
        parts.append(self._t("deliveries.not_noted") if posted and not noted else "")
        return " ".join(filter(None, parts))

    def resent(self, run_id: str, channel: str) -> str:
        """That a message was posted once more."""
        return self._t("deliveries.resent", report=plain(run_id, _LONGEST_ID), channel=plain(channel))

    def _state(self, standing: Standing) -> str:
        words = {
            "posted": self._t("deliveries.posted"),
            "failed": self._t("deliveries.failed"),
            "in_progress": self._t("deliveries.in_progress"),
            "uncertain": self._t("deliveries.uncertain"),
        }
        if standing.at is None:
            return self._t("deliveries.unreadable")
        return f"{words[standing.state]} {self._n.moment(standing.at, self._time_zone)}"

    def _after(self, standings: Sequence[Standing]) -> list[str]:
        open_ones = [each for each in standings if each.state == "uncertain"]
        if not open_ones:
            return []
        question = self._t("deliveries.ask", n=len(open_ones), count=self._n.count(len(open_ones)))
        return ["", f"{question} finopsguard deliveries resolve ID {self._t('failure.outcome')} --reason …"]
