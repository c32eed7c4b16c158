"""Clients: one of each, the right endpoints, credentials and retries."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from finopsguard.accounts.organization import AwsOrganization
from finopsguard.aws.clients import Clients
from finopsguard.aws.errors import ORGANIZATIONS, translated
from finopsguard.errors import CredentialsMissing, InvalidConfiguration, RoleNotAssumable
from tests.standins import StandIns

ROLE = "arn:aws:iam::222200000000:role/finopsguard-read"
OTHER_ROLE = "arn:aws:iam::333300000000:role/finopsguard-read"

MAKERS: list[Callable[[Clients], Any]] = [
    Clients.s3,
    Clients.sts,
    Clients.secrets_manager,
    Clients.step_functions,
    Clients.organizations,
    Clients.cost_explorer,
]


@pytest.mark.parametrize("make", MAKERS)
def test_every_client_is_made_once_and_retries_in_standard_mode(
    clients: Clients, make: Callable[[Clients], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", "legacy")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    client = make(clients)
    assert make(clients) is client
    assert client.meta.config.retries == {"mode": "standard", "total_max_attempts": 5}
    assert (client.meta.config.connect_timeout, client.meta.config.read_timeout) == (5, 60)


def test_threads_that_ask_at_once_share_one_client(clients: Clients) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: clients.cost_explorer(ROLE), range(16)))
    assert len({id(client) for client in made}) == 1


@pytest.mark.parametrize(
    ("region", "cost_explorer", "organizations"),
    [
        ("eu-west-1", "https://ce.us-east-1.amazonaws.com", "https://organizations.us-east-1.amazonaws.com"),
        (
            "cn-north-1",
            "https://ce.cn-northwest-1.amazonaws.com.cn",
            "https://organizations.cn-northwest-1.amazonaws.com.cn",
        ),
    ],
)
def test_global_endpoints_follow_from_the_region(
    standins: StandIns, monkeypatch: pytest.MonkeyPatch, region: str, cost_explorer: str, organizations: str
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_COST_EXPLORER")
    monkeypatch.delenv("AWS_ENDPOINT_URL_ORGANIZATIONS")
    clients = Clients(region)
    assert clients.cost_explorer().meta.endpoint_url == cost_explorer
    assert clients.organizations().meta.endpoint_url == organizations


def test_in_govcloud_cost_explorer_is_not_asked_and_what_to_do_is_said() -> None:
    """AWS: the costs of a GovCloud account are those of the standard account that pays for it."""
    with pytest.raises(InvalidConfiguration, match="standard AWS account that pays for the GovCloud account"):
        Clients("us-gov-west-1").cost_explorer()


def test_one_endpoint_for_all_services_is_honoured_too(
    standins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    for service in ("COST_EXPLORER", "ORGANIZATIONS", "STS", "SECRETS_MANAGER"):
        monkeypatch.delenv(f"AWS_ENDPOINT_URL_{service}")
    monkeypatch.setenv("AWS_ENDPOINT_URL", standins.endpoint)
    clients = Clients("eu-west-1")
    assert {make(clients).meta.endpoint_url for make in MAKERS} == {standins.endpoint}
    assert clients.sts().get_caller_identity()["Account"] == standins.sts.own_account


def test_a_role_is_assumed_at_its_first_use_and_once(standins: StandIns, clients: Clients) -> None:
    standins.sts.roles = {ROLE, OTHER_ROLE}
    mine, other = clients.organizations(ROLE), clients.organizations(OTHER_ROLE)
    assert standins.sts.calls == []
    standins.organizations.administrators = {"222200000000", "333300000000"}
    for _ in range(3):
        mine.list_roots()
    other.list_roots()
    assert [call.parameters["RoleArn"] for call in standins.sts.calls] == [ROLE, OTHER_ROLE]
    keys = [call.access_key for call in standins.organizations.calls]
    assert [key[4:16] for key in keys] == ["222200000000"] * 3 + ["333300000000"]


def test_a_role_gets_the_external_id_that_it_asks_for(standins: StandIns, clients: Clients) -> None:
    standins.sts.roles = {ROLE, OTHER_ROLE}
    standins.sts.external_ids = {ROLE: "customer-17"}
    standins.organizations.administrators = {"222200000000", "333300000000"}
    clients.organizations(ROLE, "customer-17").list_roots()
    clients.organizations(OTHER_ROLE).list_roots()
    asked = [call.parameters for call in standins.sts.calls]
    assert [each.get("ExternalId") for each in asked] == ["customer-17", None]
    for wrong in (None, "customer-18"):
        client = clients.organizations(ROLE, wrong)
        with pytest.raises(RoleNotAssumable), translated(ORGANIZATIONS, about=ROLE):
            client.list_roots()


def test_credentials_of_a_role_are_renewed_before_they_expire(standins: StandIns, clients: Clients) -> None:
    standins.sts.roles = {ROLE}
    standins.organizations.administrators = {"222200000000"}
    standins.sts.session = timedelta(minutes=5)
    client = clients.organizations(ROLE)
    client.list_roots()
    standins.sts.session = timedelta(hours=1)
    client.list_roots()
    client.list_roots()
    assert standins.sts.count("AssumeRole") == 2
    first, second, third = (call.access_key for call in standins.organizations.calls)
    assert first != second == third


def test_no_credentials(standins: StandIns, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    organization = AwsOrganization(clients.organizations(), clients.sts())
    with pytest.raises(CredentialsMissing, match=r"NoCredentialsError\)\. Sign in"):
        organization.own_account()


def test_half_the_credentials(standins: StandIns, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CredentialsMissing, match="PartialCredentialsError"):
        clients.sts()


def test_an_unknown_profile(standins: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(CredentialsMissing, match="ProfileNotFound"):
        Clients("us-east-1").sts()


@pytest.mark.parametrize("url", ["standins", "https://user:s3cret@stand ins", "user:s3cret@standins"])
def test_an_endpoint_that_is_no_url_is_not_shown(
    standins: StandIns, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
    with pytest.raises(InvalidConfiguration, match="AWS_ENDPOINT_URL"):
        Clients("us-east-1").sts()


def test_a_region_that_cannot_be_one(standins: StandIns) -> None:
    with pytest.raises(InvalidConfiguration, match="AWS_REGION"):
        Clients("eu west 1").s3()
