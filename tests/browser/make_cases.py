"""Writes every case as files: cards, pages, previews, state machine, what expressions gave. Usage: make_cases.py DIR"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Literal, get_args

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from finopsguard import contracts  # noqa: E402
from finopsguard.channels.page_link import PageButton  # noqa: E402
from finopsguard.channels.teams import card, failure_card, preview  # noqa: E402
from finopsguard.engine.embedded import load_definition  # noqa: E402
from finopsguard.models.run import Language, ReportName  # noqa: E402
from finopsguard.report.failure_story import FailureStory  # noqa: E402
from finopsguard.report.page import render  # noqa: E402
from tests.docs import mock_run  # noqa: E402
from tests.truth.pictures import PICTURES, told  # noqa: E402
from tests.unit.report.cases import CASES, FAILURES  # noqa: E402
from tests.workflow import expressions  # noqa: E402

Kind = Literal["card", "page", "preview"]
PAGE = PageButton(
    "button.page",
    "https://finopsguard-reports.s3.eu-west-1.amazonaws.com/runs/weekly-2026-11-09/report.html?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Security-Token="
    + "0a%2F" * 280
    + "&X-Amz-Signature="
    + "0" * 64,
)


def main(target: Path) -> None:
    """One file per case and language, in a folder per kind."""
    for kind in get_args(Kind):
        (target / kind).mkdir(parents=True, exist_ok=True)
    (target / "expressions.json").write_bytes(contracts.encode(expressions.recorded()))
    (target / "statemachine.json").write_bytes(contracts.encode(load_definition("eu-west-1")))
    for language in get_args(Language):
        for name, build in CASES.items():
            report = build(language)
            message = card.message(report, page=PAGE)
            (target / "card" / f"{name}.{language}.json").write_bytes(contracts.encode(message))
            (target / "page" / f"{name}.{language}.html").write_text(render.page(report), "utf-8")
        for name, fail in FAILURES.items():
            message = failure_card.message(FailureStory(fail(language), language, "Europe/Madrid"))
            (target / "card" / f"{name}.{language}.json").write_bytes(contracts.encode(message))
        for name in PICTURES:
            report = told(name, language).report
            message = card.message(report, page=PAGE)
            (target / "card" / f"truth-{name}.{language}.json").write_bytes(contracts.encode(message))
            (target / "page" / f"truth-{name}.{language}.html").write_text(render.page(report), "utf-8")
        for each in get_args(ReportName):
            run(each, language, target)
        quiet = card.message(CASES["quiet"](language), page=PAGE)
        (target / "preview" / f"quiet.{language}.html").write_text(preview.page(quiet), "utf-8")


def run(report: ReportName, language: Language, target: Path) -> None:
    """What `make run` shows of the invented company: README's pictures are of these."""
    with tempfile.TemporaryDirectory() as folder:
        out = mock_run.made(report, language, Path(folder))
        shutil.copy(out / "card.json", target / "card" / f"run-{report}.{language}.json")
        shutil.copy(out / "report.html", target / "page" / f"run-{report}.{language}.html")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
