"""The errors that are raised, for tests that hold names together."""

from __future__ import annotations

from finopsguard.errors import FinOpsGuardError


def leaves(base: type[FinOpsGuardError] = FinOpsGuardError) -> dict[str, type[FinOpsGuardError]]:
    """The classes of errors.py below `base` that have no subclass there, by name."""
    below = [each for each in base.__subclasses__() if each.__module__ == FinOpsGuardError.__module__]
    if not below:
        return {base.__name__: base}
    return {name: leaf for each in below for name, leaf in leaves(each).items()}
