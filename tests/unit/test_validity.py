"""What keeps to a schema for us keeps to it for jsonschema, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft7Validator

from finopsguard import contracts, resources, validity
from tests.sweeps import share

NAMES = sorted(
    path.name.removesuffix(".schema.json") for path in resources.folder("schemas").glob("*.schema.json")
)
NUMBERS: list[Any] = [0, 1, -1, 1.0, 0.5, 10**9, float("nan")]
ODD: list[Any] = [None, True, False, *NUMBERS, [], [None], {}, {"?": None}, "", "x" * 300]


def in_events() -> Iterator[str]:
    """All texts of the golden events: each form of text that a schema asks for is among them."""

    def texts(node: Any) -> Iterator[str]:
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            yield from (text for part in (*node.keys(), *node.values()) for text in texts(part))
        elif isinstance(node, list):
            yield from (text for part in node for text in texts(part))

    for path in resources.folder("events").glob("*.json"):
        yield from texts(json.loads(path.read_text("utf-8")))


# A line break at the end, which `$` lets pass, and half of what is right.
TEXTS = sorted({*in_events(), "2026-11-23", "2026-11-23\n", "12.5", "-0.0", "ES", "12345678901", "USD"})


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """The schema and all that are in it."""
    if isinstance(schema, bool):
        return
    yield schema
    for name, value in schema.items():
        if name in ("properties", "definitions"):
            yield from (node for part in value.values() for node in nodes(part))
        elif name in ("allOf", "oneOf"):
            yield from (node for part in value for node in nodes(part))
        elif name in ("items", "additionalProperties", "propertyNames"):
            yield from nodes(value)


def example(schema: Mapping[str, Any]) -> Any:
    """Data that keep to the schema, or nearly."""
    for combined in ("allOf", "oneOf"):
        if combined in schema:
            return example(schema[combined][0])
    kind = schema.get("type", "object")
    kind = kind if isinstance(kind, str) else kind[0]
    if kind == "object":
        return {name: example(part) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema.get("items", {}))] * schema.get("minItems", 1)
    if "enum" in schema:
        return schema["enum"][0]
    if "pattern" in schema:
        return next((text for text in TEXTS if Draft7Validator(schema).is_valid(text)), "")
    return {"string": "x", "boolean": True, "null": None}.get(kind, schema.get("minimum", 1))


def variants(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Right and wrong data for one node: what is right, with a part too much, too few or of another kind."""
    right = example(schema)
    yield right
    if isinstance(right, dict):
        yield {**right, "added": 1}
        yield {**right, "added": [[]]}
        for name in right:
            yield {other: value for other, value in right.items() if other != name}
            yield {**right, name: [[]]}
    if isinstance(right, list):
        yield from ([*right, [[]]], right * 2, right[1:])
        yield from (right[:1] * (schema.get("maxItems", 1) + more) for more in (0, 1))
    if not {"properties", "items"} & schema.keys():
        yield from TEXTS if "pattern" in schema else TEXTS[:3]
        for bound in ("minLength", "maxLength"):
            yield from ("é" * (schema.get(bound, 1) + more) for more in (-1, 0, 1))
        for bound in ("minimum", "maximum"):
            yield from (schema.get(bound, 1) + more for more in (-1, -0.5, 0, 0.5, 1))
        yield from schema.get("enum", ())
    yield from ODD


def all_nodes() -> list[dict[str, Any]]:
    """Every node of every schema once, as it is on the way in and on the way out."""
    schemas = [contracts.inlined(name, tolerant=tolerant) for name in NAMES for tolerant in (True, False)]
    return list({json.dumps(node): node for schema in schemas for node in nodes(schema)}.values())


def test_it_is_of_jsonschema_s_opinion() -> None:
    for node in share(all_nodes(), every=3):
        keeps, validator = validity.compiled(node), Draft7Validator(node)
        for data in variants(node):
            assert keeps(data) == validator.is_valid(data), (node, data)


def test_each_keyword_is_met_by_right_and_by_wrong_data() -> None:
    met: dict[str, set[bool]] = {}
    for node in all_nodes():
        for keyword in node.keys() & validity._KEYWORDS.keys():
            if met.get(keyword) != {True, False}:
                one = {part: node[part] for part in (keyword, "properties") if part in node}
                met.setdefault(keyword, set()).update(map(validity.compiled(one), variants(node)))
    assert met == {keyword: {True, False} for keyword in validity._KEYWORDS}


def test_what_it_does_not_know_is_refused_and_not_passed_over() -> None:
    with pytest.raises(ValueError, match="'format'"):
        validity.compiled({"type": "string", "format": "date"})
    with pytest.raises(ValueError, match="enum"):
        validity.compiled({"enum": [True, "1"]})
    with pytest.raises(ValueError, match="one schema"):
        validity.compiled({"items": [{"type": "string"}]})
