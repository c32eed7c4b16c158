"""Makes a release: `python -m tools.release VERSION` (make release). It tags the commit, and pushes nothing.

`dist/` gets what is deployed as one archive, the bill of materials and the sums of both. With `--bucket` SAM also
uploads the code to that bucket and writes a template that refers to it; that alone needs AWS.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from finopsguard.version import VERSION
from tools import sbom
from tools.deploy import SAM, Run

ROOT = Path(__file__).parents[1]
# As they lie in the repository: the template that SAM built refers to functions/ and statemachine/ beside it.
DEPLOYED = (".aws-sam/build", "functions", "statemachine", "deploy")
BESIDE = ("samconfig.toml", "LICENSE", "CHANGELOG.md")
# The first moment that the format knows; the same files make the same archive.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_SAID_IN = {
    "pyproject.toml": r'^version = "([^"]+)"$',
    "src/finopsguard/version.py": r'^VERSION = "([^"]+)"$',
    "template.yaml": r'^  Version:\n    Description: .+\n    Value: "([^"]+)"$',
    "Dockerfile": r'org\.opencontainers\.image\.version="([^"]+)"',
}


def problems(version: str, root: Path = ROOT) -> list[str]:
    """Why this commit cannot be that release, a line for each with what to do; empty if nothing stands in the way."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        return [f"It is not said which version. Its form is 1.2.3: make release VERSION={VERSION}"]
    found = []
    for name, pattern in _SAID_IN.items():
        said = re.findall(pattern, (root / name).read_text("utf-8"), re.MULTILINE)
        if said != [version]:
            found.append(f"{name} says {' and '.join(said) or 'no version'}: write {version} there.")
    heading = rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)$"
    if not re.search(heading, (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE):
        found.append(
            f'CHANGELOG.md has no heading "## {version} (YYYY-MM-DD)": put it over what is in this release.'
        )
    if _git(root, "status", "--porcelain"):
        found.append("The working tree is not clean: commit or stash what git status shows.")
    if _tagged(root, version) not in ("", _git(root, "rev-parse", "HEAD")):
        found.append(
            f"v{version} is another commit's tag: a release is never changed, so take the next version."
        )
    return found


def archive(path: Path, root: Path = ROOT) -> None:
    """Writes what is deployed: after unpacking it, `sam deploy` works there as it does here."""
    with ZipFile(path, "w", ZIP_DEFLATED) as made:
        for file in _files(root):
            info = ZipInfo(str(file.relative_to(root)), _NO_TIME)
            info.external_attr = 0o644 << 16
            info.compress_type = ZIP_DEFLATED
            made.writestr(info, file.read_bytes())


def _files(root: Path) -> Iterator[Path]:
    for name in DEPLOYED:
        yield from sorted(
            path for path in (root / name).rglob("*") if path.is_file() and "__pycache__" not in path.parts
        )
    yield from (root / name for name in BESIDE)


def sums(paths: Sequence[Path]) -> str:
    """Their SHA-256, in the form that `sha256sum --check` reads."""
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in paths)


def release(version: str, bucket: str, run: Run, root: Path = ROOT) -> int:
    """Makes everything and then the tag, so that a tag means that all of it was made; 1 where it was not."""
    wrong = problems(version, root)
    if wrong:
        print(
            "\n".join(
                [f"This cannot be released as {version or '(no VERSION)'}:", *(f"  {line}" for line in wrong)]
            )
        )
        print(f"Then: make release VERSION={version or VERSION}")
        return 1
    if run(["make", "build"]):
        print(
            f"It could not be built, and nothing was tagged. Mend that, then: make release VERSION={version}"
        )
        return 1
    dist = root / "dist"
    dist.mkdir(exist_ok=True)
    zipped, bill = dist / f"finopsguard-{version}.zip", dist / f"finopsguard-{version}.cdx.json"
    archive(zipped, root)
    bill.write_text(sbom.bill(root), "utf-8")
    (dist / "SHA256SUMS").write_text(sums([zipped, bill]), "utf-8")
    packaged = dist / f"finopsguard-{version}.packaged.yaml"
    if bucket and run([SAM, "package", "--s3-bucket", bucket, "--output-template-file", str(packaged)]):
        print(
            f"SAM could not upload to {bucket}, which needs AWS credentials; nothing was tagged. Mend that, then"
        )
        print(f"  make release VERSION={version} BUCKET={bucket}")
        return 1
    tagged = _tagged(root, version)
    if not tagged and run(
        ["git", "tag", "--annotate", f"v{version}", "--message", f"FinOps Guard {version}"]
    ):
        print(f"git could not make the tag. Mend what it says, then: make release VERSION={version}")
        return 1
    print(f"dist/ has {zipped.name}, {bill.name} and SHA256SUMS.")
    if not bucket:
        print(
            "A template whose code lies in a bucket needs AWS, so there is none; with BUCKET=NAME there is."
        )
    if tagged:
        print(f"v{version} is this commit's tag already.")
        return 0
    print(f"v{version} is tagged here and nothing was pushed. Tests were not run: CI does, on the tag. Next:")
    print(f"  git push origin v{version}")
    return 0


def parser() -> argparse.ArgumentParser:
    """The arguments, as the Makefile hands them on: one that was not given is empty."""
    made = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    made.add_argument("version", metavar="VERSION")
    made.add_argument("--bucket", metavar="NAME", default="", help="where SAM uploads the code")
    return made


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 released, 1 not."""
    options = parser().parse_args(arguments)
    return release(options.version, options.bucket, _run)


def _run(command: Sequence[str]) -> int:
    sys.stdout.flush()
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, "SAM_CLI_TELEMETRY": "0"}, check=False
    ).returncode


def _tagged(root: Path, version: str) -> str:
    """The commit that has the release's tag, or nothing; CI makes again what was tagged elsewhere."""
    return (
        _git(root, "rev-list", "--max-count=1", f"v{version}")
        if _git(root, "tag", "--list", f"v{version}")
        else ""
    )


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
