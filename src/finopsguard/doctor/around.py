"""What the checks are given: the settings, the connections made of them, and what several checks need once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Generic, TypeVar

from finopsguard.aws.clients import Clients
from finopsguard.aws.deployed import Deployed
from finopsguard.aws.stacks import Stack
from finopsguard.config import (
    ChannelSettings,
    CostSettings,
    PlanSettings,
    StoreSettings,
    TopicSettings,
)
from finopsguard.costs.sources.cost_explorer_probe import Answered, Probe
from finopsguard.errors import FinOpsGuardError
from finopsguard.models.run import Period
from finopsguard.ports import Clock, Store
from finopsguard.providers import Connect
from finopsguard.wiring import Wiring

T = TypeVar("T")

OURS = ("FINOPSGUARD_", "TEAMS_")


class Once(Generic[T]):
    """Asks at the first call; the answer, or the error of ours, is the same at each."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._answers: list[T] = []
        self._errors: list[FinOpsGuardError] = []

    def __call__(self) -> T:
        """The answer; raises what it raised the first time."""
        if not self._answers and not self._errors:
            try:
                self._answers.append(self._ask())
            except FinOpsGuardError as error:
                self._errors.append(error)
        if self._errors:
            raise self._errors[0]
        return self._answers[0]

    @property
    def answered(self) -> T | None:
        """The answer, if there was one already."""
        return self._answers[0] if self._answers else None


@dataclass(frozen=True)
class Options:
    """What the command was given: the stack to look at, whether to post a card, the version of this package."""

    version: str
    stack: str | None = None
    post: bool = False


class Around:
    """`env` are the variables of this machine; with a stack, ours are those that its functions have."""

    def __init__(self, env: Mapping[str, str], options: Options) -> None:
        self.options = options
        self.here = env
        self.stack = Once(self._stack)
        self.functions = Once(self._functions)
        self.asked = Once(self._asked)
        self.paid = 0

    @cached_property
    def local(self) -> Wiring:
        """What this machine's own variables lead to."""
        return Wiring(self.here)

    @cached_property
    def env(self) -> Mapping[str, str]:
        """The variables that are looked at: the stack's where they can be read, else this machine's."""
        if not self.options.stack:
            return self.here
        try:
            deployed = self.functions()
        except FinOpsGuardError:
            return self.here
        return {name: self.here[name] for name in self.here if not name.startswith(OURS)} | dict(deployed)

    @cached_property
    def wiring(self) -> Wiring:
        """What these variables lead to; a class of settings is read when a check asks for it."""
        return Wiring(self.env)

    @property
    def clients(self) -> Clients:
        """AWS's clients."""
        connect: Connect = self.wiring.get(Connect)
        return connect()

    @property
    def clock(self) -> Clock:
        """The time."""
        found: Clock = self.wiring.get(Clock)
        return found

    @property
    def store(self) -> Store:
        """Where runs keep their state."""
        found: Store = self.wiring.get(Store)
        return found

    @property
    def invented(self) -> bool:
        """True if reports are made of invented data; raises InvalidConfiguration."""
        settings: CostSettings = self.wiring.get(CostSettings)
        return settings.use_mock_data

    @property
    def asks_aws(self) -> bool:
        """True if these settings lead to AWS at all; a setting that cannot be read counts as one that does."""
        try:
            used = (
                not self.invented,
                self.options.stack,
                self.wiring.get(StoreSettings).bucket,
                self.wiring.get(ChannelSettings).webhook_secret_arn,
                self.wiring.get(TopicSettings).alert_topic_arn,
            )
        except FinOpsGuardError:
            return True
        return any(used)

    @property
    def asks_cost_explorer(self) -> bool:
        """True if requests of Cost Explorer are made, which are charged."""
        try:
            settings: CostSettings = self.wiring.get(CostSettings)
        except FinOpsGuardError:
            return False
        return not settings.use_mock_data and settings.cost_source == "cost_explorer"

    def deployed(self) -> Deployed:
        """What reads the stack; through this machine's variables, for the stack's are found by it."""
        connect: Connect = self.local.get(Connect)
        return Deployed(connect())

    def _stack(self) -> Stack:
        return self.deployed().stack(self.options.stack or "")

    def _functions(self) -> Mapping[str, str]:
        """Our variables of all functions of the stack together: each has those of its own step."""
        found: dict[str, str] = {}
        for name in self.stack().named("AWS::Lambda::Function"):
            variables = self.deployed().variables(name)
            found |= {each: variables[each] for each in variables if each.startswith(OURS)}
        return found

    def _asked(self) -> Answered:
        plan: PlanSettings = self.wiring.get(PlanSettings)
        settings: CostSettings = self.wiring.get(CostSettings)
        today = self.clock().date()
        probe = Probe(
            lambda role: self.clients.cost_explorer(role, settings.external_id),
            settings.organization_role_arn,
            settings.billing_view_arn,
        )
        return probe.ask(
            Period(today - timedelta(days=plan.history_days), today), plan.cost_metric, self._count
        )

    def _count(self) -> None:
        self.paid += 1
