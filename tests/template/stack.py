"""template.yaml and the state machine as plain dictionaries, for the tests of both and for docs/permissions.md."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import yaml

try:  # libyaml, where PyYAML has it: template.yaml takes a tenth of the time
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

from finopsguard.config import Part
from finopsguard.ports import raised_by
from finopsguard.variables import VARIABLES
from finopsguard.wiring import reached

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "finopsguard"
STORE = "arn:${AWS::Partition}:s3:::${Store.Value}"
"""The bucket of reports as template.yaml names it in what is granted."""


@cache
def template() -> dict[str, Any]:
    """template.yaml with the short forms (`!Ref`) spelled out (`{"Ref": ...}`)."""
    return loaded(ROOT / "template.yaml")


def loaded(path: Path) -> dict[str, Any]:
    """A template of CloudFormation, its short forms spelled out; `make template` lints it."""
    found: dict[str, Any] = yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506 - a safe loader
    return found


class _Loader(SafeLoader):
    """YAML and CloudFormation's short forms; cfn-lint's own reader takes half a second to import."""

    def short_form(self, name: str, node: yaml.Node) -> dict[str, Any]:
        """`!Ref x` and `!GetAtt x.Arn` as `{"Ref": "x"}` and `{"Fn::GetAtt": ["x", "Arn"]}`."""
        value: Any
        if isinstance(node, yaml.ScalarNode):
            value = self.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = self.construct_sequence(node, deep=True)
        else:
            assert isinstance(node, yaml.MappingNode)
            value = self.construct_mapping(node, deep=True)
        if name == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}

    def text(self, node: yaml.Node) -> str:
        """The version of the format looks like a day."""
        assert isinstance(node, yaml.ScalarNode)
        return str(self.construct_scalar(node))


_Loader.add_multi_constructor("!", _Loader.short_form)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.text)


@cache
def definition() -> dict[str, Any]:
    """The state machine, before substitution."""
    found: dict[str, Any] = json.loads((ROOT / "statemachine" / "finops_guard.asl.json").read_text("utf-8"))
    return found


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Properties of the resources of a type, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template()["Resources"].items()
        if resource["Type"] == kind
    }


def functions() -> dict[str, dict[str, Any]]:
    """Properties of the Lambda functions, by step: `FetchCosts`."""
    return {
        name.removesuffix("Function"): properties
        for name, properties in resources("AWS::Serverless::Function").items()
    }


def variables(step: str) -> dict[str, Any]:
    """The environment that the template gives a step's function, without what all of them get."""
    environment = functions()[step].get("Environment", {"Variables": {}})
    given: dict[str, Any] = environment["Variables"]
    return given


def tasks() -> dict[str, dict[str, Any]]:
    """The state machine's Lambda tasks by the step that they call; those inside the Map too."""
    return {
        match[1]: state
        for state in _states(definition())
        if (
            match := re.fullmatch(
                r"\$\{(\w+)FunctionArn\}", state.get("Arguments", {}).get("FunctionName", "")
            )
        )
    }


def scheduled() -> set[str]:
    """The steps whose functions a schedule calls, and no task."""
    targets = [schedule["Target"]["Arn"] for schedule in resources("AWS::Scheduler::Schedule").values()]
    return {target["Fn::GetAtt"][0].removesuffix("Function") for target in targets if "Fn::GetAtt" in target}


def at_a_url() -> set[str]:
    """The steps whose functions have a URL of their own, and no task."""
    urls = resources("AWS::Lambda::Url").values()
    return {url["TargetFunctionArn"]["Ref"].removesuffix("Function") for url in urls}


def _states(machine: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for state in machine["States"].values():
        yield state
        if "ItemProcessor" in state:
            yield from _states(state["ItemProcessor"])


def statements(role: str) -> list[dict[str, Any]]:
    """What a role allows, its managed policies included; both branches of every condition.

    A statement that depends on a condition has it under `If`: `HasBillingView`, or `not HasBillingView`.
    """
    properties = resources("AWS::IAM::Role")[role]
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    return [
        found
        for document in [*documents, *managed_policies(role)]
        for each in document["Statement"]
        for found in _branches(each)
    ]


def managed_policies(role: str) -> Iterator[dict[str, Any]]:
    """The documents of a role's managed policies; where one depends on a condition, each of its statements does."""
    for managed in resources("AWS::IAM::Role")[role].get("ManagedPolicyArns", []):
        condition, named, _ = managed.get("Fn::If", (None, managed, None))
        document = resources("AWS::IAM::ManagedPolicy")[named["Ref"]]["PolicyDocument"]
        yield {
            **document,
            "Statement": [
                {"Fn::If": [condition, each, {"Ref": "AWS::NoValue"}]} if condition else each
                for each in document["Statement"]
            ],
        }


def _branches(statement: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "Fn::If" in statement:
        condition, then, otherwise = statement["Fn::If"]
        for branch, holds in ((then, condition), (otherwise, f"not {condition}")):
            if branch != {"Ref": "AWS::NoValue"}:
                for each in _branches(branch):
                    yield {**each, "If": f"{holds} and {each['If']}" if "If" in each else holds}
    else:
        yield dict(statement)


def as_list(value: Any) -> list[Any]:
    """IAM and CloudFormation take one value or a list."""
    return value if isinstance(value, list) else [value]


def snake(name: str) -> str:
    """`FetchCosts` -> `fetch_costs`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def run_of(step: str) -> Callable[..., object]:
    """A step's function: `FetchCosts` -> `steps.fetch_costs.run`."""
    found: Callable[..., object] = importlib.import_module(f"finopsguard.steps.{snake(step)}").run
    return found


def variables_declared_by(step: str) -> set[str]:
    """The variables of all classes of settings that a step reaches, by itself and through its ports."""
    return {
        VARIABLES[field.name].name
        for part in reached(run_of(step))
        if isinstance(part, type) and issubclass(part, Part)
        for field in fields(part)
    }


def errors_declared_by(step: str) -> set[str]:
    """Names of the errors that a step declares, and of those that its ports declare."""
    run = run_of(step)
    return {error.__name__ for each in (run, *reached(run)) for error in raised_by(each)}
