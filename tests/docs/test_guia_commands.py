"""Every command and every snippet of docs/guia.md and docs/runbook.md can be run as it is written."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from finopsguard import cli, contracts
from finopsguard.commands import deployed
from finopsguard.commands import stack as commands
from finopsguard.models.messages import RunRequest
from finopsguard.models.report import Coverage, MissingAccount
from finopsguard.store import keys
from tests.docs import markdown
from tests.docs.test_targets import defined
from tests.standins import StandIns
from tests.template import stack
from tools import deploy

ROOT = stack.ROOT
PAGES = {name: (ROOT / "docs" / name).read_text("utf-8") for name in ("guia.md", "runbook.md")}
guide, runbook = PAGES.values()

STACKS = ("finops-guard", "finops-guard-staging")
# The stacks beside it, by their templates.
BESIDE = {
    "deploy/permissions-boundary.yaml": "finops-guard-boundary",
    "deploy/organization-role.yaml": "finops-guard-reader",
    "deploy/fargate.yaml": "finops-guard-task",
    "deploy/github-role.yaml": "finops-guard-github-staging",
}
PLACES = {
    "<ORG>/<REPO>": "Acme/finops-guard",
    "<PermissionsBoundaryArn>": "arn:aws:iam::111122223333:policy/finops-guard-boundary",
    "<BUCKET>": "finops-guard-bucket-x3",
    "<ACCOUNT_ID>": "111122223333",
    "<EXTERNAL_ID>": "customer-17-x",
    "<IMAGEN>": f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/finopsguard@sha256:{'0' * 64}",
    "<ARN_DEL_SECRETO>": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:finopsguard/teams-AbCdEf",
    "<CORREO>": "finops@example.com",
}
# Commands that are not ours, of which nothing is checked but the name.
COMMON = {"cd", "cp", "docker", "echo", "export", "git", "source", "true"}
# Commands of the AWS CLI that are not operations of an API, with the options that the pages may use.
AWS_CUSTOM: Mapping[tuple[str, str], set[str]] = {
    ("s3", "cp"): set(),
    ("s3", "sync"): {"--sse", "--sse-kms-key-id"},
    ("s3", "rm"): {"--recursive"},
    ("logs", "tail"): {"--since"},
    ("ecr", "get-login-password"): set(),
    ("cloudformation", "deploy"): {
        *("--template-file", "--stack-name", "--capabilities", "--parameter-overrides")
    },
}
AWS_GLOBAL = {"--query", "--output"}
SAM_OPTIONS = {"--guided", "--config-env", "--parameter-overrides"}

COMMANDS = [
    pytest.param(command, id=f"{page}: {' '.join(command)[:60]}")
    for page, text in PAGES.items()
    for command in markdown.commands(text)
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_can_be_run(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    name, arguments = Path(command[0]).name, command[1:]
    if name == "make":
        check_make(arguments)
    elif name == "finopsguard":
        check_arguments(arguments)
    elif name == "python":
        check_python(arguments, monkeypatch)
    elif name == "sam":
        check_sam(arguments)
    elif name == "aws":
        check_aws(arguments)
    else:
        assert name in COMMON
        assert name != "cp" or (ROOT / arguments[0]).is_file()


def test_commands_in_the_text_exist() -> None:
    for text in PAGES.values():
        for subcommand in re.findall(r"`finopsguard (\w+)", text):
            with pytest.raises(SystemExit) as stopped:
                cli.parser().parse_args([subcommand, "--help"])
            assert stopped.value.code == 0, subcommand
        for script in re.findall(r"`python (\S+\.py)", text):
            assert (ROOT / script).is_file()


def check_make(arguments: list[str]) -> None:
    """A target, and variables that the Makefile reads with values that mean something."""
    given = dict(word.split("=", 1) for word in arguments if "=" in word)
    targets = [word for word in arguments if "=" not in word]
    assert set(targets) <= defined()
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (lines,) = re.findall(rf"^{re.escape(targets[0])}:.*  ## .*\n((?:\t.+\n)*)", makefile, re.MULTILINE)
    assert [name for name in given if not re.search(rf"\$[($(]*(?:or \$\()?{name}\b", lines)] == [], lines
    if "ENV" in given:
        named = deployed.place(given["ENV"], "", {}, ROOT).stack
        assert given.get("CONFIRM", named) == named
    if "STEP" in given:
        assert given["STEP"] in {*commands.steps_with_logs(), commands.MACHINE_LOG}
    if "PARAMETERS" in given:
        overrides = deploy.sam_command(
            deploy.parser().parse_args([given["ENV"], "--parameters", given["PARAMETERS"]]),
            ROOT,
            terminal=True,
        )
        check_parameters(stack.template(), overrides)


def check_arguments(arguments: list[str]) -> None:
    try:
        cli.parser().parse_args(arguments)
    except SystemExit:
        pytest.fail(f"finopsguard does not take {arguments}")


def check_python(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -` (its script is run below), `python -m MODULE`, or a script of ours with options that it takes."""
    if arguments[0] == "-":
        return
    if arguments[0] == "-m":
        assert importlib.util.find_spec(arguments[1])
        return
    handed_on: list[list[str]] = []
    monkeypatch.setattr(cli, "main", handed_on.append)
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit):
        runpy.run_path(str(ROOT / arguments[0]), run_name="__main__")
    check_arguments(handed_on[0])


def check_sam(arguments: list[str]) -> None:
    """SAM's quoting (`'Name="a b"'`) was tried with its own parser; here names and values are looked at."""
    assert arguments[0] == "deploy"
    assert {word for word in arguments if word.startswith("--")} <= SAM_OPTIONS
    check_parameters(stack.template(), arguments)


def check_parameters(template: Mapping[str, Any], arguments: list[str]) -> None:
    """`Name=value` is a parameter of the template that may have the value."""
    parameters = template.get("Parameters", {})
    for name, quoted in (word.split("=", 1) for word in arguments if "=" in word):
        value = quoted.strip('"')
        assert " " not in value or quoted == f'"{value}"'
        value = PLACES.get(value, value)
        assert value in parameters[name].get("AllowedValues", [value])
        assert re.search(parameters[name].get("AllowedPattern", ""), value)


def check_aws(arguments: list[str]) -> None:
    service, operation, *rest = arguments
    options = {word for word in rest if word.startswith("--")} - AWS_GLOBAL
    if (service, operation) in AWS_CUSTOM:
        assert options <= AWS_CUSTOM[service, operation]
    else:
        model = botocore.session.get_session().get_service_model(service.removesuffix("api"))
        operations = {xform_name(each, "-"): each for each in model.operation_names}
        shape = model.operation_model(operations[operation]).input_shape
        assert shape is not None
        assert options <= {f"--{xform_name(member, '-')}" for member in shape.members}
    check_names(service, operation, rest)


def check_names(service: str, operation: str, rest: list[str]) -> None:
    """Inputs, log groups, schedules, stacks and store keys are those of the product."""
    if operation == "start-execution":
        contracts.from_json(RunRequest, json.loads(rest[rest.index("--input") + 1]))
    if (service, operation) == ("logs", "tail"):
        assert rest[0] in named_after_the_stack("AWS::Logs::LogGroup", "LogGroupName")
    if operation == "get-schedule":
        assert rest[rest.index("--name") + 1] in named_after_the_stack("AWS::Scheduler::Schedule", "Name")
    if (service, operation) == ("s3", "sync"):
        kept = keys.HISTORY.prefix.rstrip("/")
        assert (Path(rest[0]).name, rest[1]) in [
            (kept, f"s3://<BUCKET>/{kept}"),
            ("<BUCKET_ANTERIOR>", "s3://<BUCKET>"),
        ]
    elif service == "s3":
        assert re.match(r"s3://<BUCKET>/(deliveries|runs)/<INFORME>/", rest[0])
    if "--stack-name" in rest:
        assert rest[rest.index("--stack-name") + 1] in {*STACKS, *BESIDE.values()}
    if "--template-file" in rest:
        file = rest[rest.index("--template-file") + 1]
        assert rest[rest.index("--stack-name") + 1] == BESIDE[file]
        check_parameters(stack.loaded(ROOT / file), rest)
    if operation == "create-stack-set":
        file = rest[rest.index("--template-body") + 1].removeprefix("file://")
        given = re.findall(r"ParameterKey=(\w+),ParameterValue=(\S+)", " ".join(rest))
        check_parameters(stack.loaded(ROOT / file), [f"{name}={value}" for name, value in given])


def named_after_the_stack(kind: str, attribute: str) -> set[str]:
    """Names in template.yaml and in deploy/fargate.yaml, for their stacks."""
    task = "deploy/fargate.yaml"
    templates = [(stack.template(), STACKS), (stack.loaded(ROOT / task), (BESIDE[task],))]
    return {
        resource["Properties"][attribute]["Fn::Sub"].replace("${AWS::StackName}", name)
        for template, names in templates
        for resource in template["Resources"].values()
        if resource["Type"] == kind
        for name in names
    }


# ---- the snippets, run against the stand-ins -------------------------------------------------------------------------


def snippet(page: str, word: str) -> str:
    [code] = [code for code in markdown.scripts(page) if word in code]
    return code


def output(code: str, folder: Path, env: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **env},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_snippet_is_run_here() -> None:
    assert sum(len(markdown.scripts(text)) for text in PAGES.values()) == 3


def test_the_cost_explorer_snippet_prints_what_the_guide_says(tmp_path: Path) -> None:
    with StandIns() as standins:
        printed = output(snippet(guide, "get_cost_and_usage"), tmp_path, standins.environ())
        assert standins.cost_explorer.requests == 1
    assert f"`{printed}`" in guide


def test_the_webhook_snippet_posts_a_card(tmp_path: Path) -> None:
    with StandIns() as standins:
        printed = output(snippet(guide, "requests.post"), tmp_path, standins.environ(webhook="url"))
        [message] = standins.workflows.messages()
    assert printed == "202"
    assert isinstance(message, dict)
    assert message["attachments"][0]["content"]["type"] == "AdaptiveCard"


def test_the_missing_accounts_snippet_shows_each_with_its_reason(tmp_path: Path) -> None:
    missing = MissingAccount("111122223333", "payments", "CostExplorerThrottled: too many requests")
    coverage = contracts.converter().unstructure(Coverage(2, 1, (missing,), ()))
    (tmp_path / "report.json").write_text(json.dumps({"coverage": coverage}), "utf-8")
    printed = output(snippet(runbook, "missing"), tmp_path, {})
    assert printed == "111122223333 payments CostExplorerThrottled: too many requests"
