"""Runs every benchmark: each module here and each folder with a `__main__.py`, one after the other (`make bench`).

Each is a process of its own, so that none measures what another loaded. `python -m benchmarks detection` runs one.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent


def names() -> list[str]:
    """The benchmarks, by folder or module."""
    folders = {entry.parent.name for entry in HERE.glob("*/__main__.py")}
    return sorted(folders | {entry.stem for entry in HERE.glob("*.py")} - {"__main__"})


def main(arguments: Sequence[str]) -> int:
    """Runs the named benchmarks, or all; returns 1 if one of them failed, 2 for an unknown name."""
    unknown = sorted(set(arguments) - set(names()))
    if unknown:
        print(f"No benchmark {', '.join(unknown)}; there are: {', '.join(names())}.", file=sys.stderr)
        return 2
    failed = []
    for name in arguments or names():
        print(f"== {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=HERE.parent, check=False)
        if done.returncode != 0:
            failed.append(name)
    if failed:
        print(f"Failed: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
