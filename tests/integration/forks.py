"""The process from which functions' processes are forked: it has imported what all of them need, of other people's.

`python tests/integration/forks.py` reads a line of JSON for each (`code`, the function's folder, and `environ`), and
writes the child's process id. Our own code and Powertools, which look at the environment while they are imported, are
imported by each child. Its standard input's end ends it; whoever asked for a child ends that.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import signal
import sys
from typing import NoReturn

LOADED = ("boto3", "cattrs", "duckdb", "http.client", "jinja2", "numpy", "snapshot_restore_py", "urllib3")


def main() -> None:
    """Forks until standard input is closed."""
    for name in LOADED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a child
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            run(asked["code"], asked["environ"])
        print(child, flush=True)


def run(code: str, environ: dict[str, str]) -> NoReturn:
    """Becomes what `python -m awslambdaric app.handler` is in the function's folder."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(code)
    sys.path[0] = code  # there Python has put this file's folder
    sys.argv = ["awslambdaric", "app.handler"]
    try:
        runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)
    finally:
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    main()
