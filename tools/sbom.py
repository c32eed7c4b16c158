"""Writes the bill of materials of a release: `python -m tools.sbom FILE` (make sbom).

CycloneDX 1.6 in JSON, made from the hashed lock files and from nothing else: what is locked is what is installed, since
pip refuses any other file. A package's hashes are those of all its files; which of them is used depends on the machine.
The same commit gives the same bytes.
"""

from __future__ import annotations

import re
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from finopsguard.version import VERSION

ROOT = Path(__file__).parents[1]
# What is delivered, and the lock that it is installed from. The second holds the first.
LAYERS, CONTAINER = "requirements.txt", "requirements-local.txt"
DEFAULT = ROOT / "build" / f"finopsguard-{VERSION}.cdx.json"

_ENTRY = re.compile(
    r"^([\w.-]+)==([^\s;\\]+)(?: ; ([^\\\n]+?))? *\\?\n((?: +--hash=\S+(?: \\)?\n)+)", re.MULTILINE
)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_SPACE = uuid.UUID("6d1b0b1e-3c1f-5a6e-9c0f-0d6f1f5f2a11")


class Locked(NamedTuple):
    """An entry of a lock file: where it is installed is its marker, empty for everywhere."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def locked(text: str) -> list[Locked]:
    """The entries of a lock file; raises ValueError for one without hashes, which no bill could name."""
    found = [
        Locked(name, version, marker, tuple(_HASH.findall(hashes)))
        for name, version, marker, hashes in _ENTRY.findall(text)
    ]
    entries = re.findall(r"^[\w.-]+==", text, re.MULTILINE)
    if len(found) != len(entries):
        raise ValueError(
            f"{len(entries) - len(found)} entries of the lock have no hash. Write it anew: make lock"
        )
    return found


def bill(root: Path = ROOT, made: datetime | None = None) -> str:
    """The document; `made` is its time, the commit's where none is given."""
    texts = {name: (root / name).read_text("utf-8") for name in (LAYERS, CONTAINER)}
    in_layers = {each.name for each in locked(texts[LAYERS])}
    ours = Component(
        name="finopsguard",
        version=VERSION,
        type=ComponentType.APPLICATION,
        bom_ref="finopsguard",
        licenses=[LicenseExpression("Apache-2.0")],
    )
    bom = Bom(
        components=list(_components(locked(texts[CONTAINER]), in_layers)),
        serial_number=uuid.uuid5(_SPACE, VERSION + "".join(texts.values())),
    )
    bom.metadata.component = ours
    bom.metadata.timestamp = made or _commit_time(root)
    bom.register_dependency(ours, bom.components)
    return str(JsonV1Dot6(bom).output_as_string(indent=2)) + "\n"


def _components(entries: Sequence[Locked], in_layers: set[str]) -> Iterator[Component]:
    for each in entries:
        place = "layers and container" if each.name in in_layers else "container"
        properties = [Property(name="finopsguard:delivered-in", value=place)]
        if each.marker:
            properties.append(Property(name="finopsguard:installed-where", value=each.marker))
        purl = PackageURL("pypi", name=each.name, version=each.version)
        yield Component(
            name=each.name,
            version=each.version,
            type=ComponentType.LIBRARY,
            bom_ref=purl.to_string(),
            purl=purl,
            scope=ComponentScope.REQUIRED,
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=value) for value in each.hashes],
            properties=properties,
        )


def _commit_time(root: Path) -> datetime:
    done = subprocess.run(
        ["git", "show", "--no-patch", "--format=%ct", "HEAD"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    return datetime.fromtimestamp(int(done.stdout), UTC)


def main(arguments: Sequence[str]) -> int:
    """Writes the bill and says how much is in it."""
    path = Path(arguments[0]) if arguments else DEFAULT
    text = bill()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    print(
        f"{path}: CycloneDX 1.6, {len(locked((ROOT / CONTAINER).read_text('utf-8')))} packages of {CONTAINER}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
