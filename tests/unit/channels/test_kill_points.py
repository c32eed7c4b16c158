"""PostToTeams is killed at every call of the store and of Teams, before and after its effect, or the call fails.

Then it is called again, as the state machine's retry or a redrive does, and somebody who looks into the channel answers
when asked. There are never two cards, never none in silence, and in the end there is one, and its days are told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar

import pytest

from finopsguard.channels import decisions
from finopsguard.errors import (
    DeliveryUncertain,
    DeliveryUnrecorded,
    FinOpsGuardError,
    StoreUnavailable,
    TeamsRejected,
    TeamsUnavailable,
    Transient,
)
from finopsguard.failures import attempt_in
from finopsguard.steps import post_to_teams
from tests.unit.channels.test_decisions import GIVEN, Kept
from tests.unit.fakes import NOW, FakeChannel, FakePorts, call

T = TypeVar("T")


class Killed(BaseException):
    """The process is gone: no `except` of ours sees it."""


class Fault:
    """Counts calls and strikes at one of them, before or after its effect, once or at all that follow."""

    def __init__(self, at: int, error: BaseException, *, after: bool, lasting: bool = False) -> None:
        self.at, self.error, self.after, self.lasting = at, error, after, lasting
        self.calls = 0

    def around(self, effect: Callable[[], T]) -> T:
        """The call's result, or the fault."""
        self.calls += 1
        strikes = self.calls == self.at or (self.lasting and self.calls > self.at)
        if strikes and not self.after:
            raise self.error
        result = effect()
        if strikes:
            raise self.error
        return result


class FaultyStore(Kept):
    """A store whose calls the fault strikes."""

    fault: Fault | None = None

    def _call(self, effect: Callable[[], T]) -> T:
        return self.fault.around(effect) if self.fault else effect()

    def read(self, key: str) -> bytes:
        return self._call(lambda: super(FaultyStore, self).read(key))

    def write(self, key: str, data: bytes) -> None:
        self._call(lambda: super(FaultyStore, self).write(key, data))

    def exists(self, key: str) -> bool:
        return self._call(lambda: super(FaultyStore, self).exists(key))

    def create(self, key: str, data: bytes) -> bool:
        return self._call(lambda: super(FaultyStore, self).create(key, data))

    def list(self, prefix: str) -> Any:
        return self._call(lambda: super(FaultyStore, self).list(prefix))


class FaultyChannel(FakeChannel):
    """Teams; a kill can strike before the card is sent, and after it is there or was refused."""

    def __init__(self, fault: Fault | None, *errors: Exception) -> None:
        super().__init__(*errors)
        self.fault = fault

    def post(self, body: bytes) -> None:
        refused: list[FinOpsGuardError] = []

        def effect() -> None:
            try:
                FakeChannel.post(self, body)
            except FinOpsGuardError as error:
                refused.append(error)

        if self.fault:
            self.fault.around(effect)
        else:
            effect()
        if refused:
            raise refused[0]


class Drill:
    """A report that is to be posted once, whatever strikes, and the person who is asked about it."""

    def __init__(self, refusal: FinOpsGuardError | None, *, of_store: Fault, of_teams: Fault | None) -> None:
        self.store, self.channel = FaultyStore(), FaultyChannel(of_teams, *([refusal] if refusal else []))
        self.store.fault = of_store
        self.questions = 0

    def attempt(self, minutes: float) -> FinOpsGuardError | Killed | None:
        """One invocation, that many minutes after the first; what it ended with is true at that moment."""
        ports = FakePorts(
            channel=self.channel, store=self.store, clock=lambda: NOW + timedelta(minutes=minutes)
        )
        ended: FinOpsGuardError | Killed | None = None
        try:
            call(post_to_teams.run, GIVEN, ports)
        except (FinOpsGuardError, Killed) as error:
            ended = error
        is_there = bool(self.channel.posts)
        assert is_there or not (ended is None or isinstance(ended, DeliveryUnrecorded)), (
            "it says: it is there"
        )
        assert not is_there or "Nothing was posted" not in str(ended), "it says: it is not there"
        return ended

    def answer(self, error: FinOpsGuardError, minutes: float) -> None:
        """Who is asked looks into the channel and says what is there."""
        attempt = attempt_in(str(error))
        assert attempt, error
        self.questions += 1
        decisions.resolve(
            self.store,
            attempt,
            bool(self.channel.posts),
            reason="I looked",
            clock=lambda: NOW + timedelta(minutes=minutes),
            version="0",
        )

    def run(self) -> None:
        """The fault, then one invocation after another until the report counts as delivered."""
        self.attempt(0)
        self.store.fault = self.channel.fault = None
        for minutes in (3.5 * number for number in range(1, 8)):
            assert len(self.channel.posts) <= 1
            error = self.attempt(minutes)
            if error is None:
                break
            if isinstance(error, DeliveryUncertain):
                self.answer(error, minutes)
            else:
                assert isinstance(error, Transient | TeamsRejected), error
        assert len(self.channel.posts) == 1
        assert self.questions <= 1
        assert (len(self.store.list("covered/")), len(self.store.list("told/"))) == (1, 1)


REFUSALS = pytest.mark.parametrize(
    "refusal", [None, TeamsUnavailable("later"), TeamsRejected("no")], ids=["accepted", "later", "no"]
)
AFTER = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])


@REFUSALS
@AFTER
def test_a_kill_at_every_call(refusal: FinOpsGuardError | None, after: bool) -> None:
    asked = 0
    for at in count(1):
        fault = Fault(at, Killed(), after=after)
        drill = Drill(refusal, of_store=fault, of_teams=fault)
        drill.run()
        asked += drill.questions
        if fault.calls < at:
            break
    # Between the beginning of the attempt and its end in the ledger nobody can know: that, and no more, is asked for.
    assert asked == 2


@REFUSALS
@AFTER
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
def test_an_error_of_the_store_at_every_call(
    refusal: FinOpsGuardError | None, after: bool, lasting: bool
) -> None:
    for at in count(1):
        fault = Fault(at, StoreUnavailable("down"), after=after, lasting=lasting)
        Drill(refusal, of_store=fault, of_teams=None).run()
        if fault.calls < at:
            break
