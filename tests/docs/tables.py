"""The table over an export that docs/sources.md has people make: its columns, as they are declared there."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.template.stack import ROOT

PAGE = (ROOT / "docs" / "sources.md").read_text("utf-8")
(MADE,) = re.findall(r"```sql athena\n(.*?)```", PAGE, re.DOTALL)


def _columns() -> Mapping[str, str]:
    declared = MADE.partition("(")[2].partition("\n)\n")[0]
    return dict(re.findall(r"^  (\w+) (\S+?),?$", declared, re.MULTILINE))


DECLARED = _columns()
_FOCUS = PAGE.partition("For FOCUS 1.2 the columns are")[2].partition("\n\n")[0]
DECLARED_FOCUS: Mapping[str, str] = dict.fromkeys(re.findall(r"`(\w+)`", _FOCUS), "string")
