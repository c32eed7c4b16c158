"""Finds the folders that a checkout keeps at its top level and a wheel or layer inside the package."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """Returns the folder `schemas`, `functions`, `statemachine` or `events`.

    A wheel and the Lambda layer carry them inside the package; a checkout has them beside `src/`.
    """
    packaged = _PACKAGE / name
    return packaged if packaged.is_dir() else _PACKAGE.parents[1] / name
