"""Files that the command line writes: whole or not at all, and never through a link that somebody else has set."""

from __future__ import annotations

import tempfile
from pathlib import Path

from finopsguard.errors import InvalidConfiguration


def folder(path: Path) -> Path:
    """The directory, made if it is not there; raises InvalidConfiguration where no file can be made in it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        raise InvalidConfiguration(
            f"--out {path} cannot be written: {error.strerror}. Choose another directory."
        ) from None


def append(path: Path, data: bytes, remedy: str) -> None:
    """Adds to a file, which is made where there is none; raises InvalidConfiguration with the remedy."""
    try:
        with path.open("ab") as file:
            file.write(data)
    except OSError as error:
        raise InvalidConfiguration(f"{path} cannot be written ({error.strerror}). {remedy}") from None


def write(path: Path, data: bytes, remedy: str = "Choose another file with --out.") -> None:
    """Writes a file in place of what has its name, be it a link; raises InvalidConfiguration with the remedy."""
    try:
        # In a folder of its own, so that nothing is left of it whatever happens.
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as apart:
            made = Path(apart, path.name)
            made.write_bytes(data)
            made.replace(path)
    except OSError as error:
        raise InvalidConfiguration(f"{path} cannot be written ({error.strerror}). {remedy}") from None
