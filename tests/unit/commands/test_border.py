"""The command line's own border: what a file, a folder or a setting can be, and the one line that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from finopsguard import cli
from finopsguard.commands import files
from finopsguard.errors import InvalidConfiguration

URL = "https://prod-1.westeurope.logic.azure.com/workflows/x?sp=%2Ftriggers&sig=s3cret-oF-tHe-cHaNnEl"
MOCK = "FINOPSGUARD_USE_MOCK_DATA=true\n# año\nFINOPSGUARD_LANGUAGE=xx\n"


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """What the command reads from `.env` is forgotten after the test."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "FINOPSGUARD_USE_MOCK_DATA",
        "FINOPSGUARD_LANGUAGE",
        "FINOPSGUARD_BUCKET",
        "FINOPSGUARD_STATE_DIR",
    ):
        monkeypatch.setenv(name, "x")
        monkeypatch.delenv(name)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a command that is refused."""
    assert cli.main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("finopsguard: ")
    return line


# ---- .env ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_settings_are_read_in_the_encoding_that_their_file_names(
    here: Path, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    (here / ".env").write_bytes(MOCK.encode(encoding))
    assert "FINOPSGUARD_LANGUAGE is 'xx'" in said(capsys, "run", "--report", "daily")


@pytest.mark.parametrize(
    "data",
    [MOCK.encode("latin-1"), MOCK.encode("utf-16-le"), MOCK.encode("utf-32"), b"\x00", b"A=b\n" * 300_000],
    ids=["latin-1", "utf-16 without a mark", "utf-32", "binary", "huge"],
)
def test_settings_that_are_no_text_are_refused_in_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], data: bytes
) -> None:
    (here / ".env").write_bytes(data)
    assert said(capsys, "run", "--report", "daily").endswith("is no UTF-8 text. Save it as UTF-8.")


def test_a_setting_without_a_name_is_refused_in_one_line(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / ".env").write_bytes(b"'='=")
    assert said(capsys, "run", "--report", "daily").endswith("Write each as NAME=value.")


def test_settings_that_are_a_folder_are_refused_in_one_line(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / ".env").mkdir()
    assert "cannot be read (Is a directory)" in said(capsys, "run", "--report", "daily")


@pytest.mark.parametrize("option", ["--state", "--out"])
def test_an_argument_that_is_no_text_is_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert here.is_dir()
    assert said(capsys, "run", "--report", "daily", option, "\ud800").endswith("is no text. Type it again.")


def test_a_preview_of_this_folder_is_one_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert here.is_dir()
    assert said(capsys, "preview", ".")


@pytest.mark.parametrize(
    "name",
    [
        "FINOPSGUARD_CHANNEL_NAME",
        "FINOPSGUARD_TIMEZONE",
        "FINOPSGUARD_INCLUDE_ACCOUNTS",
        "TEAMS_WEBHOOK_SECRET_ARN",
    ],
)
def test_a_webhook_in_the_wrong_setting_is_not_echoed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setenv(name, URL)
    line = said(capsys, "run", "--report", "daily")
    assert name in line
    assert "s3cret-oF" not in line


@pytest.mark.parametrize(
    "half", [URL[: URL.index("&sig")], URL[URL.index("&sig") :], URL[URL.index("s3cret") :]]
)
def test_half_a_webhook_is_not_echoed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], half: str
) -> None:
    monkeypatch.setenv("TEAMS_WEBHOOK_URL", half)
    line = said(capsys, "run", "--report", "daily")
    assert "workflows/x" not in line
    assert "s3cret-oF" not in line


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
def test_a_scheduled_time_at_the_end_of_the_calendar_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], moment: str
) -> None:
    monkeypatch.setenv("FINOPSGUARD_USE_MOCK_DATA", "true")
    cli.main(["run", "--report", "daily", "--scheduled-time", moment])
    last = capsys.readouterr().err.splitlines()[-1]
    assert "before the first bill of AWS" in last or "run_request: date value out of range" in last


# ---- files -----------------------------------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_written_is_refused_before_the_run(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*args: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    assert "--out there cannot be written: No space left on device" in said(
        capsys, "run", "--report", "daily", "--out", "there"
    )
    assert not (here / ".finopsguard").exists(), "nothing was run"


def test_a_file_takes_the_place_of_a_link_and_not_of_what_it_leads_to(here: Path) -> None:
    (here / "theirs").write_text("theirs")
    (here / "report.json").symlink_to(here / "theirs")
    files.write(here / "report.json", b"ours")
    assert ((here / "theirs").read_text(), (here / "report.json").read_text()) == ("theirs", "ours")
    assert not (here / "report.json").is_symlink()
    assert sorted(each.name for each in here.iterdir()) == ["report.json", "theirs"]


def test_a_file_that_cannot_be_written_leaves_the_one_before_and_says_what_to_do(here: Path) -> None:
    (here / "report.json").mkdir()
    with pytest.raises(
        InvalidConfiguration, match=r"report\.json cannot be written \(Is a directory\)\. Then so"
    ):
        files.write(here / "report.json", b"ours", "Then so.")
    assert [each.name for each in here.iterdir()] == ["report.json"]


def test_a_delivered_report_whose_files_cannot_be_written_is_still_called_run(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FINOPSGUARD_USE_MOCK_DATA", "true")
    monkeypatch.setenv("FINOPSGUARD_INCLUDE_ACCOUNTS", "999900001000")
    (here / "out" / "report.json").mkdir(parents=True)
    assert cli.main(["run", "--report", "daily", "--scheduled-time", "2026-11-23T08:00:00Z"]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert "out/report.json cannot be written" in last
    assert "The run has ended all the same" in last


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"type":"AdaptiveCard","body":[{"type":"RichTextBlock","x":"\\ud800"}]}',
        b"\xff\xfe{",
    ],
)
def test_a_preview_of_what_is_no_card_is_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], text: bytes
) -> None:
    (here / "card.json").write_bytes(text)
    assert "Give card.json or report.json" in said(capsys, "preview", "card.json")
