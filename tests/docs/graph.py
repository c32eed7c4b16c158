"""The state machine as a Mermaid graph: docs/architecture.md and README.md hold what this writes.

`python -m tests.docs.graph` writes it into both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from finopsguard import machine

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "docs" / "architecture.md")
BEGIN, END = "<!-- graph: from statemachine/finops_guard.asl.json -->", "<!-- end of graph -->"


# What a Map goes through, and when a Choice leaves the good way.
_ITEMS = {
    "FetchCosts": "each batch of accounts",
    "ExplainAnomalies": "each anomaly that goes on",
    "PostToTeams": "each channel",
}
_CHOSEN = {"CheckDeliveries": "a channel failed", "ResumeFailedStep": "redriven"}


def graph() -> str:
    """The graph: solid arrows for success, dotted ones for what a Catch or a redrive does."""
    definition = machine.definition()
    lines = [
        "```mermaid",
        "flowchart TD",
        f"    start([start]) --> {definition['StartAt']}",
        *_states(definition["States"]),
    ]
    return "\n".join([*lines, "```"])


def _states(states: Mapping[str, Any]) -> Iterator[str]:
    for name, state in states.items():
        if "ItemProcessor" in state:
            inner = state["ItemProcessor"]
            yield f"    {name} --> {inner['StartAt']}"
            yield f"    subgraph {name}Map [{_ITEMS[name]}]"
            yield from (f"    {line}" for line in _states(inner["States"]))
            yield "    end"
            last = next(each for each, it in inner["States"].items() if it.get("End"))
            yield f"    {last} --> {state['Next']}"
        elif "Next" in state:
            yield f"    {name} --> {state['Next']}"
        elif "Choices" in state:
            yield from (
                f"    {name} -. {_CHOSEN[name]} .-> {target}"
                for target in dict.fromkeys(choice["Next"] for choice in state["Choices"])
            )
            if "Default" in state:
                yield f"    {name} --> {state['Default']}"
        elif state["Type"] == "Succeed":
            yield f"    {name} --> done([card in Teams])"
        caught = dict.fromkeys(catcher["Next"] for catcher in state.get("Catch", ()))
        caught.pop(state.get("Next"), None)
        yield from (f"    {name} -. error .-> {target}" for target in caught)
        if name == "HoldForRedrive":
            yield f"    {name} -- not redriven --> failed([FAILED under the original error])"


def with_graph(text: str) -> str:
    """The page's text with the graph of today between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{graph()}\n{END}{after}"


def write() -> None:
    """Writes the graph into its pages."""
    for page in PAGES:
        page.write_text(with_graph(page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    write()
