"""The store in a directory: what `--state DIR` holds when the state machine runs in this process."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from finopsguard.aws import bounds
from finopsguard.errors import ObjectMissing, StoreAccessDenied, StoreUnavailable

_WRITING = ".writing-"


class DirectoryStore:
    """Satisfies ports.Store with one file per key.

    Readers see a whole object or none, and what was written is there after the power failed.
    """

    def __init__(self, root: str | Path) -> None:
        self._root = Path(root)

    def read(self, key: str) -> bytes:
        """See ports.Store."""
        with self._errors(key):
            path = self._path(key)
            bounds.refuse_large(str(path), path.stat().st_size)
            return path.read_bytes()

    def write(self, key: str, data: bytes) -> None:
        """See ports.Store."""
        with self._errors(key):
            written = self._temporary(key, data)
            written.replace(self._path(key))
            _sync_folder(written.parent)

    def exists(self, key: str) -> bool:
        """See ports.Store."""
        with self._errors(key):
            return self._path(key).is_file()

    def create(self, key: str, data: bytes) -> bool:
        """See ports.Store; a hard link to the finished file fails if the name is taken, whoever was first."""
        with self._errors(key):
            written = self._temporary(key, data)
            try:
                os.link(written, self._path(key))
            except FileExistsError:
                return False
            finally:
                written.unlink()
            _sync_folder(written.parent)
            return True

    def list(self, prefix: str) -> Sequence[str]:
        """See ports.Store; what is being written is not there yet."""
        with self._errors(prefix):
            folder = self._path(prefix.rpartition("/")[0])
            if not folder.is_dir():
                return []
            found = [
                Path(place, name).relative_to(self._root).as_posix()
                for place, _, names in os.walk(folder, onerror=_raise)
                for name in names
                if not name.startswith(_WRITING)
            ]
            return sorted(key for key in found if key.startswith(prefix))

    def page_link(self, key: str, lifetime: timedelta) -> None:
        """See ports.Store; a file on this machine has no URL that others could open."""

    def place(self, key: str) -> None:
        """See ports.Store; nothing here is in AWS."""

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        if ".." in parts or b"\0" in os.fsencode(key):
            raise ValueError("no file in the directory can have that name")
        return self._root.joinpath(*parts)

    def _temporary(self, key: str, data: bytes) -> Path:
        target = self._path(key)
        self._make(target.parent)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=_WRITING)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return Path(name)

    def _make(self, folder: Path) -> None:
        """The folder and those above it, each on the disk before there is anything in it."""
        if folder.is_dir():
            return
        if folder != self._root:
            self._make(folder.parent)
        folder.mkdir(parents=True, exist_ok=True)
        _sync_folder(folder.parent)

    @contextmanager
    def _errors(self, key: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, IsADirectoryError) as error:
            raise ObjectMissing(
                f"{key} is not in {self._root}. Run the report again from its first step."
            ) from error
        except (PermissionError, NotADirectoryError, FileExistsError) as error:
            raise StoreAccessDenied(
                f"{self._root} cannot be used ({error.strerror}). Give --state a directory that you may write."
            ) from error
        except ValueError as error:  # a NUL, or half of a pair of surrogates
            raise StoreAccessDenied(f"{key!a} cannot be the name of an object. Correct the input.") from error
        except OSError as error:
            raise StoreUnavailable(
                f"{self._root}: {error.strerror}. Check the disk and try again."
            ) from error


def _sync_folder(folder: Path) -> None:
    """A name is on the disk when its folder is (Linux: fsync)."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _raise(error: OSError) -> None:
    raise error
