"""Whether JSON data keep to a schema, yes or no: its keywords become functions once, ten times as fast as jsonschema.

`jsonschema` makes objects for every value it looks at. That is what it takes to say what is wrong, which is rare; a
stored report has thousands of values, and nearly always each is right. tests/unit/test_validity.py holds both to one
answer. Of draft-07 these are the keywords that `schemas/` uses; another one is refused here, never passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Keeps = Callable[[Any], bool]
"""True if data keep to a schema, or to one keyword of it."""

_SAYS_NOTHING = frozenset({"$schema", "$id", "title", "description", "definitions"})
_TYPES: Mapping[str, Keeps] = {
    "object": lambda data: isinstance(data, dict),
    "array": lambda data: isinstance(data, list),
    "string": lambda data: isinstance(data, str),
    "boolean": lambda data: isinstance(data, bool),
    "null": lambda data: data is None,
    # JSON Schema: 1.0 is an integer.
    "integer": lambda data: (
        (isinstance(data, int) and not isinstance(data, bool))
        or (isinstance(data, float) and data.is_integer())
    ),
}


def compiled(schema: Mapping[str, Any]) -> Keeps:
    """The schema as a function; it has no references left. Raises ValueError for a keyword that is not known here."""
    if not isinstance(schema, Mapping):
        raise ValueError(
            "validity.py knows one schema for all items, and neither true nor false for a schema"
        )
    keywords = [
        _KEYWORDS[name](value, schema) if name in _KEYWORDS else _unknown(name)
        for name, value in schema.items()
        if name not in _SAYS_NOTHING
    ]

    def keeps(data: Any) -> bool:
        for keyword in keywords:  # noqa: SIM110 - all() with a generator takes twice the time
            if not keyword(data):
                return False
        return True

    return keywords[0] if len(keywords) == 1 else keeps


def _unknown(name: str) -> Keeps:
    raise ValueError(f"validity.py does not know the keyword {name!r}: add it to _KEYWORDS")


def _type(wanted: str | list[str], _: Mapping[str, Any]) -> Keeps:
    if isinstance(wanted, str):
        return _TYPES[wanted]
    kinds = [_TYPES[each] for each in wanted]
    return lambda data: any(kind(data) for kind in kinds)


def _enum(values: list[str | int | None], _: Mapping[str, Any]) -> Keeps:
    if any(isinstance(value, bool | list | dict) for value in values):
        raise ValueError("validity.py knows texts, numbers and null as values of `enum`")
    # In Python True is 1; in JSON they are different values.
    return lambda data: data in values and not isinstance(data, bool)


def _properties(properties: Mapping[str, Any], _: Mapping[str, Any]) -> Keeps:
    each = [(name, compiled(schema)) for name, schema in properties.items()]

    def keeps(data: Any) -> bool:
        if isinstance(data, dict):
            for name, fits in each:
                if name in data and not fits(data[name]):
                    return False
        return True

    return keeps


def _additional(allowed: bool | Mapping[str, Any], schema: Mapping[str, Any]) -> Keeps:
    named = frozenset(schema.get("properties", ()))
    if allowed is True:
        return lambda _: True
    if allowed is False:
        return lambda data: not isinstance(data, dict) or data.keys() <= named
    fits = compiled(allowed)
    return lambda data: (
        not isinstance(data, dict) or all(fits(value) for name, value in data.items() if name not in named)
    )


def _each_of(kind: type[list[Any] | dict[str, Any]]) -> Callable[[Any, Mapping[str, Any]], Keeps]:
    def each(schema: Mapping[str, Any], _: Mapping[str, Any]) -> Keeps:
        fits = compiled(schema)
        return lambda data: not isinstance(data, kind) or all(map(fits, data))

    return each


def _required(names: list[str], _: Mapping[str, Any]) -> Keeps:
    wanted = frozenset(names)
    return lambda data: not isinstance(data, dict) or wanted <= data.keys()


def _all_of(schemas: list[Mapping[str, Any]], _: Mapping[str, Any]) -> Keeps:
    each = [compiled(schema) for schema in schemas]
    return lambda data: all(fits(data) for fits in each)


def _one_of(schemas: list[Mapping[str, Any]], _: Mapping[str, Any]) -> Keeps:
    each = [compiled(schema) for schema in schemas]
    return lambda data: sum(fits(data) for fits in each) == 1


def _pattern(pattern: str, _: Mapping[str, Any]) -> Keeps:
    found = re.compile(pattern).search
    return lambda data: not isinstance(data, str) or found(data) is not None


def _number(data: Any) -> bool:
    return isinstance(data, int | float) and not isinstance(data, bool)


_KEYWORDS: Mapping[str, Callable[[Any, Mapping[str, Any]], Keeps]] = {
    "type": _type,
    "enum": _enum,
    "properties": _properties,
    "additionalProperties": _additional,
    "propertyNames": _each_of(dict),
    "required": _required,
    "items": _each_of(list),
    "allOf": _all_of,
    "oneOf": _one_of,
    "pattern": _pattern,
    "minLength": lambda least, _: lambda data: not isinstance(data, str) or len(data) >= least,
    "maxLength": lambda most, _: lambda data: not isinstance(data, str) or len(data) <= most,
    "minItems": lambda least, _: lambda data: not isinstance(data, list) or len(data) >= least,
    "maxItems": lambda most, _: lambda data: not isinstance(data, list) or len(data) <= most,
    "minProperties": lambda least, _: lambda data: not isinstance(data, dict) or len(data) >= least,
    "minimum": lambda least, _: lambda data: not (_number(data) and data < least),
    "maximum": lambda most, _: lambda data: not (_number(data) and data > most),
}
