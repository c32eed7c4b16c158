"""Strategies: JSON that satisfies a schema, JSON that is spoiled, and bytes that are.

`from_schema` speaks the part of draft-07 that `schemas/` is written in and refuses the rest, so that a new keyword is
not passed over in silence.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cache
from itertools import islice
from typing import Any

from hypothesis import strategies as st

from finopsguard import contracts

Path = tuple[str | int, ...]

# `characters()` alone has halves of surrogate pairs, which JSON can hold and UTF-8 cannot.
odd_text = st.one_of(
    st.text(st.characters(), max_size=12),
    st.sampled_from(
        ["", " ", "\0", "\n", "\ud800", "é\u202e", "{{7*7}}", "<at>all</at>", "../..", "x" * 3000]
    ),
)
_dates = st.dates(date(2005, 1, 1), date(2027, 12, 31)).map(str)
_moments = st.datetimes(datetime(2005, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
# What is likely in the place of each form; anything else of that form is drawn beside it.
_LIKELY: Mapping[str, st.SearchStrategy[str]] = {
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": _dates,
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T": _moments.map(lambda at: at.isoformat()),
    "^-?[0-9]+": st.decimals("-1e9", "1e9", places=10).map(lambda amount: f"{amount:f}"),
    "^[0-9]{12}$": st.sampled_from(["111111111111", "222222222222", "000000000000"]),
}
_ANNOTATIONS = {"$schema", "$id", "title", "description", "definitions"}
_OBJECT = {"properties", "required", "additionalProperties", "propertyNames", "minProperties"}


def from_schema(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Instances of a schema; keys that it does not know come too where it does not refuse them."""
    return _strategy(json.dumps(schema, sort_keys=True))


@cache
def _strategy(schema: str) -> st.SearchStrategy[Any]:
    """Made once for each shape: hypothesis looks through every strategy that it meets anew."""
    node = resolved(json.loads(schema))
    if "oneOf" in node:
        return st.one_of([from_schema(each) for each in node["oneOf"]])
    if "enum" in node:
        return st.sampled_from(node["enum"])
    kinds = node.get("type", ())
    found = [_of_type(kind, node) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    if not found:
        raise NotImplementedError(f"from_schema does not know {schema}")
    return st.one_of(found)


def resolved(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without its references and `allOf`."""
    node = dict(schema)
    if "$ref" in node:
        file, _, path = str(node.pop("$ref")).partition("#")
        found: Any = contracts.load_schema(file.removesuffix(".schema.json"))
        for part in filter(None, path.split("/")):
            found = found[part]
        node = {**resolved(found), **node}
    for each in node.pop("allOf", ()):
        node = {**node, **resolved(each)}
    known = {"type", "enum", "oneOf", "pattern", "minLength", "maxLength", "minimum", "maximum"}
    unknown = node.keys() - _ANNOTATIONS - _OBJECT - known - {"items", "minItems", "maxItems"}
    if unknown:
        raise NotImplementedError(f"from_schema does not know {sorted(unknown)}")
    return node


def _of_type(kind: str, node: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if kind == "array":
        fewest = node.get("minItems", 0)
        most = min(node.get("maxItems", fewest + 3), fewest + 3)
        return st.lists(st.deferred(lambda: from_schema(node["items"])), min_size=fewest, max_size=most)
    makes: Mapping[str, Callable[[Mapping[str, Any]], st.SearchStrategy[Any]]] = {
        "null": lambda _: st.none(),
        "boolean": lambda _: st.booleans(),
        "integer": _integer,
        "string": _text,
        "object": _object,
    }
    if kind not in makes:
        raise NotImplementedError(f"from_schema does not know type {kind}")
    return makes[kind](node)


def _integer(node: Mapping[str, Any]) -> st.SearchStrategy[int]:
    low, high = node.get("minimum"), node.get("maximum", 10**19)
    return st.one_of(st.integers(low, min(high, (low or 0) + 50)), st.integers(low, high))


def _text(node: Mapping[str, Any]) -> st.SearchStrategy[str]:
    low, high = node.get("minLength", 0), node.get("maxLength", 10_000)
    if "pattern" not in node:
        return odd_text.filter(lambda text: low <= len(text) <= high)
    pattern = node["pattern"]
    of_form = st.from_regex(re.compile(pattern, re.ASCII))
    likely = next((each for begin, each in _LIKELY.items() if pattern.startswith(begin)), of_form)
    return st.one_of(likely, likely, of_form)


def _object(node: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    known = {name: from_schema(each) for name, each in node.get("properties", {}).items()}
    required = node.get("required", ())
    more = node.get("additionalProperties", True)
    named = st.fixed_dictionaries(
        {name: known[name] for name in required},
        optional={name: each for name, each in known.items() if name not in required},
    )
    if more is False:
        return named
    names = from_schema({"type": "string", **node.get("propertyNames", {})})
    values = json_values if more is True else from_schema(more)
    others = st.dictionaries(names, values, min_size=node.get("minProperties", 0), max_size=2)
    return st.builds(lambda mine, other: {**other, **mine}, named, others)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**19), 10**19), st.floats(), odd_text),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(odd_text, inner, max_size=3)),
    max_leaves=6,
)
"""Any JSON as Python reads it, NaN and Infinity too."""

_wrong: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [None, "", [], {}, 0, -1, 10**30, float("nan"), float("inf"), True, "x" * 3000, [[]], [None]]
    ),
    json_values,
    st.integers(10, 400).map(lambda depth: json.loads("[" * depth + "]" * depth)),
)


@st.composite
def redrawn(draw: st.DrawFn, schema: Mapping[str, Any], golden: Any) -> Any:
    """A good instance with some of its parts drawn anew: still valid, and like what is really sent."""
    made = copy.deepcopy(golden)
    for _ in range(draw(st.integers(0, 3))):
        path, part = draw(st.sampled_from(list(_parts(schema, made))))
        made = _with(made, path, draw(from_schema(part)))
    return made


@st.composite
def spoiled(draw: st.DrawFn, documents: st.SearchStrategy[Any], *, most: int = 3) -> Any:
    """A document with parts taken away, doubled, or put in the place of others, of any type."""
    made = copy.deepcopy(draw(documents))
    for _ in range(draw(st.integers(1, most))):
        path = draw(st.sampled_from(list(paths(made))))
        change = draw(st.sampled_from(["wrong", "wrong", "wrong", "less", "more"]))
        if change == "wrong" or not path:
            made = _with(made, path, draw(_wrong))
        elif change == "less":
            del _at(made, path[:-1])[path[-1]]
        else:
            holder = _at(made, path[:-1])
            if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[int(path[-1])]))
            else:
                holder[draw(odd_text)] = copy.deepcopy(holder[path[-1]])
    return made


def damaged(data: bytes) -> st.SearchStrategy[bytes]:
    """Bytes that are cut, changed, filled up, written in another encoding, or others altogether."""
    places = st.integers(0, len(data))
    text = data.decode("utf-8", "replace")
    return st.one_of(
        places.map(lambda place: data[:place]),
        st.builds(
            lambda at, new: data[:at] + new + data[at + 1 :], places, st.binary(min_size=1, max_size=3)
        ),
        st.builds(lambda at, new: data[:at] + new + data[at:], places, st.binary(max_size=20)),
        st.sampled_from(_double_keys(data) or [data]),
        st.sampled_from(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-7"]).map(text.encode),
        st.binary(max_size=40),
        st.sampled_from([b"", b"null", b"[]", b"{}", b"NaN", b'"', b"0"]),
        st.sampled_from([100, 3_000, 100_000]).map(lambda depth: b'{"a":' * depth),
    )


def _double_keys(data: bytes) -> list[bytes]:
    """JSON in which one key comes twice, each time another one."""
    found = islice(re.finditer(rb'[{,](?="(\w+)":)', data), 50)
    return [
        data[: key.end()] + b'"%b":%b,' % (key[1], value) + data[key.end() :]
        for key in found
        for value in (b"null", b"1e999", b"[]")
    ]


def paths(node: Any, path: Path = ()) -> Iterator[Path]:
    """The way to every part of a document, the whole first."""
    yield path
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in inside:
        yield from paths(value, (*path, name))


def _parts(schema: Mapping[str, Any], node: Any, path: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every part of a document that its schema names, with the schema of that part."""
    yield path, schema
    shape = resolved(schema)
    for each in shape.get("oneOf", ()):
        if resolved(each).get("type") == "object" and isinstance(node, dict):
            shape = resolved(each)
    if isinstance(node, dict):
        for name, part in shape.get("properties", {}).items():
            if name in node:
                yield from _parts(part, node[name], (*path, name))
    elif isinstance(node, list) and "items" in shape:
        for place, item in enumerate(node):
            yield from _parts(shape["items"], item, (*path, place))


def _at(node: Any, path: Path) -> Any:
    for name in path:
        node = node[name]
    return node


def _with(node: Any, path: Path, value: Any) -> Any:
    mine = copy.deepcopy(value)
    if not path:
        return mine
    _at(node, path[:-1])[path[-1]] = mine
    return node
