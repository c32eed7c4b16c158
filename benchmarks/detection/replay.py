"""The mean that a generator's noise lies around, for generators that draw both from one random source.

A `Recorder` is a random source that remembers what it drew. Its `replay()` gives the same numbers again, call by
call, but where the noise of many days was drawn at once (an array of a gamma, a Poisson, a normal and so on) it gives
the mean of that law. What is drawn one number at a time is not noise: a size, a day, a step of a price that wanders.
So a generator that is run twice, first with a recorder and then with its replay, gives costs and their means.
"""

from collections.abc import Callable, Sequence
from math import gamma
from typing import Any

import numpy as np
from numpy.typing import NDArray

MEANS: dict[str, Callable[..., Any]] = {
    "gamma": np.multiply,
    "poisson": lambda mean: mean,
    "lognormal": lambda mu, sigma: np.exp(mu + sigma**2 / 2),
    "weibull": lambda shape: gamma(1 + 1 / shape),
    "normal": lambda mean, _: mean,
    "standard_t": lambda _: 0.0,
    "binomial": np.multiply,
}
"""Laws of noise, each with its mean; all are called with positional arguments, the size last."""
OTHERS = ("random", "uniform", "integers", "choice", "geometric", "permutation")
ARGUMENTS = {
    "gamma": 2,
    "poisson": 1,
    "lognormal": 2,
    "weibull": 1,
    "normal": 2,
    "standard_t": 1,
    "binomial": 2,
}


class Recorder(np.random.Generator):
    """`np.random.default_rng(seed)` that remembers its answers."""

    def __init__(self, seed: Sequence[int]) -> None:
        super().__init__(np.random.PCG64(list(seed)))
        self.drawn: list[Any] = []
        self.busy = False

    def replay(self) -> np.random.Generator:
        """A source that answers the same calls in the same order, with means for noise."""
        return Replay(self.drawn)


class Replay(np.random.Generator):
    """What a recorder drew, once more, without the noise."""

    def __init__(self, drawn: Sequence[Any]) -> None:
        super().__init__(np.random.PCG64(0))
        self.answers = iter(list(drawn))


def recorded(name: str) -> Callable[..., Any]:
    """A method that draws and remembers; not what numpy itself calls on the way (`choice` calls `random`)."""
    draw = getattr(np.random.Generator, name)

    def method(source: Recorder, *arguments: Any, **named: Any) -> Any:
        if source.busy:
            return draw(source, *arguments, **named)
        source.busy = True
        answer = draw(source, *arguments, **named)
        source.busy = False
        source.drawn.append(answer)
        return answer

    return method


def replayed(name: str) -> Callable[..., Any]:
    """A method that answers as before, or with the mean of what was noise."""

    def method(source: Replay, *arguments: Any, **_: Any) -> Any:
        answer = next(source.answers)
        if name not in MEANS or np.ndim(answer) == 0:
            return answer
        return mean_of(name, arguments, answer)

    return method


def mean_of(name: str, arguments: Sequence[Any], answer: NDArray[Any]) -> NDArray[np.float64]:
    """The mean in the shape of the answer. Where the number of draws is itself a mean, one number: their sum."""
    count = ARGUMENTS[name]
    mean = MEANS[name](*arguments[:count])
    if len(arguments) > count and isinstance(arguments[count], float):
        return np.array([arguments[count] * mean])
    return np.broadcast_to(np.asarray(mean, dtype=float), answer.shape).copy()


for law in (*MEANS, *OTHERS):
    setattr(Recorder, law, recorded(law))
    setattr(Replay, law, replayed(law))
