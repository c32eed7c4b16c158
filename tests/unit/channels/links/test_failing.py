"""TakeVerdict where something does not answer: the page says so; nothing is logged or read that need not be."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from finopsguard import telemetry, wiring
from finopsguard.errors import SecretUnavailable, StoreUnavailable
from finopsguard.runtime import step
from finopsguard.steps import take_verdict
from finopsguard.store import keys
from tests.unit.channels.links.worlds import FORM, HOST, World, buttons, incident
from tests.unit.fakes import FakeKeys, FakePorts


@pytest.fixture
def world() -> World:
    return World(incident())


def refuse(*_: object) -> Any:
    raise StoreUnavailable("The bucket did not answer.")


@pytest.mark.parametrize("operation", ["list", "create"])
def test_a_store_that_does_not_answer_is_a_page_that_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    choice = buttons(world.get(world.link()))["It is expected"]
    with monkeypatch.context() as patch, world.unchanged():
        patch.setattr(world.store, operation, refuse)
        failed = world.post(choice)
    assert failed.statusCode == 503
    assert "<h1>Not possible right now</h1>" in failed.body
    assert world.post(choice).statusCode == 200


def test_a_key_that_cannot_be_read_is_a_page_that_says_so(world: World) -> None:
    link = world.link()
    world.keys = FakeKeys(error=SecretUnavailable("Secrets Manager has a server error."))
    assert world.get(link).statusCode == 503


def test_a_verdict_of_this_link_that_cannot_be_read_counts(world: World) -> None:
    """Its mark is taken: the link did something, whatever that was."""
    choice = buttons(world.get(world.link()))["It is expected"]
    world.store.write(keys.VERDICT.key(source="aws", mark=f"link-{world.claims().nonce}"), b"{")
    with world.unchanged():
        assert "<h1>Done before</h1>" in world.post(choice).body


def test_no_token_is_in_a_log(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    choice = buttons(world.get(world.link()))["It is expected"]
    ports = FakePorts(store=world.store, keys=world.keys, clock=lambda: world.now)
    monkeypatch.setattr(wiring, "wiring_for", lambda _: ports.wiring)
    logger = telemetry.logger()
    monkeypatch.setattr(logger.registered_handler, "stream", sys.stdout)
    logger.setLevel("DEBUG")
    context = {"http": {"method": "GET"}, "domainName": HOST}
    event = {"rawPath": "/", "rawQueryString": f"t={choice}", "headers": {}, "requestContext": context}
    form = {**event, "rawQueryString": "", "headers": FORM, "body": f"reason=why+so&t={choice}"}
    for each in (event, {**form, "requestContext": {**context, "http": {"method": "POST"}}}):
        assert step(take_verdict.run)(each, None)["statusCode"] == 200
    monkeypatch.setattr(world.store, "exists", refuse)
    assert step(take_verdict.run)(event, None)["statusCode"] == 503
    logger.setLevel("CRITICAL")
    logged = capsys.readouterr().out
    assert "done without an answer to a verdict link" in logged
    assert choice[:20] not in logged
    assert "why so" not in logged


def test_a_forged_link_costs_no_look_into_the_store(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def listed(prefix: str) -> list[str]:
        seen.append(prefix)
        return []

    monkeypatch.setattr(world.store, "list", listed)
    world.get(world.link(nonce="0" * 32)[:-1] + "x")
    world.post("forged")
    assert seen == []
    world.get(world.link())
    assert seen == ["incidents/aws/", "verdicts/aws/"]
