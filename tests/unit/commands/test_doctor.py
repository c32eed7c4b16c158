"""`finopsguard doctor`: what it prints, in three forms and two languages, and how it ends."""

from __future__ import annotations

import json
import os
import re
from importlib import metadata
from pathlib import Path

import pytest

from finopsguard import cli, contracts
from finopsguard.models.checkup import Checkup
from finopsguard.version import VERSION
from tests.standins import StandIns
from tests.unit.doctor.examining import STACK, deployed


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a .env; what the command sets is forgotten after the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    return tmp_path


def told(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = cli.main(["doctor", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_before_a_delivery(here: Path, standins: StandIns, capsys: pytest.CaptureFixture[str]) -> None:
    standins.cost_explorer.page_size = 100
    code, text, error = told("--lang", "en", capsys=capsys)
    assert code == 0
    assert error == "Cost Explorer is asked once or twice, at $0.01 a request.\n"
    lines = text.splitlines()
    assert re.match(r"FinOps Guard \S+: can it work here\?", lines[0])
    [identity] = [line for line in lines if line.startswith("✔ Identity ")]
    assert identity.endswith(f"/... in account {standins.sts.own_account}.")
    assert "· Schedules              Not looked at: no stack was named (--stack)." in lines
    assert lines[-3].endswith("0 failed, 14 not looked at. Requests of Cost Explorer: 2 ($0.02).")
    assert lines[-1] == "Nothing is in the way of a report."
    assert len(list((here / ".finopsguard" / "paid").rglob("000*"))) == 2
    assert standins.cost_explorer.requests == 2
    assert standins.workflows.posts == []


def test_what_failed_says_what_to_do_in_the_language_that_is_set(
    here: Path, standins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    standins.secrets_manager.secrets.clear()
    standins.cost_explorer.page_size = 100
    code, text, _ = told(capsys=capsys)
    lines = text.splitlines()
    at = lines.index("✖ Webhook de Teams        No existe el secreto del webhook.")
    assert lines[at + 1].strip().startswith("→ The webhook's secret does not exist. Create it or correct")
    assert lines[at + 2] == "· Tarjeta de prueba       Sin mirar, porque antes falló: Webhook de Teams."
    assert (code, lines[-1]) == (1, "Haga lo que dice cada comprobación que falló y ejecútelo otra vez.")


def test_its_release_is_known_where_no_package_is_installed(
    here: Path, standins: StandIns, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the container there is the source alone."""

    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata.Distribution, "from_name", missing)
    standins.cost_explorer.page_size = 100
    _, text, _ = told("--lang", "en", capsys=capsys)
    assert text.startswith(f"FinOps Guard {VERSION}: ")


def test_after_a_delivery_as_json(here: Path, standins: StandIns, capsys: pytest.CaptureFixture[str]) -> None:
    deployed(standins, FINOPSGUARD_STATE_DIR=str(here / "kept"))
    code, text, _ = told("--stack", STACK, "--format", "json", "--post", capsys=capsys)
    checkup = contracts.from_json(Checkup, json.loads(text))
    states = {each.check: each.state for each in checkup.checks}
    assert code == checkup.failed == 0
    assert {name for name, state in states.items() if state == "pass"} >= {
        *("stack", "settings", "identity", "cost_explorer", "organizations", "store", "webhook", "card"),
        *("executions", "alarms", "mail"),
    }
    assert (checkup.stack, checkup.requests) == (STACK, 2)
    assert len(standins.workflows.posts) == 1
    assert len(list((here / "kept").rglob("000*"))) == 2


def test_a_stack_that_is_not_there_leaves_its_settings_out(
    here: Path, standins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is paid or written for the settings of this machine, which are not the stack's."""
    code, text, _ = told("--stack", "other", "--format", "json", capsys=capsys)
    states = {each["check"]: each["state"] for each in json.loads(text)["checks"]}
    assert (code, states["stack"], states["cost_explorer"], states["store"]) == (1, "fail", "skip", "skip")
    assert standins.cost_explorer.requests == 0
    assert list(here.iterdir()) == []


def test_as_markdown(here: Path, standins: StandIns, capsys: pytest.CaptureFixture[str]) -> None:
    standins.sts.fail("InvalidClientTokenId", "no", status=403, times=None)
    code, text, _ = told("--format", "md", "--lang", "en", capsys=capsys)
    lines = text.splitlines()
    assert lines[0].startswith("# FinOps Guard ")
    assert lines[2:4] == ["| State | Check | What was found | What to do |", "| --- | --- | --- | --- |"]
    [identity] = [line for line in lines if line.startswith("| ✖ FAILED | Identity |")]
    assert "| There are no valid AWS credentials. | No valid AWS credentials" in identity
    assert all(line.count(" | ") == 3 for line in lines if line.startswith("|"))
    assert code == 1


def test_without_credentials_all_that_needs_none_is_looked_at(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMS_WEBHOOK_URL", "http://127.0.0.1:1/workflows/x?sig=1")
    code, text, _ = told("--format", "json", capsys=capsys)
    states = {each["check"]: each["state"] for each in json.loads(text)["checks"]}
    assert {name for name, state in states.items() if state == "pass"} == {
        *("versions", "network", "region", "settings", "store", "webhook"),
    }
    assert [name for name, state in states.items() if state == "fail"] == ["identity"]
    assert code == 1
    assert list(here.iterdir()) == []


def test_a_language_that_cannot_work_does_not_end_it(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINOPSGUARD_LANGUAGE", "xx")
    monkeypatch.setenv("FINOPSGUARD_USE_MOCK_DATA", "true")
    code, text, error = told(capsys=capsys)
    assert (code, error) == (1, "")
    assert "FINOPSGUARD_LANGUAGE is 'xx'; use es or en." in text


@pytest.mark.parametrize("arguments", [["--stack", "no such"], ["--format", "xml"], ["--stack", ""]])
def test_bad_input_ends_with_2(here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["doctor", *arguments])
    assert stopped.value.code == 2
    assert arguments[0] in capsys.readouterr().err
