"""Checks the layers that `sam build` made: complete, for Lambda's processor and Python, and small enough.

`make build` ends with it: `python -m tests.template.check_build PYTHON_LAYER DATA_LAYER`. It needs the standard library
only. What a function with both has is held to Lambda's limit.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT = 250 * 1024 * 1024  # bytes, unzipped: a function and its layers (Lambda quotas)
AARCH64 = 183  # e_machine in an ELF header


def size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def data_packages(root: Path = ROOT) -> list[str]:
    """The distributions that DataLayer has, and PythonLayer has not."""
    (found,) = re.findall(r"^DATA_PACKAGES := (.+)$", (root / "Makefile").read_text(), re.MULTILINE)
    return str(found).split()


def problems(common: Path, data: Path, root: Path = ROOT, limit: int = LIMIT) -> list[str]:
    """What is wrong with the layers, a line for each; empty if nothing is."""
    missing = [layer / "python" for layer in (common, data) if not (layer / "python").is_dir()]
    if missing:
        return [f"{each} is missing: run `make build`." for each in missing]
    found = [*_too_large((common, data), root / "functions", limit)]
    for layer in (common, data):
        found += [*_wrong_binaries(layer / "python"), *_wrong_packages(layer, root, data=layer == data)]
        found += [
            f"{path.relative_to(layer)} does not belong into the layer"
            for path in (layer / "python").rglob("*")
            if path.is_dir() and path.name in ("__pycache__", "tests")
        ]
    package = common / "python" / "finopsguard"
    found += _differences(root / "src" / "finopsguard", package)
    for folder in ("schemas", "statemachine"):
        found += _differences(root / folder, package / folder)
    return found


def _wrong_packages(layer: Path, root: Path, *, data: bool) -> Iterator[str]:
    """Those that a layer lacks of the lock, and those that are the other layer's."""
    installed = {_plain(path.name.removesuffix(".dist-info")) for path in layer.glob("python/*.dist-info")}
    of_data = {_plain(name) for name in data_packages(root)}
    for name, version in _pinned(root / "requirements.txt"):
        belongs = (_plain(name) in of_data) == data
        if belongs != (_plain(f"{name}-{version}") in installed):
            yield f"{name}-{version} is {'not in' if belongs else 'of no use in'} {layer.name}"


def _too_large(layers: Sequence[Path], functions: Path, limit: int) -> Iterator[str]:
    for app in sorted(functions.glob("*/app.py")):
        total = sum(map(size, layers)) + size(app.parent)
        if total > limit:
            yield f"{app.parent.name} with its layers has {total:,} bytes unzipped; Lambda takes {limit:,}"


def _wrong_binaries(python: Path) -> Iterator[str]:
    for library in sorted(python.rglob("*.so*")):
        header = library.read_bytes()[:20]
        if header[:4] != b"\x7fELF" or int.from_bytes(header[18:20], "little") != AARCH64:
            yield f"{library.relative_to(python)} is not for Linux on arm64"
        elif re.search(r"\.cpython-(?!313-)", library.name):
            yield f"{library.relative_to(python)} is not for Python 3.13"


def _pinned(requirements: Path) -> list[tuple[str, str]]:
    """(name, version) for each line `aws-lambda-powertools==3.37.0`."""
    return re.findall(r"^([\w.-]+)==(\S+)", requirements.read_text(), re.MULTILINE)


def _plain(name: str) -> str:
    """A distribution's name in one spelling, whatever its wheel chose."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _differences(source: Path, copy: Path) -> Iterator[str]:
    for path in sorted(source.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            twin = copy / path.relative_to(source)
            if not twin.is_file() or twin.read_bytes() != path.read_bytes():
                yield f"{path.relative_to(source.parent)} is not in the layer as it is here"


def main(common: Path, data: Path) -> int:
    """Prints the layers' sizes and what is wrong; returns 1 if something is."""
    found = problems(common, data)
    for line in found:
        print(line, file=sys.stderr)
    if not found:
        sizes = ", ".join(f"{layer} {size(layer) / 2**20:.0f} MB" for layer in (common, data))
        print(f"{sizes} unzipped of {LIMIT // 2**20} MB; arm64, Python 3.13, complete.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
