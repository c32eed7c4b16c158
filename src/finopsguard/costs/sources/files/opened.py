"""From what was given (a file, a folder, a pattern, an archive, `-`) to files on this disk.

Nothing is written under a name from an archive, no link inside a folder or an archive is followed, and what is laid
down on the disk has a bound, whatever an archive says of its sizes.
"""

from __future__ import annotations

import glob
import os
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from finopsguard.costs.sources.files import bounds
from finopsguard.errors import InvalidInput

STDIN = "-"
_KNOWN = re.compile(r"\.(csv|tsv|txt|json|parquet|pq|zip)(\.gz|\.zip)?$|\.gz$", re.IGNORECASE)
# What AWS puts beside a report: it lists the files, and holds no costs.
_MANIFEST = re.compile(r"manifest\.json$|^cost_and_usage_data_status|\.(sql|yml|yaml)$", re.IGNORECASE)
_SPREADSHEET = re.compile(r"\.(xls[xmb]?|ods|numbers)$", re.IGNORECASE)
_ENDINGS = re.compile(r"(\.(csv|tsv|txt|json|parquet|pq|gz|zip|snappy))+$", re.IGNORECASE)
_NUMBER = re.compile(r"[-_.]?\d+$")
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Part:
    """One file: its name as people know it, and where it lies. Files of one `delivery` are parts of one export."""

    name: str
    path: Path
    delivery: str


@dataclass
class Opened:
    """The files, and the names of those in folders and archives that are none of costs; `folder` is for what is made
    of them.
    """

    folder: Path
    parts: list[Part] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    _laid_down: int = 0

    def lay_down(self, name: str, source: BinaryIO) -> Path:
        """Copies to a file of our own name; raises InvalidInput beyond MOST_UNPACKED bytes of all of them together."""
        with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as made:
            while piece := source.read(_CHUNK):
                self._laid_down += len(piece)
                if self._laid_down > bounds.MOST_UNPACKED:
                    raise InvalidInput(
                        f"{name} holds more than {bounds.MOST_UNPACKED:,} bytes. Unpack it and give its folder, or give"
                        " fewer days."
                    )
                made.write(piece)
        return Path(made.name)

    def add(self, name: str, path: Path, *, within: str = "") -> None:
        """A file, or what is in it if it is an archive; `within` is the archive that it comes from."""
        if len(self.parts) >= bounds.MOST_FILES:
            raise InvalidInput(f"More than {bounds.MOST_FILES:,} files were given. Give fewer months.")
        if _SPREADSHEET.search(name):
            raise InvalidInput(
                f"{name} is a spreadsheet. Save it as CSV, and give what was exported rather than that."
            )
        if not zipfile.is_zipfile(path):
            self.parts.append(Part(name, path, delivery_of(name)))
        elif within:
            raise InvalidInput(
                f"{name} is an archive within an archive. Unpack {within} and give its folder."
            )
        else:
            self._add_archive(name, path)

    def _add_archive(self, name: str, path: Path) -> None:
        try:
            with zipfile.ZipFile(path) as archive:
                for info in sorted(archive.infolist(), key=lambda each: each.filename):
                    member = f"{name}:{info.filename}"
                    if info.is_dir() or self._is_ignored(info.filename, member):
                        continue
                    if stat.S_ISLNK(info.external_attr >> 16):
                        raise InvalidInput(
                            f"{member} is a link, which is not followed. Give the file itself."
                        )
                    with archive.open(info) as source:
                        laid = self.lay_down(name, source)  # type: ignore[arg-type] # IO[bytes] reads as well
                    self.add(member, laid, within=name)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise InvalidInput(
                f"{name} cannot be unpacked ({error}). Unpack it and give its folder."
            ) from error

    def add_folder(self, folder: Path) -> None:
        """Every file of costs in a folder and in those below it, in the order of their names."""
        for place, below, files in os.walk(folder):
            below.sort()
            for name in (*below, *sorted(files)):
                path = Path(place, name)
                if name in below and not path.is_symlink():
                    continue
                if self._is_ignored(name if name in files else f"{name}.csv", str(path)):
                    continue
                if path.is_symlink() or not path.is_file():
                    raise InvalidInput(
                        f"{path} is a link or no file, and is not followed. Give the file itself."
                    )
                self.add(str(path), path)

    def _is_ignored(self, name: str, known_as: str) -> bool:
        """What is no file of costs by its name; hidden files and manifests are not worth a word."""
        last = PurePosixPath(name.replace("\\", "/"))
        if last.name.startswith((".", "_")) or "__MACOSX" in last.parts or _MANIFEST.search(last.name):
            return True
        if _KNOWN.search(last.name):
            return False
        self.ignored.append(known_as)
        return True


@contextmanager
def opened(given: Sequence[str], stdin: BinaryIO) -> Iterator[Opened]:
    """The files behind what was given. Raises InvalidInput for what is not there, is none, or is more than is read."""
    with tempfile.TemporaryDirectory() as folder:
        found = Opened(Path(folder))
        for each in given:
            try:
                _add_given(found, each, stdin)
            except OSError as error:
                raise InvalidInput(
                    f"{each} cannot be read ({error.strerror}). Make it a readable file."
                ) from error
        if not found.parts:
            raise InvalidInput(
                f"{', '.join(given)} has no file of costs. Give CSV, Parquet, JSON, .gz or .zip, or a folder of these."
            )
        yield found


def _add_given(found: Opened, given: str, stdin: BinaryIO) -> None:
    path = Path(given)
    if given == STDIN:
        found.add("standard input", found.lay_down("Standard input", stdin))
    elif path.is_dir():
        found.add_folder(path)
    elif path.is_file():
        found.add(given, path)
    elif path.is_fifo() or path.is_char_device():
        with path.open("rb") as source:
            found.add(given, found.lay_down(given, source))
    elif glob.has_magic(given):
        for name in sorted(glob.glob(given, recursive=True)):  # noqa: PTH207 - Path.glob takes no absolute pattern
            if not Path(name).is_dir():
                found.add(name, Path(name))
    else:
        raise InvalidInput(
            f"{given} is not a file. Give a file or a folder of daily costs, or - for standard input."
        )


def delivery_of(name: str) -> str:
    """A file's name without the number that tells it from the other parts of its export: `report-00002.csv.gz`."""
    return ":".join(_NUMBER.sub("", _ENDINGS.sub("", each)) for each in name.split(":"))
