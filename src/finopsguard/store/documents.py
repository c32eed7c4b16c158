"""JSON documents in the store: each is a contract's dataclass under a seal, checked on the way in and out."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

from finopsguard import contracts
from finopsguard.errors import InvalidInput, ObjectMissing
from finopsguard.ports import Store
from finopsguard.store import keys, seal

T = TypeVar("T")
Made_co = TypeVar("Made_co", covariant=True)


class Decode(Protocol[Made_co]):
    """Makes a contract's dataclass of a document; one that was `checked` when it was written is not checked again."""

    def __call__(self, data: bytes, *, checked: bool) -> Made_co:
        """Raises InvalidInput for what is none."""


# Objects read side by side: a batch's costs come in some tens of milliseconds, and there can be hundreds.
READERS = 8


def read(store: Store, key: str, cls: type[T], *, remedy: str = "") -> T:
    """The document; raises InvalidInput naming the key, and the remedy, where it is damaged or breaks its contract."""
    return read_as(store, key, cls, partial(contracts.decode, cls), remedy=remedy)


def read_as(store: Store, key: str, cls: type[T], decode: Decode[T], *, remedy: str = "") -> T:
    """What `decode` makes of an object of a contract, of any of its versions; raises InvalidInput as `read` does."""
    try:
        found = seal.opened(store.read(key), contracts.contract_name(cls))
        return decode(found.document, checked=found.checked)
    except InvalidInput as error:
        raise damaged(key, error, remedy) from error


def find_whole(store: Store, key: str, cls: type[T]) -> T | None:
    """The document, or None if there is none that can be read: for what can be made anew."""
    try:
        return read(store, key, cls)
    except (InvalidInput, ObjectMissing):
        return None


def find_all(store: Store, keys: Sequence[str], cls: type[T]) -> list[T | None]:
    """As `find_whole`, many at once, in the order of their keys."""
    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(lambda key: find_whole(store, key, cls), keys))


def find_known(store: Store, keys: Sequence[str], cls: type[T]) -> tuple[list[T], tuple[str, ...]]:
    """As `find_all`: (the documents that can be read, the keys of the others)."""
    found = find_all(store, keys, cls)
    unreadable = tuple(key for key, each in zip(keys, found, strict=True) if each is None)
    return [each for each in found if each is not None], unreadable


def write(store: Store, key: str, document: object) -> None:
    """Stores the document after checking it against its contract."""
    store.write(key, _encode(document))


def create(store: Store, key: str, document: object) -> bool:
    """Stores the document only if there is none; False if there is. Atomic."""
    return store.create(key, _encode(document))


def damaged(key: str, error: InvalidInput, remedy: str = "") -> InvalidInput:
    """The error for an object that cannot be read, with what the table of keys says to do, or another remedy."""
    kind = keys.kind_of(key)
    told = remedy or (kind.remedy if kind else "")
    return InvalidInput(f"{key} cannot be read: {error}" + (f". {told}" if told else ""))


def _encode(document: object) -> bytes:
    data = contracts.encode(contracts.to_json(document))
    return seal.sealed(data, contracts.contract_name(type(document)))
