"""Builds and deploys with SAM: `python -m tools.deploy ENV` (make deploy). ENV is a table of samconfig.toml.

The first time, at a terminal, SAM asks for the parameters and saves them in samconfig.toml; after that, and in CI, what
is saved there is deployed.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

from finopsguard.commands import deployed
from finopsguard.errors import InvalidConfiguration

ROOT = Path(__file__).parents[1]
SAM = ".venv-sam/bin/sam"
USAGE = "make deploy ENV=staging"

Run = Callable[[Sequence[str]], int]


def sam_command(options: argparse.Namespace, root: Path, *, terminal: bool) -> list[str]:
    """How SAM is called; raises InvalidConfiguration where it would have to ask and cannot."""
    deployed.place(options.env, USAGE, os.environ, root)
    environment = tomllib.loads((root / deployed.FILE).read_text("utf-8"))[options.env]
    saved = bool(deployed.saved(environment, "parameter_overrides"))
    command = [SAM, "deploy", "--config-env", options.env]
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region and not deployed.saved(environment, "region"):
        # SAM reads the second variable only, and what is tried after it reads the first.
        command += ["--region", region]
    if options.parameters:
        command += ["--parameter-overrides", *_overrides(options.parameters)]
    if terminal and (options.guided or not (saved or options.parameters)):
        return [*command, "--guided"]
    if not (saved or options.parameters):
        raise InvalidConfiguration(
            f"No parameters of {options.env} are saved in {deployed.FILE}. At a terminal, once:"
            f" make deploy ENV={options.env}; then commit that file."
        )
    # Where nobody can answer, whoever approved the release has said yes.
    return command if terminal else [*command, "--no-confirm-changeset"]


def _overrides(text: str) -> list[str]:
    """`A=1 'B=two words'` as SAM takes them: its own quotes around each value, within the shell's."""
    try:
        words = [word.partition("=") for word in shlex.split(text)]
    except ValueError as error:
        raise InvalidConfiguration(f"PARAMETERS cannot be read: {error}.") from None
    if not all(name.isidentifier() and sign and '"' not in value for name, sign, value in words):
        raise InvalidConfiguration("PARAMETERS is Name=value, and 'Name=value' where the value has spaces.")
    return [f'{name}="{value}"' for name, _, value in words]


def deploy(options: argparse.Namespace, run: Run, root: Path = ROOT, *, terminal: bool) -> int:
    """Builds, unless that was done, and deploys; says the next command after either end."""
    command = sam_command(options, root, terminal=terminal)
    if not options.built and run(["make", "build"]):
        print("It was not built, so nothing was deployed. Next: mend what the lines above say, then")
        print(f"  make deploy ENV={options.env}")
        return 1
    if run(command):
        place = deployed.place(options.env, USAGE, os.environ, root)
        print(
            f"{place.stack} was not deployed; CloudFormation takes back what it may have begun. Why is above, and in"
        )
        print(f"  aws cloudformation describe-stack-events --stack-name {place.stack} --max-items 20")
        print("(the AWS CLI, which make does not install, or the stack's Events page). Then")
        print(f"  make deploy ENV={options.env}")
        return 1
    print(f"Deployed. Next: make smoke ENV={options.env}")
    return 0


def parser() -> argparse.ArgumentParser:
    """The arguments, as the Makefile hands them on: one that was not given is empty."""
    made = argparse.ArgumentParser(prog="python -m tools.deploy", description=__doc__)
    made.add_argument("env", metavar="ENV", help="staging or production")
    made.add_argument("--parameters", default="", help='for this time, such as "UseMockData=false"')
    made.add_argument("--guided", default="", help="anything: SAM asks again, and saves the answers")
    made.add_argument("--built", default="", help="anything: what is in .aws-sam is deployed as it is")
    return made


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 deployed, 1 not, 2 an argument is missing."""
    try:
        return deploy(parser().parse_args(arguments), _run, terminal=sys.stdin.isatty())
    except InvalidConfiguration as error:
        print(f"deploy: {error}", file=sys.stderr)
        return 2


def _run(command: Sequence[str]) -> int:
    sys.stdout.flush()
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, "SAM_CLI_TELEMETRY": "0"}, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
