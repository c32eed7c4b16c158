"""`make check` leaves no test out, and what `make test` leaves out has a test beside it that holds the same."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib

import pytest

from tests import sweeps
from tests.template.stack import ROOT


def commands(target: str) -> list[list[str]]:
    """How the target starts pytest, with what is its own: without the program, workers and coverage."""
    done = subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if "/pytest" in line]
    own = re.compile(
        r"PYTHON\S*=|\S*/pytest$|--numprocesses$|auto$|--dist$|loadfile$|--no-loadscope-reorder$|--cov"
    )
    return [[word for word in shlex.split(line) if not own.match(word)] for line in lines]


def test_make_check_leaves_nothing_out_and_tries_every_example() -> None:
    assert commands("check") == [[]]
    options = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]
    assert options["testpaths"] == ["tests"]
    assert not re.search(
        r"(?:^| )(?:-m|-k|--deselect|--ignore|--hypothesis|-x|--maxfail)", options["addopts"]
    )


def test_make_test_leaves_out_what_is_marked_and_no_more() -> None:
    assert commands("test") == [["-m", "not exhaustive", "--hypothesis-profile=quick"]]


def test_what_is_exhaustive_has_a_test_beside_it_in_make_test(request: pytest.FixtureRequest) -> None:
    assert sweeps.missing(request.config.stash[sweeps.COLLECTED]) == []


def test_one_without_another_beside_it_is_named() -> None:
    a, b, c = "tests/a.py::test_a", "tests/a.py::test_b", "tests/b.py::test_c"
    assert sweeps.missing({a: b, b: None}) == []
    assert sweeps.missing({a: b, b: a}) == [
        f"{a}: {b} is not in `make test`",
        f"{b}: {a} is not in `make test`",
    ]
    assert sweeps.missing({a: c}) == [], "b.py was not collected"
    assert sweeps.missing({f"{a}[1]": a, f"{a}[2]": None}) == []
    assert sweeps.missing({f"{a}[1]": a}) == [f"{a}[1]: {a} is not in `make test`"]


@sweeps.sampled("a", every=3)
@pytest.mark.parametrize("name", ["b", "a", "c", "d", "e"])
def test_a_sample_is_those_that_are_named_and_one_of_so_many(
    name: str, request: pytest.FixtureRequest
) -> None:
    left_out = request.node.get_closest_marker("exhaustive") is not None
    assert left_out == (name in ("c", "e"))


def test_a_share_is_the_first_of_so_many_in_make_test_and_all_in_make_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for quick, shared in ((True, [0, 3, 6]), (False, [0, 1, 2, 3, 4, 5, 6])):
        monkeypatch.setattr(sweeps, "quick", lambda quick=quick: quick)
        assert sweeps.share(list(range(7)), 3) == shared
