"""Reads a card as a person or an attacker would; shared by the tests of the card and the failure card."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator, ValidationError
from jsonschema.validators import extend

from finopsguard.channels.page_link import PageButton
from finopsguard.channels.teams import card
from finopsguard.models.run import Language
from tests.unit.report.cases import CASES

# Microsoft's schema lies beside the repository where the project is developed; it is not ours to ship.
SCHEMA = Path(__file__).parent / "microsoft" / "teams-webhook-1.5.json"

# What Teams' renderers know of the elements that we use (Adaptive Cards 1.4); a property outside is a slip of the pen.
PROPERTIES = {
    "AdaptiveCard": {"type", "version", "lang", "fallbackText", "speak", "msteams", "body", "actions"},
    "Container": {"type", "items", "style", "bleed", "id", "isVisible", "separator", "spacing"},
    "ColumnSet": {"type", "columns", "separator", "spacing"},
    "Column": {"type", "width", "items", "verticalContentAlignment"},
    "RichTextBlock": {"type", "inlines", "horizontalAlignment", "separator", "spacing"},
    "TextRun": {"type", "text", "size", "weight", "color", "isSubtle", "selectAction"},
    "TextBlock": {"type", "text", "weight", "wrap"},
    "mention": {"type", "text", "mentioned"},
    "tag": {"type", "id", "name"},
    "Image": {"type", "url", "altText", "size", "spacing"},
    "Action.OpenUrl": {"type", "title", "url"},
    "Action.ToggleVisibility": {"type", "title", "targetElements"},
}
CHOICES = {
    "size": {"Small", "Medium", "Large", "ExtraLarge", "Stretch"},
    "weight": {"Bolder"},
    "color": {"Attention", "Good", "Warning", "Accent", "Default"},
    "style": {"emphasis", "warning", "attention"},
    "spacing": {"None", "Small", "Medium"},
    "horizontalAlignment": {"Right"},
}


@cache
def drawn(case: str, language: Language, page: PageButton | None = None) -> dict[str, Any]:
    """The message of a case, drawn once for all that look at it."""
    return card.message(CASES[case](language), page=page)


def content(message: dict[str, Any]) -> dict[str, Any]:
    """The card in its envelope, after checking the envelope."""
    (attachment,) = message["attachments"]
    assert message["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card: dict[str, Any] = attachment["content"]
    return card


def walk(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in a card."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for item in node:
            yield from walk(item)


def texts(card: dict[str, Any]) -> list[str]:
    """What is read, line by line; what keeps an amount's sign on its line is not."""
    return [
        "".join(run["text"] for run in node["inlines"]).replace("\u2060", "")
        for node in walk(card)
        if node.get("type") == "RichTextBlock"
    ]


def problems(card: dict[str, Any]) -> list[str]:
    """What Teams would stumble over: unknown properties, values, targets, links without https."""
    found = []
    ids = [node["id"] for node in walk(card) if "id" in node]
    if len(ids) != len(set(ids)):
        found.append("an id occurs twice")
    for node in walk(card):
        kind = node.get("type")
        if kind is None:
            continue
        unknown = set(node) - PROPERTIES.get(kind, set())
        found += [f"{kind}.{name}" for name in sorted(unknown)]
        found += [
            f"{kind}.{name}={node[name]}"
            for name, known in CHOICES.items()
            if name in node and node[name] not in known
        ]
        if kind == "Image" and not (node["altText"] and node["url"].startswith("data:image/png;base64,")):
            found.append("an image without words or not inside the card")
        if kind == "Action.OpenUrl" and not node["url"].startswith("https://"):
            found.append(f"link {node['url']}")
        if kind == "Action.ToggleVisibility":
            found += [f"toggles {target}" for target in node["targetElements"] if target not in ids]
    return found


@cache
def _microsofts() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SCHEMA.read_text("utf-8"))
    return found


def schema_problems(card: dict[str, Any]) -> list[str]:
    """What Microsoft's schema says of a card for a webhook.

    Each value is held once to each definition: an element may be one of twenty, each of which holds its items to the
    same twenty, and a card of some levels would be looked through thousands of times.
    """
    said: dict[tuple[str, int], list[ValidationError]] = {}

    def once(validator: Any, ref: str, value: Any, _: Any) -> Iterator[ValidationError]:
        # The card outlives this, so that no other value gets the id of one of its own.
        if (ref, id(value)) not in said:
            said[ref, id(value)] = list(validator._validate_reference(ref=ref, instance=value))
        yield from said[ref, id(value)]

    once_each = extend(Draft6Validator, {"$ref": once})  # type: ignore[no-untyped-call]
    return [error.message[:200] for error in once_each(_microsofts()).iter_errors(card)]


def outline(card: dict[str, Any]) -> str:
    """The card as text: for a snapshot that a reviewer can read."""
    lines = _lines(card["body"], "")
    lines += [f"[{action['title']}]" for action in card.get("actions", [])]
    return "\n".join(lines) + "\n"


def _lines(elements: list[dict[str, Any]], indent: str) -> list[str]:
    lines = []
    for element in elements:
        if element.get("separator"):
            lines.append(f"{indent}---")
        kind = element["type"]
        if kind == "RichTextBlock":
            lines.append(indent + "".join(_run(run) for run in element["inlines"]))
        elif kind == "Image":
            lines.append(f"{indent}(picture: {element['altText']})")
        elif kind == "ColumnSet":
            cells = [" / ".join(_lines(column["items"], "")) for column in element["columns"]]
            lines.append(indent + " | ".join(cells))
        else:
            title = " ".join(str(element[name]) for name in ("style", "id") if name in element)
            lines += [f"{indent}{title}:", *_lines(element["items"], indent + "  ")]
    return lines


def _run(run: dict[str, Any]) -> str:
    text = run["text"]
    marks = {"Attention": "!", "Good": "+"}
    mark = marks.get(run.get("color", ""), "")
    return f"{mark}[{text}]" if "selectAction" in run else f"{mark}{text}"
