"""Holds what is locked to a copy of PyPI's advisories, with no network: `python -m tests.advisories FILE.zip LOCK ...`.

OSV publishes all advisories of an ecosystem as one archive, a JSON file each (OSV: data dumps, schema 1). Whoever has a
network fetches it; a build that has none reads it here. `make audit` asks the package index where there is no archive.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from packaging.version import InvalidVersion, Version

_LOCKED = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)


class Hit(NamedTuple):
    """A locked package with a known vulnerability; `fixed` are the versions that no longer have it."""

    package: str
    version: str
    advisory: str
    fixed: tuple[str, ...]


def locked(paths: Sequence[Path]) -> set[tuple[str, str]]:
    """The packages of lock files, each with its version."""
    return {
        (_normal(name), version)
        for path in paths
        for name, version in _LOCKED.findall(path.read_text("utf-8"))
    }


def advisories(archive: Path) -> Iterator[Mapping[str, Any]]:
    """The advisories of an archive that were not withdrawn."""
    with ZipFile(archive) as opened:
        for name in opened.namelist():
            if name.endswith(".json"):
                advisory = json.loads(opened.read(name))
                if "withdrawn" not in advisory:
                    yield advisory


def hits(packages: set[tuple[str, str]], known: Sequence[Mapping[str, Any]]) -> list[Hit]:
    """What of the packages is vulnerable, in the order of their names."""
    versions: dict[str, list[str]] = {}
    for name, version in packages:
        versions.setdefault(name, []).append(version)
    found = {
        Hit(name, version, advisory["id"], tuple(_events(affected, "fixed")))
        for advisory in known
        for affected in advisory.get("affected", ())
        if affected.get("package", {}).get("ecosystem") == "PyPI"
        for name in [_normal(affected["package"]["name"])]
        for version in versions.get(name, ())
        if _is_affected(version, affected)
    }
    return sorted(found)


def main(arguments: Sequence[str]) -> int:
    """0: nothing known; 1: what is known, printed; 2: the archive has no advisories, which says nothing."""
    archive, *locks = map(Path, arguments)
    try:
        known = [each for each in advisories(archive) if any(_of_pypi(each))]
    except (OSError, BadZipFile, ValueError) as error:
        print(
            f"{archive} cannot be read ({type(error).__name__}). Give OSV's archive of PyPI.", file=sys.stderr
        )
        return 2
    packages = locked(locks)
    if not known or not packages:
        print(f"{archive} has no advisory of PyPI, or nothing is locked: this says nothing.", file=sys.stderr)
        return 2
    found = hits(packages, known)
    for hit in found:
        print(
            f"{hit.package} {hit.version}: {hit.advisory}, fixed in {', '.join(hit.fixed) or 'no version yet'}"
        )
    newest = max(str(each.get("modified", "")) for each in known)
    print(
        f"{len(packages)} packages, {len(known)} advisories until {newest[:10]}: {len(found)} known vulnerabilities"
    )
    return 1 if found else 0


def _of_pypi(advisory: Mapping[str, Any]) -> list[bool]:
    return [each.get("package", {}).get("ecosystem") == "PyPI" for each in advisory.get("affected", ())]


def _is_affected(version: str, affected: Mapping[str, Any]) -> bool:
    """OSV's own evaluation: named one by one, or between the events of a range of the ecosystem's versions."""
    if version in affected.get("versions", ()):
        return True
    ranges = [each for each in affected.get("ranges", ()) if each.get("type") == "ECOSYSTEM"]
    return any(_is_in(Version(version), each["events"]) for each in ranges)


def _is_in(version: Version, events: Sequence[Mapping[str, str]]) -> bool:
    inside = False
    for event in sorted(events, key=_place):
        (kind, limit), *_ = event.items()
        if kind == "introduced" and version >= _version(limit):
            inside = True
        elif (kind == "fixed" and version >= _version(limit)) or (
            kind == "last_affected" and version > _version(limit)
        ):
            inside = False
    return inside


def _place(event: Mapping[str, str]) -> tuple[Version, bool]:
    """Of one version, what begins comes after what ends there."""
    (kind, limit), *_ = event.items()
    return _version(limit), kind == "introduced"


def _version(text: str) -> Version:
    """A version of an advisory; OSV's "0" is before all, and one that is none of Python's counts as that too."""
    try:
        return Version("0.dev0" if text == "0" else text)
    except InvalidVersion:
        return Version("0.dev0")


def _events(affected: Mapping[str, Any], kind: str) -> list[str]:
    return [
        event[kind]
        for each in affected.get("ranges", ())
        if each.get("type") == "ECOSYSTEM"
        for event in each["events"]
        if kind in event
    ]


def _normal(package: str) -> str:
    """A package's name as all indexes know it (Python: name normalization)."""
    return re.sub(r"[-_.]+", "-", package).lower()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
