"""The border between JSON and dataclasses: every payload is checked against its schema on the way in and out.

Unknown keys are tolerated on input (a newer caller may send more) and refused on output (we say what we promised).
Schemas are JSON Schema draft-07 in `schemas/<contract>.schema.json`; shared shapes are in `common.schema.json`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

import cattrs

from finopsguard import resources
from finopsguard.errors import InvalidInput

T = TypeVar("T")
Check = Callable[[Any], bool]

_SUFFIX = ".schema.json"


def contract_name(cls: type) -> str:
    """`RunPlan` -> `run_plan`, the stem of its schema."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


@cache
def load_schema(name: str) -> dict[str, Any]:
    """The schema of a contract as it stands in `schemas/`, read once: not to be changed."""
    schema: dict[str, Any] = json.loads((resources.folder("schemas") / f"{name}{_SUFFIX}").read_text("utf-8"))
    return schema


def from_json(cls: type[T], data: object) -> T:
    """Builds `cls` from JSON data that came from outside; raises InvalidInput naming the first wrong field."""
    name = contract_name(cls)
    _check(name, data, tolerant=True)
    try:
        return converter().structure(data, cls)
    except ValueError as error:  # a date such as 2026-02-30 has the right form and does not exist
        raise InvalidInput(f"{name}: {error} (see schemas/{name}{_SUFFIX})") from error


def to_json(value: object) -> dict[str, Any]:
    """JSON data of a contract's dataclass; raises InvalidInput when it breaks its own schema (a bug of ours)."""
    name = contract_name(type(value))
    data: dict[str, Any] = converter().unstructure(value)
    _check(name, data, tolerant=False)
    return data


def decode(cls: type[T], data: bytes) -> T:
    """Builds `cls` from a stored JSON document; raises InvalidInput as `from_json` does, and for what is no JSON."""
    try:
        document = json.loads(data)
    except ValueError as error:  # also what is no UTF-8
        raise InvalidInput(f"{contract_name(cls)}: it is no JSON ({error})") from error
    return from_json(cls, document)


def encode(data: object) -> bytes:
    """The one JSON encoding of everything that is stored or posted: compact UTF-8, keys in the given order."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


@cache
def converter() -> cattrs.Converter:
    """Converts dataclasses: Decimal <-> decimal string, date <-> YYYY-MM-DD, datetime <-> ISO 8601 in UTC."""
    made = cattrs.Converter(unstruct_collection_overrides={tuple: list}, detailed_validation=False)
    made.register_unstructure_hook(Decimal, decimal_string)
    made.register_structure_hook(Decimal, lambda value, _: Decimal(value))
    made.register_unstructure_hook(date, date.isoformat)
    made.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    made.register_unstructure_hook(datetime, _utc_string)
    made.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    return made


def decimal_string(amount: Decimal) -> str:
    """Plain notation without exponent, trailing zeros or a negative zero: `1234.5`."""
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _utc_string(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@cache
def _schema(name: str, *, tolerant: bool) -> Any:
    schema = _inlined(load_schema(name))
    return _without_refusals(schema) if tolerant else schema


@cache
def _quick_check(name: str, *, tolerant: bool) -> Check:
    return compiled(_schema(name, tolerant=tolerant))


def _inlined(node: Any) -> Any:
    """The schema with what its references name in their place, so that none is looked up while a value is checked.

    A reference is `common.schema.json#/definitions/<name>`, or a whole schema by its file; none leads back to itself.
    """
    if isinstance(node, list):
        return [_inlined(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" not in node:
        return {key: _inlined(value) for key, value in node.items()}
    file, _, path = str(node["$ref"]).partition("#")
    found: Any = load_schema(file.removesuffix(_SUFFIX))
    for part in filter(None, path.split("/")):
        found = found[part]
    return _inlined(found)


def _without_refusals(node: Any) -> Any:
    """The schema without `additionalProperties: false`, at every depth."""
    if isinstance(node, dict):
        return {
            key: _without_refusals(value)
            for key, value in node.items()
            if not (key == "additionalProperties" and value is False)
        }
    if isinstance(node, list):
        return [_without_refusals(item) for item in node]
    return node


def _check(name: str, data: object, *, tolerant: bool) -> None:
    """Raises InvalidInput as jsonschema words it, which is asked only for what the compiled schema refuses."""
    if _quick_check(name, tolerant=tolerant)(data):
        return
    # A third of what a function imports before its first line, for what hardly ever happens.
    from jsonschema import Draft7Validator
    from jsonschema.exceptions import best_match

    validator = Draft7Validator(_schema(name, tolerant=tolerant))
    error = best_match(validator.iter_errors(data))
    if error is None:
        return
    field = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path
    ).lstrip(".")
    problem = error.message
    form = error.schema.get("description") if isinstance(error.schema, Mapping) else None
    if error.validator == "pattern" and form:
        problem = f"{str(error.instance)[:60]!r} is not of this form: {form.rstrip('.')}"
    elif len(problem) > 200:
        # A lengthy value (a whole card) would bury the point, and none is needed to find the field.
        problem = f"fails its `{error.validator}` rule"
    raise InvalidInput(f"{name}: {field or 'the payload'}: {problem} (see schemas/{name}{_SUFFIX})")


# ---- schemas as functions --------------------------------------------------------------------------------------------


def compiled(schema: Mapping[str, Any]) -> Check:
    """A function that is true for what draft-07 accepts under a schema without references.

    A report has thousands of values, and each is checked whenever it is read or written: jsonschema, which makes a
    validator for each of them, takes 16 times as long (measured). Raises KeyError for a keyword that is not in _RULES.
    """
    rules = [_RULES[keyword](schema) for keyword in schema if keyword not in _NOTES]
    if len(rules) == 1:
        return rules[0]

    def check(value: Any) -> bool:
        for rule in rules:  # noqa: SIM110 - a generator in `all` takes twice the time
            if not rule(value):
                return False
        return True

    return check


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return _is_number(value) and (isinstance(value, int) or value.is_integer())


_NOTES = frozenset({"$schema", "$id", "title", "description", "definitions"})
_TYPES: Mapping[str, Check] = {
    "string": lambda value: isinstance(value, str),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": _is_number,
    "integer": _is_whole,
}


def _type(schema: Mapping[str, Any]) -> Check:
    named = schema["type"]
    if isinstance(named, str):
        return _TYPES[named]
    kinds = [_TYPES[each] for each in named]
    return lambda value: any(kind(value) for kind in kinds)


def _enum(schema: Mapping[str, Any]) -> Check:
    values = schema["enum"]
    # True is not 1 in JSON.
    return lambda value: any(
        value == each and isinstance(value, bool) == isinstance(each, bool) for each in values
    )


def _pattern(schema: Mapping[str, Any]) -> Check:
    search = re.compile(schema["pattern"]).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _least(keyword: str, applies: Check, size: Callable[[Any], Any]) -> Callable[[Mapping[str, Any]], Check]:
    return lambda schema: lambda value: not applies(value) or size(value) >= schema[keyword]


def _most(keyword: str, applies: Check, size: Callable[[Any], Any]) -> Callable[[Mapping[str, Any]], Check]:
    return lambda schema: lambda value: not applies(value) or size(value) <= schema[keyword]


def _items(schema: Mapping[str, Any]) -> Check:
    item = compiled(schema["items"])
    return lambda value: not isinstance(value, list) or all(map(item, value))


def _required(schema: Mapping[str, Any]) -> Check:
    names = frozenset(schema["required"])
    return lambda value: not isinstance(value, dict) or names <= value.keys()


def _properties(schema: Mapping[str, Any]) -> Check:
    checks = [(name, compiled(each)) for name, each in schema["properties"].items()]

    def check(value: Any) -> bool:
        if isinstance(value, dict):
            for name, each in checks:
                if name in value and not each(value[name]):
                    return False
        return True

    return check


def _further(schema: Mapping[str, Any]) -> Check:
    """`additionalProperties`: of what `properties` does not name."""
    named, rule = frozenset(schema.get("properties", ())), schema["additionalProperties"]
    if isinstance(rule, bool):
        return lambda value: rule or not isinstance(value, dict) or value.keys() <= named
    further = compiled(rule)
    return lambda value: (
        not isinstance(value, dict) or all(further(each) for name, each in value.items() if name not in named)
    )


def _names(schema: Mapping[str, Any]) -> Check:
    name = compiled(schema["propertyNames"])
    return lambda value: not isinstance(value, dict) or all(map(name, value))


def _all_of(schema: Mapping[str, Any]) -> Check:
    checks = [compiled(each) for each in schema["allOf"]]
    return lambda value: all(check(value) for check in checks)


def _one_of(schema: Mapping[str, Any]) -> Check:
    checks = [compiled(each) for each in schema["oneOf"]]
    return lambda value: sum(check(value) for check in checks) == 1


_RULES: Mapping[str, Callable[[Mapping[str, Any]], Check]] = {
    "type": _type,
    "enum": _enum,
    "pattern": _pattern,
    "minimum": _least("minimum", _is_number, lambda value: value),
    "maximum": _most("maximum", _is_number, lambda value: value),
    "minLength": _least("minLength", _TYPES["string"], len),
    "maxLength": _most("maxLength", _TYPES["string"], len),
    "minItems": _least("minItems", _TYPES["array"], len),
    "maxItems": _most("maxItems", _TYPES["array"], len),
    "minProperties": _least("minProperties", _TYPES["object"], len),
    "items": _items,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _further,
    "propertyNames": _names,
    "allOf": _all_of,
    "oneOf": _one_of,
}
