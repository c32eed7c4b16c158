"""A language is whole or it is none: its number formats, and every place that lists the languages."""

from __future__ import annotations

import json
import shutil
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest

from finopsguard import contracts
from finopsguard.commands import run
from finopsguard.config import Settings
from finopsguard.errors import InvalidConfiguration
from finopsguard.models.run import Language
from finopsguard.report import messages
from finopsguard.report.messages import NumberFormat
from finopsguard.report.numbers import Numbers
from tests.template import stack


def listed() -> Mapping[str, set[str]]:
    """The languages in every place that has a list of them, but for the catalogues themselves."""
    parser = ArgumentParser()
    run.add_options(parser)
    (lang,) = (action for action in parser._actions if action.dest == "lang")
    return {
        "models.run.Language": set(get_args(Language)),
        "template.yaml, parameter Language": set(stack.template()["Parameters"]["Language"]["AllowedValues"]),
        "schemas/common": set(
            contracts.load_schema("common")["definitions"]["run"]["properties"]["language"]["enum"]
        ),
        "schemas/report": set(contracts.load_schema("report")["properties"]["language"]["enum"]),
        "finopsguard run --lang": set(lang.choices or ()),
    }


def missing(folder: Path = messages.FOLDER) -> list[str]:
    """The places that lack a language which has a catalogue, and the languages that have none."""
    known = set(messages.languages(folder))
    lacking = [f"{place} lacks {name}" for place, names in listed().items() for name in sorted(known - names)]
    return lacking + [
        f"{name} of {place} has no {name}.json"
        for place, names in listed().items()
        for name in sorted(names - known)
    ]


def test_every_place_knows_every_language() -> None:
    assert missing() == []
    for language in messages.languages():
        assert Settings.from_env({"FINOPSGUARD_LANGUAGE": language}).language == language
    with pytest.raises(InvalidConfiguration, match="use es or en"):
        Settings.from_env({"FINOPSGUARD_LANGUAGE": "pt"})


def test_a_new_language_is_asked_for_in_every_place(copied: Path) -> None:
    shutil.copy(copied / "es.json", copied / "pt.json")
    assert missing(copied) == [f"{place} lacks pt" for place in listed()]


def test_a_language_whose_catalogue_is_gone_is_named(copied: Path) -> None:
    (copied / "en.json").unlink()
    assert "en of models.run.Language has no en.json" in missing(copied)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The catalogues in a folder where they can be spoilt."""
    for file in messages.FOLDER.glob("*.json"):
        shutil.copy(file, tmp_path)
    return tmp_path


def spoil(folder: Path, numbers: Any) -> None:
    """Writes `pt.json` with these number formats."""
    texts = json.loads((folder / "es.json").read_text("utf-8"))
    (folder / "pt.json").write_text(json.dumps({**texts, "numbers": numbers}), "utf-8")


@pytest.mark.parametrize("name", [field.name for field in fields(NumberFormat)])
def test_a_language_cannot_come_without_a_number_format(name: str, copied: Path) -> None:
    formats = json.loads((copied / "es.json").read_text("utf-8"))["numbers"]
    del formats[name]
    spoil(copied, formats)
    with pytest.raises(ValueError, match=rf"^pt\.json lacks numbers\.{name}\."):
        messages.read("pt", copied)


def test_a_format_that_nobody_reads_is_named(copied: Path) -> None:
    spoil(copied, {**json.loads((copied / "es.json").read_text("utf-8"))["numbers"], "thousand": "K"})
    with pytest.raises(ValueError, match=r"has numbers\.thousand, which nobody reads"):
        messages.read("pt", copied)


@pytest.mark.parametrize("language", messages.languages())
def test_the_forms_of_a_language_take_what_they_are_given(language: Language) -> None:
    found = messages.catalogue(language).numbers
    assert found.decimal != found.group
    given = {"sign": "−", "symbol": "¤", "number": "7"}
    assert found.percent.format(**given).replace("\u00a0", "") == "−7%"
    assert found.millions.format(**given).startswith("7")
    for form in (found.money, found.money_by_code):
        assert set(form.format(**given).replace("\u00a0", "")) == set("−¤7")
    assert Numbers(language).money(Decimal(1), exact=True).count(found.symbols["USD"]) == 1


def test_no_formatter_asks_which_language_it_is() -> None:
    text = (messages.FOLDER.parent / "numbers.py").read_text("utf-8")
    assert not any(f'"{language}"' in text for language in messages.languages())
