"""What `sam build` made, changed as little as an emulator without Docker needs; each change is told on docs/e2e.md."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
BUILT = ROOT / ".aws-sam" / "build"
# awslambdaric is the runtime client that Lambda itself runs; with `provided` the emulator speaks its API and no other.
_BOOTSTRAP = """\
#!/bin/sh
cd "$LAMBDA_TASK_ROOT"
export PYTHONPATH="$LAMBDA_TASK_ROOT:{layer}"
exec {python} -m awslambdaric "$_HANDLER"
"""
CHANGES = (
    "the functions' runtime is `provided.al2023`, whose bootstrap is `python -m awslambdaric` of this machine, so error"
    " names and time-outs are those of Lambda's own runtime client",
    "the layers are empty: the package is the built one, read from the disk, and its libraries are the locked ones for"
    " this machine, where the build has those of arm64",
    "what denies requests without TLS is taken out of the policies of bucket, queue and topic, for the emulator speaks"
    " HTTP",
    "version and alias of the state machine are left out, and schedules start the machine: the emulator's"
    " CloudFormation does not know them",
    "an alarm that adds metrics up watches the first of them, for the emulator knows no metric math",
    "what a Choice gives where no rule fits (`Output` beside `Default`), and a Succeed, is given by a Pass behind the"
    " one and before the other, for the emulator passes that over",
)


def prepare(folder: Path, python: Path, libraries: Path) -> Path:
    """A copy of the built template in `folder`, whose functions `python` runs; returns the template's file."""
    shutil.rmtree(folder, ignore_errors=True)
    layer = folder / "layer"
    shutil.copytree(BUILT / "PythonLayer" / "python" / "finopsguard", layer / "finopsguard")
    empty = folder / "empty"
    empty.mkdir()
    (empty / "nothing.txt").write_text("the package is read from the disk\n", "utf-8")
    template = yaml.safe_load((BUILT / "template.yaml").read_text("utf-8"))
    template["Globals"]["Function"] |= {"Runtime": "provided.al2023", "Architectures": ["x86_64"]}
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            name = Path(properties["CodeUri"]).name
            code = folder / "functions" / name
            shutil.copytree(ROOT / "functions" / name, code, ignore=shutil.ignore_patterns("__pycache__"))
            bootstrap = code / "bootstrap"
            paths = f"{layer}:{libraries}"
            bootstrap.write_text(_BOOTSTRAP.format(layer=paths, python=python), "utf-8")
            bootstrap.chmod(0o755)
            properties["CodeUri"] = str(code)
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            properties |= {"ContentUri": str(empty), "CompatibleArchitectures": ["x86_64"]}
            properties["CompatibleRuntimes"] = ["provided.al2023"]
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in properties:
            watched = next(each["MetricStat"] for each in properties.pop("Metrics") if "MetricStat" in each)
            properties |= {**watched["Metric"], "Statistic": watched["Stat"], "Period": watched["Period"]}
        if resource["Type"] == "AWS::Serverless::StateMachine":
            properties["DefinitionUri"] = str(_machine(folder))
    for name in ("StateMachineVersion", "StateMachineAlias"):
        del template["Resources"][name]
    template = _each(
        template, lambda it: {"Ref": "StateMachine"} if it == {"Ref": "StateMachineAlias"} else it
    )
    template = _each(template, _without_tls)
    file = folder / "template.json"
    file.write_text(json.dumps(template, indent=1, default=str), "utf-8")
    return file


def _machine(folder: Path) -> Path:
    """The state machine's file, with a Pass for each output of a Choice or a Succeed."""
    machine = json.loads((ROOT / "statemachine" / "finops_guard.asl.json").read_text("utf-8"))
    for name, state in list(machine["States"].items()):
        if state["Type"] == "Choice" and "Output" in state:
            passed = {"Type": "Pass", "Output": state.pop("Output"), "Next": state["Default"]}
            machine["States"][f"{name}Output"] = passed
            state["Default"] = f"{name}Output"
        if state["Type"] == "Succeed" and "Output" in state:
            machine["States"][name] = {"Type": "Pass", "Output": state["Output"], "Next": f"{name}End"}
            machine["States"][f"{name}End"] = {"Type": "Succeed"}
    file = folder / "machine.asl.json"
    file.write_text(json.dumps(machine), "utf-8")
    return file


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    """All parts of a template, changed from within."""
    if isinstance(value, dict):
        return change({key: _each(each, change) for key, each in value.items()})
    if isinstance(value, list):
        return [_each(each, change) for each in value]
    return value


def _without_tls(value: Any) -> Any:
    if not isinstance(value, dict) or not isinstance(value.get("Statement"), list):
        return value
    return {**value, "Statement": [each for each in value["Statement"] if each.get("Sid") != "OnlyOverTls"]}
