"""Shows a card as Teams does, in one HTML page without network: for looking at it, not for judging the last pixel.

Knows the elements that `elements.py` makes. Everything in a card is escaped; only https and data:image addresses are kept.
`tests/browser` looks at the same cards with Microsoft's own renderer.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from finopsguard.errors import InvalidInput

_SIZES = {"Small": "small", "Medium": "medium", "Large": "large", "ExtraLarge": "extra"}
_SPACES = {"None": "s0", "Small": "s1", "Default": "s2", "Medium": "s3", "Large": "s4"}

_STYLE = """
:root { color-scheme: light dark;
  --page: #f5f5f5; --card: #fff; --text: #242424; --subtle: #616161; --line: #e0e0e0; --emphasis: #f3f2f1;
  --warning: #fff4ce; --attention: #fde7e9; --bad: #c4314b; --good: #237b4b; --accent: #5b5fc7; }
@media (prefers-color-scheme: dark) { :root {
  --page: #1f1f1f; --card: #292929; --text: #fff; --subtle: #c8c8c8; --line: #4a4a4a; --emphasis: #363636;
  --warning: #463100; --attention: #4b1e25; --bad: #f38ba0; --good: #92c353; --accent: #a6a7dc; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 16px; background: var(--page); color: var(--text);
  font: 14px/1.4 "Segoe UI", system-ui, -apple-system, "Open Sans", sans-serif; }
main { max-width: 760px; margin: 0 auto; padding: 16px; background: var(--card); border-radius: 8px;
  box-shadow: 0 1px 4px #0003; overflow-wrap: anywhere; }
.set { display: flex; gap: 10px; } .set > div { min-width: 0; } .middle { align-self: center; }
.s0 { margin-top: 0; } .s1 { margin-top: 4px; } .s2 { margin-top: 8px; } .s3 { margin-top: 16px; } .s4 { margin-top: 24px; }
.line { border-top: 1px solid var(--line); padding-top: 12px; } .right { text-align: right; }
.box { padding: 12px 16px; margin-left: -16px; margin-right: -16px; } .top { margin-top: -16px; border-radius: 8px 8px 0 0; }
.emphasis { background: var(--emphasis); } .warning { background: var(--warning); } .attention { background: var(--attention); }
.small { font-size: 12px; } .medium { font-size: 16px; } .large { font-size: 20px; } .extra { font-size: 26px; line-height: 1.2; }
.bold { font-weight: 600; } .subtle { color: var(--subtle); } .mono { font-family: monospace; }
.c-attention { color: var(--bad); } .c-good { color: var(--good); } .c-accent, a { color: var(--accent); }
a { text-decoration: none; } a:hover, a:focus { text-decoration: underline; } img { display: block; width: 100%; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 16px; }
.actions > * { font: inherit; font-weight: 600; color: var(--accent); background: none; border: 1px solid var(--line);
  border-radius: 4px; padding: 5px 12px; cursor: pointer; }
"""
_SCRIPT = """
for (const button of document.querySelectorAll("button[data-targets]"))
  button.addEventListener("click", () => {
    let open = false;
    for (const id of button.dataset.targets.split(" ")) {
      const target = document.getElementById(id);
      if (target) { target.hidden = !target.hidden; open = !target.hidden; }
    }
    button.setAttribute("aria-expanded", String(open));
  });
"""


def page(message: Mapping[str, Any]) -> str:
    """The HTML page of a message (or of a card alone); raises InvalidInput when it holds no Adaptive Card."""
    card = _card(message)
    style, script = Markup(_STYLE), Markup(_SCRIPT)  # noqa: S704 - constants of this module
    policy = f"default-src 'none'; img-src data:; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; base-uri 'none'"
    body = _items(card.get("body"))
    actions = Markup("").join(_action(action) for action in _list(card.get("actions")))
    return str(
        Markup(
            '<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="{policy}">'
            "<title>FinOps Guard</title><style>{style}</style></head>"
            '<body><main>{body}<div class="actions">{actions}</div></main><script>{script}</script></body></html>\n'
        ).format(
            lang=card.get("lang", "en"), policy=policy, style=style, script=script, body=body, actions=actions
        )
    )


def _card(message: Mapping[str, Any]) -> Mapping[str, Any]:
    attachments = _list(message.get("attachments"))
    card = attachments[0].get("content") if attachments else message
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        raise InvalidInput(
            "The file holds neither a card nor a report. Give card.json or report.json of `finopsguard run`."
        )
    return card


def _items(elements: object) -> Markup:
    return Markup("").join(_element(element, index == 0) for index, element in enumerate(_list(elements)))


def _element(element: Mapping[str, Any], first: bool) -> Markup:
    kind = element.get("type")
    classes = ["s0" if first else _SPACES.get(str(element.get("spacing")), "s2")]
    if element.get("separator") and not first:
        classes.append("line")
    if kind == "RichTextBlock":
        content = Markup("").join(_run(item) for item in _list(element.get("inlines")))
        if element.get("horizontalAlignment") == "Right":
            classes.append("right")
    elif kind == "ColumnSet":
        classes.append("set")
        content = Markup("").join(_column(item) for item in _list(element.get("columns")))
    elif kind == "Container":
        content = _items(element.get("items"))
        if element.get("style"):
            classes += ["box", str(element["style"]), *(["top"] if first and element.get("bleed") else [])]
    elif kind == "Image" and str(element.get("url")).startswith("data:image/png;base64,"):
        content = Markup('<img src="{}" alt="{}">').format(element["url"], element.get("altText", ""))
    else:
        raise InvalidInput(
            f"The preview does not know the element {kind!r}. Look at the card in Teams instead."
        )
    name = Markup(' id="{}"').format(element["id"]) if "id" in element else ""
    hidden = "" if element.get("isVisible", True) else " hidden"
    return Markup('<div class="{}"{}{}>{}</div>').format(" ".join(classes), name, Markup(hidden), content)  # noqa: S704


def _column(element: Mapping[str, Any]) -> Markup:
    width = str(element.get("width", "stretch"))
    middle = " middle" if element.get("verticalContentAlignment") == "Center" else ""
    return Markup('<div data-width="{}" class="w-{}{}">{}</div>').format(
        width, width, middle, _items(element.get("items"))
    )


def _run(element: Mapping[str, Any]) -> Markup:
    classes = [
        _SIZES.get(str(element.get("size")), ""),
        "bold" if element.get("weight") == "Bolder" else "",
        "subtle" if element.get("isSubtle") else "",
        "mono" if element.get("fontType") == "Monospace" else "",
        f"c-{str(element['color']).lower()}" if "color" in element else "",
    ]
    name = " ".join(word for word in classes if word)
    link = _address(_mapping(element.get("selectAction")).get("url"))
    if link:
        return Markup('<a class="{}" href="{}" rel="noreferrer">{}</a>').format(
            name, link, element.get("text", "")
        )
    return Markup('<span class="{}">{}</span>').format(name, element.get("text", ""))


def _action(element: Mapping[str, Any]) -> Markup:
    if element.get("type") == "Action.ToggleVisibility":
        targets = " ".join(str(target) for target in _list(element.get("targetElements"), str))
        return Markup('<button type="button" data-targets="{}" aria-expanded="false">{}</button>').format(
            targets, element.get("title", "")
        )
    link = _address(element.get("url"))
    return (
        Markup('<a href="{}" rel="noreferrer">{}</a>').format(link, element.get("title", ""))
        if link
        else Markup("")
    )


def _address(url: object) -> str | None:
    return url if isinstance(url, str) and url.startswith("https://") else None


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object, kind: type = dict) -> Sequence[Any]:
    return [item for item in value if isinstance(item, kind)] if isinstance(value, list) else []
