"""`finopsguard verdict`, `mute`, `unmute` and `plan`: what is refused, what is kept, and who is named."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from finopsguard import cli
from finopsguard.aws.caller import Caller
from finopsguard.commands import verdicts as command
from finopsguard.incidents.giving import About, Book, Who
from finopsguard.models.incident import Incident, IncidentDay, IncidentLife, Member
from finopsguard.store import documents, keys, verdicts
from finopsguard.store.directory import DirectoryStore
from finopsguard.store.memory import MemoryStore
from finopsguard.wiring import wiring_for

ACCOUNT = "111111111111"
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
RUNNING, OVER = f"{ACCOUNT}/2026-11-19/up", f"{ACCOUNT}/2026-11-10/up"
WHY = ["--reason", "a migration"]
WHO = Who("julia", NOW)


def incident(name: str, service: str, start: date, closed: date | None) -> Incident:
    day = IncidentDay(Decimal(180), Decimal(100), Decimal(90), Decimal(110), Decimal(80))
    return Incident(
        id=name,
        account_id=ACCOUNT,
        direction=1,
        kind="shift",
        start=start,
        last_seen=start,
        members=(Member(service, start, {start: day}),),
        status="resolved" if closed else "continuing",
        told_on=start + timedelta(days=1),
        told_rate=Decimal(80),
        closed_on=closed,
        ended="back" if closed else None,
    )


def look() -> IncidentLife:
    """What a store has after a report with an incident that goes on and one that is over."""
    return IncidentLife(
        4,
        "daily-2026-11-21",
        None,
        date(2026, 11, 23),
        (
            incident(RUNNING, "Amazon Simple Storage Service", date(2026, 11, 19), None),
            incident(OVER, "AWS Lambda", date(2026, 11, 10), date(2026, 11, 21)),
        ),
    )


LOOK = keys.INCIDENTS.key(source="aws", end="2026-11-23", number="001")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DirectoryStore:
    """A directory that `--state state` names, away from this folder's .env; it is noon of the report's day."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {**os.environ, "FINOPSGUARD_LANGUAGE": "en"})
    monkeypatch.setattr(command, "getuser", lambda: "julia@example.com")
    monkeypatch.setattr(command, "_now", lambda wiring: NOW)
    store = DirectoryStore(tmp_path / "state")
    documents.write(store, LOOK, look())
    return store


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code, and what was printed on either way."""
    code = cli.main([*arguments, "--state", "state"])
    captured = capsys.readouterr()
    return code, (captured.out + captured.err).strip()


def kept(state: DirectoryStore) -> set[tuple[str, str | None, str, date | None]]:
    given = verdicts.given(state, "aws").verdicts
    return {(each.verdict, each.incident_id, each.service, each.until) for each in given}


def test_each_command_keeps_what_was_said_and_says_when_it_counts(
    state: DirectoryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = run("mute", RUNNING, "--until", "2026-12-01", *WHY, capsys=capsys)
    assert code == 0
    assert text.startswith(f"{RUNNING} is muted until 1 Dec 2026, included;")
    assert "It counts from the next report on (20261123T150000Z-" in text
    assert run("verdict", OVER, "not-an-anomaly", *WHY, capsys=capsys)[0] == 0
    series = ["--account", ACCOUNT, "--service", "Amazon EC2"]
    code, text = run("plan", *series, "--from", "2026-11-27", "--until", "2026-11-30", *WHY, capsys=capsys)
    assert text.startswith(f"Amazon EC2 · {ACCOUNT} is planned from 27 Nov 2026 until 30 Nov 2026")
    assert kept(state) == {
        ("mute", RUNNING, "Amazon Simple Storage Service", date(2026, 12, 1)),
        ("not_an_anomaly", OVER, "AWS Lambda", None),
        ("plan", None, "Amazon Elastic Compute Cloud - Compute", date(2026, 11, 30)),
    }
    one = verdicts.given(state, "aws").verdicts[0]
    assert (one.by, one.through, one.reason, one.at) == ("julia", "command", "a migration", NOW)


def test_unmute_takes_back_what_was_said_once(
    state: DirectoryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    run("mute", RUNNING, "--until", "2026-12-01", *WHY, capsys=capsys)
    code, text = run("unmute", RUNNING, *WHY, "--lang", "es", capsys=capsys)
    assert (code, text) == (0, "Se retira 1 veredicto, que ya no cuenta desde el próximo informe.")
    assert {each.verdict for each in verdicts.given(state, "aws").verdicts} == {"mute", "withdrawn"}
    code, text = run("unmute", RUNNING, *WHY, capsys=capsys)
    assert code == 2
    assert "Nothing that counts was said of it" in text
    assert run("mute", RUNNING, "--until", "2026-12-02", *WHY, capsys=capsys)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["verdict", "nobody/2026/up", "expected"], "There is no incident 'nobody/2026/up'"),
        (
            ["verdict", OVER, "expected"],
            f"{OVER} has ended on 2026-11-21: its cost is back. There",
        ),
        (["mute", OVER, "--until", "2026-12-01"], "There is nothing to mute"),
        (["mute", RUNNING, "--until", "2026-11-22"], "--until 2026-11-22 is in the past"),
        (["mute", RUNNING, "--until", "2027-03-01"], "more than 92 days away"),
        (["mute", "--account", "12", "--until", "2026-12-01"], "give its twelve digits"),
        (["plan", "--account", ACCOUNT, "--from", "2026-12-02", "--until", "2026-12-01"], "is before --from"),
        (["plan", "--account", ACCOUNT, "--from", "2026-12-02", "--until", "2027-12-01"], "92 days at most"),
        (["plan", "--account", ACCOUNT, "--from", "2028-12-02", "--until", "2028-12-03"], "too far away"),
        (["plan", "--account", ACCOUNT, "--from", "2026-11-02", "--until", "2026-11-03"], "in the past"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line_and_not_kept(
    state: DirectoryStore, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    code, text = run(*arguments, *WHY, capsys=capsys)
    assert code == 2
    assert said in text
    assert kept(state) == set()


@pytest.mark.parametrize("reason", ["", "see https://x.y/?sig=1", "ask julia@example.com"])
def test_a_reason_is_a_line_without_addresses(
    state: DirectoryStore, capsys: pytest.CaptureFixture[str], reason: str
) -> None:
    code, text = run("verdict", RUNNING, "expected", "--reason", reason, capsys=capsys)
    assert (code, kept(state)) == (2, set())
    assert "--reason" in text


def test_the_same_is_not_said_twice(state: DirectoryStore, capsys: pytest.CaptureFixture[str]) -> None:
    series = ["--account", ACCOUNT, "--service", "AWS Lambda"]
    plan = ["plan", *series, "--from", "2026-11-27", "--until", "2026-11-30"]
    for arguments, said in (
        (["verdict", RUNNING, "expected"], "That was said of"),
        (["mute", *series, "--until", "2026-12-01"], "It is muted until 2026-12-01 already"),
        (plan, "That was planned on"),
    ):
        assert run(*arguments, *WHY, capsys=capsys)[0] == 0
        code, text = run(*arguments, *WHY, capsys=capsys)
        assert (code, said in text) == (2, True), text
    assert len(kept(state)) == 3


def test_of_two_at_once_both_are_kept_and_each_is_told_of_the_other() -> None:
    store = MemoryStore()
    documents.write(store, LOOK, look())
    first, second = Book(store, "aws"), Book(store, "aws")
    mute = first.mute(About(RUNNING), date(2026, 12, 1), "a migration", WHO)
    expected = second.judge(RUNNING, "expected", "it is the new level", WHO)
    assert (mute.beside, expected.beside) == ((), (mute.verdict,))
    assert {each.verdict for each in verdicts.given(store, "aws").verdicts} == {"mute", "expected"}


@pytest.mark.parametrize(
    ("who", "by"),
    [
        ("assumed-role/FinOps/...", "assumed-role/FinOps"),
        ("user/julia", "user/julia"),
        ("user/julia@example.com", "user/julia"),
        ("", "unknown"),
    ],
)
def test_in_the_bucket_it_names_the_role_or_user_and_no_session(
    monkeypatch: pytest.MonkeyPatch, who: str, by: str
) -> None:
    monkeypatch.setattr(os, "environ", {"FINOPSGUARD_BUCKET": "reports", "AWS_REGION": "eu-west-1"})
    monkeypatch.setattr("finopsguard.aws.caller.caller", lambda clients: Caller("123456789012", who))
    assert command._who(wiring_for(os.environ)).by == by


def test_a_user_without_a_name_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {})

    def none() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(command, "getuser", none)
    assert command._who(wiring_for(os.environ)).by == "unknown"
