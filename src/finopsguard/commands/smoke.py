"""The smoke test of docs/guia.md, chapter 9: a report on mock data in this process, then one of the deployed stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from finopsguard import machine
from finopsguard.aws.stacks import Stack
from finopsguard.commands import deployed
from finopsguard.version import VERSION

Tell = Callable[[str], None]

# A run on mock data posts nowhere, whatever `.env` says: an empty variable wins over the file.
_MOCK = {
    "FINOPSGUARD_USE_MOCK_DATA": "true",
    "FINOPSGUARD_BUCKET": "",
    "TEAMS_WEBHOOK_URL": "",
    "TEAMS_WEBHOOK_SECRET_ARN": "",
}


def run(stack: Stack, place: deployed.Place, out: Path, tell: Tell) -> int:
    """Runs both, each by the command that the guide gives, and returns the exit code of the one that failed, else 0."""
    deploying = {
        "AWS_REGION": place.region,
        "FINOPSGUARD_STATE_MACHINE_ARN": deployed.output(stack, "StateMachineArn"),
        "FINOPSGUARD_BUCKET": deployed.output(stack, "BucketName"),
    }
    release = stack.outputs.get("Version", "before 0.1.0")
    if release != VERSION:
        tell(
            f"! {stack.name} is release {release}, and this is {VERSION}. To deploy this: make deploy ENV={place.env}"
        )
    tell("1 of 2: a report on mock data, in this process. Nothing is posted.")
    code = _report(_MOCK, out / "mock", "--state", str(out / "mock" / "state"))
    if code:
        tell(f"Exit code {code}: it fails on this machine, so the stack was not tried. Next: make run")
        return code
    tell(f"Exit code 0. The card, in a browser: finopsguard preview {out / 'mock' / 'card.json'} --open")
    tell(f"2 of 2: a report of {stack.name}. {_price(stack)} Its card goes to the stack's channel.")
    there = out / place.env
    # That of an earlier smoke test would be taken for this one's where none begins.
    (there / "execution.json").unlink(missing_ok=True)
    code = _report(deploying, there, "--engine", "aws")
    tell(f"Exit code {code}.")
    if code:
        _tell_what_next(there / "execution.json", place, tell)
        return code
    tell(
        f"The card: in Teams, or, without a webhook, {there / 'card.json'}; the report: {there / 'report.html'}"
    )
    tell(f"The execution: {stack.outputs.get('StateMachineConsole', 'in the Step Functions console')}")
    tell(f"The logs: make logs STEP=PostToTeams ENV={place.env}")
    return 0


def _price(stack: Stack) -> str:
    if stack.parameters.get("UseMockData") == "true":
        return "It has mock data (UseMockData), so no cost is read."
    return "It reads real costs, which AWS charges for (docs/guia.md, 1.2)."


def _report(variables: Mapping[str, str], out: Path, *arguments: str) -> int:
    """The exit code of `finopsguard run`, in a process of its own: variables of one run are not another's."""
    command = [sys.executable, "-m", "finopsguard.cli", "run", "--report", "weekly", "--out", str(out)]
    done = subprocess.run([*command, *arguments], env={**os.environ, **variables}, check=False)
    return done.returncode


def _tell_what_next(written: Path, place: deployed.Place, tell: Tell) -> None:
    """The next command after a failure: an execution that began has logs and can be resumed."""
    try:
        execution = json.loads(written.read_text("utf-8"))
        arn, entered = execution["arn"], [state["name"] for state in execution["states_entered"]]
    except (OSError, ValueError, LookupError, TypeError):
        tell("No execution began. Next: mend what the line above says, then")
        tell(f"  make smoke ENV={place.env}")
        return
    steps = machine.deployed().steps
    failed = next((name for name in reversed(entered) if name in steps), "StateMachine")
    tell("Next: look the error up in docs/runbook.md, and in")
    tell(f"  make logs STEP={failed} ENV={place.env}")
    tell("mend it, and resume the execution where it failed:")
    tell(f"  make redrive EXECUTION={arn}")
