"""Which store a command uses, and which language it speaks.

The store is the directory of `--state`, the deployed bucket, or the default directory.
"""

from __future__ import annotations

import argparse
from collections.abc import MutableMapping
from typing import get_args

from finopsguard.models.run import Language
from finopsguard.variables import VARIABLES

DEFAULT_STATE = ".finopsguard"
_LANGUAGE = VARIABLES["language"].name


def add_state(parser: argparse.ArgumentParser, what: str) -> None:
    """The option `--state DIR`; `what` names the store in its help."""
    parser.add_argument(
        "--state",
        metavar="DIR",
        help=f"{what} (default: FINOPSGUARD_BUCKET, FINOPSGUARD_STATE_DIR or {DEFAULT_STATE})",
    )


def choose_store(environ: MutableMapping[str, str], state: str | None) -> None:
    """Sets what the store is made of: a directory where one is given, or where no bucket is set."""
    if state or not environ.get("FINOPSGUARD_BUCKET"):
        environ["FINOPSGUARD_BUCKET"] = ""
        environ["FINOPSGUARD_STATE_DIR"] = state or environ.get("FINOPSGUARD_STATE_DIR") or DEFAULT_STATE


def add_language(parser: argparse.ArgumentParser, of: str = "the answer") -> None:
    """The option `--lang`; `of` names in its help what is in that language."""
    parser.add_argument("--lang", choices=get_args(Language), help=f"language of {of} (default: {_LANGUAGE})")


def choose_language(environ: MutableMapping[str, str], language: Language | None) -> None:
    """Sets the language that was asked for, if one was."""
    if language:
        environ[_LANGUAGE] = language
