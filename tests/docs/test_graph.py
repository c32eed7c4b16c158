"""The graph that people see is the state machine that runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs import graph
from tests.workflow.machine import all_states


@pytest.mark.parametrize("page", graph.PAGES, ids=lambda page: page.name)
def test_the_graph_is_the_state_machine_s(page: Path) -> None:
    """`python -m tests.docs.graph` writes it anew."""
    text = page.read_text("utf-8")
    assert graph.BEGIN in text
    assert text == graph.with_graph(text)


def test_every_state_is_in_the_graph() -> None:
    drawn = graph.graph()
    assert all(re.search(rf"\b{name}\b", drawn) for name, _ in all_states())
