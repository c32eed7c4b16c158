"""One run of the real state machine against the border, in this process, and what came of it."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import botocore.endpoint
import urllib3
from botocore.config import Config

from finopsguard import contracts, providers, wiring
from finopsguard.aws import bounds, clients
from finopsguard.channels.teams import webhook
from finopsguard.engine.embedded import run_embedded
from finopsguard.engine.execution import Event, Execution
from finopsguard.models.report import Report
from finopsguard.ports import Clock, Sleep
from tests.faults import world
from tests.faults.border import Border, Exchange, Fault
from tests.planted import SEARCH

REQUEST = {"report": "weekly", "scheduled_time": "2026-11-23T08:00:00Z"}
BEFORE = {"report": "weekly", "scheduled_time": "2026-11-16T08:00:00Z"}
RUN_ID = "weekly-2026-11-16"
# Waits between the state machine's retries, of the seconds that they take in AWS.
WAIT_SCALE = 0.00002
_SHORT = 0.15
# Far below faults.ENDLESS_PAGES, and more than any list here has.
_MOST_PAGES = 40
_MOST_BYTES = 4 << 20
_SETTINGS = {
    "FINOPSGUARD_HISTORY_DAYS": "45",
    "FINOPSGUARD_ACCOUNTS_PER_FETCH": "2",
    "FINOPSGUARD_MAX_CONCURRENCY": "1",
    "FINOPSGUARD_MAX_MISSING_PERCENT": "60",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "POWERTOOLS_METRICS_DISABLED": "true",
    "POWERTOOLS_TRACE_DISABLED": "true",
}
PAGES = {
    "ce:usage": 12,
    "ce:charges": 4,
    "ce:total": 30,
    "ce:billed": 3,
    "organizations:ListAccounts": 3,
    "organizations:ListAccountsForParent": 2,
    "organizations:ListRoots": 1,
    "organizations:ListOrganizationalUnitsForParent": 1,
}


@dataclass
class Place:
    """A border with its store, and runs against it. `env` are settings beside the usual ones."""

    border: Border
    env: Mapping[str, str] = field(default_factory=dict)
    now: datetime = datetime(2026, 11, 23, 9, tzinfo=UTC)
    events: list[Event] = field(default_factory=list)
    directory: str = ""
    _folder: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def run(self, request: Mapping[str, Any] = REQUEST, *, hasty: str = "", **options: Any) -> Execution:
        """The state machine's run; `hasty`, `AWS` or `Teams`: what is given up there after a fraction of a second."""
        with surroundings(self.settings(), self.now, hasty=hasty):
            return run_embedded(request, wait_scale=WAIT_SCALE, on_event=self.events.append, **options)

    def settings(self) -> dict[str, str]:
        """All variables of a run."""
        return {**self.border.settings(), **self.env}

    def report(self, run_id: str = RUN_ID) -> Report | None:
        """The report as BuildCard left it, before anything was done to what is stored."""
        found = self._written(f"runs/{run_id}/report.json")
        return contracts.decode(Report, found[-1]) if found else None

    def messages(self) -> list[bytes]:
        """The bodies of all messages of reports, as BuildCard left them."""
        return self._written("runs/*/messages/*/*") + self._written("runs/*/corrections/*/*/*")

    def use_directory(self) -> str:
        """From now on the store is a directory, which has what the bucket has; the same one each time."""
        if self.directory:
            return self.directory
        self.directory = self._folder.enter_context(tempfile.TemporaryDirectory())
        for key, data in self.border.s3.objects.items():
            path = Path(self.directory, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        self.env = {**self.env, "FINOPSGUARD_BUCKET": "", "FINOPSGUARD_STATE_DIR": self.directory}
        return self.directory

    def stored(self) -> list[str]:
        """What is stored."""
        if self.directory:
            root = Path(self.directory)
            return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
        return sorted(self.border.s3.objects)

    def read(self, key: str) -> bytes:
        """A stored object."""
        return Path(self.directory, key).read_bytes() if self.directory else self.border.s3.objects[key]

    def _written(self, pattern: str) -> list[bytes]:
        if self.directory:
            return [path.read_bytes() for path in Path(self.directory).glob(pattern)]
        return [data for key, data in self.border.s3.puts if fnmatchcase(key, pattern)]

    def later(self, hours: float) -> None:
        """Time goes by."""
        self.now += timedelta(hours=hours)


@contextlib.contextmanager
def place(
    env: Mapping[str, str] | None = None, objects: Mapping[str, bytes] | None = None
) -> Iterator[Place]:
    """A border of the small Organization, whose store holds these objects."""
    with Border(accounts=world.ACCOUNTS, costs=world.COSTS) as border:
        border.cost_explorer.names = dict(world.NAMES)
        border.page_sizes = dict(PAGES)
        border.s3.objects.update(objects or {})
        at = Place(border, {**_SETTINGS, **(env or {})})
        with at._folder:
            yield at
            # Also what children wrote, in whose processes nobody looks.
            for key, data in border.s3.objects.items():
                SEARCH.look(f"bucket {key}", data, links=True)
            if at.directory:
                SEARCH.look_at_files(Path(at.directory))


@contextlib.contextmanager
def surroundings(
    settings: Mapping[str, str],
    now: datetime | Callable[[], datetime],
    *,
    hasty: str = "",
    patience: float = _SHORT,
) -> Iterator[None]:
    """Settings and clock of a run; nothing of this machine's own, no waiting, and no foreign name is asked for."""
    asked: list[str] = []
    teams = "Teams" in hasty
    limits = Config(connect_timeout=2, read_timeout=patience if "AWS" in hasty else 20)
    clock = now if callable(now) else lambda: now
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    wiring._wiring.cache_clear()
    with contextlib.ExitStack() as stack:
        for patched in (
            patch.dict(os.environ, {**kept, **settings}, clear=True),
            patch.dict(
                providers.PROVIDERS,
                {Clock: lambda: clock, Sleep: lambda: lambda seconds: None},
            ),
            patch.object(clients, "CONFIG", clients.CONFIG.merge(limits)),
            patch.object(clients, "_S3_CONFIG", clients._S3_CONFIG.merge(limits)),
            patch.object(clients, "_BUDGETS_CONFIG", clients._BUDGETS_CONFIG.merge(limits)),
            patch.object(clients, "_SNS_CONFIG", clients._SNS_CONFIG.merge(limits)),
            patch.object(clients, "_TRAIL_CONFIG", clients._TRAIL_CONFIG.merge(limits)),
            patch.object(webhook, "TIMEOUT", urllib3.Timeout(connect=2, read=patience if teams else 20)),
            patch.dict(webhook.WebhookChannel.__init__.__kwdefaults__, longest_answer=1.0 if teams else 30.0),
            patch.object(bounds, "MOST_ANSWER_BYTES", _MOST_BYTES),
            patch.object(bounds, "MOST_OBJECT_BYTES", _MOST_BYTES),
            patch.object(bounds, "MOST_QUERY_PAGES", _MOST_PAGES),
            patch.object(bounds, "MOST_LIST_PAGES", _MOST_PAGES),
            patch.object(bounds, "MOST_BUDGET_PAGES", _MOST_PAGES),
            patch.object(botocore.endpoint, "time", SimpleNamespace(sleep=lambda seconds: None)),
            patch.object(socket, "getaddrinfo", _guarded(asked)),
        ):
            stack.enter_context(patched)
        yield
    wiring._wiring.cache_clear()
    assert not asked, f"a name on the network was asked for: {asked}"


def _guarded(asked: list[str]) -> Any:
    """Looks up nothing but this machine; what was asked for is kept, for an error may be caught on its way."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
        if host not in ("127.0.0.1", "localhost", "::1", None):
            asked.append(str(host))
            raise socket.gaierror(f"a test asked for {host}")
        return real(host, *rest, **named)

    return getaddrinfo


class Scripted:
    """Puts a fault in the way of an operation: once, always, or for one batch or one incident alone."""

    def __init__(self, operation: str, fault: Fault, times: str, *, only: Any = None) -> None:
        self._operation = operation
        self._fault = fault
        self._times = times
        self._only = only
        self.done = 0

    def __call__(self, exchange: Exchange) -> Fault | None:
        if exchange.operation != self._operation or (self._only and not self._only(exchange)):
            return None
        if self._times == "once" and self.done:
            return None
        if self._times in ("one batch", "one incident") and b"333333333333" not in exchange.request.body:
            return None
        self.done += 1
        return self._fault
