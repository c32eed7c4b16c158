"""The container image: what the Dockerfile's instructions put into it, who runs it, and that this is enough.

No Docker is needed: the instructions are read one by one, and the command runs in a folder with what they copy.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.planted import SEARCH
from tests.sweeps import exhaustive
from tests.template.stack import ROOT

WRITABLE = ("out", ".finopsguard")
# Runs the command's script as if the packages that are named were not installed.
WITHOUT = """
import runpy, sys
refused = set(sys.argv.pop(1).split())
class Absent:
    def find_spec(name, path=None, target=None):
        if name in refused:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent)
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""
# Beside what is locked an environment has itself, in which the tests run, and nobody imports it.
OURS = {"finopsguard"}


class Instruction(NamedTuple):
    """One instruction of a Dockerfile: its keyword and what follows it."""

    keyword: str
    rest: str


def instructions(text: str) -> list[Instruction]:
    """The instructions in their order; comments are left out and continued lines joined (Docker: Dockerfile format)."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    split = (line.strip().partition(" ") for line in joined.splitlines() if line.strip())
    return [Instruction(keyword.upper(), rest.strip()) for keyword, _, rest in split]


def ignored(path: str, patterns: list[str]) -> bool:
    """Whether Docker leaves a path out: the last pattern that fits it, or a folder above it, decides."""
    out = False
    for pattern in patterns:
        form = re.escape(pattern.lstrip("!")).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if re.match(form + "(/|$)", path):
            out = not pattern.startswith("!")
    return out


MADE = instructions((ROOT / "Dockerfile").read_text("utf-8"))


def given(keyword: str) -> list[str]:
    return [each.rest for each in MADE if each.keyword == keyword]


def copied() -> list[str]:
    """What is copied, each to a place of the same name in /app."""
    pairs = [shlex.split(each) for each in given("COPY")]
    assert all(target in (source, "./") for source, target in pairs)
    return [source for source, _ in pairs]


def test_the_dockerfile_is_read_as_docker_reads_it() -> None:
    text = "# one\nFROM x\nRUN a \\\n  # two\n  && b\n\nuser 1\n"
    assert instructions(text) == [("FROM", "x"), ("RUN", "a    && b"), ("USER", "1")]


def test_the_base_image_has_to_be_named_by_whoever_builds() -> None:
    """No default: a tag in the Dockerfile would be another image at each build, and nobody would see it."""
    assert given("ARG") == ["PYTHON_IMAGE"], (
        "and no secret comes in by another: arguments stay in the image's history"
    )
    assert given("FROM") == ["${PYTHON_IMAGE}"]
    guide = (ROOT / "docs" / "guia.md").read_text("utf-8")
    [build] = re.findall(r"docker build .*", guide)
    assert " --build-arg PYTHON_IMAGE=python@sha256:<DIGEST> " in build
    assert "{{index .RepoDigests 0}}" in guide


def test_it_is_not_root_that_runs_it_and_only_two_folders_are_its_own() -> None:
    assert [each.keyword for each in MADE].index("USER") > max(
        at for at, each in enumerate(MADE) if each.keyword in ("RUN", "COPY")
    ), "nothing is made after it, as a user who may not"
    [user] = given("USER")
    assert user.isdecimal()
    assert int(user) > 0, "by its number, which Kubernetes can see is not root"
    [making] = [each for each in given("RUN") if "useradd" in each]
    assert f"--uid {user} " in making
    [folders] = re.findall(rf"install --directory --owner {user} --mode 700 (.+)", making)
    assert folders.split() == [f"/app/{name}" for name in WRITABLE]
    assert "chown" not in " ".join(given("RUN"))


def test_no_secret_can_be_in_it() -> None:
    assert not given("ADD")
    settings = dict(each.split("=", 1) for line in given("ENV") for each in shlex.split(line))
    assert settings == {"PYTHONPATH": "/app/src", "PYTHONDONTWRITEBYTECODE": "1"}
    assert given("HEALTHCHECK") == ["NONE"]


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".git/config",
        "tests/planted.py",
        ".finopsguard/covered/x.json",
        "out/card.json",
        "samconfig.toml",
        "src/.env",
        "src/finopsguard/__pycache__/cli.pyc",
        ".venv/bin/python",
        "docs/guia.md",
    ],
)
def test_what_is_not_for_the_image_is_not_sent_to_docker(path: str) -> None:
    patterns = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert ignored(path, [each for each in patterns if each and not each.startswith("#")])


def test_all_that_is_copied_is_sent_to_docker() -> None:
    patterns = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    kept = [each[1:] for each in patterns if each.startswith("!")]
    assert sorted(kept) == sorted(copied())
    for source in (*copied(), "src/finopsguard/cli.py", "functions/build_card/app.py"):
        assert not ignored(source, [each for each in patterns if each and not each.startswith("#")])


def tree(folder: Path) -> dict[str, int]:
    """Files and folders outside the two that are the user's, and when each was changed."""
    found = (path for path in folder.rglob("*") if path.relative_to(folder).parts[0] not in WRITABLE)
    return {str(path): path.stat().st_mtime_ns for path in found}


@exhaustive(beside="tests/test_rooms.py::test_a_module_imports_what_its_room_may")
def test_its_command_needs_nothing_else_and_writes_nowhere_else(tmp_path: Path) -> None:
    """The weekly report on mock data in a folder with what the image has, its sources without write bits."""
    app = tmp_path / "app"
    app.mkdir()
    for source in copied():
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, app / source, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, app / source)
    for name in WRITABLE:
        (app / name).mkdir()
    for path in [*app.rglob("*"), app]:
        if path.name not in WRITABLE:
            path.chmod(path.stat().st_mode & ~0o222)
    before = tree(app)
    settings = dict(each.split("=", 1) for line in given("ENV") for each in shlex.split(line))
    settings["PYTHONPATH"] = settings["PYTHONPATH"].replace("/app", str(app))
    [command] = [json.loads(each) for each in given("CMD")]
    assert command[0] == "python"
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, " ".join(not_in_the_image()), *command[1:]],
        cwd=app,
        env={"PATH": os.environ["PATH"], "FINOPSGUARD_USE_MOCK_DATA": "true", **settings},
        check=False,
        capture_output=True,
        text=True,
    )
    try:
        assert done.returncode == 0, done.stderr
        assert json.loads((app / "out" / "execution.json").read_text("utf-8"))["status"] == "SUCCEEDED"
        assert json.loads(done.stderr.splitlines()[-1])["delivery"] == "not_configured"
        assert tree(app) == before
        SEARCH.look_at_files(app / "out")
    finally:  # so that pytest may remove it
        for path in [app, *app.rglob("*")]:
            path.chmod(path.stat().st_mode | 0o200)


def not_in_the_image() -> set[str]:
    """What can be imported here and not there: the packages that only tests and tools have."""
    lock = (ROOT / "requirements-local.txt").read_text("utf-8")
    locked = set(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)) | OURS
    modules = importlib.metadata.packages_distributions()
    return {
        module for module, of in modules.items() if not {_normal(package) for package in of} & locked
    } - OURS


def _normal(package: str) -> str:
    """A package's name as a lock file has it (Python: name normalization)."""
    return re.sub(r"[-_.]+", "-", package).lower()


def test_what_only_tests_have_is_not_there_for_the_command() -> None:
    absent = not_in_the_image()
    assert {"pytest", "hypothesis", "mypy", "flask"} <= absent
    assert not absent & {"boto3", "duckdb", "moto", "rich", "yaml"}
