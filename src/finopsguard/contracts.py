"""The border between JSON and dataclasses: every payload is checked against its schema on the way in and out.

Unknown keys are tolerated on input (a newer caller may send more) and refused on output (we say what we promised).
Schemas are JSON Schema draft-07 in `schemas/<contract>.schema.json`; shared shapes are in `common.schema.json`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import cattrs
from cattrs.errors import CattrsError

from finopsguard import resources, validity
from finopsguard.errors import InvalidInput

if TYPE_CHECKING:
    from jsonschema import Draft7Validator
    from jsonschema.exceptions import ValidationError

T = TypeVar("T")

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
    return _structured(cls, _storable(data))


def to_json(value: object) -> dict[str, Any]:
    """JSON data of a contract's dataclass; raises InvalidInput when it breaks its own schema (a bug of ours)."""
    name = contract_name(type(value))
    data: dict[str, Any] = converter().unstructure(value)
    _check(name, data, tolerant=False)
    return data


def decode(cls: type[T], data: bytes, *, checked: bool = False) -> T:
    """Builds `cls` from a stored JSON document; raises InvalidInput as `from_json` does, and for what is no JSON.

    `checked`: `to_json` checked it when it was written, and it is still that document (store/seal.py).
    """
    try:
        document = json.loads(data)
    except (
        ValueError,
        RecursionError,
    ) as error:  # also what is no UTF-8, and brackets in brackets without end
        raise InvalidInput(f"{contract_name(cls)}: it is no JSON ({error})") from error
    return _structured(cls, document) if checked else from_json(cls, document)


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
    made.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value).astimezone(UTC))
    return made


def decimal_string(amount: Decimal) -> str:
    """Plain notation without exponent, trailing zeros or a negative zero: `1234.5`."""
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _utc_string(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _structured(cls: type[T], data: object) -> T:
    name = contract_name(cls)
    try:
        return converter().structure(data, cls)
    # 2026-02-30 has the right form and does not exist; so in year 0. The others: what was checked by other schemas.
    except (ValueError, ArithmeticError, TypeError, KeyError, AttributeError, CattrsError) as error:
        raise InvalidInput(f"{name}: {error} (see schemas/{name}{_SUFFIX})") from error


def _storable(node: Any) -> Any:
    """The data with a `?` for each half of a pair of surrogates: JSON that was cut can hold one, no file can."""
    if isinstance(node, str):
        return node if node.isascii() else node.encode("utf-8", "replace").decode()
    if isinstance(node, dict):
        return {_storable(key): _storable(value) for key, value in node.items()}
    return [_storable(item) for item in node] if isinstance(node, list) else node


@cache
def inlined(name: str, *, tolerant: bool) -> dict[str, Any]:
    """A contract's schema with what its references name in their place; `tolerant` of keys that it does not know."""
    schema: dict[str, Any] = _inlined(load_schema(name))
    return _without_refusals(schema) if tolerant else schema


@cache
def _keeps_to(name: str, *, tolerant: bool) -> validity.Keeps:
    return validity.compiled(inlined(name, tolerant=tolerant))


@cache
def _validator(name: str, *, tolerant: bool) -> Draft7Validator:
    from jsonschema import Draft7Validator

    return Draft7Validator(inlined(name, tolerant=tolerant))


def _inlined(node: Any) -> Any:
    """The node without references.

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
    if _keeps_to(name, tolerant=tolerant)(data):
        return
    # To import it takes 0.1 s, which no function should pay whose data are right.
    from jsonschema.exceptions import best_match

    error: ValidationError | None = best_match(_validator(name, tolerant=tolerant).iter_errors(data))
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
