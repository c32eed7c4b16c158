"""How the text of a setting that is more than a word or a number is read."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from finopsguard.models.forecast import ORGANIZATION

_SERVICE_LENGTH = 200
LARGEST_BUDGET = Decimal(10**12)
_SCOPE = re.compile(
    rf"{ORGANIZATION}|\d{{12}}|ou-[0-9a-z]{{4,32}}-[a-z0-9]{{8,32}}|r-[0-9a-z]{{4,32}}", re.ASCII
)
_EXAMPLE = '{"organization": "120000", "ou-ab12-cdef3456": "30000", "123456789012": "5000"}'


def services(value: str) -> tuple[str, ...]:
    """Names of services; raises ValueError for one that is none."""
    names = tuple(
        dict.fromkeys(name for each in re.split(r"[,\n]", value) if (name := " ".join(each.split())))
    )
    for name in names:
        if len(name) > _SERVICE_LENGTH or not name.isprintable():
            raise ValueError(
                f"holds {name[:40]!r}; use names of services as Cost Explorer writes them, separated by commas"
            )
    return names


def budgets(value: str) -> dict[str, Decimal]:
    """Amounts a month by scope, from a JSON object; raises ValueError that names the wrong one.

    `{"organization": "120000", "ou-ab12-cdef3456": "30000", "123456789012": "5000"}`: all accounts of the report
    together, a unit or a root with all that is below it, an account. Amounts are in the report's currency.
    """
    try:
        found = json.loads(value, parse_float=str, parse_int=str, object_pairs_hook=_once)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"is no JSON ({error}); use an object such as {_EXAMPLE}") from None
    if not isinstance(found, dict):
        raise ValueError(f"is no JSON object; use one such as {_EXAMPLE}")
    return {_scope(name): _amount(name, amount) for name, amount in found.items()}


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"has {name[:40]!r} twice; give each budget once")
    return dict(pairs)


def _scope(name: str) -> str:
    if not _SCOPE.fullmatch(name):
        raise ValueError(
            f"has a budget for {name[:40]!r}; use {ORGANIZATION}, a unit's id such as ou-ab12-cdef3456,"
            " or an account's 12 digits"
        )
    return name


def _amount(name: str, text: Any) -> Decimal:
    try:
        amount = Decimal(text if isinstance(text, str) else "")
        fits = 0 < amount <= LARGEST_BUDGET and text.isascii()
    except InvalidOperation:
        fits = False
    if not fits:
        raise ValueError(
            f'has {str(text)[:40]!r} for {name}; use an amount above 0 such as 5000 or "5000.50"'
        )
    return amount
