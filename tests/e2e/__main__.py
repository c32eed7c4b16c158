"""`python -m tests.e2e`: plays the acts, prints each, and writes docs/e2e.md if all have shown what they must."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from importlib.metadata import distributions

from tests.e2e.acts import ACTS, NotShown, Stage
from tests.e2e.emulator import Emulator
from tests.e2e.page import PAGE, Act, text
from tests.e2e.prepared import ROOT, prepare
from tests.standins import StandIns
from tests.standins.costs import sample_accounts

_VENV = ROOT / "build" / "e2e"
_LIBRARIES = ROOT / "build" / "e2e-libraries"
_FOLDER = ROOT / "build" / "e2e-stack"


def main() -> int:
    """1 where an act has not shown what it must; the page is then left as it was."""
    began, seen = time.monotonic(), list[Act]()
    template = prepare(_FOLDER, _VENV / "bin" / "python", _LIBRARIES)
    with StandIns(accounts=sample_accounts(6)) as standins:
        standins.sts.anybody = True
        elsewhere = {
            f"AWS_ENDPOINT_URL_{name}": standins.endpoint
            for name in ("COST_EXPLORER", "ORGANIZATIONS", "BUDGETS")
        }
        account = standins.sts.own_account
        with Emulator(_VENV / "bin" / "ministack", account, _FOLDER / "ministack.log", elsewhere) as emulator:
            stage = Stage(emulator, standins, template)
            for name, act in ACTS:
                try:
                    shown = act(stage)
                except NotShown as error:
                    print(f"NOT SHOWN: {name}: {error}\nThe emulator's log: {_FOLDER / 'ministack.log'}")
                    return 1
                seen.append(Act(name, shown, time.monotonic() - began))
                print(f"{seen[-1].seconds:6.1f} s  {name}: {shown}", flush=True)
    PAGE.write_text(text(seen, datetime.now(UTC), versions()), "utf-8")
    print(f"Written: {PAGE.relative_to(ROOT)}")
    return 0


def versions() -> list[str]:
    """What is not ours and decided what was seen."""
    wanted = ("ministack", "awslambdaric")
    found = {
        each.metadata["Name"]: each.version
        for each in distributions(path=[str(*_VENV.glob("lib/*/site-packages"))])
    }
    return [f"{name} {found[name]}" for name in wanted]


if __name__ == "__main__":
    sys.exit(main())
