"""What tests need of a Markdown page: headings, code blocks, tables, links, and the commands that it tells to run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEREDOC = re.compile(r" <<'(\w+)'\n(.*?)\n\1$", re.MULTILINE | re.DOTALL)
_ASSIGNMENT = re.compile(r"[A-Z_]+=.*")


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of a language."""
    return [code for named, code in _FENCE.findall(text) if named == language]


def prose(text: str) -> str:
    """The page without its code blocks."""
    return _FENCE.sub("", text)


def scripts(text: str) -> list[str]:
    """What the page feeds to `python -`."""
    return [code for block in blocks(text, "bash") for _, code in _HEREDOC.findall(block)]


def commands(text: str) -> Iterator[list[str]]:
    """Each command of the `bash` blocks as a list of words, without variables set for it; pipes are taken apart."""
    for block in blocks(text, "bash"):
        for line in _HEREDOC.sub("", block).replace("\\\n", " ").splitlines():
            words: list[str] = []
            for word in [*shlex.split(line, comments=True), "|"]:
                if word in ("|", "||", "&&"):
                    if words:
                        yield words
                    words = []
                elif words or not _ASSIGNMENT.fullmatch(word):
                    words.append(word)


def headings(text: str, level: int) -> list[str]:
    """The headings of a level, without their signs."""
    return re.findall(rf"^#{{{level}}} (.+)$", prose(text), re.MULTILINE)


def sections(text: str, level: int) -> dict[str, str]:
    """Heading to body, up to the next heading of this level or a higher one."""
    parts = re.split(rf"^(#{{1,{level}}}) (.+)$", text, flags=re.MULTILINE)[1:]
    triples = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return {title: body for signs, title, body in triples if len(signs) == level}


def table(text: str, header: str) -> list[list[str]]:
    """The cells of the table that begins with this line, without backticks."""
    lines = text.splitlines()
    rows = []
    for line in lines[lines.index(header) + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split(" | ")])
    return rows


def anchors(text: str) -> set[str]:
    """What a link can name after `#`: GitHub's form of every heading."""
    titles = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(text: str) -> list[tuple[str, str]]:
    """(file, anchor) of every link inside the repository; either may be empty."""
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(text))
    parts = [target.partition("#") for target in targets if not re.match(r"[a-z]+:", target)]
    return [(file, anchor) for file, _, anchor in parts]
