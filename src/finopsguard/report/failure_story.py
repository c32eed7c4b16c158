"""The sentences of a failed report in the reader's language: what that means, why, and what to do next.

Its input can be anything: a state's input when a Catch sends it, nothing when an EventBridge rule does, half of either
when a step failed on bad input. Every field is looked at with suspicion; none is needed. Everything returned is plain
text; what came from outside went through `untrusted.plain`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from finopsguard import errors, machine
from finopsguard.failures import EXECUTION, attempt_in, plain_cause
from finopsguard.models.messages import Failure
from finopsguard.models.run import Language, Period
from finopsguard.report.links import Console
from finopsguard.report.messages import catalogue
from finopsguard.report.numbers import Numbers
from finopsguard.report.untrusted import plain

# Steps whose failure means something of its own to the reader; the rest of the order is the state machine's.
_FIRST, READING, POSTING, SENDING = "ResolveAccounts", "FetchCosts", "PostToTeams", "SendEvents"
# A redrive goes on at the failed step, which would find the same input and the same objects in the store.
_FAILS_AGAIN = ("InvalidInput", "ObjectMissing")
# Step Functions keeps an execution open for redrive this long (documented by AWS).
REDRIVE_DAYS = 14
# Errors of posting that leave open whether the card is in the channel; the operator is asked about the first of them.
_ASKED = ("DeliveryUncertain", "TeamsAnswerUnknown")
_MAYBE_POSTED = (
    *_ASKED,
    "DeliveryInProgress",
    "StoreUnavailable",
    "StoreAccessDenied",
    "Sandbox.Timedout",
    "States.Timeout",
)
_POSTED = ("DeliveryUnrecorded",)
_TITLES = {
    "daily": "failure.title.daily",
    "weekly": "failure.title.weekly",
    "monthly": "failure.title.monthly",
}
_LONGEST_NAME = 48
_NAMED = 5
_LONGEST_COMMAND = 160
_LONGEST_CAUSE = 4_000
# A sentence ends before a space and a capital, a quote or a digit: not inside a name such as `app.py`.
_END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'«¿¡])")


@dataclass(frozen=True)
class Fact:
    """A line of the table of what is known: `Failed step`, `Posting to Teams (PostToTeams)`."""

    label: str
    value: str


@dataclass(frozen=True)
class Link:
    """Something to open."""

    title: str
    url: str


class FailureStory:
    """What is said of a failed report. The language is the settings' own: a failed input may not tell it."""

    def __init__(
        self,
        failure: Failure,
        language: Language,
        time_zone: str = "UTC",
        runbook_url: str | None = None,
    ) -> None:
        self.language = language
        self._t = catalogue(language)
        self._n = Numbers(language)
        self._detail, self._time_zone, self._runbook_url = failure.failure, time_zone, runbook_url
        self._known = _known(failure.input)
        self._whole = failure.failure.state == EXECUTION
        self._console = Console(failure.execution)

    # ---- what happened

    @property
    def title(self) -> str:
        """Which report failed, or how its execution ended."""
        name = self._detail.error
        if self._whole and name == "TIMED_OUT":
            return self._t("failure.title_timed_out")
        if self._whole and name == "ABORTED":
            return self._t("failure.title_aborted")
        if self._detail.state == POSTING and name in (*_POSTED, *_ASKED):
            return self._t("failure.title_posted" if name in _POSTED else "failure.title_asked")
        return self._t(self._title_of_a_part() or _TITLES.get(self._known.report or "", "failure.title"))

    def _title_of_a_part(self) -> str:
        """The key of the title where the report itself is in a channel; empty where it is not."""
        if self._detail.corrects:
            return "failure.title_correction"
        if self._detail.state == SENDING:
            return "failure.title_events"
        return "failure.title_channels" if self._detail.reached else ""

    @property
    def meaning(self) -> str:
        """What the failure means for somebody who waits for the report."""
        t, known, state = self._t, self._known, self._detail.state
        if state == POSTING and self._detail.error in (*_POSTED, *_MAYBE_POSTED):
            return self._what_was_posted()
        if self._detail.corrects:
            return t("failure.no_correction", report=plain(self._detail.corrects, _LONGEST_NAME))
        if state == SENDING:
            period = self._n.period(known.period) if known.period else ""
            return t("failure.no_events", period=period) if period else t("failure.no_events_unknown")
        if self._detail.reached:
            count, names = self._detail.reached, self._detail.channels
            named = ", ".join(plain(each) for each in names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
            return t("failure.some_channels", n=count, count=self._n.count(count), names=named)
        parts = [
            t("failure.no_report", period=self._n.period(known.period))
            if known.period
            else t("failure.no_report_unknown")
        ]
        if known.expected is not None and known.reported is not None:
            parts.append(t("failure.read_accounts", **self._counts(known.reported, known.expected)))
        elif known.batches is not None and known.batches_read is not None:
            parts.append(t("failure.read_batches", **self._counts(known.batches_read, known.batches)))
        elif state == _FIRST:
            parts.append(t("failure.nothing_read"))
        if state == POSTING:
            parts.append(t("failure.only_card"))
        elif state in machine.deployed().after(READING) and known.batches is None:
            # Where batches were counted, that sentence has told what was read.
            parts.append(t("failure.kept"))
        return " ".join(parts)

    @property
    def summary(self) -> str:
        """Title and meaning in one, for notifications and screen readers."""
        return f"{self.title}. {self.meaning}"

    @property
    def facts(self) -> list[Fact]:
        """The failed step, the error, the report, the redrives so far."""
        t, detail = self._t, self._detail
        facts = [
            Fact(t("failure.step"), self._step()),
            Fact(t("failure.error"), plain(detail.error, _LONGEST_NAME)),
        ]
        if self._known.run_id:
            facts.append(Fact(t("failure.run"), self._known.run_id))
        if detail.redriveCount:
            facts.append(Fact(t("failure.attempt"), self._n.count(detail.redriveCount)))
        return facts

    # ---- why

    @property
    def cause_title(self) -> str:
        """Stands above the cause."""
        return self._t("failure.cause")

    @property
    def error_in_words(self) -> str:
        """What the error means, in the reader's language: its own message is English and technical. Perhaps empty."""
        key = f"error.{self._detail.error}"
        return "" if self._whole or not self._t.has(key) else self._t(key)

    def cause(self, length: int) -> str:
        """The error's own message in at most `length` characters, never cut in the middle of an instruction."""
        name = self._detail.error.lower()
        if self._whole and name in ("timed_out", "aborted", "failed"):
            return self._t(f"failure.cause_{name}")
        whole = plain(plain_cause(self._detail.cause), _LONGEST_CAUSE)
        if not whole:
            return self._t("failure.no_cause")
        return _whole_sentences(
            whole, length, self._t("failure.cause_in_log"), in_words=bool(self.error_in_words)
        )

    # ---- what to do

    @property
    def todo_title(self) -> str:
        """Stands above what to do."""
        return self._t("failure.what_to_do")

    @property
    def todos(self) -> list[str]:
        """What to do, in this order."""
        runbook = self._t("failure.do_runbook", error=plain(self._detail.error, _LONGEST_NAME))
        return [self._t(self._first_todo()), self._answer() or self._redrive(), runbook]

    @property
    def links(self) -> list[Link]:
        """The execution, the failed step's log and the runbook, as far as they have an address."""
        state = self._detail.state
        links = (
            ("failure.button_run", self._console.execution_page()),
            ("failure.button_logs", self._console.logs(state if self._is_step() else None)),
            ("failure.button_runbook", self._runbook_url),
        )
        return [Link(self._t(key), url) for key, url in links if url]

    def _what_was_posted(self) -> str:
        """The card is in the channel, or may be: no word that it is missing may stand under it."""
        t, known, corrects = self._t, self._known, self._detail.corrects
        sure = self._detail.error in _POSTED
        if corrects:
            key = "failure.posted_correction" if sure else "failure.maybe_correction"
            return t(key, report=plain(corrects, _LONGEST_NAME))
        if known.period is None:
            return t("failure.posted_unknown" if sure else "failure.maybe_unknown")
        return t("failure.posted" if sure else "failure.maybe_posted", period=self._n.period(known.period))

    def _first_todo(self) -> str:
        name = self._detail.error
        known_error = getattr(errors, name, None) if name.isidentifier() else None
        if self._whole:
            return "failure.do_intended" if name == "ABORTED" else "failure.do_look_state"
        if name in _ASKED:
            return "failure.do_check_correction" if self._detail.corrects else "failure.do_check_posted"
        if isinstance(known_error, type) and issubclass(known_error, errors.Transient):
            return "failure.do_wait"
        if isinstance(known_error, type) and issubclass(known_error, errors.FinOpsGuardError):
            return "failure.do_message"
        return "failure.do_look"

    def _answer(self) -> str:
        """How an operator says what became of the card; empty where nobody asks."""
        attempt, error = attempt_in(self._detail.cause), self._detail.error
        if attempt is None or error not in (*_ASKED, *_POSTED):
            return ""
        sure = error in _POSTED
        # A placeholder, so that the command as it is copied decides nothing.
        outcome = "posted" if sure else self._t("failure.outcome")
        command = f"finopsguard deliveries resolve {plain(attempt, _LONGEST_COMMAND)} {outcome} --reason …"
        return self._t("failure.do_record" if sure else "failure.do_resolve", command=command)

    def _redrive(self) -> str:
        if not self._console.execution_page():
            return self._t("failure.do_run_again")
        if self._detail.error in _FAILS_AGAIN and not self._whole:
            return self._t("failure.do_start_anew")
        if self._known.scheduled is None:
            return self._t("failure.do_redrive")
        last = self._known.scheduled + timedelta(days=REDRIVE_DAYS)
        return self._t("failure.do_redrive_until", day=self._n.local_day(last, self._time_zone))

    def _step(self) -> str:
        state = self._detail.state
        if self._whole:
            return self._t("failure.state.execution")
        if self._is_step():
            return self._t("failure.step_name", words=self._t(f"failure.state.{state}"), state=state)
        return plain(state, _LONGEST_NAME)

    def _is_step(self) -> bool:
        return self._detail.state in machine.deployed().steps

    def _counts(self, reported: int, expected: int) -> dict[str, str]:
        return {"reported": self._n.count(reported), "expected": self._n.count(expected)}


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


def _whole_sentences(text: str, length: int, rest: str, *, in_words: bool) -> str:
    """As many whole sentences as fit, and where the rest is; only a cause without words of its own is cut."""
    if len(text) <= length:
        return text
    sentences = _END_OF_SENTENCE.split(text)
    for end in (f" {rest}", " …"):
        kept = ""
        for sentence in sentences:
            longer = f"{kept} {sentence}".strip()
            if len(longer) + len(end) > length:
                break
            kept = longer
        if kept:
            return kept + end
    return rest if in_words else plain(text, length)


def _known(given: Mapping[str, object]) -> _Known:
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
        run_id=plain(run_id, _LONGEST_NAME) if isinstance(run_id, str) else None,
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
