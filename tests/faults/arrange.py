"""How the fault of a cell comes about, and goes again."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from finopsguard import contracts
from finopsguard.store import keys
from tests.faults import faults, tls, world
from tests.faults.border import Exchange, Fault
from tests.faults.run import Place, Scripted
from tests.faults.table import AROUND_THE_CAUSES, AROUND_THE_POST, TLS, Cell
from tests.faults.teams import ANSWERS
from tests.standins.s3 import key_of
from tests.truth.faults import emptied, on

Happened = Callable[[], Any]


@contextlib.contextmanager
def arranged(cell: Cell, at: Place) -> Iterator[Happened]:
    """The cell's fault as long as this lasts; what is yielded tells whether it happened."""
    arrange = {
        "AWS": _on_aws,
        "store": _on_store,
        "directory": _in_directory,
        "Teams": _on_teams,
        "stored": _in_store,
    }[cell.area]
    with arrange(cell, at) as happened:
        yield happened
    at.border.faults.clear()


@contextlib.contextmanager
def _on_aws(cell: Cell, at: Place) -> Iterator[Happened]:
    if cell.fault == "TLS":
        with _elsewhere(at, f"AWS_ENDPOINT_URL_{TLS[cell.operation]}"):
            yield lambda: True
        return
    scripted = Scripted(cell.operation, fault_of(cell.fault), cell.times, only=page_of(cell.fault))
    at.border.faults.append(scripted)
    yield lambda: scripted.done


def fault_of(name: str) -> Fault:
    """A fault of AWS by its name, the store's among them."""
    return {**faults.ON_STORE, **faults.ON_AWS, **faults.PAGED}[name]


def page_of(fault: str) -> Callable[[Exchange], bool] | None:
    """Which requests a fault of pages can happen to; None for any other fault, and for those that need none."""
    if fault == "repeated page":
        return faults.is_later_page
    return (lambda exchange: not faults.is_later_page(exchange)) if fault == "lost page" else None


@contextlib.contextmanager
def _elsewhere(at: Place, variable: str) -> Iterator[None]:
    """An endpoint whose certificate nobody trusts."""
    usual = at.env
    with tls.untrusted() as port:
        at.env = {**usual, variable: f"https://127.0.0.1:{port}"}
        yield
    at.env = usual


@contextlib.contextmanager
def _on_store(cell: Cell, at: Place) -> Iterator[Happened]:
    around = {**AROUND_THE_POST, **AROUND_THE_CAUSES}
    operation, prefix = around.get(cell.operation, (cell.operation, ""))
    scripted = Scripted(
        operation,
        faults.ON_STORE[cell.fault],
        cell.times,
        only=lambda exchange: key_of(exchange.request).startswith(prefix),
    )
    at.border.faults.append(scripted)
    yield lambda: scripted.done


_OS_ERRORS = {
    "full": errno.ENOSPC,
    "read-only": errno.EROFS,
    "not allowed": errno.EACCES,
    "unreadable": errno.EIO,
}


@contextlib.contextmanager
def _in_directory(cell: Cell, at: Place) -> Iterator[Happened]:
    """The store is a directory, and the operating system refuses to write, or to read what is there."""
    done: list[str] = []
    number = _OS_ERRORS[cell.fault]
    folder = at.use_directory()

    def refusing(real: Callable[..., Any], where: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            if str(where(*args, **named)).startswith(folder) and (cell.times == "always" or not done):
                done.append(cell.fault)
                raise OSError(number, os.strerror(number))
            return real(*args, **named)

        return call

    if cell.fault == "unreadable":
        broken = patch.object(Path, "read_bytes", refusing(Path.read_bytes, lambda path: path))
    else:
        broken = patch.object(
            tempfile, "mkstemp", refusing(tempfile.mkstemp, lambda **named: named.get("dir", ""))
        )
    with broken:
        yield lambda: done


@contextlib.contextmanager
def _on_teams(cell: Cell, at: Place) -> Iterator[Happened]:
    fault = ANSWERS[cell.fault].fault
    if fault is not None:
        scripted = Scripted("teams:post", fault, cell.times)
        at.border.faults.append(scripted)
        yield lambda: scripted.done
        return
    secrets, arn = at.border.secrets_manager.secrets, at.border.webhook_secret_arn
    usual = secrets[arn]
    with tls.untrusted() as port:
        secrets[arn] = (
            f"https://127.0.0.1:{port}/" if cell.fault == "TLS" else f"http://127.0.0.1:{tls.closed()}/"
        )
        yield lambda: True
    secrets[arn] = usual


@contextlib.contextmanager
def _in_store(cell: Cell, at: Place) -> Iterator[Happened]:
    kind = next(each for each in keys.TABLE if each.pattern == cell.operation)
    done: list[str] = []

    def damage(key: str, data: bytes) -> bytes | None:
        if not kind.matches(key):
            return data
        done.append(key)
        return damaged(cell.fault, kind, data)

    objects = at.border.s3.objects
    if kind is keys.FAILED and cell.times == "before":
        objects[world.FAILED_KEY] = contracts.encode(contracts.to_json(world.FAILED))
    if cell.times == "before":
        for key, data in list(objects.items()):
            found = damage(key, data)
            if found is None:
                del objects[key]
            else:
                objects[key] = found
    else:
        at.border.s3.damages.append(damage)
    if kind is keys.ALERT or (kind is keys.FAILED and cell.times == "during"):
        at.border.workflows.answer(400)
    if kind is keys.REFUSED:
        at.border.cost_explorer.spoil(on(lambda day: day == world.FEE_DAY, emptied))
    yield lambda: done
    at.border.s3.damages.clear()
    at.border.cost_explorer.spoils.clear()


def damaged(fault: str, kind: keys.Kind, data: bytes) -> bytes | None:
    """What is left of a stored file."""
    if fault == "missing":
        return None
    if fault == "older":
        required = contracts._inlined(contracts.load_schema(str(kind.schema)))["required"]
        document = json.loads(data)
        return contracts.encode({name: document[name] for name in required})
    if fault == "half":
        return data[: len(data) // 2]
    return b"" if fault == "empty" else hashlib.shake_128(data).digest(len(data))
