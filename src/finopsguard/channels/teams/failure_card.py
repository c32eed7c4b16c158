"""The card that says a report failed: what that means for the reader, why, and what to do next. At most 4 KB.

Its input can be anything: a state's input when a Catch sends it, nothing when an EventBridge rule does, half of either
when a step failed on bad input. Every field is looked at with suspicion; none is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from finopsguard import contracts, errors, machine
from finopsguard.aws.failures import EXECUTION, plain_cause
from finopsguard.channels.teams.elements import (
    Element,
    column,
    columns,
    container,
    envelope,
    open_url,
    run,
    text,
)
from finopsguard.models.messages import Failure
from finopsguard.models.run import Language, Period
from finopsguard.report.links import Console
from finopsguard.report.messages import Catalogue, catalogue
from finopsguard.report.numbers import Numbers
from finopsguard.report.untrusted import plain

MAX_BYTES = 4_096
# Step Functions keeps an execution open for redrive this long (documented by AWS).
_REDRIVE_DAYS = 14
_CAUSE_LENGTHS = (420, 200, 80)
_NAME = 26  # no error of ours has a longer name, so all can be copied in one piece


@dataclass(frozen=True)
class _Known:
    """What the failed state's input tells of the run; None where it does not."""

    report: str | None
    period: Period | None
    run_id: str | None
    scheduled: datetime | None
    expected: int | None
    reported: int | None
    batches: int | None
    batches_read: int | None


def message(
    failure: Failure, *, language: Language, time_zone: str = "UTC", runbook_url: str | None = None
) -> dict[str, Any]:
    """The body to post. The language is the settings' own: a failed input may not tell it."""
    made: dict[str, Any] = {}
    for length in _CAUSE_LENGTHS:
        made = envelope(_Card(failure, language, time_zone, runbook_url).build(length))
        if len(contracts.encode(made)) <= MAX_BYTES:
            return made
    return made


class _Card:
    def __init__(self, failure: Failure, language: Language, time_zone: str, runbook_url: str | None) -> None:
        self._failure, self._runbook_url, self._time_zone = failure, runbook_url, time_zone
        self._t: Catalogue = catalogue(language)
        self._n = Numbers(language)
        self._language = language
        self._known = _known(failure.input)
        self._whole = failure.failure.state == EXECUTION
        self._console = Console(failure.execution)

    def build(self, cause_length: int) -> Element:
        """The card with a cause of at most `cause_length` characters."""
        t = self._t
        title, meaning = self._title(), self._meaning()
        card: Element = {
            "type": "AdaptiveCard",
            "version": "1.4",
            "lang": self._language,
            "fallbackText": f"{title}. {meaning}",
            "speak": f"{title}. {meaning}",
            "msteams": {"width": "Full"},
            "body": [
                container(
                    [text(run(f"✖ {title}", bold=True, size="Large")), text(run(meaning), spacing="Small")],
                    style="attention",
                    bleed=True,
                ),
                *self._facts(),
                text(run(t("failure.cause"), size="Small", subtle=True), spacing="Medium"),
                *self._in_words(),
                text(run(self._cause(cause_length), longest_word=36), spacing="None"),
                text(
                    run(t("failure.what_to_do"), bold=True, size="Medium"), spacing="Medium", separator=True
                ),
                *(
                    columns(
                        column([text(run(f"{number}.", bold=True))], "20px"),
                        column([text(run(todo, longest_word=_NAME))], "stretch"),
                        spacing="Small",
                    )
                    for number, todo in enumerate(self._todos(), start=1)
                ),
            ],
        }
        buttons = self._buttons()
        return card | ({"actions": buttons} if buttons else {})

    def _title(self) -> str:
        name = self._failure.failure.error
        if self._whole and name == "TIMED_OUT":
            return self._t("failure.title_timed_out")
        if self._whole and name == "ABORTED":
            return self._t("failure.title_aborted")
        if self._known.report == "daily":
            return self._t("failure.title.daily")
        if self._known.report == "weekly":
            return self._t("failure.title.weekly")
        return self._t("failure.title")

    def _meaning(self) -> str:
        """What the failure means for somebody who waits for the report."""
        t, known, state = self._t, self._known, self._failure.failure.state
        parts = [
            t("failure.no_report", period=self._n.period(known.period))
            if known.period
            else t("failure.no_report_unknown")
        ]
        if known.expected is not None and known.reported is not None:
            parts.append(t("failure.read_accounts", **self._counts(known.reported, known.expected)))
        elif known.batches is not None and known.batches_read is not None:
            parts.append(t("failure.read_batches", **self._counts(known.batches_read, known.batches)))
        elif state == "ResolveAccounts":
            parts.append(t("failure.nothing_read"))
        if state == "PostToTeams":
            parts.append(t("failure.only_card"))
        elif state in machine.deployed().after("FetchCosts") and known.batches is None:
            parts.append(t("failure.kept"))
        return " ".join(parts)

    def _counts(self, reported: int, expected: int) -> dict[str, str]:
        return {"reported": self._n.count(reported), "expected": self._n.count(expected)}

    def _facts(self) -> list[Element]:
        t, failure = self._t, self._failure.failure
        rows = [(t("failure.step"), self._state()), (t("failure.error"), plain(failure.error, 48))]
        if self._known.run_id:
            rows.append((t("failure.run"), self._known.run_id))
        if failure.redriveCount:
            rows.append((t("failure.attempt"), self._n.count(failure.redriveCount)))
        return [
            columns(
                column([text(run(label, subtle=True))], "84px"),
                column([text(run(value, bold=True, longest_word=_NAME))], "stretch"),
                spacing="None" if index else "Medium",
            )
            for index, (label, value) in enumerate(rows)
        ]

    def _state(self) -> str:
        state = self._failure.failure.state
        if self._whole:
            return self._t("failure.state.execution")
        if state in machine.deployed().steps:
            return self._t("failure.step_name", words=self._t(f"failure.state.{state}"), state=state)
        return plain(state, 48)

    def _in_words(self) -> list[Element]:
        """What the error means, in the reader's language: messages of errors are English and technical."""
        key = f"error.{self._failure.failure.error}"
        if self._whole or not self._t.has(key):
            return []
        return [text(run(self._t(key), bold=True), spacing="None")]

    def _cause(self, length: int) -> str:
        name = self._failure.failure.error.lower()
        if self._whole and name in ("timed_out", "aborted", "failed"):
            return self._t(f"failure.cause_{name}")
        return plain(plain_cause(self._failure.failure.cause), length) or self._t("failure.no_cause")

    def _todos(self) -> list[str]:
        t, name = self._t, self._failure.failure.error
        known_error = getattr(errors, name, None) if name.isidentifier() else None
        if self._whole and name == "ABORTED":
            first = t("failure.do_intended")
        elif self._whole:
            first = t("failure.do_look_state")
        elif name == "DeliveryUncertain":
            first = t("failure.do_check_posted")
        elif isinstance(known_error, type) and issubclass(known_error, errors.Transient):
            first = t("failure.do_wait")
        elif isinstance(known_error, type) and issubclass(known_error, errors.FinOpsGuardError):
            first = t("failure.do_message")
        else:
            first = t("failure.do_look")
        return [first, self._redrive(), t("failure.do_runbook", error=plain(name, 48))]

    def _redrive(self) -> str:
        if not self._console.execution_page():
            return self._t("failure.do_run_again")
        if self._known.scheduled is None:
            return self._t("failure.do_redrive")
        last = self._known.scheduled + timedelta(days=_REDRIVE_DAYS)
        return self._t("failure.do_redrive_until", day=self._n.local_day(last, self._time_zone))

    def _buttons(self) -> list[Element]:
        state = self._failure.failure.state
        links = (
            ("failure.button_run", self._console.execution_page()),
            ("failure.button_logs", self._console.logs(state if state in machine.deployed().steps else None)),
            ("failure.button_runbook", self._runbook_url),
        )
        return [open_url(self._t(key), url) for key, url in links if url]


def _known(given: Mapping[str, Any]) -> _Known:
    maybe = given.get("run")
    known = maybe if isinstance(maybe, dict) else {}
    maybe = given.get("batches")
    outcomes = (
        [item.get("status") for item in maybe if isinstance(item, dict)] if isinstance(maybe, list) else []
    )
    done = [status for status in outcomes if isinstance(status, str)]
    report = known.get("report") or given.get("report")
    run_id = known.get("run_id")
    return _Known(
        report=report if isinstance(report, str) else None,
        period=_period(known.get("period")),
        run_id=plain(run_id, 48) if isinstance(run_id, str) else None,
        scheduled=_moment(known.get("scheduled_time") or given.get("scheduled_time")),
        expected=_count(given.get("accounts_expected")),
        reported=_count(given.get("accounts_reported")),
        batches=len(done) or None,
        batches_read=done.count("ok") if done else None,
    )


def _period(value: object) -> Period | None:
    if not isinstance(value, dict):
        return None
    try:
        period = Period(
            date.fromisoformat(str(value.get("start"))), date.fromisoformat(str(value.get("end")))
        )
    except ValueError:
        return None
    return period if period.days > 0 else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo and moment.year < 9000 else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
