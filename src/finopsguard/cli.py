"""The `finopsguard` command: reads `.env`, finds the subcommand, turns errors into one line and an exit code.

Exit codes: 0 done; 1 the run failed (the alert was sent, if a webhook is configured); 2 bad input or settings.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dotenv import load_dotenv

from finopsguard.commands import backtest, deliveries, detect, preview, run
from finopsguard.errors import BadInput, FinOpsGuardError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parsed = parser().parse_args(arguments)
    # Variables that are set already win over the file, as they do everywhere.
    load_dotenv(Path.cwd() / ".env")
    try:
        code: int = parsed.command(parsed)
    except FinOpsGuardError as error:
        print(f"finopsguard: {error}", file=sys.stderr)  # noqa: T201 - this is the command's voice
        return 2 if isinstance(error, BadInput) else 1
    return code


def parser() -> argparse.ArgumentParser:
    """The whole command line; the reference's text is made from it."""
    made = argparse.ArgumentParser(prog="finopsguard", description="AWS cost reports with anomaly detection.")
    subparsers = made.add_subparsers(required=True, metavar="COMMAND")
    for command in (run, deliveries, detect, backtest, preview):
        command.add_parsers(subparsers)
    return made


if __name__ == "__main__":
    sys.exit(main())
