"""Lints the state machine: `python -m tests.lint_asl`, called by `make check`.

cfn-lint and `sam validate --lint` never read the file that DefinitionUri names. statelint does, with one gap: it takes
MaxConcurrency for a number only, while AWS documents a JSONata expression too (Map state, MaxConcurrency). Exactly
those expressions are replaced by a number here; anything else that statelint finds is an error. Its own look at JSONata
passes broken expressions, so each is parsed with the evaluator that the embedded engine uses.
"""

from __future__ import annotations

import copy
import re
import sys
from collections.abc import Iterator
from typing import Any

from jsonata.jexception import JException
from jsonata.jsonata import Jsonata
from statelint.linter import Linter

from finopsguard import machine

MAX_CONCURRENCY = {
    "FetchCosts": "{% $states.input.max_concurrency %}",
    "PostToTeams": "{% $count($states.input.messages[$exists(corrects) and corrects != null]) > 0 ? 1 : 10 %}",
}

_EXPRESSION = re.compile(r"\{%(.*)%\}", re.DOTALL)


def problems(definition: dict[str, Any]) -> list[str]:
    """What is wrong with a definition, a line for each; empty if nothing is."""
    known = copy.deepcopy(definition)
    for state, expression in MAX_CONCURRENCY.items():
        if known["States"][state]["MaxConcurrency"] == expression:
            known["States"][state]["MaxConcurrency"] = 5
    return [*Linter.validate(known), *_broken_expressions(definition, "State Machine")]


def _broken_expressions(node: Any, path: str) -> Iterator[str]:
    if isinstance(node, dict | list):
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in items:
            yield from _broken_expressions(value, f"{path}.{key}")
    elif isinstance(node, str) and (found := _EXPRESSION.fullmatch(node)):
        try:
            Jsonata(found[1])
        except JException as error:
            yield f"{path} is not JSONata: {error}"


def main() -> int:
    """Prints what is wrong; returns 1 if something is."""
    found = problems(machine.definition())
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
