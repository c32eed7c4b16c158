"""SECURITY.md: the tests that it names are there, and what it says of the store is what the table of keys says."""

from __future__ import annotations

import ast
import re

import pytest

from finopsguard.store import keys
from tests.docs import markdown
from tests.template.stack import ROOT

PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
LINKS = (ROOT / "docs" / "verdict-links.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE + LINKS)))


@pytest.mark.parametrize(("file", "test"), NAMED, ids=lambda part: part.rpartition("/")[2])
def test_a_test_that_holds_a_protection_is_there(file: str, test: str) -> None:
    defined = ast.parse((ROOT / file).read_text("utf-8")).body
    assert test in {each.name for each in defined if isinstance(each, ast.FunctionDef)}


def test_each_threat_has_a_test() -> None:
    threats = markdown.table(PAGE, "| Who | May try | What is in the way | Held by |")
    of_links = markdown.table(LINKS, "| Who or what | May try | What is in the way | Held by |")
    assert len(threats) > 10 == len(of_links)
    threats += of_links
    for who, *_, held in threats:
        assert re.match(r"`?tests/[\w/]+\.py::\w+", held), who


def test_files_that_it_names_are_there() -> None:
    for path in re.findall(r"`(tests/[\w/]+\.py)`", PAGE):
        assert (ROOT / path).is_file()


def test_each_prefix_is_explained_with_its_readers_and_its_end() -> None:
    shown = markdown.table(PAGE, "| Prefix | What is in it | Kept for | Read by |")
    assert [prefix for prefix, *_ in shown] == list(dict.fromkeys(kind.prefix for kind in keys.TABLE))
    for prefix, _, kept, readers in shown:
        kinds = [kind for kind in keys.TABLE if kind.prefix == prefix]
        assert {kind.lifetime for kind in kinds} == {kept}
        read_by = {reader for kind in kinds for reader in kind.readers}
        assert set(readers.split(", ")) == (read_by or {"nobody"}), prefix
    assert all(what for _, what, *_ in shown)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/guia.md", "docs/architecture.md"])
def test_whoever_looks_for_it_finds_it(page: str) -> None:
    assert re.search(r"\]\((\.\./)?SECURITY\.md[)#]", (ROOT / page).read_text("utf-8"))
