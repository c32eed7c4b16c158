"""The weekly report as a customer runs it: real boto3 and HTTP, with AWS and Teams on the loopback."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import botocore.endpoint
import pytest

from finopsguard.models.metrics import USAGE_RECORD_TYPES
from finopsguard.models.report import ChannelDelivery
from finopsguard.variables import HISTORY_DAYS
from tests.integration.runs import READ_DAYS, few, run, run_script
from tests.planted import SEARCH
from tests.standins import StandIns
from tests.standins.costs import Charge
from tests.sweeps import exhaustive, quick, sampled

STEPS = "tests/unit/steps/test"
START, END = date(2026, 11, 16), date(2026, 11, 23)
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that botocore would have waited before its retries, in this process."""
    waited: list[float] = []
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=waited.append))
    return waited


def assert_no_secret(folder: Path) -> None:
    """No planted secret is anywhere: not in what was printed, not in a file of the report or the store."""
    SEARCH.look_at_files(folder)
    assert SEARCH.found == []


def is_usage(charge: Charge) -> bool:
    """What the report compares and judges."""
    return charge.record_type in USAGE_RECORD_TYPES


def test_a_report_of_the_whole_organization_is_right_to_the_last_digit(tmp_path: Path) -> None:
    days = READ_DAYS if quick() else HISTORY_DAYS
    with few() if quick() else StandIns() as standins:
        standins.cost_explorer.page_size = 700  # a page that ends inside a day
        done = run_script(tmp_path, {**standins.environ(), "FINOPSGUARD_HISTORY_DAYS": str(days)})
        expected = standins.cost_explorer.costs
        assert done.code == 0
        assert {json.loads(line)["level"] for line in done.stderr.splitlines()} == {"INFO"}
        report = done.report
        assert done.stdout.startswith("Coste semanal de AWS · ")
        assert report.totals.period == expected.total(START, END)
        compared = report.comparison
        assert compared is not None
        settled = END - timedelta(days=1)  # the newest day ended eight hours before
        assert compared.days == tuple(START + timedelta(days=day) for day in range(6))
        assert compared.current == expected.total(START, settled, is_usage)
        assert compared.previous == expected.total(START - WEEK, settled - WEEK, is_usage)
        assert report.totals.previous == compared.previous
        assert report.totals.month_to_date == expected.total(date(2026, 11, 1), END)
        assert {account.id for account in report.accounts} == {
            account.id for account in standins.organizations.accounts
        }
        assert sum(account.cost for account in report.accounts) == report.totals.period
        assert report.coverage.missing == ()
        assert report.cost_explorer.requests == standins.cost_explorer.requests
        assert report.cost_explorer.usd == standins.cost_explorer.usd
        assert standins.workflows.posts == [(done.out / "card.json").read_bytes()]
        assert report.delivery is not None
        assert (report.delivery.status, report.delivery.bytes) == (
            "delivered",
            len(standins.workflows.posts[0]),
        )
        assert report.deliveries == (ChannelDelivery("teams", "delivered", report.delivery.bytes),)
        assert done.execution["status"] == "SUCCEEDED"
        assert (done.out / "report.html").read_text("utf-8").startswith("<!doctype html>")
        assert_no_secret(tmp_path)


@exhaustive(beside="tests/workflow/test_real_steps.py::test_a_report_is_made_and_posted_once")
def test_a_second_call_posts_nothing_and_pays_nothing(tmp_path: Path) -> None:
    with few() as standins:
        first = run(tmp_path, standins.environ())
        paid = standins.cost_explorer.requests
        second = run(tmp_path, standins.environ())
        assert (first.code, second.code) == (0, 0)
        assert len(standins.workflows.posts) == 1
        assert standins.cost_explorer.requests == paid
        assert second.report.delivery is not None
        assert second.report.delivery.status == "already_delivered"
        assert second.report.totals == first.report.totals


@exhaustive(beside=f"{STEPS}_post_to_teams.py::test_another_report_is_posted_to_the_same_channel")
def test_a_daily_report_is_another_report_of_the_same_channel(tmp_path: Path) -> None:
    with few() as standins:
        run(tmp_path, standins.environ())
        daily = run(tmp_path, standins.environ(), report="daily")
        assert daily.code == 0
        assert daily.report.totals.period == standins.cost_explorer.costs.total(
            END - timedelta(days=2), END - timedelta(days=1)
        )
        assert len(standins.workflows.posts) == 2


@exhaustive(
    beside="tests/unit/costs/sources/test_cost_explorer_faults.py::test_throttles_and_server_errors_are_survived_and_free"
)
def test_throttling_server_errors_and_a_busy_teams_are_survived(tmp_path: Path, waits: list[float]) -> None:
    with few() as standins:
        # More than botocore tries: the state machine retries as well.
        standins.cost_explorer.fail(
            "LimitExceededException", times=12, when=lambda operation, parameters: "GroupBy" in parameters
        )
        standins.workflows.answer(429, retry_after=1)
        standins.workflows.answer(503, times=2)
        done = run(tmp_path, standins.environ())
        assert done.code == 0
        assert sum(waits) > 1, "botocore waited between its own retries"
        assert done.report.totals.period == standins.cost_explorer.costs.total(START, END)
        assert done.execution["retries"].keys() == {"FetchBatchCosts", "PostToChannel"}
        assert len(standins.workflows.posts) == 1


@exhaustive(
    beside="tests/unit/costs/sources/test_cost_explorer_faults.py::test_throttles_and_server_errors_are_survived_and_free"
)
def test_cost_explorer_s_server_errors_are_survived(tmp_path: Path) -> None:
    with few() as standins:
        standins.cost_explorer.break_down(3)
        standins.cost_explorer.refuse_tokens(1)
        standins.cost_explorer.page_size = 700
        done = run(tmp_path, standins.environ())
        assert done.code == 0
        assert done.report.totals.period == standins.cost_explorer.costs.total(START, END)


@exhaustive(beside=f"{STEPS}_resolve_accounts.py::test_batches_hold_at_most_the_set_number_of_accounts")
@pytest.mark.parametrize("per_fetch", ["1", "10"])
def test_the_size_of_batches_does_not_change_the_report(tmp_path: Path, per_fetch: str) -> None:
    with few(12) as standins:
        done = run(tmp_path, {**standins.environ(), "FINOPSGUARD_ACCOUNTS_PER_FETCH": per_fetch})
        accounts = len(standins.organizations.accounts)
        batches = -(-accounts // int(per_fetch))
        entered = [state["name"] for state in done.execution["states_entered"]]
        assert entered.count("FetchBatchCosts") == batches + 1, "and one of Regions"
        assert done.report.totals.period == standins.cost_explorer.costs.total(START, END)
        assert done.report.cost_explorer.requests == standins.cost_explorer.requests


@exhaustive(
    beside=f"{STEPS}_aggregate_costs.py::test_an_account_that_could_not_be_read_is_missing_and_never_zero"
)
def test_an_account_that_cannot_be_read_is_missing_and_not_zero(tmp_path: Path) -> None:
    with few(12) as standins:
        denied = standins.organizations.accounts[-1]
        standins.cost_explorer.denied_accounts.add(denied.id)
        done = run(tmp_path, {**standins.environ(), "FINOPSGUARD_ACCOUNTS_PER_FETCH": "1"})
        assert done.code == 0
        reasons = {missing.id: missing.reason for missing in done.report.coverage.missing}
        assert reasons.keys() == {denied.id}, reasons
        assert denied.id not in {account.id for account in done.report.accounts}
        assert denied.name.encode() in standins.workflows.posts[0]


@exhaustive(
    beside=f"{STEPS}_resolve_accounts.py::test_without_organizations_the_own_account_is_reported_and_the_report_says_so"
)
def test_without_organizations_the_own_account_is_reported_and_said(tmp_path: Path) -> None:
    with few() as standins:
        standins.organizations.in_use = False
        done = run(tmp_path, standins.environ())
        assert done.code == 0
        assert [account.id for account in done.report.accounts] == [standins.sts.own_account]
        assert done.report.notes == ("organizations_not_in_use",)


@exhaustive(
    beside="tests/unit/test_wiring.py::test_a_card_goes_to_the_url_in_the_secret_also_after_it_was_rotated"
)
def test_a_rotated_webhook_is_read_again(tmp_path: Path) -> None:
    with few() as standins:
        standins.rotate_webhook("a-new-signature")
        assert run(tmp_path, standins.environ()).code == 0
        assert len(standins.workflows.posts) == 1


def test_the_webhook_may_come_from_the_environment_or_from_a_dot_env_file(tmp_path: Path) -> None:
    with few() as standins:
        environ = standins.environ(webhook="url")
        url = environ.pop("TEAMS_WEBHOOK_URL")
        (tmp_path / ".env").write_text(f"# as in .env.example\nTEAMS_WEBHOOK_URL='{url}'\n", "utf-8")
        assert run(tmp_path, environ).code == 0
        assert len(standins.workflows.posts) == 1


@exhaustive(
    beside=f"{STEPS}_post_to_teams.py::test_without_a_webhook_nothing_is_posted_and_the_days_are_covered_by_the_files"
)
def test_without_a_webhook_the_files_are_written_and_it_is_said(tmp_path: Path) -> None:
    with few() as standins:
        done = run_script(tmp_path, standins.environ(webhook="none"))
        assert done.code == 0
        assert done.report.delivery is not None
        assert done.report.delivery.status == "not_configured"
        assert "not_configured" in done.stderr
        assert standins.workflows.posts == []


@sampled(every=3)
@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"FINOPSGUARD_USE_MOCK_DATA": "perhaps"}, "FINOPSGUARD_USE_MOCK_DATA is 'perhaps'"),
        ({"FINOPSGUARD_TIMEZONE": "Europe/Madrit"}, "FINOPSGUARD_TIMEZONE"),
        ({"FINOPSGUARD_ACCOUNTS_PER_FETCH": "101"}, "from 1 to 100"),
        ({"FINOPSGUARD_INCLUDE_OUS": "ou-ab12-nowhere1"}, "UnknownOrganizationalUnit"),
        ({"FINOPSGUARD_INCLUDE_ACCOUNTS": "123123123123"}, "UnknownAccount"),
        ({"FINOPSGUARD_WAIT_SCALE": "fast"}, "FINOPSGUARD_WAIT_SCALE"),
        (
            {"TEAMS_WEBHOOK_SECRET_ARN": "", "TEAMS_WEBHOOK_URL": "https://example.com/x?sig=s3cret"},
            "example.com",
        ),
        ({"TEAMS_WEBHOOK_SECRET_ARN": "", "TEAMS_WEBHOOK_URL": "http://prod.logic.azure.com/x"}, "not HTTPS"),
        ({"TEAMS_WEBHOOK_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:1:secret:gone"}, "SecretNotFound"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "CredentialsMissing"),
    ],
)
def test_bad_settings_end_with_2_and_one_line_that_says_what_to_do(
    tmp_path: Path, env: dict[str, str], message: str
) -> None:
    with few() as standins:
        done = run(tmp_path, {**standins.environ(), **env})
        assert done.code == 2
        (line,) = done.said
        assert message in line
        assert "s3cret" not in line
        assert all("totals" not in post.decode() for post in standins.workflows.posts)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--report", "yearly"), "invalid choice: 'yearly'"),
        (("--engine", "aws"), "FINOPSGUARD_STATE_MACHINE_ARN"),
        (("--engine", "aws", "--lang", "en"), "Language parameter"),
        (("--out", "/dev/null/out"), "--out /dev/null/out cannot be written"),
        (("--scheduled-time", "last monday"), "run_request: scheduled_time"),
        (("--scheduled-time", "2099-01-01T00:00:00Z"), "FuturePeriod"),
    ],
)
def test_bad_arguments_end_with_2(tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    with few() as standins:
        done = run(tmp_path, standins.environ(), *options)
        assert done.code == 2
        assert message in done.stderr.splitlines()[-1]


@sampled(every=2)
@pytest.mark.parametrize(
    ("fault", "error", "remedy"),
    [
        ("disable", "TooManyAccountsMissing", "Cost Explorer"),
        ("deny", "TooManyAccountsMissing", "ce:GetCostAndUsage"),
    ],
)
def test_a_cost_explorer_that_gives_nothing_fails_the_run_and_alerts_once(
    tmp_path: Path, fault: str, error: str, remedy: str
) -> None:
    with few() as standins:
        getattr(standins.cost_explorer, fault)()
        done = run(tmp_path, standins.environ())
        assert done.code == 1
        (line,) = done.said
        assert line.startswith(f"finopsguard: {error}: ")
        assert remedy in line
        assert line.endswith("(The alert was sent to Teams.)")
        assert (done.execution["status"], done.execution["error"]) == ("FAILED", error)
        assert not (done.out / "report.json").exists()
        (alert,) = standins.workflows.posts
        assert b"$0" not in alert
        assert_no_secret(tmp_path)


def test_a_teams_that_refuses_the_card_fails_the_run(tmp_path: Path) -> None:
    with few() as standins:
        standins.workflows.answer(400, times=9)
        done = run(tmp_path, standins.environ(topic=True))
        assert done.code == 1
        (line,) = done.said
        assert line.startswith("finopsguard: TeamsRejected: ")
        assert "(The alert was sent to the alert topic. TeamsRejected: " in line
        assert done.execution["alert"]["place"] == "topic"
        assert len(standins.sns.published) == 1
        assert standins.workflows.sig not in str(standins.sns.published)
        assert_no_secret(tmp_path)
        standins.workflows._script.clear()
        again = run(tmp_path, standins.environ())
        assert again.code == 0, "the failed attempt left the way free"
        assert len(standins.workflows.posts) == 1


@exhaustive(beside="tests/unit/costs/test_table.py::test_no_amount_is_ever_rounded")
def test_amounts_far_below_a_cent_are_not_lost(tmp_path: Path) -> None:
    from tests.standins import Costs

    with few() as standins:
        account = standins.sts.own_account
        tiny = {
            (account, START, f"Service {number}", "Usage"): Decimal("0.0000000123") for number in range(3)
        }
        standins.cost_explorer.costs = Costs.table(tiny)
        done = run(tmp_path, standins.environ())
        assert done.report.totals.period == Decimal("0.0000000369")
