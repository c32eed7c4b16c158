"""`finopsguard stack`: the deployed stack's operation; make's smoke, redrive, logs and destroy are these commands."""

from __future__ import annotations

import argparse
import os
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from finopsguard import resources
from finopsguard.commands import deployed, run, smoke
from finopsguard.commands.costs_file import whole_number
from finopsguard.errors import InvalidConfiguration
from finopsguard.ports import Clock
from finopsguard.wiring import wiring_for

if TYPE_CHECKING:
    from finopsguard.aws.stacks import Stack, Stacks

MACHINE_LOG = "StateMachine"
# A part more where the version or the alias that was started is named as well.
_ARN = re.compile(r"arn:aws[a-z-]*:states:([a-z0-9-]+):\d{12}:execution:[\w-]+(:[\w-]+){1,2}")
_ENV = "an environment of samconfig.toml, in this folder: staging or production"


def add_parsers(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Registers `stack` with its own subcommands."""
    parser = subparsers.add_parser(
        "stack", help="try, resume, read and remove what is deployed", description=__doc__
    )
    below = parser.add_subparsers(required=True, metavar="ACTION")
    tried = below.add_parser(
        "smoke", help="a report on mock data in this process, then one of the deployed stack"
    )
    tried.add_argument(
        "--out", metavar="DIR", default="out/smoke", help="where files go (default: %(default)s)"
    )
    tried.set_defaults(command=try_it)
    resumed = below.add_parser("redrive", help="resume a failed execution at the step that failed")
    resumed.add_argument(
        "execution", metavar="EXECUTION", help="its ARN, as the console and `stack smoke` show it"
    )
    resumed.set_defaults(command=redrive)
    read = below.add_parser("logs", help="what a step's function, or the state machine, has logged")
    read.add_argument("step", metavar="STEP", help=f"such as PostToTeams, or {MACHINE_LOG}")
    read.add_argument(
        "--hours",
        type=whole_number,
        metavar="N",
        default=24,
        help="of the last N hours (default: %(default)s)",
    )
    read.set_defaults(command=logs)
    removed = below.add_parser("delete", help="delete the stack and keep its bucket")
    removed.add_argument(
        "--confirm", metavar="STACK", default="", help="the stack's name, so that no other is meant"
    )
    removed.set_defaults(command=delete)
    for each in (tried, read, removed):
        each.add_argument("--env", metavar="ENV", required=True, help=_ENV)


def try_it(options: argparse.Namespace) -> int:
    """Runs both reports and says where everything is; returns the exit code of the one that failed, else 0."""
    place, stacks = _reached(options.env, "make smoke ENV=staging")
    stack = deployed.standing(stacks.describe(place.stack), place.env)
    return smoke.run(stack, place, Path(options.out), _tell)


def redrive(options: argparse.Namespace) -> int:
    """Resumes the execution and follows it to its end; raises InvalidInput where it cannot be resumed."""
    from finopsguard.aws.clients import Clients
    from finopsguard.engine import aws
    from finopsguard.engine.progress import Progress

    found = _ARN.fullmatch(options.execution)
    if not found:
        said = (
            f"{options.execution!r} is no execution's ARN"
            if options.execution
            else "It is not said which execution"
        )
        raise InvalidConfiguration(
            f"{said}. Copy it from the execution's page in the Step Functions console, which the failure card opens:"
            " make redrive EXECUTION=arn:aws:states:..."
        )
    with Progress.for_terminal_or_log() as progress:
        execution = aws.redrive(options.execution, Clients(found[1]).step_functions(), on_event=progress)
    if execution.status == "SUCCEEDED":
        _tell("The execution has succeeded.")
        return 0
    return run.tell_failure(execution)


def logs(options: argparse.Namespace) -> int:
    """Prints the lines, oldest first, without the control characters that a terminal would obey."""
    from finopsguard.aws import stacks as aws
    from finopsguard.aws.clients import Clients

    place, stacks = _reached(options.env, f"make logs STEP=PostToTeams ENV={options.env or 'staging'}")
    steps = [*steps_with_logs(), MACHINE_LOG]
    if options.step not in steps:
        said = f"{options.step!r} is no step" if options.step else "It is not said which step"
        raise InvalidConfiguration(
            f"{said}: STEP is one of {', '.join(steps)}. make logs STEP=PostToTeams ENV={place.env}"
        )
    stack = stacks.describe(place.stack)
    group = log_group(stack.name, options.step)
    since = wiring_for(os.environ).get(Clock)() - timedelta(hours=options.hours)
    found = 0
    for line in aws.lines(Clients(place.region).logs(), group, since):
        found += 1
        _tell(f"{line.at:%Y-%m-%dT%H:%M:%SZ} {_plain(line.text)}")
    if not found:
        _tell(
            f"{group} has no line of the last {options.hours} hours."
            f" Ask for more: make logs STEP={options.step} ENV={place.env} HOURS={options.hours * 7}"
        )
    return 0


def delete(options: argparse.Namespace) -> int:
    """Deletes the stack, waits until it is gone, and says what is kept; 1 where CloudFormation could not."""
    usage = "make destroy ENV=staging CONFIRM=finops-guard-staging"
    place, stacks = _reached(options.env, usage)
    if options.confirm != place.stack:
        raise InvalidConfiguration(
            f"This deletes the stack {place.stack}: its functions, schedules, alarms and logs."
            f" To confirm it: make destroy ENV={place.env} CONFIRM={place.stack}"
        )
    before = stacks.describe(place.stack)
    _tell(f"Deleting {before.name} in {place.region}; that takes some minutes.")
    after = stacks.delete(before)
    if after.status != "DELETE_COMPLETE":
        _tell(
            f"CloudFormation could not delete {after.name}: {_plain(after.reason) or 'it gives no reason'}."
        )
        _tell("What stands in the way is on its Events page. Next: remove that, then")
        _tell(f"  make destroy ENV={place.env} CONFIRM={place.stack}")
        return 1
    _tell_kept(before, place)
    return 0


def _tell_kept(stack: Stack, place: deployed.Place) -> None:
    _tell(f"{stack.name} is deleted.")
    bucket = stack.outputs.get("BucketName")
    if bucket:
        _tell(
            f"Its bucket is kept, with reports, history, incidents and the record of what was posted: {bucket}"
        )
        _tell(
            "A new stack that makes a bucket of its own would post and pay for a week twice. Let it adopt this one:"
        )
        _tell(f"  make deploy ENV={place.env} PARAMETERS=BucketName={bucket}")
    _tell("Not touched: the webhook's secret, roles in other accounts, and the permissions boundary.")


def steps_with_logs() -> list[str]:
    """The steps whose functions have a log: `PostToTeams`."""
    folders = resources.folder("functions").glob("*/app.py")
    return sorted("".join(word.title() for word in path.parent.name.split("_")) for path in folders)


def log_group(stack: str, step: str) -> str:
    """As template.yaml names it."""
    return f"/aws/vendedlogs/states/{stack}" if step == MACHINE_LOG else f"/aws/lambda/{stack}/{step}"


def _reached(env: str, usage: str) -> tuple[deployed.Place, Stacks]:
    from finopsguard.aws.clients import Clients
    from finopsguard.aws.stacks import Stacks

    place = deployed.place(env, usage, os.environ, Path.cwd())
    return place, Stacks(Clients(place.region).cloudformation())


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text).rstrip()


def _tell(line: str) -> None:
    print(line)  # noqa: T201 - the command's voice
    sys.stdout.flush()
