"""`finopsguard preview` and the page that it writes."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import pytest

from finopsguard import contracts
from finopsguard.channels.teams import card, failure_card, preview
from finopsguard.commands import preview as command
from finopsguard.errors import InvalidConfiguration, InvalidInput
from finopsguard.report.failure_story import FailureStory
from tests.sweeps import sampled
from tests.unit.channels.teams.cards import content, texts
from tests.unit.report.cases import CASES, FAILURES
from tests.unit.report.page.test_render import read


def run(*words: str) -> int:
    """The command as the command line calls it."""
    parser = argparse.ArgumentParser()
    command.add_parsers(parser.add_subparsers())
    options = parser.parse_args(["preview", *words])
    code: int = options.command(options)
    return code


@sampled(every=3)
@pytest.mark.parametrize("case", CASES)
def test_shows_all_that_the_card_says_twice(case: str) -> None:
    """Once light, once dark."""
    message = card.message(CASES[case]("es"))
    reader = read(preview.page(message))
    shown = re.sub(r"\s+", " ", reader.text)

    for line in texts(content(message)):
        assert shown.count(re.sub(r"\s+", " ", line).strip()) >= 2, line
    assert [tag for tag, _ in reader.found].count("script") == 1


@pytest.mark.parametrize("case", FAILURES)
def test_shows_failure_cards(case: str) -> None:
    assert "✖" in preview.page(failure_card.message(FailureStory(FAILURES[case]("en"), "en")))


def test_only_https_links_are_kept() -> None:
    run_of_text = {
        "type": "TextRun",
        "text": "x",
        "selectAction": {"type": "Action.OpenUrl", "url": "javascript:alert(1)"},
    }
    html = preview.page(
        {"type": "AdaptiveCard", "body": [{"type": "RichTextBlock", "inlines": [run_of_text]}]}
    )

    assert "javascript" not in html


def test_an_unknown_element_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'Media'"):
        preview.page({"type": "AdaptiveCard", "body": [{"type": "Container", "items": [{"type": "Media"}]}]})


def test_command_takes_a_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "card.json"
    source.write_bytes(contracts.encode(card.message(CASES["weekly"]("en"))))

    assert run(str(source)) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "preview.html")
    assert "$94,980" in (tmp_path / "preview.html").read_text("utf-8")


def test_command_takes_a_report(tmp_path: Path) -> None:
    source, target = tmp_path / "report.json", tmp_path / "x.html"
    source.write_text(json.dumps(contracts.to_json(CASES["weekly"]("es"))), "utf-8")

    assert run(str(source), "--out", str(target)) == 0
    assert "94.980" in target.read_text("utf-8")


def test_command_opens_the_browser_only_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    source = tmp_path / "card.json"
    source.write_bytes(contracts.encode(card.message(CASES["quiet"]("en"))))

    run(str(source))
    assert opened == []
    run(str(source), "--open")
    assert opened == [(tmp_path / "preview.html").as_uri()]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "no JSON object"),
        ("{}", "There is no card"),
        ('{"attachments": ["x"]}', "There is no card"),
        ('{"totals": 1}', "report:"),
    ],
)
def test_command_refuses_other_files(text: str, says: str, tmp_path: Path) -> None:
    source = tmp_path / "file.json"
    source.write_text(text, "utf-8")

    with pytest.raises(InvalidInput, match=says):
        run(str(source))


def test_command_says_how_to_make_a_card(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="finopsguard run"):
        run(str(tmp_path / "none.json"))


def test_command_says_when_it_cannot_write(tmp_path: Path) -> None:
    source = tmp_path / "card.json"
    source.write_bytes(contracts.encode(card.message(CASES["quiet"]("en"))))

    with pytest.raises(InvalidConfiguration, match="--out"):
        run(str(source), "--out", str(tmp_path / "no" / "where.html"))
