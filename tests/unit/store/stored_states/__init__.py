"""Stores as versions of FinOps Guard left them, for today's code to go on from."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def load(name: str) -> dict[str, bytes]:
    """Every object by its key."""
    kept: dict[str, str] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return {
        key: base64.b64decode(text) if key.endswith(".parquet") else text.encode()
        for key, text in kept.items()
    }


def keep(name: str, objects: Mapping[str, bytes]) -> None:
    """Writes a state; without report pages, which nobody reads."""
    kept = {
        key: base64.b64encode(data).decode() if key.endswith(".parquet") else data.decode()
        for key, data in sorted(objects.items())
        if not key.endswith(".html")
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
