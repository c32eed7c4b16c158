"""The layers: how the Makefile makes them, that each function works with its own and needs them, and what is wrong."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from finopsguard.store import keys
from tests.contracts import chain
from tests.sweeps import sampled
from tests.template import stack
from tests.template.check_build import data_packages, main, problems
from tests.workflow.machine import snake

ROOT = stack.ROOT
ARM64 = b"\x7fELF" + bytes(14) + (183).to_bytes(2, "little")
X86_64 = b"\x7fELF" + bytes(14) + (62).to_bytes(2, "little")


def make(target: str, artifacts: Path, *variables: str) -> None:
    """Runs a target as `sam build` does: elsewhere, with the Makefile's path and ARTIFACTS_DIR."""
    command = ["make", "--makefile", str(ROOT / "Makefile"), target, f"ARTIFACTS_DIR={artifacts}", *variables]
    subprocess.run(command, cwd=artifacts, check=True, capture_output=True)


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Our package as the Makefile copies it, with a stub for every dependency, for those are for another machine."""
    folder = tmp_path_factory.mktemp("layers")
    common, data = folder / "PythonLayer", folder / "DataLayer"
    common.mkdir()
    make("layer-package", common)
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if "==" in line and not line.startswith(" "):
            name, version = line.split(" ")[0].split("==")
            layer = data if name in data_packages() else common
            (layer / "python" / f"{name.replace('-', '_')}-{version}.dist-info").mkdir(parents=True)
    for part in ("tests", "__pycache__"):
        (data / "python" / "numpy" / part).mkdir(parents=True)
    (data / "python" / "numpy" / "_core.cpython-313-aarch64-linux-gnu.so").write_bytes(ARM64)
    (common / "python" / "bin").mkdir()
    for layer in (common, data):
        make("layer-trim", layer)
    return common, data


# ---- what a function needs -------------------------------------------------------------------------------------------

PROGRAM = """
import importlib, inspect, json, os, re, sys

data, missing, event = set(json.loads(sys.argv[1])), set(json.loads(sys.argv[2])), json.loads(sys.argv[3])

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0].lstrip("_") in missing:
            raise ModuleNotFoundError(f"{name} is in no layer of this function")

sys.meta_path.insert(0, Absent())
import app, finopsguard
from finopsguard import errors, machine, resources, wiring
step = importlib.import_module("finopsguard.steps." + os.environ["STEP"]).run
for port in wiring.reached(step):
    made = inspect.getsource(wiring.PROVIDERS[port]) if port in wiring.PROVIDERS else ""
    for module in re.findall(r"from (finopsguard[.\\w]+) import", made):
        importlib.import_module(module)
try:
    app.handler(event, None)
except errors.FinOpsGuardError as error:
    assert os.environ["STEP"] == "hold_for_redrive", error
assert machine.deployed().steps
used = sorted({name.partition(".")[0] for name in sys.modules} & data)
print(json.dumps([finopsguard.__file__, str(resources.folder("schemas")), used]))
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, Any]]]:
    """The store of a report on invented data, and the input of each of its steps."""
    folder = tmp_path_factory.mktemp("state")
    return folder, chain.events(str(folder))


def layers_of(step: str, condition: str = "") -> list[str]:
    """The names of a function's layers: SAM joins its own to those of Globals. `condition`: it holds, and no other."""
    common: list[dict[str, Any]] = stack.template()["Globals"]["Function"]["Layers"]
    own: list[dict[str, Any]] = stack.functions()[step].get("Layers", [])
    given = [
        each["Fn::If"][1 if each["Fn::If"][0] == condition else 2] if "Fn::If" in each else each
        for each in (*common, *own)
    ]
    return [each["Ref"] for each in given if each["Ref"] != "AWS::NoValue"]


def invoked(
    step: str, layers: tuple[Path, Path], report: tuple[Path, dict[str, dict[str, Any]]], missing: list[str]
) -> subprocess.CompletedProcess[str]:
    """The handler as Lambda has it: in the function's folder, the layers on the path, no checkout around."""
    name = snake(step)
    environment = {
        **chain.ENVIRONMENT,
        "FINOPSGUARD_STATE_DIR": str(report[0]),
        "STEP": name,
        "PYTHONPATH": f"{ROOT / stack.functions()[step]['CodeUri']}:{layers[0] / 'python'}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    given = (json.dumps(each) for each in (data_packages(), missing, report[1][name]))
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *given],
        check=False,
        cwd=layers[0],
        env=environment,
        capture_output=True,
        text=True,
    )


@sampled("AggregateCosts", "BuildCard")
@pytest.mark.parametrize("step", sorted(stack.functions()))
def test_a_function_has_the_layers_that_it_needs_and_no_other(
    layers: tuple[Path, Path], report: tuple[Path, dict[str, dict[str, Any]]], step: str
) -> None:
    """It imports its adapters too and does its work; of DataLayer it uses all, or has none of it."""
    has_data = "DataLayer" in layers_of(step)
    done = invoked(step, layers, report, [] if has_data else data_packages())
    assert done.returncode == 0, done.stderr
    package = layers[0] / "python" / "finopsguard"
    found = json.loads(done.stdout.splitlines()[-1])
    assert found == [
        str(package / "__init__.py"),
        str(package / "schemas"),
        data_packages() if has_data else [],
    ]


def test_who_reads_a_data_export_has_the_layer_that_adds_it_up() -> None:
    """DuckDB is imported where an export is read, which ResolveAccounts and ExplainAnomalies do in no other case."""
    readers = keys.USAGE.readers
    assert readers == keys.EXPORT.readers == ("ResolveAccounts", "FetchCosts", "ExplainAnomalies")
    for module in ("source", "usage"):
        program = (
            f"import sys; sys.modules['duckdb'] = None; import finopsguard.costs.sources.data_export.{module}"
        )
        done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
        assert "import of duckdb halted" in done.stderr
    assert all("DataLayer" in layers_of(step, "HasDataExport") for step in readers)
    memory = [stack.functions()[step]["MemorySize"]["Fn::If"] for step in readers]
    assert memory == [["HasDataExport", *sizes] for sizes in ((1769, 512), (1769, 1024), (1024, 512))]
    disks = [stack.functions()[step]["EphemeralStorage"]["Size"]["Fn::If"] for step in keys.USAGE.writers]
    assert disks == [["HasDataExport", {"Ref": "ExportDisk"}, 512]] * 2


def test_a_function_without_a_layer_that_it_needs_fails(
    layers: tuple[Path, Path], report: tuple[Path, dict[str, dict[str, Any]]]
) -> None:
    done = invoked("AggregateCosts", layers, report, data_packages())
    assert "is in no layer of this function" in done.stderr


# ---- what is built ---------------------------------------------------------------------------------------------------


def test_what_is_not_needed_is_trimmed(layers: tuple[Path, Path]) -> None:
    left = {path.name for layer in layers for path in (layer / "python").rglob("*") if path.is_dir()}
    assert not left & {"tests", "__pycache__", "bin"}
    assert "numpy" in left


def test_complete_layers_pass(layers: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert problems(*layers) == []
    assert main(*layers) == 0
    assert "complete" in capsys.readouterr().out


def test_what_is_wrong_is_named(
    layers: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common, data = (Path(shutil.copytree(layer, tmp_path / layer.name)) for layer in layers)
    python = common / "python"
    (python / "other.so").write_bytes(X86_64)
    (data / "python" / "older.cpython-311-aarch64-linux-gnu.so").write_bytes(ARM64)
    (python / "tests").mkdir()
    (python / "finopsguard" / "schemas" / "failure.schema.json").unlink()
    (python / "finopsguard" / "statemachine" / "finops_guard.asl.json").write_text("{}")
    (python / "finopsguard" / "errors.py").write_text("# an older one\n")
    (gone,) = python.glob("jinja2-*.dist-info")
    gone.rmdir()
    (moved,) = data.glob("python/duckdb-*.dist-info")
    moved.rename(python / moved.name)
    duckdb = moved.name.removesuffix(".dist-info")
    assert sorted(problems(common, data)) == sorted(
        [
            "other.so is not for Linux on arm64",
            "older.cpython-311-aarch64-linux-gnu.so is not for Python 3.13",
            f"{gone.name.removesuffix('.dist-info')} is not in PythonLayer",
            f"{duckdb} is not in DataLayer",
            f"{duckdb} is of no use in PythonLayer",
            "finopsguard/errors.py is not in the layer as it is here",
            "schemas/failure.schema.json is not in the layer as it is here",
            "statemachine/finops_guard.asl.json is not in the layer as it is here",
            "python/tests does not belong into the layer",
        ]
    )
    assert main(common, data) == 1
    assert "is not for Python 3.13" in capsys.readouterr().err


def test_layers_that_lambda_refuses_are_named_with_every_function(layers: tuple[Path, Path]) -> None:
    found = problems(*layers, limit=1000)
    assert len(found) == len(stack.functions())
    assert "fetch_costs with its layers has" in "\n".join(found)


def test_without_a_build_the_remedy_is_said(layers: tuple[Path, Path], tmp_path: Path) -> None:
    assert problems(layers[0], tmp_path) == [f"{tmp_path / 'python'} is missing: run `make build`."]


def test_the_makefile_divides_the_lock(layers: tuple[Path, Path], tmp_path: Path) -> None:
    """With a pip that copies what it is asked to install."""
    asked = []
    for target in ("layer-dependencies", "layer-data"):
        pip = tmp_path / "pip"
        pip.write_text('#!/bin/sh\nwhile [ "$1" != -r ]; do shift; done\ncp "$2" ' + f"{tmp_path}/{target}\n")
        pip.chmod(0o755)
        make(target, tmp_path, f"PYTHON={pip}")
        asked.append((tmp_path / target).read_text())
    whole = (ROOT / "requirements.txt").read_text()
    assert sorted("".join(asked).splitlines()) == sorted(whole.splitlines())
    assert re.findall(r"^(\S+)==", asked[1], re.MULTILINE) == data_packages()


def test_the_lock_is_the_same_for_every_python() -> None:
    """pip chooses by the Python that runs it, not by Lambda's: a marker would let the layer depend on who builds it."""
    marked = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if ";" in line]
    assert marked == []


@pytest.mark.parametrize("lock", sorted(path.name for path in ROOT.glob("requirements*.txt")))
def test_a_lock_is_hashed_and_names_no_place(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = text.replace("\\\n", "").splitlines()
    assert entries
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "--index" not in text


def test_what_is_tested_is_what_is_deployed() -> None:
    """The base lock's versions are those of the environment that tests run in."""
    pins = {
        name: set(_lines(name))
        for name in ("requirements.txt", "requirements-local.txt", "requirements-dev.txt")
    }
    assert pins["requirements.txt"] < pins["requirements-local.txt"] < pins["requirements-dev.txt"]


def _lines(lock: str) -> list[str]:
    return [line.split(" ")[0] for line in (ROOT / lock).read_text().splitlines() if not line.startswith(" ")]
