"""How names and texts stand in a statement, Athena's or DuckDB's: what is not ours is never part of its grammar."""

from __future__ import annotations


def quoted(name: str) -> str:
    """A column's name in a query."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in a query."""
    return "'" + text.replace("'", "''") + "'"
