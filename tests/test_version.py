"""One version: pyproject.toml's. The package, the template, the image, the guide and the changelog say the same."""

from __future__ import annotations

import re
import tomllib

import pytest

from finopsguard import cli
from finopsguard.version import VERSION
from tests.template import stack

ROOT = stack.ROOT
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_package_has_the_projects_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert PROJECT["version"] == VERSION
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--version"])
    assert (stopped.value.code, capsys.readouterr().out) == (0, f"finopsguard {VERSION}\n")


def test_the_stack_says_which_release_it_is() -> None:
    assert stack.template()["Outputs"]["Version"]["Value"] == VERSION


def test_the_image_says_which_release_it_is() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert re.findall(r"org\.opencontainers\.image\.version=\"([^\"]+)\"", dockerfile) == [VERSION]


def test_the_guide_delivers_this_release() -> None:
    guide = (ROOT / "docs" / "guia.md").read_text("utf-8")
    named = re.findall(r"(?:finopsguard:|VERSION=|finopsguard-)(\d+\.\d+\.\d+)", guide)
    assert set(named) == {VERSION}


def test_the_changelog_begins_with_this_release_or_with_what_comes_after_it() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^## (.+)$", changelog, re.MULTILINE)
    released = [each for each in headings if each != "Unreleased"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d\)", each) for each in released)
    assert headings.index("Unreleased") == 0 if "Unreleased" in headings else released


def test_the_licence_is_here_and_said_everywhere() -> None:
    assert (PROJECT["license"], PROJECT["license-files"]) == ("Apache-2.0", ["LICENSE"])
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert text.split()[:4] == ["Apache", "License", "Version", "2.0,"]
    assert "END OF TERMS AND CONDITIONS" in text
    assert 'licenses="Apache-2.0"' in (ROOT / "Dockerfile").read_text("utf-8")
