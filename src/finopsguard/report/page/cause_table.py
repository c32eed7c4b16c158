"""The causes of an anomaly as a table: usage before and now, and the dollars of quantity, price and rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Cause
from finopsguard.report import cause_facts, cause_text
from finopsguard.report.cause_facts import Sums
from finopsguard.report.untrusted import plain
from finopsguard.report.words import Words

# Rows of one table; what is beyond them is one row.
_ROWS = 10
_LONG = 200


@dataclass(frozen=True)
class CauseRow:
    """A cause; `code` is the usage type as AWS writes it, `check` the security mark. Empty is what is not known."""

    what: str
    code: str
    region: str
    used: str
    sums: Sums
    check: str = ""


@dataclass(frozen=True)
class CauseTable:
    """The largest causes, one row for all others, and what they come to."""

    rows: Sequence[CauseRow]
    total: Sums


def table(words: Words, line: AnomalyLine) -> CauseTable | None:
    """The causes of an anomaly in the order in which they are ranked; None where there are none."""
    causes, service = cause_facts.explaining(line), cause_facts.service(line)
    if not causes:
        return None
    shown, hidden = causes[:_ROWS], causes[_ROWS:]
    rows = [_row(words, cause, service) for cause in shown]
    if hidden:
        what = words.t("causes.more", n=len(hidden), count=words.n.count(len(hidden)))
        rows.append(CauseRow(what, "", "", "", cause_facts.sums(hidden)))
    return CauseTable(rows, cause_facts.sums(causes))


def _row(words: Words, cause: Cause, service: str) -> CauseRow:
    several = cause.dimension == cause_facts.OTHERS  # its value is a number
    codes = [] if several else [plain(code, _LONG) for code in (cause.from_value, cause.value) if code]
    return CauseRow(
        what=cause_text.title(words, cause, service),
        code=" → ".join(dict.fromkeys(codes)),
        region=cause_text.place(words, cause, service),
        used=_used(words, cause),
        sums=cause_facts.sums([cause]),
        check=cause_text.check(words, cause) if cause_facts.needs_check(cause, service) else "",
    )


def _used(words: Words, cause: Cause) -> str:
    """`4,087 → 12,670 GB`."""
    now, before = cause.quantity, cause.quantity_before
    if now is None or before is None:
        return ""
    return f"{words.n.quantity(before)} → {cause_text.quantity(words, now, cause.unit)}"
