"""The `finopsguard` command: reads `.env`, finds the subcommand, turns errors into one line and an exit code.

Exit codes: 0 done; 1 the run failed (the alert was sent, if a webhook is configured); 2 bad input or settings.
"""

from __future__ import annotations

import argparse
import codecs
import os
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from dotenv import load_dotenv

from finopsguard.commands import (
    backtest,
    deliveries,
    detect,
    doctor,
    heartbeat,
    incidents,
    preview,
    routes,
    run,
    stack,
    trial,
    verdicts,
)
from finopsguard.errors import BadInput, FinOpsGuardError, InvalidConfiguration
from finopsguard.version import VERSION

# How a text file says its encoding, if it does: Windows' editors and PowerShell's `>` write all three.
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_MOST_BYTES = 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parsed = parser().parse_args(arguments)
    try:
        _refuse_unwritable(sys.argv[1:] if arguments is None else arguments)
        # Variables that are set already win over the file, as they do everywhere.
        _set_variables(Path.cwd() / ".env")
        code: int = parsed.command(parsed)
    except FinOpsGuardError as error:
        print(f"finopsguard: {error}", file=sys.stderr)  # noqa: T201 - this is the command's voice
        return 2 if isinstance(error, BadInput) else 1
    return code


def _refuse_unwritable(arguments: Sequence[str]) -> None:
    """Raises InvalidConfiguration for an argument that neither a file's name nor a variable can hold."""
    for each in arguments:
        try:
            os.fsencode(each)
        except UnicodeEncodeError:
            raise InvalidConfiguration(f"{each!a} is no text. Type it again.") from None


def _set_variables(path: Path) -> None:
    """Sets the file's variables that are not set; raises InvalidConfiguration for what is none."""
    try:
        load_dotenv(stream=StringIO(_settings_in(path)))
    except ValueError as error:
        raise InvalidConfiguration(
            f"{path} has a variable that cannot be set ({error}). Write each as NAME=value."
        ) from None


def _settings_in(path: Path) -> str:
    """The file's text, empty where there is none; raises InvalidConfiguration for what is no text."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise InvalidConfiguration(
            f"{path} cannot be read ({error.strerror}). Make it a readable file."
        ) from None
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or len(data) > _MOST_BYTES:
        raise InvalidConfiguration(f"{path} is no UTF-8 text. Save it as UTF-8.")
    return text


def parser() -> argparse.ArgumentParser:
    """The whole command line; the reference's text is made from it."""
    made = argparse.ArgumentParser(prog="finopsguard", description="AWS cost reports with anomaly detection.")
    made.add_argument("--version", action="version", version=f"finopsguard {VERSION}")
    subparsers = made.add_subparsers(required=True, metavar="COMMAND")
    for command in (
        run,
        stack,
        incidents,
        verdicts,
        deliveries,
        routes,
        doctor,
        heartbeat,
        detect,
        backtest,
        trial,
        preview,
    ):
        command.add_parsers(subparsers)
    return made


if __name__ == "__main__":
    sys.exit(main())
