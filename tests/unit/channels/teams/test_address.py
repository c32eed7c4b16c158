"""The webhook's URL: whole, allowed, and never shown."""

from __future__ import annotations

import pytest

from finopsguard.channels.teams.address import check_url, whole
from finopsguard.errors import WebhookHostNotAllowed, WebhookNotWhole
from finopsguard.variables import WORKFLOWS_HOSTS

GOOD = "https://prod-1.westeurope.logic.azure.com/workflows/abc/triggers/manual/paths/invoke?api-version=1&sig=s3cret"


@pytest.mark.parametrize(
    "url",
    [
        GOOD,
        "https://default0123.4.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/x?sig=s",
        "https://PROD-1.westeurope.LOGIC.azure.com/x?sig=s",
    ],
)
def test_microsofts_workflows_hosts_are_allowed(url: str) -> None:
    check_url(url, WORKFLOWS_HOSTS)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "not a url",
        "https://",
        "https://example.com/x?sig=s3cret",
        "http://prod-1.logic.azure.com/x?sig=s3cret",
        "https://logic.azure.com.example.com/x?sig=s3cret",
        "https://example.com/.logic.azure.com?sig=s3cret",
        "https://user:s3cret@prod-1.logic.azure.com/x",
        "https://example.com#.logic.azure.com",
        "https://example.com\\@prod-1.logic.azure.com/x?sig=s3cret",
        "ftp://prod-1.logic.azure.com/x?sig=s3cret",
        "https://outlook.webhook.office.com/webhookb2/s3cret",
        "http://127.0.0.1.example.com/x",
    ],
)
def test_any_other_url_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(WebhookHostNotAllowed) as raised:
        check_url(url, WORKFLOWS_HOSTS)
    assert "s3cret" not in str(raised.value)


def test_plain_http_is_for_this_machine_only() -> None:
    check_url("http://127.0.0.1:8080/x", WORKFLOWS_HOSTS)
    check_url("http://localhost:8080/x", [])
    with pytest.raises(WebhookHostNotAllowed, match="not HTTPS"):
        check_url("ftp://127.0.0.1:8080/x", WORKFLOWS_HOSTS)
    with pytest.raises(WebhookHostNotAllowed, match="not HTTPS"):
        check_url("http://teams.example.com/x", ["*.example.com"])


@pytest.mark.parametrize(
    "pasted",
    [
        f"  {GOOD}\n",
        f'"{GOOD}"',
        f"'{GOOD}'",
        f"“{GOOD}”",
        f"<{GOOD}>",
        GOOD.replace("&", "&amp;"),
        GOOD.replace("&", "\\u0026"),
        GOOD.replace("/", "\\/"),
        GOOD.replace("&sig=", "%26sig="),
    ],
)
def test_what_copying_does_to_a_url_is_undone(pasted: str) -> None:
    assert whole(pasted) == GOOD
    check_url(whole(pasted), WORKFLOWS_HOSTS)


@pytest.mark.parametrize(
    "cut", [GOOD.partition("&sig=")[0], GOOD.partition("?")[0], GOOD.partition("s3cret")[0]]
)
def test_a_url_without_its_signature_is_refused_before_anything_is_sent(cut: str) -> None:
    with pytest.raises(WebhookNotWhole, match="copy its whole URL"):
        check_url(whole(cut), WORKFLOWS_HOSTS)


def test_a_host_of_the_customers_own_needs_no_signature() -> None:
    check_url("https://relay.example.com/cost-reports", ["relay.example.com"])


@pytest.mark.parametrize(
    "half", ["sig=AbCd-s3cret", "1&sig=s3cret", "s3cret", "s3cret.s3cret", "https://s3cret"]
)
def test_the_other_half_of_a_url_is_not_repeated(half: str) -> None:
    with pytest.raises(WebhookHostNotAllowed) as raised:
        check_url(whole(half), WORKFLOWS_HOSTS)
    assert "s3cret" not in str(raised.value)
