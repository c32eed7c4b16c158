"""Which environment variable fills which field of Settings, read from config.py itself."""

from __future__ import annotations

import ast
import inspect
import textwrap

from finopsguard.config import Settings


def fields_by_variable() -> dict[str, str]:
    """`{"FINOPSGUARD_BUCKET": "bucket", ...}`: the calls `field=read("VARIABLE", ...)` in `Settings.from_env`."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(Settings.from_env)))
    return {
        str(read.args[0].value): keyword.arg or ""
        for keyword in ast.walk(tree)
        if isinstance(keyword, ast.keyword)
        for read in [keyword.value]
        if isinstance(read, ast.Call) and isinstance(read.args[0], ast.Constant)
    }
