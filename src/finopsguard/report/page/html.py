"""What HTML pages share: a template, its style and its script, and a strict content security policy."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TypeAlias

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from finopsguard.report.numbers import unbroken

Html: TypeAlias = Markup
"""A part of a page, escaped where it is not ours."""


def fill(assets: Path, template: str, **values: object) -> str:
    """The template `<template>.html.j2` of a folder with its own style and script inside; every value is escaped.

    Style and script are those of the template, or of the one that `look` names. `more_style` and `more_script` are
    added: our own, or rules that depend on the data, made of numbers only. The policy allows this style, this script
    and pictures that are part of the page; nothing can be loaded and no form be sent.
    """
    look = values.pop("look", template)
    style = (assets / f"{look}.css").read_text("utf-8") + str(values.pop("more_style", ""))
    script = (assets / f"{look}.js").read_text("utf-8") + str(values.pop("more_script", ""))
    policy = (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src {_source(style)}; script-src {_source(script)}"
    )
    page = _environment(assets).get_template(f"{template}.html.j2")
    # Markup: style and script are ours, and HTML knows no escapes inside these elements.
    return page.render(style=Markup(style), script=Markup(script), policy=policy, **values)  # noqa: S704


def with_form(assets: Path, template: str, **values: object) -> tuple[str, str]:
    """As `fill`, of a page that sends a form to where it came from and has no script; and its policy, for a header.

    What a policy says of frames counts in a header alone (Content Security Policy level 3, section 6.4.2).
    """
    style = (assets / f"{template}.css").read_text("utf-8")
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        f"style-src {_source(style)}"
    )
    page = _environment(assets).get_template(f"{template}.html.j2")
    return page.render(style=Markup(style), **values), policy  # noqa: S704 - the style is ours


def part(assets: Path, template: str, **values: object) -> Html:
    """The template `<template>.html.j2` as a part of a page; every value is escaped."""
    made = _environment(assets).get_template(f"{template}.html.j2").render(**values)
    return Markup(made)  # noqa: S704 - the template has escaped what is not ours


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
    # Markup went through here already.
    return unbroken(value) if type(value) is str else value
