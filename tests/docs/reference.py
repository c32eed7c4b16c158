"""The parts of docs/reference.md that are written from the code: command line, settings, errors, contracts.

`python -m tests.docs.reference` writes them anew.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from finopsguard import cli
from finopsguard.errors import BadInput, Transient
from tests.leaf_errors import leaves

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference.md"


def command_line() -> str:
    """Every subcommand with its arguments; not argparse's own help, whose form differs between versions of Python."""
    return "\n\n".join(
        f"### finopsguard {name}\n\n{_arguments(sub)}" for name, sub in _commands("", cli.parser())
    )


def _commands(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """What can be called, with the words that call it: `deliveries list`."""
    below = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    if not below:
        yield name, parser
    for action in below:
        for word, sub in (action.choices or {}).items():
            yield from _commands(f"{name} {word}".strip(), sub)


def _arguments(parser: argparse.ArgumentParser) -> str:
    rows = []
    for action in parser._actions:
        if action.dest != "help":
            name = " ".join([*action.option_strings, *([str(action.metavar)] if action.metavar else [])])
            choices = " or ".join(f"`{choice}`" for choice in action.choices or ())
            text = (action.help or "") % {"default": action.default}
            rows.append(f"| `{name}` | {', '.join(filter(None, [choices, text]))} |")
    return "\n".join(["| Argument | Meaning |", "|---|---|", *rows])


def settings() -> str:
    """Every variable of .env.example, with its default and its explanation."""
    rows = [
        f"| `{name}` | {f'`{default}`' if default else ''} | {text} |" for name, default, text in _variables()
    ]
    return "\n".join(["| Variable | Default | Meaning |", "|---|---|---|", *rows])


def error_table() -> str:
    """Every error that can end a step, its kind and when it is raised."""
    rows = [
        f"| `{error.__name__}` | {_kind(error)} | {(error.__doc__ or '').strip().rstrip('.')} |"
        for error in sorted(leaves().values(), key=lambda each: (_kind(each), each.__name__))
    ]
    return "\n".join(["| Error | Kind | When |", "|---|---|---|", *rows])


PARTS: dict[str, Callable[[], str]] = {
    "command line": command_line,
    "settings": settings,
    "errors": error_table,
}


def with_parts(text: str) -> str:
    """The page's text with today's parts between their marks."""
    for name, part in PARTS.items():
        begin, end = f"<!-- {name}: from the code -->", f"<!-- end of {name} -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}\n\n{part()}\n\n{end}{after}"
    return text


def _variables() -> Iterator[tuple[str, str, str]]:
    """(name, default, explanation): a comment explains the variables below it, up to the next empty line."""
    explanation: list[str] = []
    for line in (ROOT / ".env.example").read_text("utf-8").splitlines():
        variable = re.fullmatch(r"#?([A-Z][A-Z0-9_]+)=(.*)", line)
        if variable:
            yield variable[1], variable[2], " ".join(explanation)
        elif line.startswith("# ") and not line.startswith("# ----"):
            explanation.append(line[2:])
        else:
            explanation = []


def _kind(error: type[Exception]) -> str:
    if issubclass(error, Transient):
        return "transient: retried"
    return "bad input: exit code 2" if issubclass(error, BadInput) else "permanent"


def write() -> None:
    """Writes the parts into the page."""
    PAGE.write_text(with_parts(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    write()
