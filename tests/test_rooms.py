"""The house: which room may import which, read from the import graph; docs/architecture.md shows the same to people.

A room is one subject. It imports downwards only: what it may import is its line below, all of it further up in the
list. Third-party packages are named too, so that boto3, HTTP, DuckDB and moto stay where they belong.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import finopsguard

PACKAGE = Path(finopsguard.__file__ or "").parent
ROOT = PACKAGE.parents[1]
FRAME = "errors resources models machine failures validity contracts values variables config ports"


@dataclass(frozen=True)
class Room:
    """One line of the house: the rooms and the packages that a room may import, and what it is for."""

    name: str
    what: str
    rooms: str = ""
    packages: str = ""


HOUSE = (
    Room("errors", "every error that is raised on purpose"),
    Room("version", "which release this is"),
    Room("resources", "where schemas, functions and the state machine are found"),
    Room("models", "nouns: a run, the messages between steps, the report"),
    Room("machine", "the state machine's own file: the order of the steps", "resources"),
    Room("failures", "what Step Functions says of a failed state"),
    Room("validity", "whether JSON data keep to a schema"),
    Room("contracts", "JSON in and out, checked", "errors resources validity", "cattrs jsonschema"),
    Room("values", "how the text of a setting is read", "errors models"),
    Room("variables", "which settings there are, and their defaults", "models values"),
    Room("config", "settings, a part for each reader", "errors models variables"),
    Room("ports", "what steps need from the world", "errors models"),
    Room("aws", "how AWS is called and fails", "errors", "boto3 botocore urllib3"),
    Room(
        "store",
        "what is kept: one table of keys, two places",
        "errors models contracts ports aws",
        "botocore",
    ),
    Room("accounts", "who: the Organization and the selection", f"{FRAME} aws"),
    Room("costs", "how much, exactly: sources, series, sums", f"{FRAME} aws store accounts", "duckdb numpy"),
    Room("detection", "what is unusual: pure", "errors", "numpy"),
    Room("forecast", "the month's end: pure", "models costs detection", "numpy"),
    Room("incidents", "the life of a story", f"{FRAME} store costs detection", "numpy"),
    Room("report", "what is said, in two languages; knows no channel", FRAME, "jinja2 markupsafe rich"),
    Room(
        "owners",
        "an owner's part of a report",
        f"{FRAME} store costs detection forecast incidents report",
        "numpy",
    ),
    Room("channels", "how it is shown and sent", f"{FRAME} version aws store report", "urllib3"),
    Room("telemetry", "logs, metrics, traces", "errors models", "aws_lambda_powertools"),
    Room(
        "steps",
        "one module for each step: read, call one subject, write",
        f"{FRAME} store costs forecast incidents report owners channels telemetry",
    ),
    Room("providers", "how each port is made", f"{FRAME} aws store accounts costs channels"),
    Room("wiring", "what a step is given", "variables config providers"),
    Room("runtime", "the handler border", "contracts telemetry wiring"),
    Room(
        "doctor",
        "whether it can work here: a list of checks",
        f"{FRAME} aws store accounts costs channels providers wiring",
    ),
    Room(
        "engine",
        "runs the state machine, here or deployed",
        f"{FRAME} aws costs telemetry runtime",
        "jsonata moto rich",
    ),
    Room(
        "commands",
        "the command line's subcommands",
        f"{FRAME} version aws store costs detection incidents report channels telemetry providers wiring doctor engine",
        "rich",
    ),
    Room("cli", "the command", "errors version commands", "dotenv"),
)
ROOMS = {room.name: room for room in HOUSE}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    """The room that a module of ours is in."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


@cache
def imported(path: Path) -> tuple[str, ...]:
    """Full names of what a module imports, anywhere in it, but for packages of types, which exist for mypy only."""
    return tuple(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the room"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if not name.startswith("types_boto3"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_what_its_room_may(path: Path) -> None:
    if path.parent == PACKAGE and path.stem == "__init__":
        assert imported(path) == ()
        return
    room = ROOMS.get(room_of(path))
    assert room, f"{path.name} is in no room: give it one in tests/test_rooms.py and docs/architecture.md"
    for name in imported(path):
        package, _, rest = name.partition(".")
        if package == "finopsguard":
            other = rest.partition(".")[0]
            assert other in {room.name, *room.rooms.split()}, f"{room.name} may not import {other} ({name})"
        elif package not in sys.stdlib_module_names:
            assert package in room.packages.split(), f"{room.name} may not import {package}"


def test_a_room_imports_downwards_only() -> None:
    above: set[str] = set()
    for room in HOUSE:
        assert set(room.rooms.split()) <= above | {room.name} | set(FRAME.split()), room.name
        above.add(room.name)
    frame = [room for room in HOUSE if room.name in FRAME.split()]
    assert all(set(room.rooms.split()) <= set(FRAME.split()) for room in frame)


def test_what_a_room_may_import_it_does_import() -> None:
    """A right that nobody uses is no rule."""
    used: dict[str, set[str]] = {name: set() for name in ROOMS}
    for path in MODULES:
        if room_of(path) in ROOMS:
            for name in imported(path):
                package, _, rest = name.partition(".")
                used[room_of(path)].add(rest.partition(".")[0] if package == "finopsguard" else package)
    for room in HOUSE:
        beyond_the_frame = set(room.rooms.split()) - set(FRAME.split())
        assert beyond_the_frame - used[room.name] == set(), f"{room.name} does not import these"
        assert set(room.packages.split()) - used[room.name] == set(), f"{room.name} does not import these"


def test_the_page_for_people_has_every_room() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rows = [f"| `{room.name}` | {room.what} |" for room in HOUSE]
    assert [row for row in rows if row not in page] == [], "docs/architecture.md lacks these lines"


def test_a_step_is_short_and_a_module_is_not_long() -> None:
    long = {
        str(path.relative_to(PACKAGE)): lines
        for path in MODULES
        if (lines := len(path.read_text("utf-8").splitlines())) > (60 if room_of(path) == "steps" else 400)
    }
    assert long == {}


def test_a_file_of_tests_is_not_long_either() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / "tests").rglob("*.py")
        if (lines := len(path.read_text("utf-8").splitlines())) > 400
    }
    assert long == {}, "split it by subject"


def test_a_step_holds_no_arithmetic() -> None:
    """Sums, products and differences belong to the subjects; a step reads, calls one and writes."""
    counting = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
    found = [
        f"{path.name}:{node.lineno}"
        for path in sorted((PACKAGE / "steps").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, counting)
    ]
    assert found == []


def test_a_constant_has_one_value() -> None:
    """Two public constants of one name with two values mislead whoever finds the wrong one first."""
    values: dict[str, set[str]] = {}
    for path in MODULES:
        name = ".".join(("finopsguard", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
            ".__init__"
        )
        for constant, value in vars(importlib.import_module(name)).items():
            plain = (
                isinstance(value, str | int | float | tuple | frozenset) or type(value).__name__ == "Decimal"
            )
            if constant.isupper() and not constant.startswith("_") and plain:
                values.setdefault(constant, set()).add(repr(value))
    assert {name: found for name, found in values.items() if len(found) > 1} == {}


def test_variables_of_the_environment_are_read_at_the_borders_only() -> None:
    """A setting comes in by a signature; `os.environ` is for the handler border, the command line and the engine.

    The memory of the function, by which DuckDB is bounded, is no setting: Lambda says it there, as a machine does.
    """
    borders = {"runtime", "telemetry", "engine", "commands", "cli"}
    readers = {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        if re.search("environ|getenv", text := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute)
        and node.attr in ("environ", "getenv")
        and ast.unparse(node.value) == "os"
        and room_of(path) not in borders
    }
    assert readers == {"costs/database.py"}


def test_every_test_lies_where_its_room_is() -> None:
    """`tests/unit/<room>/...` mirrors the package; what is about no single room lies one level up."""
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    folders = {path.name for path in (ROOT / "tests" / "unit").iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders <= rooms
