"""What `make run` makes, for the pictures: the same command with the same variables, at a time of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from finopsguard.models.run import Language, ReportName
from tests.template.stack import ROOT

AT = "2026-11-23T08:00:00Z"


def variables() -> dict[str, str]:
    """The variables of the Makefile's target."""
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("\\\n", " ")
    [recipe] = re.findall(r"^run:.*\n\t(.*)$", makefile, re.MULTILINE)
    found = re.findall(r"(FINOPSGUARD_\w+)=('[^']*'|\S+)", recipe)
    return {name: value.strip("'") for name, value in found}


def made(report: ReportName, language: Language, folder: Path) -> Path:
    """The folder with the card, the page and the report that a run left there."""
    out = folder / f"{report}-{language}"
    arguments = ["run", "--report", report, "--lang", language, "--scheduled-time", AT]
    subprocess.run(
        [sys.executable, "-m", "finopsguard.cli", *arguments, "--state", f"{out}-state", "--out", str(out)],
        check=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), **variables()},
        capture_output=True,
    )
    return out
