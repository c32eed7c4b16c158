"""The project's own files, for tests that read them; not what was installed or built beside them."""

from __future__ import annotations

import os
from pathlib import Path

from tests.template.stack import ROOT

_NOT_OURS = {"node_modules", "__pycache__", "build", "out"}


def ours(*ends: str) -> list[Path]:
    """Files whose name ends so, below the root, without hidden folders."""
    found = []
    for folder, below, names in os.walk(ROOT):
        below[:] = sorted(name for name in below if not name.startswith(".") and name not in _NOT_OURS)
        found += [Path(folder, name) for name in names if name.endswith(ends)]
    return sorted(found)


def pages() -> list[Path]:
    """All Markdown pages."""
    return ours(".md")
