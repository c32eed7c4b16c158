"""What HTML pages share: a template, its style and its script, and a strict content security policy."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from finopsguard.report.numbers import MINUS

_SIGNED = re.compile(f"({MINUS})(?=[^\\W\\d]|[$€¥£])")


def fill(assets: Path, template: str, **values: object) -> str:
    """The template `<template>.html.j2` of a folder with its own style and script inside; every value is escaped.

    `more_style` is added to the style: rules that depend on the data, made of numbers only. The policy allows this
    style, this script and pictures that are part of the page; nothing can be loaded and no form be sent.
    """
    style = (assets / f"{template}.css").read_text("utf-8") + str(values.pop("more_style", ""))
    script = (assets / f"{template}.js").read_text("utf-8")
    policy = (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src {_source(style)}; script-src {_source(script)}"
    )
    page = _environment(assets).get_template(f"{template}.html.j2")
    # Markup: style and script are ours, and HTML knows no escapes inside these elements.
    return page.render(style=Markup(style), script=Markup(script), policy=policy, **values)  # noqa: S704


def _source(text: str) -> str:
    """A source that matches exactly this text (Content Security Policy level 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment(assets: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(assets),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_unbroken,
    )


def _unbroken(value: object) -> object:
    """A sign stays on its amount's line: Unicode lets a line end between a minus and a currency (Annex 14, PR)."""
    if type(value) is not str or MINUS not in value:  # Markup went through here already
        return value
    return _SIGNED.sub("\\1\u2060", value)
