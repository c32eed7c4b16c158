"""What a request of Cost Explorer is about: its filter as a test of a charge, and its groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import attrgetter
from typing import Any

from tests.standins.costs import DIMENSIONS, Charge
from tests.standins.service import Refused

Test = Callable[[Charge], bool]


def everything(charge: Charge) -> bool:
    """Every charge."""
    return True


def invalid(message: str) -> Refused:
    """The refusal of a request that is none."""
    return Refused("ValidationException", message)


def matching(expression: Mapping[str, Any]) -> Test:
    """A filter expression as a test of a charge."""
    if len(expression) != 1:
        raise invalid("Expression must have exactly one root operator")
    ((operator, operand),) = expression.items()
    if operator == "Dimensions":
        return _dimension_test(operand)
    if operator == "Not":
        inner = matching(operand)
        return lambda charge: not inner(charge)
    if operator in ("And", "Or"):
        if len(operand) < 2:
            raise invalid(f"{operator} expression must have at least 2 operands")
        return reduce(_both if operator == "And" else _either, map(matching, operand))
    raise invalid(f"{operator} is not spoken by the stand-in")


def _dimension_test(operand: Mapping[str, Any]) -> Test:
    key, values = operand.get("Key"), operand.get("Values")
    if key not in DIMENSIONS:
        raise invalid(f"Dimension {key} is not allowed.")
    if not values:
        raise invalid("Values must not be empty")
    if set(operand.get("MatchOptions", ["EQUALS"])) - {"EQUALS", "CASE_SENSITIVE"}:
        raise invalid("Match options are invalid")
    allowed, value_of = frozenset(values), attrgetter(DIMENSIONS[key])
    return lambda charge: value_of(charge) in allowed


def _both(first: Test, second: Test) -> Test:
    return lambda charge: first(charge) and second(charge)


def _either(first: Test, second: Test) -> Test:
    return lambda charge: first(charge) or second(charge)


def key_of(dimensions: Sequence[str]) -> Callable[[Charge], tuple[str, ...]]:
    """What a charge is grouped by: a reading of thousands of charges asks it of each."""
    if not dimensions:
        return lambda charge: ()
    values_of: Callable[[Charge], Any] = attrgetter(*(DIMENSIONS[name] for name in dimensions))
    return values_of if len(dimensions) > 1 else lambda charge: (values_of(charge),)


def named_accounts(expression: Mapping[str, Any]) -> set[str]:
    """The accounts that a filter names, at any depth."""
    if "Dimensions" in expression and expression["Dimensions"].get("Key") == "LINKED_ACCOUNT":
        return set(expression["Dimensions"]["Values"])
    inner = [*expression.get("And", []), *expression.get("Or", [])]
    return set().union(*(named_accounts(part) for part in inner))
