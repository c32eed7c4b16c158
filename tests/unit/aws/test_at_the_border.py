"""Answers that are none of AWS's, or have no end, through real botocore: each ends as one of our errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws

from finopsguard import errors
from finopsguard.accounts.organization import LONGEST_ACCOUNT_NAME, AwsOrganization
from finopsguard.aws import bounds
from finopsguard.aws.athena import Athena
from finopsguard.aws.clients import Clients
from finopsguard.channels.links.key import KeySecret
from finopsguard.channels.teams.secret import WebhookSecret
from finopsguard.costs.sources.cost_explorer import CostExplorer
from finopsguard.store.bucket import BucketStore
from tests.standins import StandIns
from tests.standins.service import Answer, StandIn
from tests.sweeps import sampled
from tests.unit.costs.sources.cost_queries import SHORT, answered, batch
from tests.unit.fakes import NOW

BUCKET, KEY = "finopsguard-reports", "runs/weekly-2026-11-16/report.json"
SECRET = "arn:aws:secretsmanager:eu-west-1:111100000000:secret:teams-AbCdEf"

Ask = Callable[[Clients, StandIns], object]
SECRETS = ("secret", "key of links")
ASKED: Mapping[str, tuple[Ask, Callable[[StandIns], StandIn]]] = {
    "costs": (
        lambda clients, standins: CostExplorer(clients.cost_explorer).fetch(
            SHORT, batch(standins), SHORT.window
        ),
        lambda standins: standins.cost_explorer,
    ),
    "billed accounts": (
        lambda clients, _: CostExplorer(clients.cost_explorer).billed_accounts(SHORT),
        lambda standins: standins.cost_explorer,
    ),
    "accounts": (
        lambda clients, _: organization(clients).accounts(),
        lambda standins: standins.organizations,
    ),
    "secret": (
        lambda clients, _: WebhookSecret(clients.secrets_manager(), SECRET).url(),
        lambda standins: standins.secrets_manager,
    ),
    "key of links": (
        lambda clients, _: KeySecret(clients.secrets_manager(), SECRET, lambda: NOW).read(),
        lambda standins: standins.secrets_manager,
    ),
    "table": (lambda clients, _: athena(clients).table(), lambda standins: standins.athena),
    "statement": (
        lambda clients, _: athena(clients).start("SELECT 1", "x" * 32, "s3://bucket/"),
        lambda standins: standins.athena,
    ),
    "statement's end": (
        lambda clients, _: athena(clients).execution("one"),
        lambda standins: standins.athena,
    ),
}


def athena(clients: Clients) -> Athena:
    return Athena(clients.athena, clients.glue, workgroup="ours", database="billing", table="all_costs")


def organization(clients: Clients, *, with_units: bool = False) -> AwsOrganization:
    return AwsOrganization(clients.organizations(), clients.sts(), with_units=with_units)


# ---- what is no answer -----------------------------------------------------------------------------------------------


@sampled(every=9)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"[" * 20_000,
        b"<html>Sign in</html>",
        b"\xff\xfe",
        b'{"Accounts": 5}',
    ],
    ids=lambda body: body[:12].decode("latin-1"),
)
@pytest.mark.parametrize("what", ASKED)
def test_a_body_of_another_form_is_transient(
    standins: StandIns, clients: Clients, what: str, body: bytes
) -> None:
    ask, service = ASKED[what]
    service(standins).answer(Answer(200, body), times=None)
    with pytest.raises(errors.FinOpsGuardError) as caught:
        ask(clients, standins)
    assert isinstance(caught.value, errors.Transient) or what in SECRETS
    assert "un again" in str(caught.value) or what in SECRETS


@sampled(every=5)
@pytest.mark.parametrize("what", ASKED)
@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        ),
        (
            "InvalidSignatureException",
            "Signature expired: 20261128T100000Z is now earlier than 20261128T104500Z",
        ),
        (
            "SignatureDoesNotMatch",
            "Signature not yet current: 20261128T120000Z is still later than 20261128T1115",
        ),
    ],
)
def test_a_wrong_clock_is_to_be_set(
    standins: StandIns, clients: Clients, what: str, code: str, words: str
) -> None:
    ask, service = ASKED[what]
    service(standins).fail(code, words, status=403, times=None)
    with pytest.raises(errors.InvalidConfiguration, match="clock is more than 15 minutes wrong") as caught:
        ask(clients, standins)
    assert "region" not in str(caught.value).lower()


# ---- pages without end -----------------------------------------------------------------------------------------------


def endless(standin: StandIn, page: Callable[[int], Mapping[str, Any]]) -> None:
    """Each page names another one."""
    for number in range(20):
        standin.answer(Answer(200, json.dumps(page(number)).encode()))


@pytest.mark.parametrize("what", ["costs", "billed accounts"])
def test_fresh_tokens_of_cost_explorer_are_followed_so_far_and_paid_no_further(
    standins: StandIns, clients: Clients, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(bounds, "MOST_QUERY_PAGES", 4)
    ask, service = ASKED[what]
    page = json.loads(answered([], token="t").body)
    endless(
        service(standins),
        lambda number: {**page, "DimensionValues": [], "ResultsByTime": [], "NextPageToken": f"t{number}"},
    )
    with pytest.raises(errors.AnswerTooLong, match=r"more than 4 pages.*FINOPSGUARD_ACCOUNTS_PER_FETCH"):
        ask(clients, standins)
    assert len(service(standins).calls) == 4


def test_fresh_tokens_of_organizations_are_followed_so_far(
    standins: StandIns, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_LIST_PAGES", 4)
    endless(standins.organizations, lambda number: {"Accounts": [], "NextToken": f"t{number}"})
    with pytest.raises(errors.AnswerTooLong, match=r"more than 4 pages.*AWS_ENDPOINT_URL"):
        organization(clients).accounts()
    assert len(standins.organizations.calls) <= 5


def test_a_unit_that_is_below_itself_ends(
    standins: StandIns, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_LIST_PAGES", 12)
    account = {"Id": "111100000001", "Name": "shop", "State": "ACTIVE"}
    unit = {"OrganizationalUnits": [{"Id": "ou-ab12-11111111", "Arn": "a", "Name": "n"}]}
    pages = {
        "ListAccounts": {"Accounts": [account]},
        "ListAccountsForParent": {"Accounts": [account]},
        "ListOrganizationalUnitsForParent": unit,
    }
    for operation, page in pages.items():
        standins.organizations.answer(
            Answer(200, json.dumps(page).encode()), times=None, when=partial(_is, operation)
        )
    with pytest.raises(errors.OrganizationsUnavailable):
        organization(clients, with_units=True).accounts()
    assert len(standins.organizations.calls) <= 6


def _is(operation: str, asked: str, _parameters: Mapping[str, Any]) -> bool:
    return operation == asked


def test_a_token_that_comes_back_is_refused(standins: StandIns, clients: Clients) -> None:
    standins.organizations.answer(Answer(200, b'{"Accounts": [], "NextToken": "t"}'), times=None)
    with pytest.raises(errors.OrganizationsUnavailable, match="could not be reached"):
        organization(clients).accounts()
    assert len(standins.organizations.calls) == 2


# ---- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x" * 5_000, "half \\ud800 of a pair"])
def test_a_name_is_one_that_can_be_kept(standins: StandIns, clients: Clients, name: str) -> None:
    body = f'{{"Accounts": [{{"Id": "111100000001", "Name": "{name}", "State": "ACTIVE"}}]}}'
    standins.organizations.answer(Answer(200, body.encode()))
    (account,) = organization(clients).accounts() or []
    assert 0 < len(account.name.encode()) <= LONGEST_ACCOUNT_NAME


def test_an_account_without_an_id_is_no_account(standins: StandIns, clients: Clients) -> None:
    for account in ({"Name": "shop"}, {"Id": "../../x", "Name": "shop"}, None):
        standins.organizations.answer(Answer(200, json.dumps({"Accounts": [account]}).encode()))
        with pytest.raises(errors.OrganizationsUnavailable):
            organization(clients).accounts()


def test_a_billed_account_that_is_none(standins: StandIns, clients: Clients) -> None:
    standins.cost_explorer.answer(Answer(200, b'{"DimensionValues": [null]}'))
    with pytest.raises(errors.CostExplorerIncomplete):
        CostExplorer(clients.cost_explorer).billed_accounts(SHORT)


def test_an_own_account_without_an_id_is_no_account(standins: StandIns, clients: Clients) -> None:
    for answer in (b"", b"<GetCallerIdentityResponse/>", b"<html>Sign in</html>"):
        standins.sts.answer(Answer(200, answer, "text/xml"))
        with pytest.raises(errors.OrganizationsUnavailable):
            organization(clients).own_account()


def test_roots_and_units_without_an_id_are_none(standins: StandIns, clients: Clients) -> None:
    for body in (b'{"Roots": [{}]}', b'{"Roots": [null]}'):
        standins.organizations.answer(Answer(200, body))
        with pytest.raises(errors.OrganizationsUnavailable):
            organization(clients).unit_exists("r-ab12")
    standins.organizations.answer(Answer(200, b'{"OrganizationalUnit": {}}'))
    assert not organization(clients).unit_exists("ou-ab12-cdefgh34")


# ---- S3 --------------------------------------------------------------------------------------------------------------


class Raw:
    """A body as urllib3 hands it to botocore."""

    def __init__(self, body: bytes) -> None:
        self._left = body

    def read(self, amount: int | None = None, **_: object) -> bytes:
        size = len(self._left) if amount is None else amount
        part, self._left = self._left[:size], self._left[size:]
        return part

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = Clients("us-east-1").s3()
        client.create_bucket(Bucket=BUCKET)
        client.put_object(Bucket=BUCKET, Key=KEY, Body=b"{}")
        yield client


def answering(s3: Any, operation: str, status: int, body: bytes, **headers: str) -> list[str]:
    """S3 answers so from now on; gives what was asked."""
    asked: list[str] = []

    def answer(request: Any, **_: object) -> AWSResponse:
        asked.append(request.url)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return AWSResponse(request.url, status, {"content-length": str(len(body)), **named}, Raw(body))  # type: ignore[arg-type]

    s3.meta.events.register_first(f"before-send.s3.{operation}", answer)
    return asked


def test_an_object_that_comes_damaged_is_read_again_later(s3: Any) -> None:
    answering(s3, "GetObject", 200, b"{]", x_amz_checksum_crc32="AAAAAA==")
    with pytest.raises(errors.StoreUnavailable, match="damaged on its way") as caught:
        BucketStore(s3, BUCKET).read(KEY)
    assert "AWS_REGION" not in str(caught.value)


def test_s3_too_says_which_clock_is_wrong(s3: Any) -> None:
    body = b"<Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time</Message></Error>"
    answering(s3, "*", 403, body)
    store = BucketStore(s3, BUCKET)
    with pytest.raises(errors.InvalidConfiguration, match="clock"):
        store.read(KEY)
    with pytest.raises(errors.InvalidConfiguration, match="clock"):
        store.write(KEY, b"")


def test_an_object_of_any_size_is_not_read_into_memory(s3: Any) -> None:
    answering(s3, "GetObject", 200, b"", content_length=str(bounds.MOST_OBJECT_BYTES + 1))
    with pytest.raises(errors.AnswerTooLong, match=rf"{KEY} has 1000000001 bytes"):
        BucketStore(s3, BUCKET).read(KEY)


def test_a_listing_without_end_is_given_up(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_KEY_PAGES", 3)
    tokens = iter(range(100))

    def answer(request: Any, **_: object) -> AWSResponse:
        body = (
            "<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>true</IsTruncated>"
            f"<NextContinuationToken>t{next(tokens)}</NextContinuationToken></ListBucketResult>"
        ).encode()
        return AWSResponse(request.url, 200, {"content-length": str(len(body))}, Raw(body))  # type: ignore[arg-type]

    s3.meta.events.register_first("before-send.s3.ListObjectsV2", answer)
    with pytest.raises(errors.AnswerTooLong, match="more than 3 pages"):
        BucketStore(s3, BUCKET).list("incidents/")


@pytest.mark.parametrize("body", [b"", b"<html>Sign in</html>", b"<a>" * 3_000, b"\xff\xfe"])
def test_a_listing_of_another_form_is_transient(s3: Any, body: bytes) -> None:
    answering(s3, "ListObjectsV2", 200, body)
    with pytest.raises(errors.StoreUnavailable):
        BucketStore(s3, BUCKET).list("incidents/")
