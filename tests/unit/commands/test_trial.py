"""`finopsguard trial`: the price is said and asked for, and the costs are replayed as `backtest` replays a file."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from finopsguard import cli
from finopsguard.commands import trial
from finopsguard.config import PlanSettings
from finopsguard.costs import once
from finopsguard.errors import (
    CostExplorerAccessDenied,
    CostExplorerThrottled,
    FinOpsGuardError,
    OrganizationsAccessDenied,
)
from finopsguard.models.costs import NOTHING_HELD, BilledAccounts, CostRow, Costs, HeldRows
from finopsguard.models.run import Batch, Period, Run
from finopsguard.ports import (
    Channel,
    Clock,
    CostSource,
    ListedAccount,
    Meter,
    Organization,
    Sleep,
    Store,
    unmetered,
)
from finopsguard.store.memory import MemoryStore
from finopsguard.wiring import Wiring
from tests.recorder import Recorder
from tests.standins import StandIns, sample_accounts
from tests.sweeps import exhaustive
from tests.unit.fakes import NOW, FakeChannel, FakeCosts, FakeOrganization, both_kinds

END, DAYS = NOW.date(), 99
LAST = END - timedelta(days=1)
Answered = tuple[int, str, str]


def account(number: int) -> ListedAccount:
    return ListedAccount(f"{111111111111 + number}", f"account-{number}", "ACTIVE", ())


def usage(number: int, service: str, back: int) -> float:
    """USD of a day: ordinary noise, and account 1 doubles its Redshift ten days before the end."""
    wobble = 1 + ((7 * back + 13 * number + len(service)) % 11 - 5) / 200
    level = 60 * wobble
    return level + 60 if (number, service) == (1, "Amazon Redshift") and back <= 10 else level


def bill(accounts: int = 2, unit: str = "USD", without: frozenset[date] = frozenset()) -> list[CostRow]:
    return [
        row
        for number in range(accounts)
        for service in ("Amazon EC2", "Amazon Redshift")
        for back in range(1, DAYS + 1)
        if (day := END - timedelta(days=back)) not in without
        for row in both_kinds(day, account(number).id, service, f"{usage(number, service, back):.4f}", unit)
    ]


class Bill(FakeCosts):
    """What AWS says, with its total; of some accounts it raises an error or leaves them out as unreadable."""

    def __init__(
        self,
        rows: list[CostRow],
        failing: Mapping[str, FinOpsGuardError] | None = None,
        times: int = 99,
        unreadable: tuple[str, ...] = (),
    ) -> None:
        super().__init__(rows)
        self.failing = failing or {}
        self.times = times
        self.unreadable = unreadable
        self.asked_who = 0

    def fetch(
        self, run: Run, batch: Batch, days: Period, paid: Meter = unmetered, held: HeldRows = NOTHING_HELD
    ) -> Costs:
        for each in batch.accounts:
            if each in self.failing and self.times:
                self.times -= 1
                self.fetched.append(batch)
                raise self.failing[each]
        found = super().fetch(run, batch, days, paid, held)
        kept = [row for row in found.rows if row.account_id not in self.unreadable]
        bad = {each: "a row without a date" for each in self.unreadable if each in batch.accounts}
        return Costs(kept, found.requests, bad)

    def billed_accounts(self, run: Run, paid: Meter = unmetered) -> BilledAccounts:
        self.asked_who += 1
        return super().billed_accounts(run, paid)


class Untouched(MemoryStore):
    """A store that says of every operation that there was one."""

    def __init__(self) -> None:
        super().__init__()
        self.touched: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name in ("read", "write", "exists", "create", "list", "page_link", "place"):
            object.__getattribute__(self, "touched").append(name)
        return object.__getattribute__(self, name)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


Trial = Callable[..., Answered]


@pytest.fixture
def waits() -> list[float]:
    """Seconds that were waited."""
    return []


@pytest.fixture
def tried(
    waits: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Trial:
    """Runs the command on a bill: exit code, standard output, standard error. Nothing is written or posted, ever."""
    monkeypatch.chdir(tmp_path)

    def run(
        costs: CostSource,
        *arguments: str,
        accounts: int = 2,
        env: Mapping[str, str] | None = None,
        organization: Organization | None = None,
    ) -> Answered:
        store, channel = Untouched(), FakeChannel()
        given: dict[Any, object] = {
            Organization: organization or FakeOrganization([account(number) for number in range(accounts)]),
            CostSource: costs,
            Clock: lambda: NOW,
            Sleep: waits.append,
            Store: store,
            Channel: channel,
        }
        monkeypatch.setattr(trial, "wiring_for", lambda _: Wiring(env or {}, given))
        code = cli.main(["trial", *arguments])
        assert (store.touched, store.objects, channel.posts) == ([], {}, [])
        assert list(tmp_path.glob("**/*")) == []
        return code, *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The usage of `bill()` as a file."""
    lines = [f"{row.date},{row.account_id},{row.service},{row.amount}" for row in bill() if row.service]
    path = tmp_path_factory.mktemp("export") / "costs.csv"
    path.write_text("\n".join(["date,account_id,service,cost", *lines]) + "\n", "utf-8")
    return path


# ---- the price -------------------------------------------------------------------------------------------------------


def test_without_a_terminal_and_without_yes_it_is_refused_in_one_line(tried: Trial) -> None:
    costs = Bill(bill())
    code, out, err = tried(costs)
    (line,) = err.splitlines()
    assert (code, out) == (2, "")
    assert line == (
        "finopsguard: Reading 99 days of 2 accounts costs about $0.06 to $0.32 (6 to 32 requests of Cost Explorer,"
        " with about 20 services an account; AWS documents no page size, and what comes with a gap is read again)."
        " Say --yes: there is no terminal to ask."
    )
    assert (costs.fetched, costs.asked_who) == ([], 0), "nothing was paid"


@pytest.mark.parametrize(("answer", "code"), [("Yes\n", 0), ("n\n", 1), ("\n", 1), ("", 1)])
def test_on_a_terminal_the_price_is_asked_for(
    tried: Trial, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    costs = Bill(bill())
    found, out, err = tried(costs, "--days", "1")
    assert found == code
    assert "costs about $0.06 to $0.32" in err.splitlines()[0]
    assert bool(costs.fetched) == bool(costs.asked_who) == bool(out) == (code == 0)
    if code:
        assert err.endswith("Nothing was read, and nothing is charged.\n")


def test_what_a_hundred_accounts_cost_is_what_the_queries_would_make() -> None:
    def priced(env: Mapping[str, str]) -> once.Asked:
        return once.ask(FakeOrganization(listed), PlanSettings.from_env(env), NOW, MemoryStore())

    listed = [account(number) for number in range(100)]
    # Slices of 24, 25, 25 and 25 days: usage, charges and what large ones are for; Regions; the total; who was billed.
    assert priced({}).requests == (4 * (10 + 1) + 2 + 1 + 1, 96 + 5 + 1 + 3 * (100 + 5 + 1) + 20 + 1 + 1)
    alone = priced(ONE_EACH)
    assert alone.requests == (100 * (1 + 1) + 2 + 1 + 1, 100 * (4 + 1 + 1) + 20 + 1 + 1)
    part = priced({"FINOPSGUARD_INCLUDE_ACCOUNTS": account(3).id})
    assert part.requests == (1 + 1 + 1, 4 + 1 + 1 + 8), "of a part neither total nor list is asked for"


def test_invented_data_cost_nothing_and_nobody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FINOPSGUARD_USE_MOCK_DATA", "true")
    monkeypatch.setenv("FINOPSGUARD_INCLUDE_ACCOUNTS", "999900001000")
    assert cli.main(["trial", "--days", "3"]) == 0
    out, err = capsys.readouterr()
    assert err.splitlines()[:2] == [
        "Reading 99 days of 1 account costs nothing: the data are invented.",
        "Read: 0 requests of Cost Explorer, $0.00.",
    ]
    assert "Proposed: FINOPSGUARD_SENSITIVITY=1" in out
    assert list(tmp_path.iterdir()) == []


# ---- what is printed -------------------------------------------------------------------------------------------------


def test_it_prints_what_backtest_prints_of_the_same_costs(
    tried: Trial, export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = tried(Bill(bill()), "--yes", "--days", "12")
    assert code == 0
    assert err.splitlines()[1:] == ["Read: 6 requests of Cost Explorer, $0.06."]
    assert cli.main(["backtest", str(export), "--days", "12", "--messages-a-week", "1"]) == 0
    assert out == capsys.readouterr().out
    assert f"{LAST - timedelta(days=8)}  {account(1).id}  Amazon Redshift" in out
    assert "How sensitive: the newest 54 days judged anew" in out


@exhaustive(beside="test_it_prints_what_backtest_prints_of_the_same_costs")
def test_from_files_it_asks_nothing_and_tells_the_same(
    export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for command in (("trial", "--from"), ("backtest", "--messages-a-week", "1")):
        assert cli.main([*command, str(export), "--days", "12"]) == 0
        told.append(capsys.readouterr())
    assert told[0] == told[1]
    assert told[0].err.startswith(
        "plain table, 1 file, 99 days, 2 accounts, no currency named, shown as USD: usage "
    )
    assert "Amazon Redshift" in told[0].out


@exhaustive(beside="test_an_account_that_cannot_be_read_is_named_and_never_zero")
def test_as_json_it_adds_what_was_read_and_the_price(
    tried: Trial, export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = tried(Bill(bill()), "--yes", "--days", "12", "--messages-a-week", "1", "--format", "json")
    assert code == 0
    found = json.loads(out)
    arguments = ["--days", "12", "--messages-a-week", "1", "--format", "json"]
    assert cli.main(["backtest", str(export), *arguments]) == 0
    of_file = json.loads(capsys.readouterr().out)
    assert of_file.pop("rejected_rows")["count"] == 0
    assert of_file.pop("unknown") == {"amounts": 0, "judged": 0, "series_left_out": 0}
    assert of_file.pop("file")["accounts"] == 2
    assert {name: found[name] for name in of_file} == of_file
    assert len(found["messages"]) == 1
    assert found["cost_explorer"] == {"requests": 6, "usd": "0.06"}
    assert (found["currency"], found["accounts"], found["not_read"], found["notes"]) == ("USD", 2, [], [])
    assert {each["status"] for each in found["checks"]} == {"ok"}


def test_the_policy_is_that_of_the_settings(tried: Trial) -> None:
    env = {"FINOPSGUARD_ANOMALY_MIN_IMPACT": "500"}
    _, out, _ = tried(Bill(bill()), "--yes", "--days", "12", env=env)
    assert "12 days replayed" in out
    assert "Nothing unusual." in out


def test_amounts_are_in_the_currency_of_the_bill(tried: Trial) -> None:
    _, out, _ = tried(Bill(bill(unit="CNY")), "--yes", "--days", "1")
    assert "$" not in out
    assert "CNY: told beyond the default" in out


# ---- what cannot be read ---------------------------------------------------------------------------------------------

ONE_EACH = {"FINOPSGUARD_ACCOUNTS_PER_FETCH": "1"}


def test_a_batch_that_fails_for_now_is_read_again(tried: Trial, waits: list[float]) -> None:
    costs = Bill(bill(), {account(1).id: CostExplorerThrottled("Too many requests.")}, times=2)
    code, out, err = tried(costs, "--yes", "--days", "1")
    assert (code, waits) == (0, [10, 30])
    assert out.startswith("4 series")
    assert "Read: 6 requests" in err


def test_an_account_that_cannot_be_read_is_named_and_never_zero(tried: Trial) -> None:
    failing = {account(4).id: CostExplorerThrottled("Too many requests.")}
    code, out, err = tried(
        Bill(bill(11), failing), "--yes", "--days", "1", "--format", "json", accounts=11, env=ONE_EACH
    )
    found = json.loads(out)
    assert code == 0
    assert found["not_read"] == [{"id": account(4).id, "reason": "CostExplorerThrottled: Too many requests."}]
    assert found["series"] == 20
    assert found["cost_explorer"] == {"requests": 1 + 10 * 2 + 2 + 1, "usd": "0.24"}
    assert "Read: 24 requests of Cost Explorer, $0.24." in err


def test_an_account_of_which_rows_cannot_be_read_is_named_too(tried: Trial) -> None:
    code, out, err = tried(Bill(bill(11), unreadable=(account(4).id,)), "--yes", "--days", "1", accounts=11)
    assert code == 0
    assert out.startswith("20 series")
    lines = err.splitlines()
    assert lines[2:4] == [
        "1 of 11 accounts could not be read, and what they cost is not known:",
        f"  {account(4).id} account-4: CostExplorerIncomplete: a row without a date",
    ]


def test_who_agreed_to_the_price_is_held_to_no_limit_of_reports(tried: Trial) -> None:
    env = {"FINOPSGUARD_MAX_CE_REQUESTS": "1"}
    assert tried(Bill(bill(1)), "--yes", "--days", "1", accounts=1, env=env)[0] == 0


def test_too_many_accounts_that_cannot_be_read_end_it_before_the_rest_is_paid(tried: Trial) -> None:
    costs = Bill(bill(11), {account(each).id: CostExplorerAccessDenied("Not allowed.") for each in (1, 2)})
    code, out, err = tried(costs, "--yes", accounts=11, env=ONE_EACH)
    assert (code, out) == (1, "")
    assert err.splitlines()[1:] == [
        "Read: 4 requests of Cost Explorer, $0.04.",
        "finopsguard: 2 of 11 accounts could not be read, more than the 10 % that FINOPSGUARD_MAX_MISSING_PERCENT"
        " allows. 2 of them: CostExplorerAccessDenied: Not allowed.",
    ]
    assert len(costs.fetched) == 3


def test_a_list_of_accounts_that_is_refused_is_said(tried: Trial) -> None:
    organization = FakeOrganization(OrganizationsAccessDenied("Not allowed."), own=account(0).id)
    code, out, err = tried(Bill(bill(1)), "--yes", "--days", "1", organization=organization)
    assert code == 0
    assert out.startswith("2 series")
    assert "Reading 99 days of 1 account costs" in err
    assert "The account list could not be read (organizations:ListAccounts)" in err


def test_a_reading_without_its_days_is_refused(tried: Trial) -> None:
    code, out, err = tried(Bill(bill(without=frozenset({LAST - timedelta(days=1)}))), "--yes")
    assert (code, out) == (1, "")
    assert "Read: 6 requests" in err
    assert "Cost Explorer's data are not complete" in err.splitlines()[-1]
    assert "Nothing is judged on them" in err.splitlines()[-1]


def test_a_bill_without_usage_is_refused(tried: Trial) -> None:
    code, out, err = tried(Bill([]), "--yes")
    assert (code, out) == (1, "")
    assert "No account has any usage in 99 days" in err.splitlines()[-1]


# ---- with the AWS SDK ------------------------------------------------------------------------------------------------


def test_over_the_aws_sdk_it_reads_only_and_says_what_was_really_charged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], watched: Recorder
) -> None:
    monkeypatch.chdir(tmp_path)
    with StandIns(accounts=sample_accounts(2)) as aws:
        aws.cost_explorer.page_size = 500
        env = {**aws.environ(), "FINOPSGUARD_STATE_DIR": str(tmp_path / "state")}
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(trial, "wiring_for", lambda _: Wiring(dict(os.environ), {Clock: lambda: NOW}))
        assert cli.main(["trial", "--yes", "--days", "5", "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["cost_explorer"] == {
            "requests": aws.cost_explorer.requests,
            "usd": f"{aws.cost_explorer.usd:.2f}",
        }
        assert aws.cost_explorer.requests > 5
        assert aws.workflows.posts == []
    assert {each.action for each in watched.seen.called} == {
        "ce:GetCostAndUsage",
        "ce:GetDimensionValues",
        "organizations:ListAccounts",
    }
    assert watched.seen.touched == set()
    assert list(tmp_path.iterdir()) == []
