"""Identity, region, clock, accounts, units and roles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from finopsguard.doctor import account
from finopsguard.models.checkup import CheckName
from tests import planted
from tests.standins import StandIns
from tests.standins.service import Answer
from tests.standins.sts import CALLER
from tests.unit.doctor.examining import STACK, around, deployed, found, only

MOCK = {"FINOPSGUARD_USE_MOCK_DATA": "true"}
OF_AWS: tuple[CheckName, ...] = (
    "identity",
    "region",
    "clock",
    "organizations",
    "units",
    "roles",
    "cost_explorer",
    "export",
)
READER = "arn:aws:iam::111100000005:role/Reader"


def test_the_caller_is_named_without_the_person(standins: StandIns) -> None:
    [finding] = found("identity", around({}))
    assert (finding.state, finding.values["account"]) == ("pass", standins.sts.own_account)
    assert finding.values["who"] == f"{CALLER.rpartition('/')[0]}/..."


def test_the_root_user_is_not_needed(standins: StandIns) -> None:
    arn = f"arn:aws:iam::{standins.sts.own_account}:root"
    answer = standins.sts.render(
        "GetCallerIdentity", {"Arn": arn, "UserId": "x", "Account": standins.sts.own_account}
    )
    standins.sts.answer(answer)
    assert only("identity", around({}))[:2] == ("warn", "identity_root")


def test_credentials_that_nobody_has(standins: StandIns) -> None:
    standins.sts.fail("InvalidClientTokenId", planted.secret("token"), status=403)
    state, said, error = only("identity", around({}))
    assert (state, said) == ("fail", "error")
    assert error.startswith("No valid AWS credentials (InvalidClientTokenId). Sign in")


def test_nobody_is_asked_for_invented_data() -> None:
    for name in OF_AWS:
        assert only(name, around(MOCK))[:2] == ("skip", "invented")


@pytest.mark.parametrize(
    ("region", "state", "said"),
    [
        ("eu-west-1", "pass", "region"),
        ("cn-north-1", "pass", "region"),
        ("eu-west-99", "warn", "region_new"),
        ("europe", "fail", "region_unknown"),
        ("us-gov-west-1", "fail", "region_without_costs"),
    ],
)
def test_regions(region: str, state: str, said: str) -> None:
    assert only("region", around({"AWS_REGION": region}))[:2] == (state, said)


def test_a_secret_of_another_region_is_told() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:webhook"
    given = {"AWS_REGION": "us-east-1", "TEAMS_WEBHOOK_SECRET_ARN": arn}
    [finding] = found("region", around(given))
    assert (finding.state, finding.values["variable"]) == ("fail", "TEAMS_WEBHOOK_SECRET_ARN")
    assert only("region", around({**given, "AWS_REGION": "eu-west-1"}))[0] == "pass"


@pytest.mark.parametrize(
    ("away", "state", "said"),
    [(2, "pass", "clock"), (120, "warn", "clock_off"), (1000, "fail", "clock_wrong")],
)
def test_the_clock_is_held_to_aws(standins: StandIns, away: int, state: str, said: str) -> None:
    assert standins.endpoint
    for sign in (-1, 1):
        now = datetime.now(UTC) + timedelta(seconds=sign * away)
        assert only("clock", around({}, now=now))[:2] == (state, said)


def test_a_refusal_says_aws_time_too(standins: StandIns) -> None:
    """A clock that is wrong is refused: just then its error is to be known."""
    standins.sts.fail("SignatureDoesNotMatch", "Signature expired", status=403, times=None)
    assert only("clock", around({}, now=datetime.now(UTC) - timedelta(hours=1)))[:2] == (
        "fail",
        "clock_wrong",
    )


def test_accounts_are_counted_and_who_asks_is_told(standins: StandIns) -> None:
    [finding] = found("organizations", around({}))
    assert (finding.state, finding.said) == ("pass", "organizations_managed")
    assert (finding.values["count"], finding.values["closed"]) == (24, 1)


def test_a_delegated_administrator_and_a_member(monkeypatch: pytest.MonkeyPatch) -> None:
    with StandIns(management_account="111100000001", own_account="111100000000") as standins:
        env = standins.environ()
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        assert only("organizations", around(env))[:2] == ("warn", "organizations_denied")
        state, said, error = only(
            "organizations", around({**env, "FINOPSGUARD_INCLUDE_OUS": "ou-ab12-cdef3456"})
        )
        assert (state, said) == ("fail", "error")
        assert "Allow organizations:ListAccounts" in error
        standins.organizations.administrators.add("111100000000")
        assert only("organizations", around(env))[:2] == ("pass", "organizations_delegated")


def test_no_organization(standins: StandIns) -> None:
    standins.organizations.in_use = False
    assert only("organizations", around({}))[:2] == ("warn", "organizations_none")
    asked = {"FINOPSGUARD_INCLUDE_ACCOUNTS": "111100000001"}
    assert only("organizations", around(asked))[:2] == ("fail", "organizations_none_needed")


def test_units_and_accounts_that_are_named_are_looked_for(standins: StandIns) -> None:
    standins.organizations.add_unit("ou-st01-aaaaaaaa")
    well = {
        "FINOPSGUARD_INCLUDE_OUS": "ou-st01-aaaaaaaa",
        "FINOPSGUARD_BUDGETS": '{"r-st01": "5", "organization": "6"}',
        "FINOPSGUARD_INCLUDE_ACCOUNTS": f"111100000001,{READER.split(':')[4]}",
        "FINOPSGUARD_ACCOUNT_ROLE_ARNS": READER,
    }
    [finding] = found("units", around(well))
    assert (finding.state, finding.values["count"]) == ("pass", 4)
    wrong = {"FINOPSGUARD_EXCLUDE_OUS": "ou-st01-bbbbbbbb", "FINOPSGUARD_INCLUDE_ACCOUNTS": "999988887777"}
    [finding] = found("units", around(well | wrong))
    assert (finding.state, finding.values["names"]) == ("fail", "ou-st01-bbbbbbbb, 999988887777")
    assert only("units", around({}))[:2] == ("skip", "units_none")


def test_each_role_is_assumed_with_the_external_id(standins: StandIns) -> None:
    other = READER.replace("05:", "06:")
    standins.sts.roles |= {READER, other}
    standins.sts.external_ids[READER] = "customer-17"
    given = {"FINOPSGUARD_ORGANIZATION_ROLE_ARN": READER, "FINOPSGUARD_ACCOUNT_ROLE_ARNS": other}
    [refused] = found("roles", around(given))
    assert refused.state == "fail"
    assert (refused.error or "").startswith(
        f"The role {READER} cannot be assumed. Allow sts:AssumeRole on it"
    )
    assert only("roles", around({**given, "FINOPSGUARD_EXTERNAL_ID": "customer-17"}))[:2] == (
        "pass",
        "roles_with_id",
    )
    assert only("roles", around({}))[:2] == ("skip", "roles_none")


def test_what_a_stacks_roles_may_do_is_no_failure_of_whoever_looks(standins: StandIns) -> None:
    """The role of deploy/organization-role.yaml trusts the functions' roles alone."""
    deployed(standins, FINOPSGUARD_ORGANIZATION_ROLE_ARN=READER)
    for name in ("roles", "organizations", "cost_explorer"):
        state, said, error = only(name, around({}, stack=STACK))
        assert (state, said) == ("warn", "not_shown")
        assert READER in error
        assert "cannot be assumed. Allow sts:AssumeRole on it" in error
    standins.secrets_manager.fail("AccessDeniedException", "no")
    assert only("webhook", around({}, stack=STACK))[:2] == ("warn", "not_shown")


def test_an_answer_without_a_date_says_nothing_of_the_clock(
    standins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a proxy takes the header away; no stand-in's answer is without one."""
    assert standins.endpoint
    monkeypatch.setattr(account, "time_of_aws", lambda clients: None)
    assert only("clock", around({}))[:2] == ("warn", "clock_unknown")


def test_what_cannot_be_reached_is_an_error_of_ours(standins: StandIns) -> None:
    standins.sts.answer(Answer(0), times=None)
    state, said, error = only("clock", around({}))
    assert (state, said) == ("fail", "error")
    assert error.startswith("STS could not be reached")
