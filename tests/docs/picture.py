"""What the stack deploys and whom it calls, as a Mermaid picture: docs/architecture.md holds what this writes.

Drawn from template.yaml: who starts whom, and from each role's statements the services that it reaches; `?` is what a
parameter switches on. `python -m tests.docs.picture` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.docs.graph import ROOT
from tests.template import stack

PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- picture: from template.yaml -->", "<!-- end of picture -->"
_SERVICES = {
    "athena": "Athena",
    "budgets": "AWS Budgets",
    "ce": "Cost Explorer",
    "cloudtrail": "CloudTrail",
    "events": "EventBridge bus",
    "organizations": "AWS Organizations",
    "s3": "S3 bucket",
    "secretsmanager": "Secrets Manager",
    "sns": "SNS alerts",
    "sts": "roles in other accounts",
}
"""Services that say what a step is for; logs, traces, keys and what only serves these are left out."""


def picture() -> str:
    """The picture, one line for each arrow."""
    lines = [
        "```mermaid",
        "flowchart LR",
        *_starts(),
        *_reached(),
        "    PostToTeams --> Teams([Microsoft Teams])",
    ]
    lines += ["    NotifyFailure --> Teams", "```"]
    return "\n".join(lines)


def _starts() -> Iterator[str]:
    """Schedules and rules, and the functions that the state machine calls."""
    for kind in ("AWS::Scheduler::Schedule", "AWS::Events::Rule"):
        for name, each in sorted(stack.resources(kind).items()):
            targets = [each["Target"]] if "Target" in each else each["Targets"]
            for target in targets:
                yield f"    {name}([{name}]) --> {_named(target['Arn'])}"
    called = json.dumps(stack.definition())
    for step in stack.functions():
        if f"${{{step}FunctionArn}}" in called:
            yield f"    StateMachine --> {step}"
    for name in sorted(stack.resources("AWS::Lambda::Url")):
        yield f"    {name}([{name}]) -. ? .-> {name.removesuffix('Url')}"


def _named(arn: object) -> str:
    """The step or the state machine that a target's ARN is of."""
    said = json.dumps(arn)
    if "StateMachine" in said:
        return "StateMachine"
    return next(step for step in stack.functions() if f"{step}Function" in said)


def _reached() -> Iterator[str]:
    for step in stack.functions():
        always: dict[str, bool] = {}
        for statement in stack.statements(f"{step}Role"):
            for action in stack.as_list(statement["Action"]):
                service = action.partition(":")[0]
                always[service] = always.get(service, False) or "If" not in statement
        for service, name in _SERVICES.items():
            if service in always:
                arrow = "-->" if always[service] else "-. ? .->"
                yield f"    {step} {arrow} {service}[({name})]"


def with_picture(page: str) -> str:
    """The page with the picture as it is now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{picture()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_picture(PAGE.read_text("utf-8")), "utf-8")
