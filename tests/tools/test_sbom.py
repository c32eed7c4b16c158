"""The bill of materials has what the locks have, is valid, and is the same for the same commit."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from finopsguard.version import VERSION
from tests.template.stack import ROOT
from tools import sbom

MADE = datetime(2026, 11, 29, tzinfo=UTC)


@cache
def text() -> str:
    return sbom.bill(ROOT, MADE)


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text())
    return found


def test_it_is_valid_by_the_formats_own_schema() -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(text()) is None
    assert validator.validate_str(text().replace('"type": "library"', '"type": "libary"')) is not None


def test_each_locked_package_is_in_it_with_all_its_hashes() -> None:
    lock = (ROOT / "requirements-local.txt").read_text("utf-8")
    names = re.findall(r"^([\w.-]+)==(\S+)", lock, re.MULTILINE)
    listed = document()["components"]
    assert {(each["name"], each["version"]) for each in listed} == set(names)
    assert [each["purl"] for each in listed if each["name"] == "boto3"] == [
        f"pkg:pypi/boto3@{dict(names)['boto3']}"
    ]
    hashes = [each["content"] for component in listed for each in component["hashes"]]
    assert sorted(hashes) == sorted(re.findall(r"sha256:([0-9a-f]{64})", lock))


def test_it_says_what_of_it_is_in_the_layers() -> None:
    layers = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    marked = {
        each["name"]
        for each in document()["components"]
        if {"name": "finopsguard:delivered-in", "value": "layers and container"} in each["properties"]
    }
    assert marked == set(layers)
    conditional = [each for each in document()["components"] if len(each["properties"]) == 2]
    assert {"pycparser", "cffi"} <= {each["name"] for each in conditional}


def test_it_is_about_this_release_and_each_package_is_a_part_of_it() -> None:
    ours = document()["metadata"]["component"]
    assert (ours["name"], ours["version"], ours["licenses"]) == (
        "finopsguard",
        VERSION,
        [{"expression": "Apache-2.0"}],
    )
    [root] = [each for each in document()["dependencies"] if each["ref"] == "finopsguard"]
    assert set(root["dependsOn"]) == {each["bom-ref"] for each in document()["components"]}


def test_the_same_locks_give_the_same_bytes() -> None:
    assert sbom.bill(ROOT, MADE) == text()
    assert "http" not in re.sub(r'"\$schema": "[^"]+"', "", text()), "no registry's address"


def test_an_entry_without_hashes_is_refused() -> None:
    assert sbom.locked(f"a==1 ; python_version < '3.12' \\\n    --hash=sha256:{'0' * 64}\n") == [
        ("a", "1", "python_version < '3.12'", ("0" * 64,))
    ]
    with pytest.raises(ValueError, match="1 entries of the lock have no hash"):
        sbom.locked("a==1\n")
