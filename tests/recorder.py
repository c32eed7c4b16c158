"""Sees what each step does at its borders while it runs: objects in the store, calls to AWS, variables, errors.

Nothing here reads source text. `tests/conftest.py` has a recorder in every test that goes through the handler border,
and what a step does beyond its role, its variables or the table of keys fails that test by name (`Judge`).
`tests/template/test_recorded.py` records whole runs and says the other direction: nothing is granted for nothing.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

import finopsguard
from finopsguard import errors, telemetry, wiring
from finopsguard.store.bucket import BucketStore
from finopsguard.store.directory import DirectoryStore
from tests.standins import athena, exports

STEP: ContextVar[str] = ContextVar("STEP", default="")

STORE_ACTIONS: Mapping[str, frozenset[str]] = {
    # Without ListBucket S3 answers "forbidden" where an object is missing.
    "read": frozenset({"s3:GetObject", "s3:ListBucket"}),
    "exists": frozenset({"s3:GetObject", "s3:ListBucket"}),
    "list": frozenset({"s3:ListBucket"}),
    "write": frozenset({"s3:PutObject"}),
    # Whose object is there is asked where an answer was lost.
    "create": frozenset({"s3:PutObject", "s3:GetObject"}),
    # A link is signed with the function's own rights.
    "page_link": frozenset({"s3:GetObject"}),
    # Where it is, is known without asking; who looks there signs in.
    "place": frozenset(),
}
"""What the store's operations need in S3; tests/unit/store/test_bucket.py holds this to the calls that it makes."""

WRITING = frozenset({"write", "create"})
_ALLOWED_BY = {
    ("s3", "HeadObject"): "GetObject",
    ("s3", "ListObjectsV2"): "ListBucket",
    ("budgets", "DescribeBudgets"): "ViewBudget",
}
"""Where the action of a permission is not the operation's name (documented by AWS)."""
_OURS = ("FINOPSGUARD_", "TEAMS_")
_PACKAGE = f"{Path(finopsguard.__file__ or '').parent}{os.sep}"


@dataclass(frozen=True)
class Touched:
    """An operation on an object of the store."""

    step: str
    operation: str
    key: str


@dataclass(frozen=True)
class Called:
    """A call to AWS by its IAM action; `as_role`: with the rights of a role that was assumed, not its own."""

    step: str
    action: str
    as_role: bool = False


@dataclass(frozen=True)
class Exported:
    """A call to the bucket of a data export by its IAM action, and the key."""

    step: str
    action: str
    key: str


@dataclass
class Seen:
    """What was seen, by step (`FetchCosts`); a step is empty where something happened outside of all steps."""

    touched: set[Touched] = field(default_factory=set)
    called: set[Called] = field(default_factory=set)
    exported: set[Exported] = field(default_factory=set)
    read: set[tuple[str, str]] = field(default_factory=set)
    raised: set[tuple[str, str]] = field(default_factory=set)


class Recorder:
    """Records between `install` and the end of the test.

    `on_seen` is told of everything when it happens. `apart` gives each step connections of its own, as in Lambda, where
    no function finds what another one has read before.
    """

    def __init__(self, on_seen: Callable[[object], None] = lambda _: None, *, apart: bool = False) -> None:
        self.seen = Seen()
        self._apart = apart
        self._on_seen = on_seen
        self._lock = threading.Lock()
        self._paused = threading.local()

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Wraps the borders; the monkeypatch takes the wrappers off again."""
        monkeypatch.setattr(telemetry, "invocation", self._invocation(telemetry.invocation))
        for store in (DirectoryStore, BucketStore):
            for operation in STORE_ACTIONS:
                monkeypatch.setattr(store, operation, self._touching(operation, getattr(store, operation)))
        monkeypatch.setattr(BaseClient, "_make_api_call", self._calling(vars(BaseClient)["_make_api_call"]))
        monkeypatch.setattr(type(os.environ), "__getitem__", self._reading(type(os.environ).__getitem__))
        monkeypatch.setattr(wiring, "wiring_for", self._not_reading(wiring.wiring_for))
        monkeypatch.setattr(ThreadPoolExecutor, "submit", _in_context(ThreadPoolExecutor.submit))

    def _paused_here(self) -> bool:
        return bool(getattr(self._paused, "on", False))

    def _note(self, kind: set[Any], what: Any) -> None:
        with self._lock:
            kind.add(what)
        self._on_seen(what)

    def _invocation(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @contextmanager
        def invocation(step: str, event: object) -> Iterator[None]:
            token = STEP.set("".join(word.title() for word in step.split("_")))
            try:
                with original(step, event):
                    yield
            except errors.FinOpsGuardError as error:
                # What HoldForRedrive raises is made for the occasion: its class is not in errors.py.
                if type(error).__module__ == errors.__name__:
                    self._note(self.seen.raised, (STEP.get(), type(error).__name__))
                raise
            finally:
                STEP.reset(token)

        return invocation

    def _touching(self, operation: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def touch(store: object, key: str, *more: Any, **named: Any) -> Any:
            self._note(self.seen.touched, Touched(STEP.get(), operation, key))
            return original(store, key, *more, **named)

        return touch

    def _calling(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def call(client: Any, operation: str, parameters: Mapping[str, Any]) -> Any:
            service = client.meta.service_model.signing_name
            as_role = getattr(client._request_signer._credentials, "method", "") == "assume-role"
            name = _ALLOWED_BY.get((service, operation), operation)
            if parameters.get("Bucket") == exports.BUCKET:
                self._note(
                    self.seen.exported, Exported(STEP.get(), f"{service}:{name}", str(parameters.get("Key")))
                )
                return original(client, operation, parameters)
            self._note(self.seen.called, Called(STEP.get(), f"{service}:{name}", as_role))
            if operation == "StartQueryExecution":
                for action in athena.READS:
                    self._note(self.seen.called, Called(STEP.get(), action, as_role))
            if "BillingViewArn" in parameters:  # AWS: identity-based policies for billing views
                self._note(self.seen.called, Called(STEP.get(), "billing:GetBillingViewData", as_role))
            return original(client, operation, parameters)

        return call

    def _reading(self, original: Callable[..., str]) -> Callable[..., str]:
        @wraps(original)
        def getitem(environ: Any, name: str) -> str:
            if STEP.get() and name.startswith(_OURS) and not self._paused_here() and _asked_by_us():
                self._note(self.seen.read, (STEP.get(), name))
            return original(environ, name)

        return getitem

    def _not_reading(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """The wiring takes all variables with it and reads those of the settings that a signature names."""

        @wraps(original)
        def without(env: Mapping[str, str]) -> Any:
            self._paused.on = True
            try:
                return original({**env, "AWS_LAMBDA_FUNCTION_NAME": STEP.get()} if self._apart else env)
            finally:
                self._paused.on = False

        return without


def _asked_by_us() -> bool:
    """True if our own code reads the environment; libraries copy it as a whole."""
    frame = sys._getframe(2)
    while frame.f_back and frame.f_code.co_filename.startswith(("<frozen", os.__file__)):
        frame = frame.f_back
    return frame.f_code.co_filename.startswith(_PACKAGE)


def _in_context(original: Callable[..., Any]) -> Callable[..., Any]:
    """A pool's threads belong to the step that hands them work."""

    @wraps(original)
    def submit(pool: ThreadPoolExecutor, work: Callable[..., Any], *args: Any, **named: Any) -> Any:
        return original(pool, copy_context().run, work, *args, **named)

    return submit


class Judge:
    """Holds what a step is seen to do to what it may: role, variables, table of keys, declared errors."""

    def __init__(self) -> None:
        self.objections: list[str] = []

    def __call__(self, what: object) -> None:
        from tests.template import granted

        step = what[0] if isinstance(what, tuple) else getattr(what, "step", "")
        if not granted.is_step(step):
            return
        objection = granted.objection(what)
        if objection and objection not in self.objections:
            self.objections.append(objection)
