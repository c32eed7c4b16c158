"""`finopsguard deliveries`, in a directory and in a bucket."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from finopsguard import cli
from finopsguard.errors import DeliveryUncertain
from finopsguard.models.ledger import DeliveryAttempt, DeliveryDecision
from finopsguard.models.messages import Message, TeamsMessage
from finopsguard.ports import Store
from finopsguard.steps import post_to_teams
from finopsguard.store import documents, keys
from finopsguard.store.bucket import BucketStore
from finopsguard.store.directory import DirectoryStore
from tests.docs import markdown
from tests.recorder import STORE_ACTIONS, WRITING, Recorder
from tests.standins import StandIns
from tests.unit.fakes import NOW, FakeChannel, FakePorts, call, make_run

WEEK = "weekly-2026-11-16"
ATTEMPT = f"{WEEK}/teams/001"
GIVEN = TeamsMessage(make_run(), Message("teams", f"runs/{WEEK}/messages/teams.json", 2))


def uncertain(store: Store) -> None:
    """A report that Teams did not confirm."""
    store.write(GIVEN.message.key, b"{}")
    with pytest.raises(DeliveryUncertain):
        call(post_to_teams.run, GIVEN, FakePorts(channel=FakeChannel(DeliveryUncertain("?")), store=store))


def told(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `finopsguard deliveries ...`."""
    code = cli.main(["deliveries", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """`--state DIR` with an uncertain delivery; away from this folder's .env."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    uncertain(DirectoryStore(tmp_path / "state"))
    return ["--state", str(tmp_path / "state")]


def test_list_shows_the_id_the_state_and_what_to_do(
    state: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, text, _ = told("list", *state, "--lang", "en", capsys=capsys)
    assert code == 0
    assert [re.split(r"  +", line) for line in text.splitlines()] == [
        ["Attempt", "What", "Channel", "State", "Attempts"],
        [ATTEMPT, f"Report {WEEK}", "teams", "Uncertain since 23 Nov 2026, 08:00 (UTC)", "1"],
        [""],
        [
            "Look into the channel: is the card there? Then say it, posted or not-posted:"
            " finopsguard deliveries resolve ID OUTCOME --reason …"
        ],
    ]


def test_list_in_spanish_as_markdown(state: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    _, text, _ = told("list", *state, "--format", "md", capsys=capsys)
    assert text.splitlines()[:3] == [
        "| Intento | Qué | Canal | Estado | Intentos |",
        "| --- | --- | --- | --- | --- |",
        f"| `{ATTEMPT}` | Informe {WEEK} | teams | Incierto desde el 23 nov 2026, 08:00 (UTC) | 1 |",
    ]


def test_list_as_json_keeps_what_is_open_beyond_the_last(
    state: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    store = DirectoryStore(state[1])
    for day in range(1, 4):
        record = DeliveryAttempt("posted", datetime(2026, 12, day, tzinfo=UTC), "")
        documents.write(
            store, keys.DELIVERY.key(run_id=f"daily-{day}", channel="teams", number="001"), record
        )
    _, text, _ = told("list", *state, "--format", "json", "--last", "1", capsys=capsys)
    shown = json.loads(text)["deliveries"]
    assert [each["id"] for each in shown] == ["daily-3/teams/001", ATTEMPT]
    assert shown[1] == {
        "id": ATTEMPT,
        "run_id": WEEK,
        "correction": False,
        "channel": "teams",
        "state": "uncertain",
        "at": "2026-11-23T08:00:00Z",
        "attempts": 1,
    }


def test_an_empty_store_says_so(tmp_path: Path, state: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("text", "md"):
        code, text, _ = told("list", "--state", str(tmp_path / "empty"), "--format", form, capsys=capsys)
        assert (code, text) == (0, "No hay ninguna publicación anotada.\n")
    assert not (tmp_path / "empty").exists()


def test_resolve_says_what_it_came_to_and_refuses_in_one_line(
    state: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    answer = ("resolve", ATTEMPT, "not-posted", "--reason", "looked", *state, "--lang", "en")
    expected = (
        f"{ATTEMPT} counts as not posted. Redrive its execution, or post it with:"
        f" finopsguard deliveries resend {ATTEMPT} --reason …\n"
    )
    assert told(*answer, capsys=capsys) == (0, expected, "")
    assert told(*answer, capsys=capsys) == (0, f"It was decided before. {expected}", "")
    code, out, refused = told("resolve", ATTEMPT, "posted", "--reason", "looked", *state, capsys=capsys)
    assert (code, out, refused.count("\n")) == (2, "", 1)
    assert refused.startswith(f"finopsguard: {ATTEMPT} was decided as not-posted")
    kept = documents.read(DirectoryStore(state[1]), f"decisions/{ATTEMPT}/resolve.json", DeliveryDecision)
    assert (kept.decision, kept.reason) == ("not-posted", "looked")
    assert kept.version


def test_a_decision_needs_a_reason(state: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["resolve", ATTEMPT, "posted"], ["resend", ATTEMPT]):
        with pytest.raises(SystemExit):
            cli.main(["deliveries", *command, *state])
        assert "--reason" in capsys.readouterr().err


def test_resend_posts_the_stored_body_once(state: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with StandIns() as standins:
        os.environ["TEAMS_WEBHOOK_URL"] = standins.webhook_url
        first = told("resend", ATTEMPT, "--reason", "gone", *state, capsys=capsys)
        assert (first[0], standins.workflows.posts) == (1, [])
        told("resolve", ATTEMPT, "not-posted", "--reason", "looked", *state, capsys=capsys)
        done = told("resend", ATTEMPT, "--reason", "gone", *state, "--lang", "en", capsys=capsys)
        assert done == (0, f"{WEEK} was posted to teams.\n", "")
        again = told("resend", ATTEMPT, "--reason", "gone", *state, capsys=capsys)
        assert again[0] == 2
        assert len(standins.workflows.posts) == 1
        assert standins.webhook_url not in "".join((*first[1:], *again[1:]))


def test_who_answers_needs_what_the_page_about_permissions_says(
    state: list[str], capsys: pytest.CaptureFixture[str], watched: Recorder
) -> None:
    watched.seen.touched.clear()
    told("list", *state, capsys=capsys)
    told("resolve", ATTEMPT, "not-posted", "--reason", "looked", *state, capsys=capsys)
    with StandIns() as standins:
        os.environ["TEAMS_WEBHOOK_URL"] = standins.webhook_url
        assert told("resend", ATTEMPT, "--reason", "gone", *state, capsys=capsys)[0] == 0
    page = (Path(__file__).parents[3] / "docs" / "permissions.md").read_text("utf-8")
    rows = markdown.table(page.partition("## Who answers for a delivery")[2], "| Permission | Resource |")
    allowed = {row[0]: row[1] for row in rows}
    for touched in watched.seen.touched:
        for action in STORE_ACTIONS[touched.operation]:
            place = "Bucket" if action == "s3:ListBucket" else f"Bucket/{touched.key.partition('/')[0]}/*"
            assert place in allowed[action], (action, touched.key)
    written = {each.key.partition("/")[0] for each in watched.seen.touched if each.operation in WRITING}
    # What the report told is noted where the run left it, which this one did not.
    assert written == {"deliveries", "decisions", "covered"}


def test_without_a_webhook_resend_says_which_setting(
    state: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told("resolve", ATTEMPT, "not-posted", "--reason", "looked", *state, capsys=capsys)
    code, _, refused = told("resend", ATTEMPT, "--reason", "gone", *state, capsys=capsys)
    assert (code, "TEAMS_WEBHOOK_URL" in refused) == (2, True)


def test_the_deployed_bucket_is_answered_with_the_user_s_own_credentials(
    state: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ.update(
        FINOPSGUARD_BUCKET="reports", AWS_REGION="us-east-1", AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b"
    )
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="reports")
        store = BucketStore(s3, "reports")
        uncertain(store)
        answer = ("resolve", ATTEMPT, "posted", "--reason", "it is there", "--lang", "en")
        assert told(*answer, capsys=capsys) == (0, f"{ATTEMPT} counts as posted.\n", "")
        _, text, _ = told("list", "--lang", "en", capsys=capsys)
        assert "Posted 23 Nov 2026" in text
        assert store.list("covered/") == ["covered/aws/weekly/2026-11-23.json"]
        assert documents.read(store, f"deliveries/{ATTEMPT}.json", DeliveryAttempt).at == NOW
