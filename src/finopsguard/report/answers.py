"""What the command line answers to a verdict, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence

from finopsguard.models.run import Language
from finopsguard.models.verdict import Verdict
from finopsguard.report.messages import catalogue
from finopsguard.report.numbers import Numbers
from finopsguard.report.services import short_name
from finopsguard.report.untrusted import plain

_LONGEST = 160


class Answers:
    """The words for what was given."""

    def __init__(self, language: Language) -> None:
        self._t = catalogue(language)
        self._n = Numbers(language)

    def given(self, verdict: Verdict, beside: Sequence[Verdict] = ()) -> str:
        """What a verdict comes to, when it counts and its mark; and that another one was given at the same time."""
        about = verdict.incident_id or " · ".join(
            filter(None, (short_name(verdict.service), verdict.account_id))
        )
        lines = [
            self._t(
                f"answer.{verdict.verdict}",
                about=plain(about, _LONGEST),
                since=self._n.day_year(verdict.since) if verdict.since else "",
                until=self._n.day_year(verdict.until) if verdict.until else "",
            ),
            self._t("answer.from_the_next", mark=verdict.mark),
        ]
        if beside:
            marks = ", ".join(each.mark for each in beside)
            lines.append(self._t("answer.beside", marks=marks))
        return " ".join(lines)

    def withdrawn(self, count: int) -> str:
        """How many verdicts count no more."""
        return self._t("answer.withdrawn", n=count, count=self._n.count(count))
