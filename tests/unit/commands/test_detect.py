"""`finopsguard detect` and `finopsguard backtest` on files."""

import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from finopsguard import cli
from finopsguard.errors import InvalidInput
from tests.unit.costs.sources.files.written import read
from tests.unit.detection.helpers import Costs, day

Write = Callable[[Costs], Path]
HEADER = "date,account_id,service,cost"


def run(*arguments: object) -> int:
    """The exit code of a command line."""
    parsed = cli.parser().parse_args([str(argument) for argument in arguments])
    code: int = parsed.command(parsed)
    return code


def rows_of(costs: Costs) -> list[str]:
    return [
        f"{day(index)},111122223333,service-{row},{usd:.4f}"
        for row, series in enumerate(costs)
        for index, usd in enumerate(series)
    ]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(costs: Costs, name: str = "costs.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join([HEADER, *rows_of(costs)]) + "\n", encoding="utf-8")
        return path

    return to_file


def shifted() -> Costs:
    """Two series; the second doubles ten days before the end."""
    costs = 60 * np.exp(0.03 * np.random.default_rng(1).normal(size=(2, 110)))
    costs[1, 100:] += 60
    return costs


def spiked() -> Costs:
    costs = np.full((2, 100), 50.0)
    costs[1, -2] = 200.0
    return costs


def test_detect_prints_a_table(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("detect", write(spiked())) == 0
    head, columns, line = capsys.readouterr().out.splitlines()
    assert head == f"2 series, 3 days judged up to {day(99)}."
    assert columns.split() == ["Day", "Account", "Service", "Kind", "Since", "Expected", "Actual", "Impact"]
    assert line.split() == [
        str(day(98)),
        "111122223333",
        "service-1",
        "spike",
        str(day(98)),
        "$50.00",
        "$200.00",
        "+$150.00",
    ]


def test_detect_prints_json_with_money_as_strings(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("detect", write(spiked()), "--format", "json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["last_day"] == str(day(99))
    (anomaly,) = data["anomalies"]
    assert {key: anomaly[key] for key in ("service", "day", "actual", "expected", "impact", "kind")} == {
        "service": "service-1",
        "day": str(day(98)),
        "actual": "200.00",
        "expected": "50.00",
        "impact": "150.00",
        "kind": "spike",
    }


def test_nothing_unusual_is_said(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("detect", write(np.full((1, 60), 5.0))) == 0
    assert capsys.readouterr().out.endswith("Nothing unusual.\n")


@pytest.mark.parametrize(
    "options", [("--min-usd", 151), ("--min-percent", 400), ("--exclude", "service-1"), ("--days", 1)]
)
def test_the_policy_is_taken_from_the_command_line(
    write: Write, capsys: pytest.CaptureFixture[str], options: Sequence[object]
) -> None:
    assert run("detect", write(spiked()), *options) == 0
    assert "Nothing unusual." in capsys.readouterr().out


def test_a_drop_is_judged_before_complete_until(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    costs = np.full((1, 100), 50.0)
    costs[0, -1] = 0.0
    path = write(costs)
    run("detect", path)
    assert "Nothing unusual." in capsys.readouterr().out
    run("detect", path, "--complete-until", day(100))
    assert " drop " in capsys.readouterr().out


def test_backtest_tells_a_shift_once_on_the_day_after_it_began(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("backtest", write(shifted()), "--days", 20, "--format", "json") == 0
    data = json.loads(capsys.readouterr().out)
    (message,) = data["messages"]
    assert (message["told_on"], message["start"], message["status"]) == (str(day(101)), str(day(100)), "new")
    assert message["services"] == {"service-1": 1.0}
    assert data["days"] == 20


def test_backtest_prints_a_table(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("backtest", write(shifted()), "--days", 20) == 0
    head, columns, line, *curve = capsys.readouterr().out.splitlines()
    assert head.startswith(f"2 series, 20 days replayed up to {day(109)}: 1 messages, 0.3 a week.")
    assert columns.startswith("Told on")
    assert line.startswith(f"{day(101)}  111122223333  service-1")
    assert curve[1].startswith("How sensitive: the newest 60 days judged anew, 120 series-days.")
    assert curve[2].split()[:3] == ["Sensitivity", "Messages", "a"]
    rows = [row.split() for row in curve[3:-1]]
    assert [row[0] for row in rows] == ["0.7", "0.8", "0.9", "1", "1.1", "1.2", "1.3", "1.5", "1.75", "2"]
    assert rows[3] == ["1", "0.1", "1", "0", "0.000", "$0.00"]
    assert curve[-1] == (
        "Proposed: FINOPSGUARD_SENSITIVITY=1 (too few series-days to measure 0.03 alerts per 1000)."
    )


def test_backtest_proposes_a_gate_and_says_what_each_sensitivity_would_add(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    costs = shifted()
    costs[0, 105] += 22
    path = write(costs)
    assert run("backtest", path, "--days", 21, "--messages-a-week", 0.4) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "For at most 0.4 a week: FINOPSGUARD_ANOMALY_MIN_IMPACT=50."
    )
    assert run("backtest", path, "--days", 21, "--messages-a-week", 0.4, "--format", "json") == 0
    whole = json.loads(capsys.readouterr().out)
    tried = {gate["usd"]: gate["messages"] for gate in whole["gates"]["tried"]}
    assert (whole["gates"]["suggested_usd"], tried["10.00"], tried["50.00"]) == ("50.00", 2, 1)
    found = whole["calibration"]
    assert found["proposed"] == {"sensitivity": 1.0, "reason": "too_few"}
    by_step = {step["sensitivity"]: step for step in found["steps"]}
    assert by_step[1.0]["usd"] == "0.00"
    assert float(by_step[0.7]["usd"]) < -20
    assert (by_step[0.7]["messages"], by_step[1.0]["messages"]) == (1, 2)
    assert (by_step[0.7]["noise"], by_step[1.0]["noise"]) == (0, 1)
    assert by_step[1.0]["messages_a_week"] == round(2 * 7 / 60, 2)


def test_backtest_of_a_short_file_proposes_nothing_and_says_so(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(np.full((1, 45), 50.0))
    assert run("backtest", path, "--days", 1) == 0
    assert capsys.readouterr().out.endswith(
        "No sensitivity is proposed: there is no day after the first 45.\n"
    )
    assert run("backtest", path, "--days", 1, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["calibration"] is None


def test_with_a_year_of_history_last_years_days_explain(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    fridays = (date(2026, 11, 27), date(2027, 11, 26))
    costs = np.full((1, (fridays[1] - day(0)).days + 3), 100.0)
    costs[0, [(friday - day(0)).days for friday in fridays]] = 400.0
    path = write(costs)
    assert run("detect", path, "--days", 7, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["anomalies"] == []
    for history, count in ((98, 1), (400, 0)):
        assert run("backtest", path, "--days", 5, "--history-days", history, "--format", "json") == 0
        assert len(json.loads(capsys.readouterr().out)["messages"]) == count


def test_bad_rows_are_counted_and_named(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(spiked())
    bad = [
        "yesterday,1,s,5",
        "2026-01-05,1,s,abc",
        "2026-01-05,1,s,NaN",
        "2026-01-05,,s,5",
        "2026-01-05,1,,5",
        "2026-01-05",
    ]
    path.write_text(path.read_text() + "\n".join(bad) + "\n")
    assert run("detect", path) == 0
    out, err = capsys.readouterr()
    assert "service-1" in out
    assert err.splitlines() == [
        "plain table, 1 file, 100 days, 1 account, no currency named, shown as USD: usage 10,150.00",
        "6 rows left out; what they cost is unknown, not zero:",
        "  line 202: 'yesterday' is not a date (YYYY-MM-DD)",
        "  line 203: 'abc' is not an amount of money",
        "  line 204: 'NaN' is not an amount of money",
        "  line 205: it names no account",
        "  line 206: it names no service",
        "  and 1 more",
    ]


def test_rows_of_one_day_are_added_and_account_ids_get_their_zeros_back(tmp_path: Path) -> None:
    path = tmp_path / "costs.csv"
    path.write_text(
        f"{HEADER}\n2026-01-05,12345678901,S3,1.25\n2026-01-05T07:00:00Z,012345678901,S3,$0.75\n2026-01-06,12345678901,S3,1.0E-7\n"
    )
    export = read(path)
    assert (export.series.accounts, export.series.services) == (["012345678901"], ["S3"])
    assert export.series.costs.tolist() == [[2.0, 1e-7]]
    assert export.series.last_day == export.series.first_day + timedelta(days=1)


@pytest.mark.parametrize(
    "names",
    [
        (
            "line_item_usage_start_date",
            "line_item_usage_account_id",
            "line_item_product_code",
            "line_item_unblended_cost",
        ),
        ("ChargePeriodStart", "SubAccountId", "ServiceName", "EffectiveCost"),
    ],
)
def test_cur_and_focus_names_are_known_in_parquet(tmp_path: Path, names: tuple[str, ...]) -> None:
    path = tmp_path / "export.parquet"
    columns = {
        names[0]: np.array(["2026-01-05T13:00:00", "2026-01-06T00:00:00"], dtype="datetime64[us]"),
        names[1]: np.array(["111122223333"] * 2),
        names[2]: np.array(["AmazonEC2"] * 2),
        names[3]: np.array([1.5, 2.0]),
    }
    with duckdb.connect() as database:
        database.register("costs", columns)
        database.execute("COPY costs TO $path (FORMAT parquet)", {"path": str(path)})
    export = read(path)
    assert (export.series.accounts, export.series.services, export.series.costs.tolist()) == (
        ["111122223333"],
        ["AmazonEC2"],
        [[1.5, 2.0]],
    )


def wide(first: str, columns: Sequence[str]) -> str:
    return f"{first},{','.join(columns)},Total costs($)\n{first} total,9,9,18\n2026-01-05,1.5,2,3.5\n2026-01-06,,3,3\n"


def test_cost_explorers_download_is_read_by_service_and_by_account(tmp_path: Path) -> None:
    path = tmp_path / "costs.csv"
    path.write_text(wide("Service", ["EC2-Instances($)", "S3($)"]))
    export = read(path)
    assert (export.series.accounts, export.series.services) == (["all", "all"], ["EC2-Instances", "S3"])
    assert export.series.costs.tolist() == [[1.5, 0.0], [2.0, 3.0]]
    path.write_text(wide("Linked account", ["111122223333($)", "444455556666 ($)"]))
    export = read(path)
    assert (export.series.accounts, export.series.services) == (
        ["111122223333", "444455556666"],
        ["all", "all"],
    )


def test_a_day_without_any_row_is_refused_or_taken_as_zero(write: Write) -> None:
    path = write(np.full((1, 5), 2.0))
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if str(day(2)) not in line) + "\n")
    with pytest.raises(InvalidInput, match=rf"1 of its 5 days \({day(2)}\)"):
        run("detect", path)
    assert read(path, zero=True).series.costs.tolist() == [[2, 2, 0, 2, 2]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("date,account_id,cost\n2026-01-05,1,2\n", "no column for service; it has date, account_id, cost"),
        (f"{HEADER}\n", "no row of daily usage"),
        (f"{HEADER}\nx,1,s,2\n", "1 of 1 rows cannot be read, more than 5% .line 2: 'x' is not a date"),
    ],
)
def test_a_file_without_costs_says_what_is_missing(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "costs.csv"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=told):
        read(path)


def test_what_is_no_file_or_no_parquet_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is not a file"):
        read(tmp_path / "costs.csv")
    path = tmp_path / "costs.parquet"
    path.write_text("not parquet")
    with pytest.raises(InvalidInput, match="cannot be read as Parquet") as caught:
        read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("command", "argument", "value"),
    [
        ("detect", "--days", "0"),
        ("detect", "--days", "x"),
        ("detect", "--complete-until", "soon"),
        ("backtest", "--messages-a-week", "0"),
        ("backtest", "--messages-a-week", "few"),
        ("backtest", "--messages-a-week", "nan"),
    ],
)
def test_arguments_that_mean_nothing_end_with_2(
    write: Write, command: str, argument: str, value: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        run(command, write(spiked()), argument, value)
    assert caught.value.code == 2


def test_names_from_the_file_cannot_write_escape_codes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    costs: Any = [f"{day(index)},1,\x1b[31mred,{200 if index == 98 else 50}" for index in range(100)]
    path = tmp_path / "costs.csv"
    path.write_text("\n".join([HEADER, *costs]) + "\n")
    run("detect", path)
    out = capsys.readouterr().out
    assert "red" in out
    assert "\x1b" not in out
