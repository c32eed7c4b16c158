"""The webhook's secret and address, of any form: a whole URL that may be posted to, or an error without it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from finopsguard.channels.teams.address import check_url, whole
from finopsguard.channels.teams.secret import WebhookSecret
from finopsguard.errors import FinOpsGuardError
from finopsguard.variables import WORKFLOWS_HOSTS
from tests.fuzz.held import SIG, outcome, tries
from tests.fuzz.shapes import damaged, json_values, odd_text, spoiled
from tests.fuzz.wire import JSON, answers, clients, said

URL = f"https://prod-1.westeurope.logic.azure.com:443/workflows/x/paths/invoke?api-version=2016&sp=%2Frun&sv=1.0&sig={SIG}"
ARN = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:finopsguard/webhook-AbCdEf"


@st.composite
def urls(draw: st.DrawFn) -> str:
    """The URL as people paste it: half of it, with quotes, escaped, with other things about it."""
    url = draw(
        st.sampled_from(
            [URL, URL, URL.replace("&", "&amp;"), URL.replace("&", "\\u0026"), URL.replace("%2F", "%")]
        )
    )
    for _ in range(draw(st.integers(0, 2))):
        begin = draw(st.integers(0, len(url)))
        end = min(len(url), begin + draw(st.sampled_from([0, 1, 8, 400])))
        url = url[:begin] + draw(odd_text) + url[end:]
    return (
        draw(st.sampled_from(["", " ", '"', "“", "<"]))
        + url
        + draw(st.sampled_from(["", "\n", '"', "”", ">"]))
    )


secrets = st.one_of(
    urls(),
    urls().map(lambda url: json.dumps({"url": url})),
    st.one_of(json_values, spoiled(st.just({"url": URL}))).map(json.dumps),
    odd_text,
)


@tries(12)
@given(text=secrets)
def test_a_secret_is_a_url_or_an_error_that_does_not_repeat_it(text: str) -> None:
    client = answers(clients().secrets_manager(), lambda *_: said({"ARN": ARN, "SecretString": text}))
    secret = WebhookSecret(client, ARN)
    found = outcome(secret.url, *pieces(text))
    assert SIG not in repr(secret)
    if not isinstance(found, FinOpsGuardError):
        assert not any(each.isspace() for each in found)
        assert urlsplit(found).scheme in ("http", "https")
        may_be_posted_to(found)


@tries(6)
@given(
    answer=spoiled(st.just({"ARN": ARN, "Name": "webhook", "SecretString": URL})),
    status=st.sampled_from([200, 200, 200, 400, 500]),
)
def test_a_spoiled_answer_is_a_url_or_an_error(answer: Any, status: int) -> None:
    client = answers(clients().secrets_manager(), lambda *_: said(answer, status))
    found = outcome(WebhookSecret(client, ARN).url)
    assert isinstance(found, FinOpsGuardError | str)


@tries(6)
@given(data=damaged(json.dumps({"ARN": ARN, "SecretString": URL}).encode()))
def test_bytes_of_any_kind_are_a_url_or_an_error(data: bytes) -> None:
    client = answers(clients().secrets_manager(), lambda *_: (200, JSON, data))
    assert isinstance(outcome(WebhookSecret(client, ARN).url), FinOpsGuardError | str)


@tries(19)
@given(
    url=st.one_of(
        urls(), odd_text, st.builds("{}://{}".format, st.sampled_from(["https", "http", "file"]), odd_text)
    )
)
def test_an_address_is_allowed_as_a_whole_or_refused_without_its_signature(url: str) -> None:
    may_be_posted_to(whole(url))


def may_be_posted_to(url: str) -> None:
    """An allowed address is HTTPS, of Microsoft's hosts, and signed; this machine is its own."""
    found = outcome(lambda: check_url(url, WORKFLOWS_HOSTS), *pieces(url))
    if isinstance(found, FinOpsGuardError):
        return
    if found.host not in ("localhost", "127.0.0.1", "[::1]"):
        assert found.scheme == "https"
        assert (found.host or "").endswith((".environment.api.powerplatform.com", ".logic.azure.com"))
        assert "sig=" in (found.query or "")
    assert found.auth is None


def pieces(text: str) -> list[str]:
    """What may be a part of a secret, so that it may not be repeated; of a host no more than its name is."""
    return [text] if len(text) > 60 else []
