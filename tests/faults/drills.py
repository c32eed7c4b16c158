"""Drills: a run that is killed at each of its points, redriven after each of its steps, or not alone.

The points are counted in a run that nobody kills, so they are the same each time. After a kill the report is run again
an hour later; where nobody can know whether the card was posted, the operator looks and does what the error says.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

from finopsguard import contracts
from finopsguard.channels import decisions, routes
from finopsguard.engine.execution import Execution
from finopsguard.errors import Permanent
from finopsguard.machine import deployed
from finopsguard.models.report import Report
from finopsguard.models.run import Accounts
from finopsguard.ports import Clock, Store
from finopsguard.store import keys
from finopsguard.wiring import wiring_for
from tests.faults import child
from tests.faults.border import Exchange
from tests.faults.matrix import VARIANTS, before, in_channel, judged
from tests.faults.run import REQUEST, RUN_ID, Place, Scripted, place, surroundings
from tests.standins.service import Answer
from tests.workflow.fakes import BEST_EFFORT
from tests.workflow.machine import snake

_ACCOUNTS = VARIANTS["plain"].accounts
DAILY = {"report": "daily", "scheduled_time": "2026-11-23T08:00:00Z"}


@dataclass(frozen=True)
class Point:
    """Where a run is killed: `way` is `before request`, `after request`, `at state` or `at file`.

    A request without a number (0) is the first for `what`.
    """

    way: str
    nth: int
    what: str

    @property
    def name(self) -> str:
        """Its name in the page and in tests."""
        return f"{self.way} {self.nth}: {self.what}"


class _Killed(Exception):
    """The child is gone; its request is not answered."""


# ---- kill -9 ---------------------------------------------------------------------------------------------------------


@cache
def points() -> tuple[Point, ...]:
    """Every HTTP request (with the store in S3 each of its writes is one), state and file change of a clean run."""
    with _at() as at:
        execution = at.run()
        requests = [name for name, _ in at.border.requests]
        states = [state.name for state in execution.states_entered]
    found = [
        Point(f"{moment} request", nth, name)
        for nth, name in enumerate(requests, start=1)
        for moment in ("before", "after")
    ]
    found += [Point("at state", nth, name) for nth, name in enumerate(states, start=1)]
    return (
        *found,
        *(Point("at file", nth, "change in the directory") for nth in range(1, _file_changes() + 1)),
    )


def _file_changes() -> int:
    with _at() as at:
        at.use_directory()
        counted = child.context().Queue()
        process = child.start(child.die_at_write, at.settings(), at.now, REQUEST, 0, counted)
        number: int = counted.get(timeout=60)
        process.join()
        return number


def kill(point: Point) -> list[str]:
    """Kills a run at a point and runs it again; what is not as it has to be."""
    with _at() as at:
        if point.way == "at file":
            at.use_directory()
        _killed(at, point)
        paid = _receipts(at)
        asked = len(at.border.requests)
        shown = in_channel(at)
        at.later(1)
        execution = at.run()
        if execution.error == "DeliveryUncertain":
            execution = _asked(at, execution)
        wrong = (
            [] if execution.status == "SUCCEEDED" else [f"run again: {execution.error}: {execution.reason}"]
        )
        report = at.report()
        if report is None or judged(report, _ACCOUNTS) != "right":
            wrong.append(f"the report is {report and judged(report, _ACCOUNTS)}")
        if not in_channel(at).endswith("card") or in_channel(at).startswith("2 "):
            wrong.append(f"in the channel: {in_channel(at)} (when it was killed: {shown})")
        wrong += [f"paid again: {each}" for each in _paid(at, asked) & paid]
        return wrong


def _killed(at: Place, point: Point) -> None:
    settings, now = at.settings(), at.now
    if point.way == "at state":
        process = child.start(child.die_at_state, settings, now, REQUEST, point.nth)
    elif point.way == "at file":
        process = child.start(child.die_at_write, settings, now, REQUEST, point.nth, None)
    else:
        process = child.start(child.run, settings, now, REQUEST)
        seen = len(at.border.requests)

        def strike(exchange: Exchange) -> None:
            number = len(at.border.requests) - seen
            here = number == point.nth if point.nth else exchange.operation == point.what
            if here and process.pid:
                os.kill(process.pid, signal.SIGKILL)
                raise _Killed

        setattr(at.border, point.way.partition(" ")[0], strike)
    process.join(60)
    at.border.before = at.border.after = lambda exchange: None
    assert process.exitcode == -signal.SIGKILL, f"{point.name}: the run ended by itself ({process.exitcode})"


def _asked(at: Place, execution: Execution) -> Execution:
    """The operator looks into the channel and does what the error says."""
    held = [key for key in at.stored() if keys.DELIVERY.matches(key) and RUN_ID in key]
    attempt = keys.attempt_id(held[-1])
    assert f"finopsguard deliveries resolve {attempt} " in execution.reason, execution.reason
    posted = "card" in in_channel(at)
    with surroundings(at.settings(), at.now):
        wiring = wiring_for(os.environ)
        decisions.resolve(
            wiring.get(Store), attempt, posted, reason="Looked.", clock=wiring.get(Clock), version="0"
        )
    return at.run()


def _receipts(at: Place) -> set[str]:
    """What is in the store and need not be bought again: queries, and accounts whose batch has a receipt."""
    kept = at.stored()
    plan = keys.ACCOUNTS.key(run_id=RUN_ID)
    if plan not in kept:
        return set()
    accounts = contracts.decode(Accounts, at.read(plan)).accounts
    batches = {
        found["batch_id"] for key in kept if (found := keys.RECEIPT.parts(key)) and found["run_id"] == RUN_ID
    }
    total = {"total"} if any(each.startswith("control") for each in batches) else set()
    return {"billed"} | total | {each.id for each in accounts if each.batch_id in batches}


def _paid(at: Place, since: int) -> set[str]:
    """What Cost Explorer was asked for from the nth request on."""
    found: set[str] = set()
    for operation, request in at.border.requests[since:]:
        service, _, query = operation.partition(":")
        if service == "ce" and query in ("total", "billed"):
            found.add(query)
        elif service == "ce":
            found |= {each for each in _ACCOUNTS if each.encode() in request.body}
    return found


@contextmanager
def _at(objects: Mapping[str, bytes] | None = None) -> Iterator[Place]:
    with place(VARIANTS["plain"].env, objects or before("plain")) as at:
        yield at


# ---- redrive ---------------------------------------------------------------------------------------------------------

STEPS = tuple(name for name in deployed().steps if name not in BEST_EFFORT)
CHANNELS = ("teams", "finance")


def redrive_after(step: str) -> list[str]:
    """A step fails and the execution is redriven: one alert, one card, nothing read and paid again."""

    def broken(event: dict[str, Any], context: object) -> dict[str, Any]:
        raise type("StepBroke", (Permanent,), {})("The disk is gone. Mount it.")

    with _at() as at:
        failed = at.run(functions={snake(step): broken})
        wrong = [] if failed.error == "StepBroke" else [f"it ended as {failed.error}"]
        paid, asked = _receipts(at), len(at.border.requests)
        wrong += _redriven(at, paid, asked)
        return wrong if in_channel(at) == "alert and card" else [*wrong, f"in the channel: {in_channel(at)}"]


def redrive_channel(channel: str) -> list[str]:
    """One of two channels refuses its card: the redrive posts to that one alone."""
    with _at() as at, patch.object(routes, "cards", _two_cards):
        fails = Scripted("teams:post", _refuse, "once", only=_nth_post(CHANNELS.index(channel)))
        at.border.faults.append(fails)
        failed = at.run()
        wrong = [] if failed.error == "TeamsRejected" else [f"it ended as {failed.error}"]
        paid, asked = _receipts(at), len(at.border.requests)
        wrong += _redriven(at, paid, asked)
        return (
            wrong if in_channel(at) == "alert and 2 cards" else [*wrong, f"in the channels: {in_channel(at)}"]
        )


def _two_cards(report: Report, *_: object) -> list[routes.Card]:
    """The whole report for both channels."""
    return [routes.Card(each, report, keys.PAGE.key(run_id=report.run_id)) for each in CHANNELS]


def _redriven(at: Place, paid: set[str], asked: int) -> list[str]:
    held = [
        event for event in at.events if event.type.endswith("Entered") and event.state == "HoldForRedrive"
    ]
    resumed = at.run(json.loads(held[-1].payload or ""), start_at="HoldForRedrive", redrive_count=1)
    report = at.report()
    wrong = [] if resumed.status == "SUCCEEDED" else [f"the redrive ended as {resumed.error}"]
    if report is None or judged(report, _ACCOUNTS) != "right":
        wrong.append("the report is not right")
    return wrong + [f"paid again: {each}" for each in _paid(at, asked) & paid]


def _refuse(exchange: Exchange) -> None:
    exchange.send(Answer(400))


def _nth_post(nth: int) -> Any:
    posts = iter(range(1_000))
    return lambda exchange: next(posts) == nth


# ---- not alone -------------------------------------------------------------------------------------------------------

TOGETHER: Mapping[str, tuple[list[Mapping[str, Any]], str]] = {
    "two runs of a report at once": ([REQUEST] * 2, "card"),
    "four runs of a report at once": ([REQUEST] * 4, "card"),
    "the daily and the weekly report at once": ([REQUEST, DAILY], "2 cards"),
    "two schedule times of one period at once": (
        [REQUEST, {**REQUEST, "scheduled_time": "2026-11-23T08:40:00Z"}],
        "card",
    ),
}


def together(name: str) -> list[str]:
    """Several runs begin at once on one store: each ends well, and each report is in the channel once."""
    requests, expected = TOGETHER[name]
    with _at() as at:
        made = child.context()
        barrier, told = made.Barrier(len(requests)), made.Queue()
        processes = [
            child.start(child.run_together, at.settings(), at.now, each, barrier, told) for each in requests
        ]
        ended = [told.get(timeout=120) for _ in processes]
        for process in processes:
            process.join()
        wrong = [f"{report}: {status} {error}" for report, status, error, _ in ended if status != "SUCCEEDED"]
        if in_channel(at) != expected:
            wrong.append(f"in the channel: {in_channel(at)}, not {expected}")
        run_ids = {output["run_id"] for *_, output in ended if output}
        for run_id in run_ids:
            report = at.report(run_id)
            if report is None or judged(report, _ACCOUNTS) != "right":
                wrong.append(f"{run_id} is {report and judged(report, _ACCOUNTS)}")
        return wrong


def one_after_the_other() -> list[str]:
    """The schedule's time changes, and the same period is asked for again: it is in the channel already."""
    with _at() as at:
        at.run()
        asked, posted = len(at.border.requests), len(at.border.workflows.posts)
        again = at.run({**REQUEST, "scheduled_time": "2026-11-23T10:15:00Z"})
        wrong = [] if again.status == "SUCCEEDED" else [f"it ended as {again.error}"]
        if len(at.border.workflows.posts) != posted:
            wrong.append(f"in the channel: {in_channel(at)}")
        return wrong + [f"paid again: {each}" for each in _paid(at, asked)]
