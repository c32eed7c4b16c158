"""The graph that people see is the state machine that runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_type_hints

import pytest

from finopsguard import contracts
from tests.docs import graph, picture
from tests.template import stack
from tests.workflow.machine import all_states


@pytest.mark.parametrize("page", graph.PAGES, ids=lambda page: page.name)
def test_the_graph_is_the_state_machine_s(page: Path) -> None:
    """`python -m tests.docs.graph` writes it anew."""
    text = page.read_text("utf-8")
    assert graph.BEGIN in text
    assert text == graph.with_graph(text)


def test_the_picture_is_the_template_s() -> None:
    """`python -m tests.docs.picture` writes it anew."""
    text = picture.PAGE.read_text("utf-8")
    assert picture.BEGIN in text
    assert text == picture.with_picture(text)
    assert all(re.search(rf"> {step}\b", picture.picture()) for step in stack.functions()), "who starts it"


def test_every_state_is_in_the_graph() -> None:
    drawn = graph.graph()
    assert all(re.search(rf"\b{name}\b", drawn) for name, _ in all_states())


@pytest.mark.parametrize("step", stack.functions())
def test_every_step_has_its_row_with_what_it_takes_and_gives(step: str) -> None:
    hints = list(get_type_hints(stack.run_of(step)).values())
    takes, gives = contracts.contract_name(hints[0]), contracts.contract_name(hints[-1])
    page = (graph.ROOT / "docs" / "architecture.md").read_text("utf-8")
    row = rf"^\| {step}( \(Map\))? \| `{takes}` \| `{gives}` \| .+ \|$"
    assert re.search(row, page, re.MULTILINE), f"docs/architecture.md has no row: {step}, {takes}, {gives}"
