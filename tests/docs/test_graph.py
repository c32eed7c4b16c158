"""The graph that people see is the state machine that runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from finopsguard import resources
from tests.docs import graph


@pytest.mark.parametrize("page", graph.PAGES, ids=lambda page: page.name)
def test_the_graph_is_the_state_machine_s(page: Path) -> None:
    """`python -m tests.docs.graph` writes it anew."""
    text = page.read_text("utf-8")
    assert graph.BEGIN in text
    assert text == graph.with_graph(text)


def test_every_state_is_in_the_graph() -> None:
    drawn = graph.graph()
    machine = json.loads((resources.folder("statemachine") / "finops_guard.asl.json").read_text("utf-8"))
    inner = machine["States"]["FetchCosts"]["ItemProcessor"]["States"]
    assert all(re.search(rf"\b{name}\b", drawn) for name in (*machine["States"], *inner))
