"""What a customer can set, read or meet is in a page: parameters, outputs, states; and what the first page promises."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.docs import markdown
from tests.e2e.acts import ACTS
from tests.template import stack

ROOT = stack.ROOT
TEMPLATES = ("template.yaml", *(f"deploy/{path.name}" for path in sorted(ROOT.glob("deploy/*.yaml"))))
PAGES = "\n".join(path.read_text("utf-8") for path in (*ROOT.glob("docs/*.md"), ROOT / "README.md"))
WORDS = set(re.findall(r"\w+", PAGES))
README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("file", TEMPLATES)
def test_each_parameter_and_output_of_a_template_is_in_a_page(file: str) -> None:
    template = stack.loaded(ROOT / file)
    names = [*template.get("Parameters", ()), *template.get("Outputs", ())]
    assert [name for name in names if name not in WORDS] == []


def states(machine: Mapping[str, Any]) -> Iterator[str]:
    for name, state in machine["States"].items():
        yield name
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def test_each_state_is_in_the_architecture() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert [name for name in states(stack.definition()) if not re.search(rf"\b{name}\b", page)] == []


def test_the_first_screen_says_what_it_is_shows_it_and_has_two_commands() -> None:
    screen = "\n".join(README.splitlines()[:28])
    (picture,) = re.findall(r"!\[[^]]+\]\(([^)]+)\)", screen)
    assert (ROOT / picture).is_file()
    assert re.findall(r"^make (\w+)", screen, re.MULTILINE) == ["run", "test"]
    assert "(docs/cost.md)" in screen
    assert "(docs/why.md)" in screen


@pytest.mark.parametrize("accounts", ["100", "1,000"])
def test_the_first_screens_price_is_that_of_the_table(accounts: str) -> None:
    cost = (ROOT / "docs" / "cost.md").read_text("utf-8")
    (row,) = re.findall(rf"^\| {accounts} \| \$([\d.]+) to \$([\d.]+) \|", cost, re.MULTILINE)
    low, high = (f"${Decimal(each):.0f}" for each in row)
    assert re.search(rf"{re.escape(low)} to {re.escape(high)}\b[^.]* at {accounts}\b", README)


def test_what_is_said_of_another_product_has_its_page() -> None:
    why = (ROOT / "docs" / "why.md").read_text("utf-8")
    sections = markdown.sections(why, 2)
    others = [name for name in sections if re.search("AWS|Vantage|Dashboards", name)]
    assert len(others) == 4
    for name in others:
        assert re.search(r"\]\(https://", sections[name]), name
    assert re.search(r"read, on \d{4}-\d\d-\d\d;", why)


def test_the_page_of_the_emulator_has_each_act() -> None:
    page = (ROOT / "docs" / "e2e.md").read_text("utf-8")
    assert [row[0] for row in markdown.table(page, "| Act | What was seen | After |")] == [
        name for name, _ in ACTS
    ]
