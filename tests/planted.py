"""False secrets, planted wherever the suites use secrets, and the search for them in everything that comes out.

Each one has MARK in it, more than once, and MARK is the same in a URL, in JSON, in repr() and in upper or lower case
of everything around it: so one look for MARK finds all of them, whole or cut. It does not find what is packed or coded
in base64. `Search` looks where bytes pass and not at disks afterwards: stores, `--out`, the state machine's history,
what is posted, calls of the log, exceptions, what tests capture. A test during which something was found fails.
"""

from __future__ import annotations

import logging
import re
import subprocess
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Logger

MARK = "s3cret"
_MARK = MARK.encode()
_AROUND = 60
# A card's link to the page is signed, and says who signed it: this token, which without its key signs nothing (AWS:
# Signature Version 4, query parameters). SECURITY.md names it. Anywhere but in that link it is a find.
_LINKS = re.compile(r"X-Amz-Security-Token=[^&\"\\\s]+&X-Amz-Signature=")
_LOGS = ("debug", "info", "warning", "error", "exception", "critical")


def secret(name: str) -> str:
    """A false secret; `name` says which one it is where it is found."""
    return f"{name}-{MARK}-{MARK}-{MARK}"


def address(name: str) -> str:
    """A person's e-mail address, as an account or a session name has it."""
    return f"{name}.{MARK}@example.com"


class Search:
    """Looks for planted secrets from `installed` on; `found` says where there was one, until it is taken."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def look(self, where: str, data: object, *, links: bool = False) -> None:
        """Looks at bytes or text that came out; `where` names the way. `links`: the card's link may be there."""
        if isinstance(data, bytes):
            if _MARK not in data:
                return
            text = data.decode("utf-8", "replace")
        else:
            text = str(data)
            if MARK not in text:
                return
        text = _LINKS.sub("", text) if links else text
        if MARK not in text:
            return
        at = text.index(MARK)
        # The mark itself would be found once more in what a failing test says.
        excerpt = text[max(0, at - _AROUND) : at + _AROUND].replace(MARK, "<planted>")
        self.found.append(f"{where}: {excerpt}")

    def take(self) -> list[str]:
        """What was found since the last time."""
        taken, self.found = self.found, []
        return taken

    def look_at_files(self, folder: Path) -> None:
        """Looks at what another process wrote, in which no border is watched."""
        for path in folder.rglob("*"):
            if path.is_file():
                self.look(f"file {path.name}", path.read_bytes(), links=True)

    def look_at_error(self, where: str, error: BaseException | None) -> None:
        """Looks at an exception and those before it, as far as a traceback shows them."""
        seen: set[int] = set()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            self.look(where, error)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)

    @contextmanager
    def installed(self) -> Iterator[Search]:
        """Watches the borders."""
        with pytest.MonkeyPatch.context() as patch:
            for owner, name, before in self._entrances():
                _wrap(patch, owner, name, before=before)
            for owner, name, after in self._exits():
                _wrap(patch, owner, name, after=after)
            yield self

    def _entrances(self) -> Iterator[tuple[object, str, Callable[..., None]]]:
        """What is looked at before it goes on: function by function, with the arguments that it gets."""
        from finopsguard.commands import files
        from finopsguard.engine.execution import History
        from finopsguard.store.bucket import BucketStore
        from finopsguard.store.directory import DirectoryStore
        from finopsguard.store.memory import MemoryStore
        from tests.standins import StandIns
        from tests.unit.fakes import FakeBus, FakeChannel, FakeTopic

        for store in (BucketStore, DirectoryStore, MemoryStore):
            for name in ("write", "create"):
                yield store, name, self._stored
        yield files, "write", lambda path, data, *_: self.look(f"--out {path.name}", data, links=True)
        yield History, "add", lambda _, raw: self._event(raw)
        yield StandIns, "handle", lambda _, request: self._request(request)
        yield FakeChannel, "post", lambda _, body: self.look("posted", body, links=True)
        yield FakeBus, "put", lambda _, events: self.look("event", repr(events))
        yield FakeTopic, "publish", lambda _, subject, text: self.look("published", f"{subject}\n{text}")
        for name in _LOGS:
            # Also what is below the log's level: another installation has another level.
            yield Logger, name, lambda _, *said, **keys: self.look("log", f"{said} {keys}")
        yield logging.Logger, "handle", lambda _, record: self._record(record)
        yield pytest.RaisesExc, "__exit__", lambda _, kind, error, trace: self.look_at_error("error", error)

    def _exits(self) -> Iterator[tuple[Any, str, Callable[..., None]]]:
        """What is looked at when it has been made: functions, and what to do with their result."""
        yield pytest.CaptureFixture, "readouterr", lambda streams: self.look("printed", "\n".join(streams))
        yield subprocess.Popen, "communicate", self._streams

    def _streams(self, streams: tuple[object, object]) -> None:
        for data in streams:
            self.look("child process", data)

    def _stored(self, _: object, key: str, data: bytes) -> None:
        self.look(f"store {key}", data, links=True)
        self.look("key", key)

    def _event(self, raw: Mapping[str, Any]) -> None:
        for details in raw.values():
            if isinstance(details, Mapping):
                for value in details.values():
                    if isinstance(value, str):
                        self.look("history", value)

    def _request(self, request: Any) -> None:
        """A body holds no secret, whoever it is for; headers hold AWS's token, which AWS has given."""
        self.look("request", request.body, links=True)
        for name, value in request.headers.items():
            if name != "X-Amz-Security-Token":
                self.look(f"header {name}", value)

    def _record(self, record: logging.LogRecord) -> None:
        self.look(f"log of {record.name}", record.getMessage())
        if record.exc_info:
            self.look_at_error(f"log of {record.name}", record.exc_info[1])


SEARCH = Search()
"""The search of this process."""


@pytest.fixture(scope="session", autouse=True)
def planted_secrets_are_searched() -> Iterator[None]:
    """Installed once: what a module's fixtures do is watched too, and a test pays nothing."""
    with SEARCH.installed():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fails each phase of a test during which a planted secret came out."""
    report = yield
    for name, text in report.sections:
        if name.endswith(call.when):
            SEARCH.look(name, text)
    found = SEARCH.take()
    if found:
        said = "\n".join(["A planted secret came out:", *dict.fromkeys(found)])
        report.sections.append(("planted secrets", said))
        if report.outcome != "failed":
            report.outcome, report.longrepr = "failed", said
    return report


def _wrap(
    patch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    *,
    before: Callable[..., None] | None = None,
    after: Callable[..., object] | None = None,
) -> None:
    original = getattr(owner, name)

    def watched(*arguments: Any, **named: Any) -> Any:
        if before:
            before(*arguments, **named)
        result = original(*arguments, **named)
        if after:
            after(result)
        return result

    watched.__name__ = name
    watched.__doc__ = original.__doc__
    patch.setattr(owner, name, watched)
