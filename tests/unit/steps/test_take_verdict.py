"""TakeVerdict: a link shows, a form does, once; all else does nothing and says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from finopsguard.channels.links import token
from finopsguard.incidents import giving
from finopsguard.models.anomaly import Said
from finopsguard.models.incident import ToldWith
from finopsguard.models.verdict import Verdict
from finopsguard.models.web import HttpLine, UrlContext, UrlRequest
from finopsguard.store import verdicts
from tests.planted import secret
from tests.unit.channels.links.worlds import (
    ACCOUNT,
    HOST,
    INCIDENT,
    KEY,
    World,
    buttons,
    incident,
    remember,
)
from tests.unit.fakes import NOW, FakeKeys
from tests.unit.report.hostile import HOSTILE


@pytest.fixture
def world() -> World:
    return World(incident())


# ---- what a link shows -----------------------------------------------------------------------------------------------


def test_a_link_shows_what_it_is_about_and_what_can_be_answered_and_changes_nothing(world: World) -> None:
    with world.unchanged():
        shown = world.get(world.link())
    assert shown.statusCode == 200
    assert f"Amazon EC2 in {ACCOUNT}, unusual since 14 Nov 2026" in shown.body
    assert "Opening this page has changed nothing" in shown.body
    assert list(buttons(shown)) == [
        "It is expected",
        "Mute until 30 Nov 2026",
        "Mute until 23 Dec 2026",
        "Mute until 21 Feb 2027",
        "It is no anomaly",
    ]
    assert "audit log" in shown.body
    assert "800" not in shown.body, "no amount is shown to who found a link"


def test_scanners_that_follow_a_link_change_nothing_however_often(world: World) -> None:
    """Teams' and Outlook's scanners send GET and HEAD, days before the reader or after."""
    link = world.link()
    with world.unchanged():
        for _ in range(20):
            assert world.get(link, "HEAD").statusCode == world.get(link).statusCode == 200
            for choice in buttons(world.get(link)).values():
                assert world.get(choice).statusCode == world.get(choice, "HEAD").statusCode == 200
    assert world.post(buttons(world.get(link))["It is expected"]).statusCode == 200
    assert len(world.given) == 1


def test_a_head_is_a_get_without_its_page(world: World) -> None:
    shown, head = world.get(world.link()), world.get(world.link(), "HEAD")
    assert head.body == ""
    assert (head.statusCode, head.headers) == (shown.statusCode, shown.headers)


def test_the_page_has_no_script_and_sends_its_form_to_itself_alone(world: World) -> None:
    shown = world.get(world.link())
    policy = shown.headers["Content-Security-Policy"]
    assert policy.startswith(
        "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; style-src 'sha256-"
    )
    assert "unsafe" not in policy
    assert "<script" not in shown.body
    assert shown.body.count("<form") == shown.body.count('<form method="post" action="/"') == 1


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Answer an anomaly"), ("es", "Responder a una anomalía")]
)
def test_it_speaks_the_language_of_its_card(world: World, language: str, words: str) -> None:
    shown = world.get(world.link(language=language))
    assert f'<html lang="{language}">' in shown.body
    assert f"<h1>{words}</h1>" in shown.body


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text(name: str) -> None:
    (member,) = incident().members
    shown = World(incident(members=(replace(member, service=name),))).get(World().link())
    assert shown.statusCode == 200
    assert not {"<script", "<img", "<at>", "{{", "\u202e"} & {
        each for each in ("<script", "<img", "<at>", "{{", "\u202e") if each in shown.body
    }


def test_of_a_line_of_several_accounts_none_is_named() -> None:
    line = ToldWith("organization/2026-11-14/up", "together")
    other = incident(id="444455556666/2026-11-15/up", account_id="444455556666", told_with=line)
    world = World(incident(told_with=line), other)
    shown = world.get(world.link(incident=token.mark(KEY.encode(), "incident", line.id)))
    assert "Amazon EC2 in 2 accounts, unusual since" in shown.body
    assert ACCOUNT not in shown.body
    world.post(buttons(shown)["It is expected"])
    assert world.given[0].incident_id == line.id


# ---- what a form does ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("button", "verdict", "until"),
    [
        ("It is expected", "expected", None),
        ("It is no anomaly", "not_an_anomaly", None),
        ("Mute until 23 Dec 2026", "mute", date(2026, 12, 23)),
    ],
)
def test_a_form_gives_the_verdict_that_its_button_says(
    world: World, button: str, verdict: Any, until: date | None
) -> None:
    done = world.post(buttons(world.get(world.link()))[button], "Black Friday,\n sí")
    assert done.statusCode == 200
    assert "<h1>Done</h1>" in done.body
    assert buttons(done) == {}
    assert world.given == (
        Verdict(
            mark=f"link-{world.claims().nonce}",
            verdict=verdict,
            reason="Black Friday, sí",
            at=NOW,
            by="channel:teams",
            through="link",
            incident_id=INCIDENT,
            account_id=ACCOUNT,
            service="Amazon Elastic Compute Cloud - Compute",
            until=until,
        ),
    )


def test_a_mute_ends_on_the_day_that_was_shown_whenever_the_form_is_sent(world: World) -> None:
    choice = buttons(world.get(world.link()))["Mute until 30 Nov 2026"]
    world.now += timedelta(days=2)
    assert "30 Nov 2026" in world.post(choice).body
    assert world.given[0].until == date(2026, 11, 30)


def test_a_form_that_is_sent_again_does_nothing_and_says_what_was_done(world: World) -> None:
    """A browser's reload, a proxy's second try, a delivery that comes twice."""
    choice = buttons(world.get(world.link()))["It is expected"]
    world.post(choice)
    world.now += timedelta(minutes=5)
    with world.unchanged():
        again = world.post(choice, "another reason")
    assert again.statusCode == 200
    assert "<h1>Done before</h1>" in again.body
    assert "Given on 23 Nov 2026, 08:00 (UTC) by channel:teams. Reason: a load test" in again.body


def test_a_link_counts_once_whichever_button_comes_second(world: World) -> None:
    choices = buttons(world.get(world.link()))
    world.post(choices["It is expected"])
    with world.unchanged():
        for choice in choices.values():
            assert "<h1>Done before</h1>" in world.post(choice).body
        assert "<h1>Done before</h1>" in world.get(world.link()).body


def test_of_two_forms_at_the_same_time_the_first_counts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither saw the other's verdict when it looked."""
    first, second = (
        buttons(world.get(world.link()))[each] for each in ("It is expected", "It is no anomaly")
    )
    world.post(first)
    looks = iter([False])
    exists = world.store.exists
    monkeypatch.setattr(world.store, "exists", lambda key: next(looks, None) is None and exists(key))
    monkeypatch.setattr(giving.Book, "answer_to", lambda *_: None)
    late = world.post(second)
    assert "<h1>Done before</h1>" in late.body
    assert "normal from its first day" in late.body
    assert [each.verdict for each in world.given] == ["expected"]


def test_the_same_card_in_two_channels_has_two_links_and_the_second_one_says_what_was_answered(
    world: World,
) -> None:
    other = world.link(nonce=token.mark(KEY.encode(), "nonce", "weekly-2026-11-16", "owners", INCIDENT))
    choice = buttons(world.get(other))["It is no anomaly"]
    world.post(buttons(world.get(world.link()))["It is expected"], "a migration")
    with world.unchanged():
        late = world.post(choice)
        assert late.statusCode == world.get(other).statusCode == 409
    assert "<h1>Answered already</h1>" in late.body
    assert "a migration" in late.body
    assert buttons(late) == {}


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "   ",
        "x" * 301,
        "see https://example.com/x",
        "ask ana@example.com",
        "a\u202eb",
        "a\x00b",
        "?sig=1",
    ],
)
def test_without_a_reason_that_can_be_kept_nothing_is_done_and_it_can_be_said_again(
    world: World, reason: str
) -> None:
    choice = buttons(world.get(world.link()))["It is expected"]
    with world.unchanged():
        refused = world.post(choice, reason)
    assert refused.statusCode == 422
    assert "<h1>A reason is needed</h1>" in refused.body
    assert world.post(buttons(refused)["It is expected"]).statusCode == 200
    assert len(world.given) == 1


# ---- what a verdict is no longer for ---------------------------------------------------------------------------------


def test_of_what_is_over_only_its_services_can_be_spoken_of() -> None:
    open_world = World(incident())
    mute = buttons(open_world.get(open_world.link()))["Mute until 30 Nov 2026"]
    world = World(incident(status="resolved", closed_on=date(2026, 11, 20), ended="back"))
    shown = world.get(world.link())
    assert "It ended on 20 Nov 2026." in shown.body
    assert list(buttons(shown)) == ["It is no anomaly"]
    with world.unchanged():
        refused = world.post(mute)
    assert refused.statusCode == 409
    assert "<h1>It is over</h1>" in refused.body
    world.post(buttons(shown)["It is no anomaly"])
    assert [each.verdict for each in world.given] == ["not_an_anomaly"]


def test_an_anomaly_that_is_not_known_is_said_to_be_none() -> None:
    world = World(incident(id=f"{ACCOUNT}/2026-11-01/up"))
    with world.unchanged():
        for found in (world.get(world.link()), world.post(world.link(verdict="expected"))):
            assert found.statusCode == 410
            assert "not known any more" in found.body
    assert World().get(world.link()).statusCode == 410


def test_the_newest_look_says_what_is_known() -> None:
    world = World(incident())
    remember(world.store, incident(id=f"{ACCOUNT}/2026-11-22/up"), end=date(2026, 11, 24))
    assert world.get(world.link()).statusCode == 410


def test_a_verdict_that_was_taken_back_or_a_mute_that_is_over_leaves_room_for_another(world: World) -> None:
    early: Any = {"reason": "x", "at": NOW - timedelta(days=5), "by": "ana", "through": "command"}
    mute = Verdict(
        "20261114-mute", "mute", until=NOW.date() - timedelta(days=1), incident_id=INCIDENT, **early
    )
    wrong = Verdict("20261114-wrong", "expected", incident_id=INCIDENT, **early)
    for each in (mute, wrong):
        verdicts.give(world.store, "aws", each)
    assert world.get(world.link()).statusCode == 409
    verdicts.give(world.store, "aws", Verdict("20261114-back", "withdrawn", withdraws=wrong.mark, **early))
    assert world.get(world.link()).statusCode == 200


def test_what_was_told_in_spite_of_a_mute_can_be_answered_and_not_muted_over_it() -> None:
    mute = Verdict("20261118-mute", "mute", "x", NOW - timedelta(days=5), "ana", "command", INCIDENT)
    mute = replace(mute, until=NOW.date() + timedelta(days=5))
    under = Said(mute.mark, "mute", mute.at, "x", mute.until, released="beyond")
    world = World(incident(said=under))
    verdicts.give(world.store, "aws", mute)
    choices = buttons(world.get(world.link()))
    with world.unchanged():
        refused = world.post(choices["Mute until 23 Dec 2026"])
    assert refused.statusCode == 409
    assert "<h1>Answered already</h1>" in refused.body
    assert world.post(choices["It is expected"]).statusCode == 200


# ---- what is no link of ours -----------------------------------------------------------------------------------------


def test_an_expired_link_does_nothing(world: World) -> None:
    choice = buttons(world.get(world.link()))["It is expected"]
    world.now += token.LIFETIME - timedelta(seconds=61)
    assert world.get(choice).statusCode == 200
    world.now += timedelta(seconds=1)
    with world.unchanged():
        for found in (world.get(world.link()), world.get(choice), world.post(choice)):
            assert found.statusCode == 410
            assert "<h1>This link has ended</h1>" in found.body
            assert ACCOUNT not in found.body


def test_a_cards_own_link_in_a_form_does_nothing(world: World) -> None:
    with world.unchanged():
        assert world.post(world.link()).statusCode == 400


def test_a_link_of_a_key_that_is_gone_does_nothing_and_nothing_is_read(world: World) -> None:
    choice = buttons(world.get(world.link()))["It is expected"]
    world.keys = FakeKeys(secret("new-key-12345678901234567890"))
    with world.unchanged():
        assert world.post(choice).statusCode == 403
    world.keys = FakeKeys(secret("new-key-12345678901234567890"), KEY)
    assert world.post(choice).statusCode == 200


def test_without_a_key_no_link_is_ours(world: World) -> None:
    world.keys = FakeKeys()
    assert world.get(world.link()).statusCode == 403


def test_what_is_asked_for_is_in_no_page(world: World) -> None:
    """Not a token, a path or a header comes back: there is nothing to reflect."""
    marked = "reflected-1234"
    requests = [
        UrlRequest(f"/{marked}", f"t={marked}", {}, UrlContext(HttpLine("GET"), HOST)),
        UrlRequest("/", f"t={marked}", {"user-agent": marked}, UrlContext(HttpLine("GET"), HOST)),
        UrlRequest("/", "", {"content-type": marked}, UrlContext(HttpLine(marked), HOST), f"t={marked}"),
    ]
    for request in requests:
        answer = world.ask(request)
        assert marked not in answer.body
        assert marked not in str(answer.headers)


@pytest.mark.parametrize(("asked", "language"), [("es-ES,es;q=0.9", "es"), ("de", "en"), ("", "en")])
def test_who_has_no_link_of_ours_reads_in_the_browser_s_language(
    world: World, asked: str, language: str
) -> None:
    request = UrlRequest("/", "t=x", {"accept-language": asked}, UrlContext(HttpLine("GET"), HOST))
    assert f'<html lang="{language}">' in world.ask(request).body
