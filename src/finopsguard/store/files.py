"""What the store keeps that is no JSON document: costs as Parquet, and the bodies of messages."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar, overload

from finopsguard import contracts
from finopsguard.errors import InvalidInput, ObjectMissing, StoreUnavailable
from finopsguard.models.messages import Message
from finopsguard.ports import Store
from finopsguard.store import seal
from finopsguard.store.documents import READERS, damaged

T = TypeVar("T")


def write_costs(store: Store, key: str, parquet: bytes) -> None:
    """Stores a Parquet file under its seal."""
    store.write(key, seal.sealed_parquet(parquet))


def read_costs(store: Store, key: str) -> bytes:
    """A Parquet file; raises InvalidInput naming the key and the remedy where it is damaged."""
    return _read(store, key).parquet


def write_noted(store: Store, key: str, parquet: bytes, note: object) -> None:
    """Stores a Parquet file and a contract's dataclass that says of it what no row can, in one object."""
    store.write(key, _noted(parquet, note))


def create_noted(store: Store, key: str, parquet: bytes, note: object) -> bool:
    """The same, only if there is no such object; False if there is. Atomic."""
    return store.create(key, _noted(parquet, note))


def find_noted(store: Store, key: str, cls: type[T]) -> tuple[bytes, T] | None:
    """(Parquet, note) of an object, or None if there is none that can be read: for what can be made anew."""
    try:
        found = _read(store, key)
        return found.parquet, contracts.decode(cls, found.note)
    except (InvalidInput, ObjectMissing):
        return None


class CostFiles(Sequence[bytes]):
    """Parquet files in a temporary folder, in the order of their keys: all in memory would be too much.

    Each is read from the disk when it is asked for. The folder goes with this object.
    """

    def __init__(self, store: Store, keys: Sequence[str]) -> None:
        """Reads them, many at once; raises as `read_costs` does, and StoreUnavailable where there is no room."""
        self._count = len(keys)
        try:
            self._folder = tempfile.mkdtemp()
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            with ThreadPoolExecutor(READERS) as pool:
                list(pool.map(partial(self._place, store), range(self._count), keys))
        except OSError as error:
            raise StoreUnavailable(
                f"The temporary folder cannot be used ({error}). Make room there (in AWS: AggregateDisk)."
            ) from error

    def _place(self, store: Store, number: int, key: str) -> None:
        self._path(number).write_bytes(read_costs(store, key))

    def _path(self, number: int) -> Path:
        return Path(self._folder, f"{number}.parquet")

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, number: int) -> bytes: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[bytes]: ...
    def __getitem__(self, number: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(number, slice):
            return [self[each] for each in range(self._count)[number]]
        return self._path(range(self._count)[number]).read_bytes()


def read_all_costs(store: Store, keys: Sequence[str]) -> Sequence[bytes]:
    """As `read_costs`, many at once, in the order of their keys."""
    return CostFiles(store, keys)


def costs_are_whole(store: Store, key: str) -> bool:
    """True if the file is there and can be read."""
    try:
        read_costs(store, key)
    except (InvalidInput, ObjectMissing):
        return False
    return True


def _read(store: Store, key: str) -> seal.Noted:
    try:
        return seal.checked_parquet(store.read(key))
    except InvalidInput as error:
        raise damaged(key, error) from error


def _noted(parquet: bytes, note: object) -> bytes:
    return seal.sealed_parquet(parquet, contracts.encode(contracts.to_json(note)))


def message_of(
    channel: str, key: str, body: bytes, corrects: str | None = None, *, routed: bool = False
) -> Message:
    """What names a body: its key, and how it is known again."""
    return Message(channel, key, len(body), corrects, hashlib.sha256(body).hexdigest(), routed)


def write_message(
    store: Store, channel: str, key: str, body: bytes, corrects: str | None = None, *, routed: bool = False
) -> Message:
    """Stores a body, and returns what names it."""
    store.write(key, body)
    return message_of(channel, key, body, corrects, routed=routed)


def read_message(store: Store, message: Message) -> bytes:
    """The body that is posted; raises InvalidInput where it is not the one that the message names."""
    body = store.read(message.key)
    if message.sha256 not in (None, hashlib.sha256(body).hexdigest()):
        raise damaged(message.key, InvalidInput("its checksum is wrong"))
    return body
