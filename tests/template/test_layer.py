"""The layer: what the Makefile copies and trims, that it works from there, and that check_build sees what is wrong."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.template import stack
from tests.template.check_build import main, problems

ROOT = stack.ROOT
ARM64 = b"\x7fELF" + bytes(14) + (183).to_bytes(2, "little")
X86_64 = b"\x7fELF" + bytes(14) + (62).to_bytes(2, "little")


def make(target: str, artifacts: Path) -> None:
    """Runs a target as `sam build` does: elsewhere, with the Makefile's path and ARTIFACTS_DIR."""
    command = ["make", "--makefile", str(ROOT / "Makefile"), target, f"ARTIFACTS_DIR={artifacts}"]
    subprocess.run(command, cwd=artifacts, check=True, capture_output=True)


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our package as the Makefile copies it, with a stub for every dependency, for those are for another machine."""
    folder = tmp_path_factory.mktemp("layer")
    make("layer-package", folder)
    python = folder / "python"
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if "==" in line and not line.startswith(" "):
            name, version = line.split(" ")[0].split("==")
            (python / f"{name.replace('-', '_')}-{version}.dist-info").mkdir()
    (python / "numpy").mkdir()
    (python / "numpy" / "_core.cpython-313-aarch64-linux-gnu.so").write_bytes(ARM64)
    (python / "numpy" / "tests").mkdir()
    (python / "bin").mkdir()
    (python / "numpy" / "__pycache__").mkdir(parents=True)
    make("layer-trim", folder)
    return folder


@pytest.mark.parametrize("step", sorted(stack.functions()))
def test_a_handler_works_from_the_layer(layer: Path, step: str) -> None:
    """Imported as Lambda does: from the function's folder, with the layer on the path and no checkout around."""
    program = (
        "import app, finopsguard, finopsguard.contracts, finopsguard.resources;"
        "assert callable(app.handler);"
        "finopsguard.contracts.load_schema('run_request');"
        "print(finopsguard.__file__, finopsguard.resources.folder('schemas'), sep='\\n')"
    )
    function = ROOT / stack.functions()[step]["CodeUri"]
    environment = {"PYTHONPATH": f"{function}:{layer / 'python'}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        cwd=layer,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    package = layer / "python" / "finopsguard"
    assert done.stdout.splitlines() == [str(package / "__init__.py"), str(package / "schemas")]


def test_what_is_not_needed_is_trimmed(layer: Path) -> None:
    left = {path.name for path in (layer / "python").rglob("*") if path.is_dir()}
    assert not left & {"tests", "__pycache__", "bin"}
    assert "numpy" in left


def test_a_complete_layer_passes(layer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert problems(layer) == []
    assert main(layer) == 0
    assert "complete" in capsys.readouterr().out


def test_what_is_wrong_is_named(layer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "layer"
    shutil.copytree(layer, broken)
    python = broken / "python"
    (python / "other.so").write_bytes(X86_64)
    (python / "older.cpython-311-aarch64-linux-gnu.so").write_bytes(ARM64)
    (python / "tests").mkdir()
    (python / "finopsguard" / "schemas" / "failure.schema.json").unlink()
    (python / "finopsguard" / "errors.py").write_text("# an older one\n")
    (gone,) = python.glob("duckdb-*.dist-info")
    gone.rmdir()
    assert sorted(problems(broken)) == sorted(
        [
            "other.so is not for Linux on arm64",
            "older.cpython-311-aarch64-linux-gnu.so is not for Python 3.13",
            f"{gone.name.removesuffix('.dist-info')} is not in the layer",
            "finopsguard/errors.py is not in the layer as it is here",
            "schemas/failure.schema.json is not in the layer as it is here",
            "python/tests does not belong into the layer",
        ]
    )
    assert main(broken) == 1
    assert "is not for Python 3.13" in capsys.readouterr().err


def test_a_layer_that_lambda_refuses_is_named_with_every_function(layer: Path) -> None:
    found = problems(layer, limit=1000)
    assert len(found) == len(stack.functions())
    assert "fetch_costs with its layer has" in "\n".join(found)


def test_without_a_build_the_remedy_is_said(tmp_path: Path) -> None:
    assert problems(tmp_path) == [f"{tmp_path / 'python'} is missing: run `make build`."]


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
