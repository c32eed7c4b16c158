"""`make` lists what can be done, the README explains it, and no page names a target that is not there."""

from __future__ import annotations

import re
import subprocess
import sys

from finopsguard.variables import VARIABLES
from tests.docs import mock_run
from tests.docs.files import pages
from tests.template.stack import ROOT


def listed() -> dict[str, str]:
    """What bare `make` prints: targets and their lines."""
    done = subprocess.run(["make"], cwd=ROOT, check=True, capture_output=True, text=True)
    lines = [re.fullmatch(r"  make (\S+)\s+(\S.*)", line) for line in done.stdout.splitlines()]
    assert all(lines), done.stdout
    return {line[1]: line[2] for line in lines if line}


def defined() -> set[str]:
    """All targets of the Makefile."""
    return set(re.findall(r"^([a-zA-Z.][\w.-]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_the_list_has_a_line_for_each_target_that_people_call() -> None:
    parts_of_check = {"lint", "types", "template"}
    parts_of_build = {
        "build-PythonLayer",
        "build-DataLayer",
        "layer-dependencies",
        "layer-data",
        "layer-package",
        "layer-trim",
    }
    assert listed().keys() == defined() - parts_of_check - parts_of_build - {"help", ".PHONY"}
    assert all(len(line) < 100 for line in listed().values())


def test_the_readme_explains_each_target() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    missing = [
        target for target in listed() if not re.search(rf"\bmake {re.escape(target)}(?![\w.-])", readme)
    ]
    assert not missing


def test_pages_name_targets_that_are_there() -> None:
    for page in pages():
        text = page.read_text("utf-8")
        named = re.findall(r"(?:^(?:\$ )?|`)make ([a-z.][\w.-]*)", text, re.MULTILINE)
        assert set(named) <= defined(), page


def test_ci_runs_what_people_run() -> None:
    assert "make check" in (ROOT / ".ci" / "run").read_text().splitlines()


def test_bench_runs_by_name_and_says_which_there_are() -> None:
    command = [sys.executable, "-m", "benchmarks", "no-such-benchmark"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("No benchmark no-such-benchmark; there are: ")
    for program in ROOT.glob("benchmarks/*/__main__.py"):
        assert program.parent.name in done.stderr


def test_make_run_sets_variables_that_there_are_and_asks_nobody_for_costs() -> None:
    found = mock_run.variables()
    assert found["FINOPSGUARD_USE_MOCK_DATA"] == "true"
    assert found.keys() <= {variable.name for variable in VARIABLES.values()}
