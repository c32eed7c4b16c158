"""A release is refused with all that stands in its way, is made whole, and is tagged last; nothing is pushed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest

from finopsguard.version import VERSION
from tests.sweeps import sampled
from tests.template import stack
from tools import release

HEADING = f"## {VERSION} (2026-11-29)"


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=root, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with what a release is made of, built and committed."""
    for name in (
        *release._SAID_IN,
        "requirements.txt",
        "requirements-local.txt",
        "samconfig.toml",
        "LICENSE",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((stack.ROOT / name).read_bytes())
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n{HEADING}\n\n- All.\n", "utf-8")
    (tmp_path / ".gitignore").write_text("dist/\n.aws-sam/\n", "utf-8")
    for name in (
        "functions/build_card/app.py",
        "statemachine/x.json",
        "deploy/x.yaml",
        ".aws-sam/build/template.yaml",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, "utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "All")
    return tmp_path


def running(root: Path, fails: str = "") -> tuple[Callable[[Sequence[str]], int], list[str]]:
    """Runs git, and only notes all else; a command with `fails` in it ends with 1."""
    seen: list[str] = []

    def run(command: Sequence[str]) -> int:
        seen.append(" ".join(command))
        if fails and fails in seen[-1]:
            return 1
        if command[0] == "git":
            git(root, *command[1:])
        return 0

    return run, seen


def test_a_release_is_whole_and_tagged_here(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, seen = running(root)
    assert release.release(VERSION, "", run, root) == 0
    assert seen == ["make build", f"git tag --annotate v{VERSION} --message FinOps Guard {VERSION}"]
    assert git(root, "tag").split() == [f"v{VERSION}"]
    made = {path.name for path in (root / "dist").iterdir()}
    assert made == {f"finopsguard-{VERSION}.zip", f"finopsguard-{VERSION}.cdx.json", "SHA256SUMS"}
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=root / "dist", check=True)
    said = capsys.readouterr().out
    assert "nothing was pushed" in said
    assert f"git push origin v{VERSION}" in said
    assert "needs AWS" in said


def test_the_archive_has_what_is_deployed_and_is_the_same_each_time(root: Path) -> None:
    first, second = root / "dist-1.zip", root / "dist-2.zip"
    release.archive(first, root)
    os.utime(root / "functions" / "build_card" / "app.py", (1_500_000_000, 1_500_000_000))
    release.archive(second, root)
    assert first.read_bytes() == second.read_bytes()
    with ZipFile(first) as opened:
        assert {".aws-sam/build/template.yaml", "functions/build_card/app.py", "LICENSE"} <= set(
            opened.namelist()
        )


def test_the_archive_has_all_folders_that_the_template_refers_to() -> None:
    """SAM keeps the way to what it does not build, and builds the layers."""
    used = {each["CodeUri"] for each in stack.functions().values()}
    used |= {each["DefinitionUri"] for each in stack.resources("AWS::Serverless::StateMachine").values()}
    assert {uri.partition("/")[0] for uri in used} <= set(release.DEPLOYED)


@pytest.mark.parametrize("fails", ["make build", "package", "git tag"])
def test_nothing_is_tagged_where_a_part_fails(
    fails: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, _ = running(root, fails)
    assert release.release(VERSION, "a-bucket", run, root) == 1
    assert git(root, "tag") == ""
    assert f"make release VERSION={VERSION}" in capsys.readouterr().out


def test_ci_makes_again_what_was_tagged_elsewhere(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(root, "tag", f"v{VERSION}")
    run, seen = running(root)
    assert release.release(VERSION, "", run, root) == 0
    assert seen == ["make build"]
    assert "git push" not in capsys.readouterr().out


def test_with_a_bucket_sam_packages_the_template(root: Path) -> None:
    run, seen = running(root)
    assert release.release(VERSION, "a-bucket", run, root) == 0
    assert "package --s3-bucket a-bucket" in seen[1]


@sampled(every=2)
@pytest.mark.parametrize("name", release._SAID_IN)
def test_another_version_anywhere_is_named(name: str, root: Path) -> None:
    path = root / name
    path.write_text(path.read_text("utf-8").replace(f'"{VERSION}"', '"9.9.9"'), "utf-8")
    assert f"{name} says 9.9.9: write {VERSION} there." in release.problems(VERSION, root)


def test_all_that_stands_in_the_way_is_said_at_once(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(root, "tag", f"v{VERSION}")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "More")
    (root / "CHANGELOG.md").write_text("## Unreleased\n", "utf-8")
    run, seen = running(root)
    assert release.release(VERSION, "", run, root) == 1
    said = capsys.readouterr().out
    for part in ("no heading", "not clean", "another commit's tag"):
        assert part in said
    assert seen == []


@pytest.mark.parametrize("version", ["", "1.2", "v1.2.3", "1.2.3; true"])
def test_a_version_of_another_form_is_refused(version: str, root: Path) -> None:
    assert release.problems(version, root) == [
        f"It is not said which version. Its form is 1.2.3: make release VERSION={VERSION}"
    ]


def test_this_repository_could_be_released_but_for_heading_and_tree() -> None:
    found = release.problems(VERSION)
    assert [each for each in found if " says " in each] == []
