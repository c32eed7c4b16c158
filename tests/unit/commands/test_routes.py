"""`finopsguard routes`: a file that cannot be used is refused with what is wrong, and never kept."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from finopsguard import cli
from finopsguard.store import routes
from finopsguard.store.directory import DirectoryStore
from tests import planted

ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:finopsguard/payments-AbCdEf"
PAYMENTS = {"name": "payments", "owners": ["payments"], "webhook_secret_arn": ARN, "least_usd": "50"}
REST = {"name": "rest", "remainder": True}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, away from this one's .env."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    return tmp_path


def called(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = cli.main(["routes", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def written(here: Path, *found: dict[str, Any], **more: Any) -> str:
    (here / "routes.json").write_text(json.dumps({"routes": found, **more}))
    return str(here / "routes.json")


def test_a_file_is_checked_kept_and_shown(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        os.environ,
        "TEAMS_WEBHOOK_URLS",
        f"rest=https://prod-1.westeurope.logic.azure.com/workflows/x?sig={planted.secret('sig')}",
    )
    file = written(here, PAYMENTS, REST, {"name": "none", "accounts": ["111111111111"]})
    code, out, _ = called("check", file, capsys=capsys)
    assert (code, out.splitlines()) == (
        0,
        [
            f"payments: 1 owner; secret {ARN}",
            "rest: the remainder; webhook of TEAMS_WEBHOOK_URLS",
            "none: 1 account; no webhook: nothing is posted",
            "The Organization's channel has the whole report too.",
        ],
    )
    assert not (here / "state").exists()
    code, out, _ = called("put", file, "--state", "state", capsys=capsys)
    assert (code, out.splitlines()[-1][:24]) == (0, "Kept. No report uses it ")
    code, out, _ = called("show", "--state", "state", capsys=capsys)
    assert (code, json.loads(out)["routes"][0]["owners"]) == (0, ["payments"])
    assert routes.find(DirectoryStore(here / "state"), "payments")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([PAYMENTS, PAYMENTS], "2 routes of the name payments"),
        (
            [{"name": "a", "accounts": ["1" * 12]}, {"name": "b", "accounts": ["1" * 12]}],
            "a and b both have 1111",
        ),
        ([{"name": "a", "owners": ["x"]}, {"name": "b", "owners": ["x"]}], "both have x among their owners"),
        ([{"name": "a"}], "a has no accounts"),
        ([REST, {**REST, "name": "other"}], "rest, other each have the remainder"),
        ([{**REST, "chanel": "x"}], "'chanel', which no route file has"),
        (
            [{**REST, "webhook_secret_arn": "https://x/?sig=1"}],
            "routes[0].webhook_secret_arn is not the ARN of",
        ),
        ([{**REST, "name": "Not a channel"}], "Name of a channel"),
        ([{**REST, "least_usd": "-1"}], "Dollars as a decimal string"),
        ([{**REST, "name": f"r{number}", "accounts": [f"{number:012}"]} for number in range(51)], "maxItems"),
    ],
)
def test_a_file_that_cannot_be_used_is_not_kept(
    here: Path, capsys: pytest.CaptureFixture[str], found: list[dict[str, Any]], said: str
) -> None:
    file = written(here, *found)
    for command in (["check", file], ["put", file, "--state", "state"]):
        code, _, error = called(*command, capsys=capsys)
        assert (code, said in error) == (2, True), error
        assert "sig=1" not in error
    assert not (here / "state").exists()


def test_what_is_no_file_and_what_is_not_kept_are_said(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "cannot be read" in called("check", "nowhere.json", capsys=capsys)[2]
    (here / "routes.json").write_text("{")
    assert "it is no JSON" in called("check", "routes.json", capsys=capsys)[2]
    assert "there is no routes/routes.json" in called("show", "--state", "state", capsys=capsys)[2]
