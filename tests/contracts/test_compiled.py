"""What the compiled schemas take and refuse is what jsonschema does, keyword by keyword and document by document."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from jsonschema import Draft7Validator

from finopsguard import contracts, resources
from finopsguard.runtime import input_contract
from tests.contracts import chain

# One of each kind that JSON has, at the borders of what our schemas allow.
ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 2.0, 2.5, 1e400, "", "x", "daily", "1e5", "1.5", "2026-11-23",
    "2026-11-23T08:00:00Z", "111111111111", [], ["x"], [1, "x"], {}, {"x": 1}, {"start": "2026-11-23"},
)  # fmt: skip

KEYWORDS: tuple[dict[str, Any], ...] = (
    {"type": "integer"},
    {"type": "number"},
    {"type": ["string", "null"]},
    {"enum": [1, None, "daily", [], {}]},
    {"enum": [True, 0]},
    {"pattern": "^[0-9]"},
    {"minimum": 1},
    {"maximum": 2},
    {"minLength": 1},
    {"maxLength": 3},
    {"minItems": 1},
    {"maxItems": 1},
    {"minProperties": 1},
    {"items": {"type": "string"}},
    {"required": ["x"]},
    {"properties": {"x": {"type": "string"}}},
    {"additionalProperties": False},
    {"properties": {"x": {}}, "additionalProperties": False},
    {"properties": {"start": {}}, "additionalProperties": {"type": "string"}},
    {"propertyNames": {"maxLength": 1}},
    {"allOf": [{"type": "string"}, {"minLength": 1}]},
    {"oneOf": [{"type": "string"}, {"type": "null"}, {"enum": ["x"]}]},
    {},
)
NAMES = sorted(path.name.partition(".")[0] for path in resources.folder("schemas").glob("*.json"))


def agree(schema: dict[str, Any], value: Any) -> bool:
    """The verdict of both."""
    verdict = contracts.compiled(schema)(value)
    assert verdict == Draft7Validator(schema).is_valid(value), (schema, value)
    return verdict


def test_every_keyword_means_what_jsonschema_takes_it_for() -> None:
    for schema in KEYWORDS:
        verdicts = {agree(schema, value) for value in ODD}
        assert verdicts == ({True, False} if schema else {True}), schema


def test_every_keyword_is_tested() -> None:
    assert {key for schema in KEYWORDS for key in schema} == set(contracts._RULES)


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_can_be_compiled(name: str) -> None:
    for tolerant in (True, False):
        contracts.compiled(contracts._schema(name, tolerant=tolerant))


def test_an_unknown_keyword_is_no_silent_yes() -> None:
    with pytest.raises(KeyError, match="contains"):
        contracts.compiled({"properties": {"x": {"items": {"contains": {}}}}})


def changed(document: Any) -> Iterator[Any]:
    """The document with each of its values replaced by each odd one, left out, and something beside it."""
    places = list(paths(document))
    for place in places:
        for value in ODD:
            other = copy.deepcopy(document)
            holder = other
            for part in place[:-1]:
                holder = holder[part]
            holder[place[-1]] = value
            yield other
        if isinstance(place[-1], str):
            other = copy.deepcopy(document)
            holder = other
            for part in place[:-1]:
                holder = holder[part]
            holder["added"] = holder.pop(place[-1])
            yield other


def paths(node: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in the document; of a list, its first item stands for all."""
    parts = node.items() if isinstance(node, dict) else enumerate(node[:1]) if isinstance(node, list) else ()
    for part, below in parts:
        yield (*above, part)
        yield from paths(below, (*above, part))


@pytest.mark.parametrize("step", chain.steps())
def test_a_spoilt_event_gets_the_same_verdict(step: str) -> None:
    event = json.loads((chain.EVENTS / f"{step}.json").read_text("utf-8"))
    name = contracts.contract_name(input_contract(import_module(f"finopsguard.steps.{step}").run))
    checks = [
        (
            contracts._quick_check(name, tolerant=tolerant),
            Draft7Validator(contracts._schema(name, tolerant=tolerant)),
        )
        for tolerant in (True, False)
    ]
    verdicts = set()
    for document in (event, *changed(event)):
        for quick, validator in checks:
            verdicts.add(verdict := quick(document))
            assert verdict == validator.is_valid(document), document
    assert verdicts == {True, False}
