"""How SAM is called, and what is said when something is missing or fails; SAM itself is not run here."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from finopsguard.errors import InvalidConfiguration
from tests.template.stack import ROOT
from tools import deploy

SAVED = (ROOT / "samconfig.toml").read_text("utf-8") + 'parameter_overrides = "UseMockData=\\"true\\""\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout whose production environment has saved parameters, and whose staging has none."""
    (tmp_path / "samconfig.toml").write_text(SAVED, "utf-8")
    return tmp_path


def called(root: Path, *arguments: str, terminal: bool = True) -> list[str]:
    return deploy.sam_command(deploy.parser().parse_args(arguments), root, terminal=terminal)


def test_what_is_not_saved_is_asked_for_once(root: Path) -> None:
    assert called(root, "staging") == [deploy.SAM, "deploy", "--config-env", "staging", "--guided"]
    assert called(root, "production") == [deploy.SAM, "deploy", "--config-env", "production"]
    assert called(root, "production", "--guided", "yes")[-1] == "--guided"


def test_it_goes_to_the_region_in_which_it_is_tried_afterwards(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert "--region eu-west-1" in " ".join(called(root, "production"))
    (root / "samconfig.toml").write_text(SAVED + 'region = "eu-central-1"\n', "utf-8")
    assert "--region" not in called(root, "production")


def test_without_a_terminal_nothing_is_asked(root: Path) -> None:
    assert called(root, "production", terminal=False)[-1] == "--no-confirm-changeset"
    assert called(root, "production", "--guided", "yes", terminal=False)[-1] == "--no-confirm-changeset"
    with pytest.raises(InvalidConfiguration, match="make deploy ENV=staging; then commit that file"):
        called(root, "staging", terminal=False)


def test_parameters_of_one_time_keep_their_words_together(root: Path) -> None:
    given = "UseMockData=false 'WeeklySchedule=cron(0 8 ? * MON *)'"
    assert called(root, "staging", "--parameters", given) == [
        *(deploy.SAM, "deploy", "--config-env", "staging"),
        *("--parameter-overrides", 'UseMockData="false"', 'WeeklySchedule="cron(0 8 ? * MON *)"'),
    ]


@pytest.mark.parametrize("given", ["UseMockData", "'A=1", "A B=1", "A='\"'"])
def test_what_is_no_parameter_is_refused(given: str, root: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="PARAMETERS"):
        called(root, "staging", "--parameters", given)


@pytest.mark.parametrize("env", ["", "test"])
def test_a_missing_env_is_named(env: str, root: Path) -> None:
    with pytest.raises(InvalidConfiguration, match=r"ENV is staging or production\. make deploy ENV=staging"):
        called(root, env)


@pytest.mark.parametrize(
    ("codes", "ran", "code", "says"),
    [
        ([0, 0], ["make build", "sam deploy"], 0, "Next: make smoke ENV=production"),
        ([1], ["make build"], 1, "nothing was deployed"),
        ([0, 1], ["make build", "sam deploy"], 1, "describe-stack-events --stack-name finops-guard "),
    ],
)
def test_each_end_says_the_next_command(
    codes: list[int],
    ran: list[str],
    code: int,
    says: str,
    root: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen: list[str] = []

    def run(command: Sequence[str]) -> int:
        seen.append(f"{Path(command[0]).name} {command[1]}")
        return codes[len(seen) - 1]

    options = deploy.parser().parse_args(["production"])
    assert deploy.deploy(options, run, root, terminal=True) == code
    assert seen == ran
    said = capsys.readouterr().out
    assert says in said
    assert code == 0 or "make deploy ENV=production" in said


def test_what_was_built_is_not_built_again(root: Path) -> None:
    seen: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> int:
        seen.append(command)
        return 0

    options = deploy.parser().parse_args(["production", "--built", "yes"])
    assert deploy.deploy(options, run, root, terminal=False) == 0
    assert [command[0] for command in seen] == [deploy.SAM]


def test_both_environments_are_deployed_alike_and_stand_side_by_side() -> None:
    told = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))
    staging, production = told["staging"], told["production"]
    ours = [each["deploy"]["parameters"] for each in (staging, production)]
    tags = [each.pop("tags").split() for each in ours]
    assert tags == [["application=finops-guard", f"environment={name}"] for name in ("staging", "production")]
    assert ours[0] == ours[1]
    default = told["default"]["deploy"]["parameters"]
    assert default.pop("tags") == tags[0][0]
    assert default.items() <= ours[0].items()
    assert staging["global"]["parameters"] != production["global"]["parameters"]
    assert staging["deploy"]["parameters"]["capabilities"] == "CAPABILITY_IAM"
