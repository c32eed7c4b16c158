"""What checkov's rules are not held to has its reason in the templates, and nothing else is skipped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.template import stack

TEMPLATES = [
    "template.yaml",
    *(f"deploy/{path.name}" for path in sorted((stack.ROOT / "deploy").glob("*.yaml"))),
]


def skips(name: str) -> Iterator[dict[str, Any]]:
    for resource in stack.loaded(stack.ROOT / name)["Resources"].values():
        yield from resource.get("Metadata", {}).get("checkov", {}).get("skip", [])


def test_make_skips_for_functions_what_the_template_gives_reasons_for() -> None:
    reasons = stack.template()["Metadata"]["SkippedForFunctions"]
    (skipped,) = re.findall(r"--skip-check (\S+)", (stack.ROOT / "Makefile").read_text("utf-8"))
    assert skipped.split(",") == list(reasons)
    assert all(re.fullmatch(r"[A-Z].{60,}\.", reason) for reason in reasons.values())


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_skip_of_a_resource_has_a_reason(name: str) -> None:
    for skip in skips(name):
        assert skip.keys() == {"id", "comment"}
        assert re.fullmatch(r"CKV2?_AWS_\d+", skip["id"])
        assert re.fullmatch(r".{40,}\.", skip["comment"])


def test_the_reasons_are_true() -> None:
    """What they say of the template, read from it."""
    functions = stack.functions()
    assert [step for step, each in functions.items() if "EventInvokeConfig" in each] == ["NotifyFailure"]
    assert (
        "Arn"
        in functions["NotifyFailure"]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"][
            "Fn::GetAtt"
        ]
    )
    assert [each for each in functions.values() if "VpcConfig" in each] == []
    reserved = {step for step, each in functions.items() if "ReservedConcurrentExecutions" in each}
    assert reserved == stack.at_a_url() == {"TakeVerdict"}
    most = stack.template()["Parameters"]["MaxConcurrency"]["MaxValue"]
    assert f"({most} at most)" in stack.template()["Metadata"]["SkippedForFunctions"]["CKV_AWS_115"]
    queue = stack.loaded(stack.ROOT / "deploy" / "fargate.yaml")["Resources"]["UndeliveredQueue"]
    assert queue["Properties"]["SqsManagedSseEnabled"] is True
