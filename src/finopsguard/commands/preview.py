"""`finopsguard preview`: an HTML page that shows a card as Teams does."""

from __future__ import annotations

import argparse
import json
import webbrowser
from pathlib import Path
from typing import Any

from finopsguard import contracts
from finopsguard.channels.teams import card, preview
from finopsguard.commands import files
from finopsguard.errors import InvalidInput
from finopsguard.models.report import Report

_DEFAULT = Path("out/card.json")
# The report of 10,000 accounts has some megabytes.
_MOST_BYTES = 50_000_000


def add_parsers(subparsers: Any) -> None:
    """Registers `preview`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "preview", help="write an HTML page that shows a card as Teams does"
    )
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        default=_DEFAULT,
        metavar="CARD_OR_REPORT_JSON",
        help="default: %(default)s",
    )
    parser.add_argument("--out", type=Path, help="the page to write (default: beside the file, preview.html)")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.set_defaults(command=write_preview)


def write_preview(options: argparse.Namespace) -> int:
    """Writes the page and prints its path; raises InvalidInput for a file that is neither card nor report."""
    source: Path = options.file
    target: Path = options.out or source.parent / "preview.html"
    try:
        html = preview.page(_message(source)).encode()
    except (RecursionError, UnicodeError) as error:
        raise InvalidInput(
            f"{source} is no card ({type(error).__name__}). Give card.json or report.json."
        ) from error
    files.write(target, html)
    print(target)  # noqa: T201 - the command's result
    if options.open:
        webbrowser.open(target.resolve().as_uri())
    return 0


def _message(source: Path) -> dict[str, Any]:
    try:
        with source.open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            raise InvalidInput(f"{source} has more than {_MOST_BYTES} bytes. Give card.json or report.json.")
        data = json.loads(text)
    except OSError as error:
        raise InvalidInput(
            f"{source} cannot be read ({error.strerror}). Make a card first: finopsguard run --report weekly."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{source} is not JSON ({error}). Give card.json or report.json.") from error
    if not isinstance(data, dict):
        raise InvalidInput(f"{source} holds no JSON object. Give card.json or report.json.")
    return card.message(contracts.from_json(Report, data)) if "totals" in data else data
