"""JSON documents in the store: each is a contract's dataclass, checked on the way in and out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from finopsguard import contracts
from finopsguard.errors import InvalidInput
from finopsguard.ports import Store

T = TypeVar("T")

# Objects read side by side: a batch's costs come in some tens of milliseconds, and there can be hundreds.
_READERS = 8


def read(store: Store, key: str, cls: type[T], *, remedy: str = "") -> T:
    """The document; raises InvalidInput naming the key, and the remedy, where it does not satisfy its contract."""
    return read_as(store, key, partial(contracts.decode, cls), remedy=remedy)


def read_as(store: Store, key: str, decode: Callable[[bytes], T], *, remedy: str = "") -> T:
    """What `decode` makes of an object; raises InvalidInput as `read` does."""
    try:
        return decode(store.read(key))
    except InvalidInput as error:
        raise InvalidInput(f"{key} cannot be read: {error}" + (f". {remedy}" if remedy else "")) from error


def find(store: Store, key: str, cls: type[T]) -> T | None:
    """The document, or None if there is none; raises InvalidInput as `read` does."""
    return read(store, key, cls) if store.exists(key) else None


def find_whole(store: Store, key: str, cls: type[T]) -> T | None:
    """The document, or None if there is none that can be read: for what can be made anew."""
    try:
        return find(store, key, cls)
    except InvalidInput:
        return None


def write(store: Store, key: str, document: object) -> None:
    """Stores the document after checking it against its contract."""
    store.write(key, contracts.encode(contracts.to_json(document)))


def create(store: Store, key: str, document: object) -> bool:
    """Stores the document only if there is none; False if there is. Atomic."""
    return store.create(key, contracts.encode(contracts.to_json(document)))


def read_all(store: Store, keys: Sequence[str]) -> list[bytes]:
    """The bytes of many objects, in the order of their keys."""
    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(store.read, keys))
