"""What daily runs would have told of the same costs with a smaller or a larger least excess a day.

Each gate is a replay of its own, by the judgement of a run: a message that a gate holds back changes what the detector
learns from, and so what is told after it, which no count of the messages of one replay would show. Nothing is read for
it.

The rule of what is suggested: of the round amounts 1, 2, 5, 10, 20, 50 and so on, and the one that is set, the smallest
with which no more messages are told than are wanted; the one that is set, where that tells as many. People leave a
channel that speaks too often, and a larger gate than that keeps back what they would have liked to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from finopsguard.detection import DetectionConfig
from finopsguard.incidents.follow import with_least
from finopsguard.incidents.replay import Morning, ReplayedRun, replay
from finopsguard.incidents.told import Line, told_lines

MESSAGES_A_WEEK = 1.0
"""What is wanted where nobody says otherwise."""
_ROUND = (1, 2, 5)
_BEYOND = 2
"""Gates that are shown beyond the one that is suggested, so that the choice is seen from both sides."""
_LARGEST = Decimal(1_000_000)
_WEEK = 7


@dataclass(frozen=True)
class Told:
    """What replayed runs told: the runs, and each story that was told, by its line, as it is known after the last."""

    runs: Sequence[ReplayedRun]
    stories: Mapping[str, Line]

    @property
    def messages(self) -> int:
        """How often something was told: that it is new, or has grown."""
        return sum(line.notify for run in self.runs for line in run.lines)

    @property
    def above(self) -> Decimal:
        """USD above what was expected, of all stories."""
        return sum((max(each.impact, Decimal(0)) for each in self.stories.values()), Decimal(0))

    @property
    def below(self) -> Decimal:
        """USD below what was expected, of all stories; 0 or less."""
        return sum((min(each.impact, Decimal(0)) for each in self.stories.values()), Decimal(0))


@dataclass(frozen=True)
class Gate:
    """What would have been told with one least excess a day, `usd`."""

    usd: Decimal
    messages: int
    above: Decimal
    below: Decimal


@dataclass(frozen=True)
class Gates:
    """The gates that were tried, by rising amount. `suggested`: None where even the largest tells more than wanted."""

    days: int
    wanted: float
    tried: tuple[Gate, ...]
    suggested: Decimal | None

    def a_week(self, gate: Gate) -> float:
        """Messages a week with that gate."""
        return gate.messages * _WEEK / self.days


def told(mornings: Iterable[Morning], config: DetectionConfig) -> Told:
    """Replays these mornings. Raises InvalidInput for costs that cannot be judged."""
    runs = []
    stories: dict[str, Line] = {}
    for run in replay(mornings, config):
        runs.append(run)
        for line in told_lines(run.life):
            for each in line.incidents:  # it may have been told alone before
                stories.pop(each.id, None)
            stories[line.id] = line
    return Told(runs, stories)


def tried(mornings: Sequence[Morning], config: DetectionConfig, *, wanted: float, known: Told) -> Gates:
    """What gates would have told, and which is suggested for `wanted` messages a week.

    `known` is what was told with the policy as it is. Raises InvalidInput for costs that cannot be judged.
    """
    days = len(mornings)
    present = Decimal(str(config.min_usd)).normalize()
    found: list[Gate] = []
    fits: list[Gate] = []
    for usd in _amounts(present):
        policy = with_least(config, usd)
        each = known if usd == present else told(mornings, policy)
        found.append(Gate(usd, each.messages, each.above, each.below))
        if each.messages * _WEEK <= wanted * days:
            fits.append(found[-1])
        if usd >= present and len(fits) > _BEYOND:
            break
    return Gates(days, wanted, tuple(found), _suggested(fits, present))


def _suggested(fits: Sequence[Gate], present: Decimal) -> Decimal | None:
    if not fits:
        return None
    as_set = [gate.usd for gate in fits if gate.usd == present and gate.messages == fits[0].messages]
    return as_set[0] if as_set else fits[0].usd


def _amounts(present: Decimal) -> Iterator[Decimal]:
    """Round amounts, and the one that is set among them, by size."""
    power, amounts = Decimal(1), {present}
    while power <= _LARGEST:
        amounts |= {power * each for each in _ROUND}
        power *= 10
    yield from sorted(amounts)
