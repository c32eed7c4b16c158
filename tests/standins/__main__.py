"""Runs the stand-ins until Ctrl-C: `python -m tests.standins`.

Prints one `export` line for each variable, to be pasted into another shell, and at the end what was received.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import threading

from tests.standins import StandIns, sample_accounts


def main() -> None:
    """Starts the server and prints the environment to export."""
    parser = argparse.ArgumentParser(prog="python -m tests.standins", description=__doc__)
    parser.add_argument("--accounts", type=int, default=24, help="how many accounts the Organization has")
    options = parser.parse_args()
    with StandIns(accounts=sample_accounts(options.accounts)) as standins:
        for name, value in standins.environ().items():
            sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
        sys.stdout.flush()
        sys.stderr.write(f"# {options.accounts} accounts at {standins.endpoint}; Ctrl-C ends\n")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pages, posts = standins.cost_explorer.requests, len(standins.workflows.posts)
            sys.stderr.write(f"# Cost Explorer pages: {pages}; cards received: {posts}\n")


if __name__ == "__main__":
    main()
