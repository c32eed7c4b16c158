"""Shows an execution while it runs: live on a terminal, as JSON log lines anywhere else."""

from __future__ import annotations

import json
import sys
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from finopsguard import telemetry
from finopsguard.costs.budget import price
from finopsguard.engine.execution import Event
from finopsguard.failures import plain_cause

_FAILED = ("TaskFailed", "TaskTimedOut", "EvaluationFailed")
_ENDED = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}
_LONGEST_REASON = 200
_PLANS = "ResolveAccounts"
# What a Map goes through, for the line that counts it.
_ITEMS = {"FetchCosts": "batches", "ExplainAnomalies": "anomalies", "PostToTeams": "channels"}


class _View(Protocol):
    """Where an event is shown."""

    def show(self, event: Event) -> None:
        """Takes the next event."""

    def close(self) -> None:
        """No more events follow."""


class Progress:
    """A context manager that engines call with each event of an execution."""

    def __init__(self, view: _View) -> None:
        self._view = view

    @classmethod
    def for_terminal_or_log(cls) -> Progress:
        """Live on standard error if that is a terminal, else the log."""
        return cls(TerminalView(Console(stderr=True)) if sys.stderr.isatty() else LogView())

    def __call__(self, event: Event) -> None:
        self._view.show(event)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._view.close()


class LogView:
    """One log line per state entered, failed attempt, new attempt and end."""

    def show(self, event: Event) -> None:
        """See _View."""
        log = telemetry.logger()
        if event.type.endswith("StateEntered"):
            log.info("state entered", state=event.state)
        elif event.type in _FAILED:
            log.warning(
                "attempt failed", state=event.state, error=event.error, message_to_operator=reason(event)
            )
        elif event.retry:
            log.info("trying again", state=event.state)
        elif costs := estimate(event):
            log.info("costs are read now", estimate=costs)
        elif event.type in _ENDED:
            log.info("execution ended", status=_ENDED[event.type], error=event.error)

    def close(self) -> None:
        """See _View."""


class TerminalView:
    """A line per step with its time, batches done and attempts; failed attempts and their reasons stay above."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lines: list[_Line] = []
        self._map: _Line | None = None  # open while a Map runs; states entered meanwhile are its iterations'
        self._live = Live(console=console, get_renderable=self._table, refresh_per_second=8)
        self._live.start()

    def show(self, event: Event) -> None:
        """See _View."""
        if costs := estimate(event):
            self._console.print(f"Reading costs takes about {costs}", highlight=False)
        if event.type in ("TaskStateEntered", "MapStateEntered") and self._map is None:
            self._lines.append(_Line(event))
            self._map = self._lines[-1] if event.type == "MapStateEntered" else None
        elif event.type.endswith("StateExited") and self._lines and event.state == self._lines[-1].state:
            self._lines[-1].end(event)
            self._map = None
        elif event.type == "MapStateStarted" and self._map:
            self._map.items = event.items
        elif event.type == "PassStateEntered" and self._map:
            self._map.lost += 1  # a Catch has made data of the item's failure
        elif event.type == "MapIterationSucceeded" and self._map:
            self._map.done += 1
        elif event.type in (*_FAILED, "TaskSucceeded"):
            self._attempt_ended(event, failed=event.type in _FAILED)
        elif event.retry and self._lines:
            self._lines[-1].retries += 1
        elif event.type in _ENDED:
            self._ended(event)

    def close(self) -> None:
        """See _View."""
        self._live.stop()

    def _attempt_ended(self, event: Event, *, failed: bool) -> None:
        if failed:
            why = f"{event.state}: {event.error}: {reason(event)}"
            self._console.print(Text.assemble(("! ", "yellow"), why))
        if self._lines and self._lines[-1].state == event.state:
            self._lines[-1].failing = failed

    def _ended(self, event: Event) -> None:
        for line in self._lines:
            line.end(event)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for line in self._lines:
            table.add_row(line.mark, line.state, Text(line.detail, style="dim"))
        return table


class _Line:
    """A state as the terminal shows it."""

    def __init__(self, event: Event) -> None:
        self.state = event.state or ""
        self.mark: Spinner | Text = Spinner("dots")
        self.items: int | None = None
        self.done = 0
        self.lost = 0
        self.retries = 0
        self.failing = False
        self._entered = event.at
        self._seconds: float | None = None

    def end(self, event: Event) -> None:
        """Marks the state as left, once."""
        if self._seconds is None:
            self._seconds = (event.at - self._entered).total_seconds()
            failed = self.failing or (self.lost > 0 and self.lost == self.items)
            self.mark = Text("x", style="red") if failed else Text("+", style="green")

    @property
    def detail(self) -> str:
        """`12 of 40 batches, 1 retry, 3.2 s`."""
        what = _ITEMS.get(self.state, "items")
        parts = [] if self.items is None else [f"{self.done} of {self.items} {what}"]
        if self.retries:
            parts.append(f"{self.retries} {'retry' if self.retries == 1 else 'retries'}")
        if self._seconds is not None:
            parts.append(f"{self._seconds:.1f} s")
        return ", ".join(parts)


def estimate(event: Event) -> str:
    """What reading costs by the plan that ResolveAccounts has made; empty where it costs nothing, and else."""
    if event.type != "TaskStateExited" or event.state != _PLANS or not event.payload:
        return ""
    plan = json.loads(event.payload)
    few, many = (plan.get(name) if isinstance(plan, dict) else None for name in ("fewest", "most"))
    return price(few, many) if isinstance(few, int) and isinstance(many, int) and many else ""


def reason(event: Event) -> str:
    """Why an attempt failed, in one line; without control characters, which a terminal would obey."""
    line = "".join(sign if sign.isprintable() else " " for sign in plain_cause(event.cause or ""))
    return line if len(line) <= _LONGEST_REASON else line[: _LONGEST_REASON - 3] + "..."
