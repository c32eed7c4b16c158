"""What all tests share: a clean environment, and no way to AWS or Teams."""

from __future__ import annotations

import argparse
import gc
import os
import socket
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.endpoint_provider
import botocore.hooks
import botocore.loaders
import pytest
from botocore.client import ClientCreator
from botocore.hooks import EventAliaser, HierarchicalEmitter
from hypothesis import settings

from tests import planted, sweeps
from tests.recorder import Judge, Recorder

if TYPE_CHECKING:
    from finopsguard.aws.clients import Clients
    from tests.standins import StandIns

# No test asserts on wall time. The same examples everywhere, so that CI finds what a laptop finds.
settings.register_profile("finopsguard", deadline=None, derandomize=True)
# `make fuzz`: other examples each time, in two processes, each with a seed of its own that it prints.
settings.register_profile("fuzz", deadline=None, max_examples=5_000, database=None, print_blob=True)
# `make test`: fewer of them.
settings.register_profile("quick", settings.get_profile("finopsguard"), max_examples=sweeps.QUICK_EXAMPLES)
settings.load_profile("finopsguard")

# What moto and botocore load stays. To look through it for garbage as often as Python does by itself took a tenth of
# the processor time of tests/unit and tests/workflow, without the steps and AWS ones.
gc.set_threshold(100_000, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Before any is left out."""
    config.stash[sweeps.COLLECTED] = sweeps.mark(items)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: it is looked through once more, and then never again.

    Hypothesis looks through all that is not frozen before each example (`gc.get_referrers`).
    """
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """pytest looks ten times for what was not closed, all of it each time; here once, and it says what was found."""
    gc.collect()
    gc.freeze()


# Also make's own variables: a `make` that a test starts must not take itself for a part of `make check`.
_OURS = ("AWS_", "FINOPSGUARD_", "TEAMS_", "POWERTOOLS_", "MAKE", "MFLAGS")


def pytest_configure(config: pytest.Config) -> None:
    """Planted secrets are searched in everything that any test makes."""
    config.pluginmanager.register(planted)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own AWS profile or settings must not change what a test sees, or be used by it."""
    for name in os.environ:
        if name.startswith(_OURS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "CRITICAL")
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that tries to leave this machine, or asks for a name that is not its own, fails and says where to."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo
    tried: list[str] = []

    def refuse(host: object) -> None:
        if host and not (str(host).startswith("127.") or host in ("localhost", "::1")):
            # Kept, for what is raised here may be caught on its way.
            tried.append(str(host))
            raise AssertionError(f"a test tried to reach {host}; tests stay on loopback")

    def guarded(self: socket.socket, address: Any) -> None:
        refuse(address[0] if isinstance(address, tuple) else "")
        connect(self, address)

    def guarded_look_up(host: Any, *rest: Any, **named: Any) -> Any:
        refuse(host.decode() if isinstance(host, bytes) else host)
        return look_up(host, *rest, **named)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)
    yield
    assert tried == []


@pytest.fixture(autouse=True)
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """A step that does what it may not, by template.yaml and store/keys.py, fails the test that saw it."""
    judge = Judge()
    recorder = Recorder(on_seen=judge)
    recorder.install(monkeypatch)
    yield recorder
    assert judge.objections == []


@pytest.fixture(scope="session", autouse=True)
def aws_models_are_read_once() -> Iterator[None]:
    """botocore parses its models, megabytes of JSON, for every session anew; a test has a session of its own."""
    reader = botocore.loaders.JSONFileLoader
    read = cache(reader().load_file)
    # The same of its hooks' names, two thirds of the time that a session takes.
    names: Any = EventAliaser(HierarchicalEmitter())
    alias = names._alias_event_name
    made: dict[tuple[int, int], tuple[Any, ...]] = {}

    def rules(*, partitions: Any, **given: Any) -> Any:
        """The rules of a service's endpoints, which only read; what `read` returned is the same each time."""
        key = (id(partitions), id(given["rules"]))
        if key not in made:
            made[key] = (rule_set(partitions=partitions, **given), partitions, given)
        return made[key][0]

    def takes(function: Any) -> Any:
        """Whether a hook takes any keywords, which botocore finds out of each of a hundred for each session."""
        code = getattr(function, "__code__", None)
        if code is None:
            return accepts(function)
        if code not in taken:
            taken[code] = accepts(function)
        return taken[code]

    def class_of(self: Any, service: str, model: Any) -> Any:
        """A client's class: a method for each of the service's operations, and nothing of a session."""
        key = (service, model.api_version)
        if key not in classes:
            classes[key] = create_class(self, service, model)
        return classes[key]

    rule_set = botocore.endpoint_provider.RuleSet
    taken: dict[Any, bool] = {}
    accepts: Any = vars(botocore.hooks)["accepts_kwargs"]
    classes: dict[tuple[str, str], Any] = {}
    create_class: Any = vars(ClientCreator)["_create_client_class"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "load_file", lambda self, path: read(path))
        patch.setattr(EventAliaser, "_alias_event_name", lambda self, name: alias(name))
        patch.setattr(botocore.endpoint_provider, "RuleSet", rules)
        patch.setattr(botocore.hooks, "accepts_kwargs", takes)
        patch.setattr(ClientCreator, "_create_client_class", class_of)
        yield


@pytest.fixture(scope="session", autouse=True)
def duckdb_takes_one_thread() -> Iterator[None]:
    """In `make test`, where each worker has a core: the second thread that DuckDB begins by itself took a tenth more
    (measured). `make check` has as many as a customer.
    """
    from finopsguard.costs import database

    limits = database.limits
    with pytest.MonkeyPatch.context() as patch:
        if sweeps.quick():
            patch.setattr(database, "limits", lambda env: {"threads": 1, **limits(env)})
        yield


@pytest.fixture(scope="session", autouse=True)
def argparse_speaks_english() -> Iterator[None]:
    """It looks on the disk for a translation of each of its words, whenever a parser is made: a fifth of a command's
    test. No machine has one of ours, and what a test sees must not depend on the machine's language.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse, "_", lambda text: text)
        yield


@pytest.fixture(autouse=True)
def disk_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test outlives a power cut: the state directory's fsync is 12 ms a write on a busy disk (measured)."""
    monkeypatch.setattr(os, "fsync", lambda file: None)


@pytest.fixture
def standins(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIns]:
    """The stand-ins with their samples; this process's settings lead to them."""
    from tests.standins import StandIns

    with StandIns() as started:
        for name, value in started.environ().items():
            monkeypatch.setenv(name, value)
        yield started


@pytest.fixture
def clients(standins: StandIns) -> Clients:
    """Clients that reach the stand-ins."""
    from finopsguard.aws.clients import Clients

    return Clients(standins.region)
