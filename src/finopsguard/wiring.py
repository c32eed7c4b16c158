"""Gives a step what its signature asks for.

A step is `def run(given: Contract, *, store: Store, settings: DetectSettings)`: its keyword parameters are its needs,
found by their annotations. A port is made by the function of `providers.py` that returns it, whose own parameters are
its needs in the same way; so what a step reaches, and which variables it reads, can be listed without running it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from types import NoneType
from typing import Any, get_args, get_type_hints

from finopsguard.config import Part
from finopsguard.providers import PROVIDERS
from finopsguard.variables import VARIABLES


@cache
def needs(function: Callable[..., object], *, of_step: bool = False) -> Mapping[str, Any]:
    """The annotated needs of a step (after its input) or of a provider, by parameter; `X | None` counts as `X`."""
    hints = get_type_hints(function)
    hints.pop("return", None)
    wanted = list(hints.items())[1 if of_step else 0 :]
    return {name: _without_none(hint) for name, hint in wanted}


def reached(step: Callable[..., object]) -> Iterator[Any]:
    """Every port and class of settings that a step reaches, those behind its ports too."""
    waiting = list(needs(step, of_step=True).values())
    seen: list[Any] = []
    while waiting:
        wanted = waiting.pop(0)
        if wanted not in seen:
            seen.append(wanted)
            waiting += needs(PROVIDERS[wanted]).values() if wanted in PROVIDERS else ()
    yield from seen


class Wiring:
    """Makes what steps ask for, each once: one instance serves a whole process, many threads at once.

    `env` holds the variables. `given` replaces what is made, by type: a test's clock, store or channel.
    """

    def __init__(self, env: Mapping[str, str], given: Mapping[Any, object] | None = None) -> None:
        self._env = env
        self._made: dict[Any, object] = dict(given or {})
        self._lock = threading.RLock()

    def arguments(self, step: Callable[..., object]) -> dict[str, Any]:
        """The keyword arguments of a step; raises InvalidConfiguration for a setting that cannot work."""
        return {name: self.get(wanted) for name, wanted in needs(step, of_step=True).items()}

    def get(self, wanted: Any) -> Any:
        """The port or the settings of that type."""
        with self._lock:
            if wanted not in self._made:
                self._made[wanted] = self._make(wanted)
            return self._made[wanted]

    def _make(self, wanted: Any) -> object:
        if wanted in PROVIDERS:
            provider = PROVIDERS[wanted]
            return provider(**{name: self.get(each) for name, each in needs(provider).items()})
        if isinstance(wanted, type) and issubclass(wanted, Part):
            return wanted.from_env(self._env)
        raise TypeError(f"{wanted!r} is neither a port nor a class of settings: providers.py has none for it")


def wiring_for(env: Mapping[str, str]) -> Wiring:
    """The process's wiring for these variables: a warm Lambda function keeps its connections."""
    names = {each.name for each in VARIABLES.values()}
    read = ((name, env[name]) for name in env if name in names or name.startswith("AWS_"))
    return _wiring(tuple(sorted(read)))


@lru_cache(maxsize=8)
def _wiring(variables: tuple[tuple[str, str], ...]) -> Wiring:
    return Wiring(dict(variables))


def _without_none(hint: Any) -> Any:
    some = [each for each in get_args(hint) if each is not NoneType]
    return some[0] if NoneType in get_args(hint) and len(some) == 1 else hint
