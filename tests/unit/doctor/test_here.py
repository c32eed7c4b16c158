"""Versions, settings and the network: what this machine says by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from finopsguard.variables import VARIABLES
from tests import planted
from tests.standins import StandIns
from tests.unit.doctor.examining import STACK, around, deployed, found, only

MOCK = {"FINOPSGUARD_USE_MOCK_DATA": "true"}


@pytest.mark.parametrize(("version", "expected"), [("1.2.3", "pass"), ("1.2.2", "warn")])
def test_the_stacks_version_is_compared(standins: StandIns, version: str, expected: str) -> None:
    assert only("versions", around({}))[:2] == ("pass", "versions")
    deployed(standins)
    standins.deployed.outputs["Version"] = version
    [finding] = found("versions", around({}, stack=STACK))
    assert (finding.state, finding.values["deployed"]) == (expected, version)


def test_each_setting_that_cannot_work_is_named_with_what_to_write() -> None:
    wrong = {"FINOPSGUARD_LANGUAGE": "xx", "FINOPSGUARD_QUIET_DAYS": "0", "AWS_REGION": "eu-west-1"}
    findings = found("settings", around(wrong))
    assert [(each.state, each.values["name"]) for each in findings] == [
        ("fail", "FINOPSGUARD_LANGUAGE"),
        ("fail", "FINOPSGUARD_QUIET_DAYS"),
    ]
    assert (
        findings[0].error
        == "FINOPSGUARD_LANGUAGE is 'xx'; use es or en. Correct the setting (see .env.example)."
    )


def test_settings_that_can_work_are_named_without_what_they_hold() -> None:
    [finding] = found("settings", around({**MOCK, "TEAMS_WEBHOOK_URL": planted.secret("https://x/?sig")}))
    assert (finding.state, finding.values["count"]) == ("pass", 2)
    assert finding.values["names"] == "FINOPSGUARD_USE_MOCK_DATA, TEAMS_WEBHOOK_URL"


def test_a_name_that_nobody_reads_is_told() -> None:
    [finding] = found("settings", around({"FINOPSGUARD_TIMEZON": "UTC", "FINOPSGUARD_WAIT_SCALE": "0"}))
    assert (finding.state, finding.said, finding.values["names"]) == (
        "warn",
        "settings_unknown",
        "FINOPSGUARD_TIMEZON",
    )


def test_with_a_stack_its_settings_are_looked_at_and_ours_are_not(standins: StandIns) -> None:
    deployed(standins, FINOPSGUARD_HISTORY_DAYS="7")
    findings = found("settings", around({"FINOPSGUARD_LANGUAGE": "xx"}, stack=STACK))
    assert [each.values["name"] for each in findings] == ["FINOPSGUARD_HISTORY_DAYS"]
    deployed(standins)
    assert only("settings", around({"FINOPSGUARD_LANGUAGE": "xx"}, stack=STACK))[:2] == (
        "pass",
        "settings_stack",
    )


@pytest.mark.parametrize(
    ("env", "state", "said"),
    [
        ({}, "pass", "network_direct"),
        ({"HTTPS_PROXY": "http://proxy.corp:3128"}, "pass", "network_proxy"),
        ({"https_proxy": f"http://{planted.secret('user')}:x@proxy.corp"}, "pass", "network_proxy"),
        ({"HTTPS_PROXY": "http://[::1"}, "fail", "network_proxy_wrong"),
        ({"AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1"}, "warn", "network_endpoints"),
        ({"AWS_CA_BUNDLE": "/nowhere/ca.pem"}, "fail", "network_authorities"),
    ],
)
def test_the_network(monkeypatch: pytest.MonkeyPatch, env: dict[str, str], state: str, said: str) -> None:
    for name in (
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
    [finding] = found("network", around(env))
    assert (finding.state, finding.said) == (state, said)
    if said == "network_proxy":
        assert str(finding.values["proxy"]).startswith("proxy.corp")


def test_a_file_of_certificates_that_is_there_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "ca.pem"
    file.touch()
    assert only("network", around({"AWS_CA_BUNDLE": str(file)}))[0] == "pass"


def test_every_variable_is_read() -> None:
    """A variable that is added is looked at by itself."""
    env = {each.name: "\0" for each in VARIABLES.values()}
    named = {str(each.values["name"]) for each in found("settings", around(env))}
    free = {"AWS_REGION", "FINOPSGUARD_BILLING_VIEW_ARN", "FINOPSGUARD_BUCKET", "FINOPSGUARD_STATE_DIR"}
    free |= {
        "FINOPSGUARD_STATE_MACHINE_ARN",
        "TEAMS_WEBHOOK_URL",
        "TEAMS_WEBHOOK_SECRET_ARN",
        "FINOPSGUARD_WEBHOOK_ALLOWED_HOSTS",
    }
    assert named == {each.name for each in VARIABLES.values()} - free
