"""The links of a card: one for each anomaly that is told, within what Teams takes, and none unless it is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

import pytest

from finopsguard import contracts
from finopsguard.channels.links import on_card, token
from finopsguard.channels.teams import card, limits
from finopsguard.errors import SecretAccessDenied, SecretUnavailable
from finopsguard.models.messages import ExplainedReport
from finopsguard.models.report import Report
from finopsguard.models.route import ReportPart
from finopsguard.models.run import Language
from finopsguard.report import facts
from finopsguard.steps import build_card
from finopsguard.store import documents
from finopsguard.store.memory import MemoryStore
from tests.sweeps import sampled
from tests.unit.channels.links.worlds import HOST, KEY
from tests.unit.channels.teams.cards import content, walk
from tests.unit.fakes import NOW, FakeKeys, FakePorts, call, make_run
from tests.unit.report.cases import CASES
from tests.unit.report.sample import weekly

URL = f"https://{HOST}/"
ON = {"FINOPSGUARD_VERDICT_URL": URL}
SIGNED = partial(on_card.signed, URL, KEY.encode())


def built(report: Report, keys: FakeKeys | None, **env: str) -> tuple[dict[str, Any], Report]:
    """The message that BuildCard makes of a report, and the report as it is kept."""
    store = MemoryStore()
    documents.write(store, "detected", report)
    judged = ExplainedReport(make_run(run_id=report.run_id), "detected")
    made = call(build_card.run, judged, FakePorts({**ON, **env}, store=store, keys=keys))
    (message,) = made.messages
    kept = documents.read(store, made.report_key, Report)
    return json.loads(store.objects[message.key]), kept


def links(message: dict[str, Any]) -> list[str]:
    """Addresses that lead to our page, in the card's order."""
    return [each["url"] for each in walk(content(message)) if str(each.get("url", "")).startswith(f"{URL}?")]


def claims(link: str) -> token.Claims:
    """What a link says."""
    query = parse_qs(urlsplit(link).query, strict_parsing=True)
    read = token.read(query["t"][0], [KEY.encode()])
    assert read is not None
    assert query.keys() == {"t"}
    return read.claims


@pytest.mark.parametrize("language", get_args(Language))
def test_each_anomaly_that_is_told_has_its_link(language: Language) -> None:
    report = weekly(language)
    message, _ = built(report, FakeKeys(KEY))
    said = [claims(link) for link in links(message)]
    told = facts.open_anomalies(report)[: len(said)]
    assert said
    assert [each.incident for each in said] == [
        token.mark(KEY.encode(), "incident", line.id) for line in told
    ]
    assert len({each.nonce for each in said}) == len(said)
    for each in said:
        assert (each.source, each.language, each.channel) == ("aws", language, "teams")
        assert each.expires == NOW + token.LIFETIME
        assert (each.verdict, each.until) == (None, None)
    words = {"en": "Answer", "es": "Responder"}[language]
    assert sum(each.get("text") == words for each in walk(content(message))) == len(said)


def test_no_account_service_or_amount_is_in_a_link() -> None:
    report = weekly("en")
    found = SIGNED(NOW, report, 32 * "c").values()
    assert max(map(len, found)) < 400, "a card has room for four"
    shown = " ".join(found)
    for line in report.anomalies:
        for secret in (line.id, line.account_id, line.account_name, line.service):
            assert not secret or secret not in shown


def test_a_card_that_is_made_again_has_the_same_numbers() -> None:
    """A step that is run again, and a redrive weeks later: a link that was used stays used, and works as long again."""
    report = weekly("en")
    first, again = (SIGNED(NOW + timedelta(days=days), report, "teams") for days in (0, 10))
    for name in first:
        assert claims(first[name]).nonce == claims(again[name]).nonce
        assert claims(again[name]).expires == claims(first[name]).expires + timedelta(days=10)
    nonces = {claims(each).nonce for each in first.values()}
    for other in (
        SIGNED(NOW, report, "owners"),
        SIGNED(NOW, replace(report, run_id="weekly-2026-11-23"), "teams"),
    ):
        assert not nonces & {claims(each).nonce for each in other.values()}


def test_an_owner_answers_for_what_is_of_its_accounts_alone() -> None:
    """Of what rose in several owners' accounts it is told its part, which the Organization's card answers."""
    whole = weekly("en")
    mine, several = facts.open_anomalies(whole)[:2]
    whole = replace(
        whole, anomalies=(mine, replace(several, account_id="", account_name="", story="together"))
    )
    part = replace(
        whole, part=ReportPart("payments"), anomalies=(mine, several, replace(several, id="own-part"))
    )
    assert SIGNED(NOW, part, "payments", whole).keys() == {mine.id}
    assert SIGNED(NOW, whole, "teams", whole).keys() == {mine.id, several.id}


def test_without_an_address_there_is_no_link_and_the_key_is_not_read() -> None:
    keys = FakeKeys(KEY)
    message, report = built(weekly("en"), keys, FINOPSGUARD_VERDICT_URL="")
    assert links(message) == []
    assert keys.asked == 0
    assert message == card.message(report, page=None)


@pytest.mark.parametrize(
    "keys", [FakeKeys(error=SecretAccessDenied("no")), FakeKeys(error=SecretUnavailable("later")), None]
)
def test_a_key_that_cannot_be_read_costs_the_links_and_not_the_report(keys: FakeKeys | None) -> None:
    message, report = built(weekly("en"), keys)
    assert links(message) == []
    assert report.notes[-1] == "verdict_links_unsigned"
    assert "no links to answer its anomalies" in json.dumps(message)


@sampled(every=5)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("language", get_args(Language))
def test_every_card_with_links_is_one_that_teams_takes(case: str, language: Language) -> None:
    report = CASES[case](language)
    plain = card.message(report)
    replies: Mapping[str, str] = SIGNED(NOW, report, "teams")
    message = card.message(report, replies=replies)
    assert len(contracts.encode(message)) <= limits.MAX_MESSAGE_BYTES
    assert len(content(message).get("actions", [])) <= limits.MAX_BUTTONS
    # A link takes no button's place; a card that it makes too tall goes down the ladder, where accounts are dropped.
    assert all(each in content(plain).get("actions", []) for each in content(message).get("actions", []))
    assert len(links(message)) <= 4
    assert bool(links(message)) == bool(facts.open_anomalies(report))
