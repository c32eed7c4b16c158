"""What the workflows of a fork on GitHub may do: least rights, no secrets, pinned actions, targets that are there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.test_targets import defined
from tests.template.stack import ROOT

FOLDER = ROOT / ".github" / "workflows"
FILES = {path.name: path for path in sorted(FOLDER.iterdir())}


def text(name: str) -> str:
    return FILES[name].read_text("utf-8")


def loaded(name: str) -> dict[str, Any]:
    """A workflow; YAML 1.1 takes the key `on` for a truth."""
    found: dict[Any, Any] = yaml.safe_load(text(name))
    return {"on" if key is True else key: value for key, value in found.items()}


def steps(name: str) -> Iterator[dict[str, Any]]:
    for job in loaded(name)["jobs"].values():
        yield from job.get("steps", [])


def test_there_are_the_three_that_the_guide_names() -> None:
    assert set(FILES) == {"check.yml", "deploy.yml", "release.yml"}
    guide = (ROOT / "docs" / "guia.md").read_text("utf-8")
    assert [name for name in FILES if f".github/workflows/{name}" not in guide] == []


@pytest.mark.parametrize("name", FILES)
def test_a_workflow_may_read_the_code_and_a_deployment_may_be_known_to_aws(name: str) -> None:
    workflow = loaded(name)
    assert workflow["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in workflow["on"], "it would run others' code with our rights"
    for job in workflow["jobs"].values():
        to_aws = {"contents": "read", "id-token": "write"}
        deploys = "environment" in job or job.get("uses") == "./.github/workflows/deploy.yml"
        publishes = any(each.get("run", "").startswith("gh release create ") for each in job.get("steps", []))
        assert job.get("permissions") == (to_aws if deploys else {"contents": "write"} if publishes else None)
        if publishes:
            assert not any("checkout" in each.get("uses", "") for each in job["steps"]), (
                "runs nothing of ours"
            )
        assert "uses" in job or job["timeout-minutes"] <= 60


@pytest.mark.parametrize("name", FILES)
def test_no_secret_is_used_and_none_is_left_on_the_machine(name: str) -> None:
    assert "secrets" not in text(name)
    assert not re.search(r"AKIA|aws-access-key|webhook", text(name))
    for step in steps(name):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", FILES)
def test_actions_are_pinned_by_commit_each_to_one(name: str) -> None:
    used = re.findall(r"uses: (.+)", text(name))
    foreign = [each for each in used if not each.startswith("./")]
    assert [
        each for each in foreign if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)
    ] == []
    everywhere = {each for other in FILES for each in re.findall(r"uses: ([\w-]+/[\w-]+@.+)", text(other))}
    assert len({each.partition("@")[0] for each in everywhere}) == len(everywhere)
    for local in set(used) - set(foreign):
        assert Path(ROOT, local).is_file()


@pytest.mark.parametrize("name", FILES)
def test_commands_are_makes_and_take_nothing_from_the_event(name: str) -> None:
    """An expression in a command is put into the shell as it is (GitHub: script injections)."""
    for step in steps(name):
        command = step.get("run", "")
        assert "${{" not in command
        target = re.match(r"make ([\w.-]+)", command)
        assert not target or target[1] in defined()


def test_production_follows_staging_and_both_have_an_environment() -> None:
    jobs = loaded("release.yml")["jobs"]
    environments = {job["with"]["env"]: job["needs"] for job in jobs.values() if "with" in job}
    assert environments == {"staging": "build", "production": "staging"}
    assert environments.keys() <= tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8")).keys()
    [job] = loaded("deploy.yml")["jobs"].values()
    assert job["environment"] == "${{ inputs.env }}"


def test_what_is_checked_is_what_people_run_on_the_pythons_that_are_promised() -> None:
    commands = [step["run"] for step in steps("check.yml") if "run" in step]
    assert commands == ["make check", "make build", "make checkov", "make e2e"]
    versions = loaded("check.yml")["jobs"]["check"]["strategy"]["matrix"]["python"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == f">={versions[0]}"
    assert f"Runtime: python{versions[1]}" in (ROOT / "template.yaml").read_text("utf-8")
