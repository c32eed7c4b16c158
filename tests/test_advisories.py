"""`make audit` without a network: what is locked against an archive of advisories in OSV's form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.advisories import Hit, hits, locked, main
from tests.template.stack import ROOT

LOCK = "boto3==1.44.8 \\\n    --hash=sha256:ab\nPy_Yaml==6.0.4 ; sys_platform == 'win32' \\\n"


def advisory(package: str = "boto3", **affected: Any) -> dict[str, Any]:
    return {
        "id": "PYSEC-2026-1",
        "modified": "2026-11-28T00:00:00Z",
        "affected": [{"package": {"ecosystem": "PyPI", "name": package}, **affected}],
    }


def between(*events: dict[str, str], kind: str = "ECOSYSTEM") -> dict[str, Any]:
    return {"ranges": [{"type": kind, "events": list(events)}]}


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text(LOCK)
    return path


def archive(folder: Path, *found: dict[str, Any]) -> Path:
    path = folder / "all.zip"
    with ZipFile(path, "w") as made:
        for number, each in enumerate(found):
            made.writestr(f"PYSEC-{number}.json", json.dumps(each))
    return path


@pytest.mark.parametrize(
    ("known", "affected"),
    [
        (advisory(versions=["1.44.7", "1.44.8"]), True),
        (advisory(versions=["1.44.7"]), False),
        (advisory(**between({"introduced": "0"}, {"fixed": "1.44.9"})), True),
        (advisory(**between({"introduced": "0"}, {"fixed": "1.44.8"})), False),
        (advisory(**between({"introduced": "0"}, {"last_affected": "1.44.8"})), True),
        (advisory(**between({"introduced": "0"}, {"last_affected": "1.44.7"})), False),
        (advisory(**between({"introduced": "1.45.0"})), False),
        (advisory(**between({"fixed": "1.9.0"}, {"introduced": "1.44.10"}, {"introduced": "1.2"})), False),
        (advisory(**between({"introduced": "1.44.8"}, {"fixed": "1.2"}, {"introduced": "0"})), True),
        (advisory(**between({"introduced": "0"}, kind="GIT")), False),
        (advisory("py.yaml", versions=["6.0.4"]), True),
        (advisory("boto", **between({"introduced": "0"})), False),
    ],
)
def test_a_version_is_judged_as_osv_judges_it(lock: Path, known: dict[str, Any], affected: bool) -> None:
    assert bool(hits(locked([lock]), [known])) is affected


def test_what_is_known_is_said_with_the_version_that_mends_it(
    lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = advisory(**between({"introduced": "0"}, {"fixed": "1.45.0"}))
    assert hits(locked([lock]), [known]) == [Hit("boto3", "1.44.8", "PYSEC-2026-1", ("1.45.0",))]
    assert main([str(archive(tmp_path, known, advisory("other"))), str(lock)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "boto3 1.44.8: PYSEC-2026-1, fixed in 1.45.0",
        "2 packages, 2 advisories until 2026-11-28: 1 known vulnerabilities",
    ]


def test_what_was_withdrawn_is_not_held_against_a_package(lock: Path, tmp_path: Path) -> None:
    gone = {**advisory(versions=["1.44.8"]), "withdrawn": "2026-11-01T00:00:00Z"}
    assert main([str(archive(tmp_path, gone, advisory("other"))), str(lock)]) == 0


@pytest.mark.parametrize("content", ["nothing", "no zip", "another ecosystem", "not there"])
def test_an_archive_that_says_nothing_is_no_clean_one(
    lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    path = archive(tmp_path)
    if content == "no zip":
        path.write_text("<html>")
    elif content == "another ecosystem":
        path = archive(
            tmp_path, {"id": "GO-1", "affected": [{"package": {"ecosystem": "Go", "name": "boto3"}}]}
        )
    elif content == "not there":
        path.unlink()
    assert main([str(path), str(lock)]) == 2
    assert str(path) in capsys.readouterr().err


def test_every_lock_file_is_audited() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    [named] = [line for line in makefile.splitlines() if line.startswith("LOCKS := ")]
    files = {path.name for path in ROOT.glob("requirements*.txt")}
    assert set(named.split()[2:]) == files
