"""Checks the layer that `sam build` made: complete, for Lambda's processor and Python, and small enough.

`make build` ends with it: `python -m tests.template.check_build LAYER`. It needs the standard library only.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT = 250 * 1024 * 1024  # bytes, unzipped: a function and its layers (Lambda quotas)
AARCH64 = 183  # e_machine in an ELF header


def size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def problems(layer: Path, root: Path = ROOT, limit: int = LIMIT) -> list[str]:
    """What is wrong with the layer, a line for each; empty if nothing is."""
    python = layer / "python"
    if not python.is_dir():
        return [f"{python} is missing: run `make build`."]
    found = [*_too_large(layer, root / "functions", limit), *_wrong_binaries(python)]
    installed = {_plain(path.name.removesuffix(".dist-info")) for path in python.glob("*.dist-info")}
    pinned = _pinned(root / "requirements.txt")
    found += [f"{name} is not in the layer" for name in pinned if _plain(name) not in installed]
    found += _differences(root / "src" / "finopsguard", python / "finopsguard")
    for folder in ("schemas", "statemachine"):
        found += _differences(root / folder, python / "finopsguard" / folder)
    found += [
        f"{path.relative_to(layer)} does not belong into the layer"
        for path in python.rglob("*")
        if path.is_dir() and path.name in ("__pycache__", "tests")
    ]
    return found


def _too_large(layer: Path, functions: Path, limit: int) -> Iterator[str]:
    for app in sorted(functions.glob("*/app.py")):
        total = size(layer) + size(app.parent)
        if total > limit:
            yield f"{app.parent.name} with its layer has {total:,} bytes unzipped; Lambda takes {limit:,}"


def _wrong_binaries(python: Path) -> Iterator[str]:
    for library in sorted(python.rglob("*.so*")):
        header = library.read_bytes()[:20]
        if header[:4] != b"\x7fELF" or int.from_bytes(header[18:20], "little") != AARCH64:
            yield f"{library.relative_to(python)} is not for Linux on arm64"
        elif re.search(r"\.cpython-(?!313-)", library.name):
            yield f"{library.relative_to(python)} is not for Python 3.13"


def _pinned(requirements: Path) -> list[str]:
    """`aws-lambda-powertools-3.37.0` for each line `aws-lambda-powertools==3.37.0`."""
    pins = re.findall(r"^([\w.-]+)==(\S+)", requirements.read_text(), re.MULTILINE)
    return [f"{name}-{version}" for name, version in pins]


def _plain(name: str) -> str:
    """A distribution's name in one spelling, whatever its wheel chose."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _differences(source: Path, copy: Path) -> Iterator[str]:
    for path in sorted(source.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            twin = copy / path.relative_to(source)
            if not twin.is_file() or twin.read_bytes() != path.read_bytes():
                yield f"{path.relative_to(source.parent)} is not in the layer as it is here"


def main(layer: Path) -> int:
    """Prints the layer's size and what is wrong; returns 1 if something is."""
    found = problems(layer)
    for line in found:
        print(line, file=sys.stderr)
    if not found:
        print(
            f"{layer}: {size(layer) / 2**20:.0f} MB unzipped of {LIMIT // 2**20} MB; arm64, Python 3.13, complete."
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
