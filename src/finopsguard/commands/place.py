"""Which store a command uses: the directory of `--state`, the deployed bucket, or the default directory."""

from __future__ import annotations

import argparse
from collections.abc import MutableMapping

DEFAULT_STATE = ".finopsguard"


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
