"""What Teams takes is written once; schema, cards and the step that posts ask there."""

from __future__ import annotations

import ast

from finopsguard import contracts
from finopsguard.channels.teams import elements, limits
from tests.template import stack


def test_the_contract_of_a_message_has_the_same_limit() -> None:
    message = contracts.load_schema("common")["definitions"]["message"]["properties"]
    assert message["bytes"]["maximum"] == limits.MAX_MESSAGE_BYTES


def test_only_so_many_buttons_are_kept_as_fit_the_first_ones() -> None:
    buttons = [elements.open_url(str(number), "https://example.com") for number in range(5)]
    made = elements.adaptive_card([], language="en", summary="x", buttons=buttons)
    assert made["actions"] == buttons[: limits.MAX_BUTTONS]
    assert "actions" not in elements.adaptive_card([], language="en", summary="x", buttons=[])


def test_no_other_module_has_a_limit_of_its_own() -> None:
    """A number beside `MAX_...` in channels/ or in a step that posts belongs into limits.py."""
    found = [
        f"{path.name}: {target.id}"
        for path in (stack.PACKAGE / "channels").rglob("*.py")
        if path.name != "limits.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.lstrip("_").startswith("MAX_")
    ]
    assert found == []


def test_a_report_knows_no_channel() -> None:
    """Words are found in report/, drawn in channels/; the page and the terminal are the report's own."""
    importing = [
        path.name
        for path in (stack.PACKAGE / "report").rglob("*.py")
        if "finopsguard.channels" in path.read_text("utf-8")
    ]
    assert importing == []
