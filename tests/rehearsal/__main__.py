"""`python -m tests.rehearsal`: runs the guide's commands in a fresh clone and writes docs/rehearsal.md."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tests.e2e import acts
from tests.e2e.emulator import Emulator
from tests.e2e.prepared import ROOT, prepare
from tests.rehearsal.told import CHECKLIST, STACK, Command, commands, filled, reason
from tests.standins import StandIns
from tests.standins.costs import sample_accounts

PAGE = ROOT / "docs" / "rehearsal.md"
_FOLDER = ROOT / "build" / "rehearsal"
_VENV = ROOT / "build" / "e2e"
_LIBRARIES = ROOT / "build" / "e2e-libraries"
_AWS = ROOT / "build" / "awscli" / "bin"
_LONGEST = 600
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Ran(NamedTuple):
    """A command, its exit code (None: it was not run) and its last line or why."""

    command: Command
    code: int | None
    said: str
    seconds: float = 0.0


def main() -> int:
    """0, whatever the commands did: the page says it."""
    clone = _FOLDER / "clone"
    shutil.rmtree(_FOLDER, ignore_errors=True)
    _FOLDER.mkdir(parents=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    head = subprocess.run(
        ["git", "-C", str(clone), "describe", "--always"], check=True, capture_output=True, text=True
    ).stdout.strip()
    first = [_run(Command("3. Preparación del código", ("make", "run"), {}), ["make", "run"], clone, _bare())]
    template = prepare(_FOLDER / "stack", _VENV / "bin" / "python", _LIBRARIES)
    with StandIns(accounts=sample_accounts(6)) as standins:
        standins.sts.anybody = True
        elsewhere = {
            f"AWS_ENDPOINT_URL_{name}": standins.endpoint
            for name in ("COST_EXPLORER", "ORGANIZATIONS", "BUDGETS")
        }
        account, log = standins.sts.own_account, _FOLDER / "ministack.log"
        with Emulator(_VENV / "bin" / "ministack", account, log, elsewhere) as emulator:
            stage = acts.Stage(emulator, standins, template, stack=STACK)
            acts.deploy(stage)
            outputs = stage.outputs()
            path = f"{clone / '.venv' / 'bin'}:{_AWS}:{os.environ['PATH']}"
            env = {**emulator.env, **elsewhere, "PATH": path, "TEAMS_WEBHOOK_URL": standins.webhook_url}
            env["FINOPSGUARD_WEBHOOK_ALLOWED_HOSTS"] = "127.0.0.1"
            # Version 1 of the AWS CLI would fetch what looks like an address; version 2 takes it as it is.
            (_FOLDER / "aws.config").write_text("[default]\ncli_follow_urlparam = false\n", "utf-8")
            env["AWS_CONFIG_FILE"] = str(_FOLDER / "aws.config")
            (clone / "routes.json").write_text(_example_of_routes(), "utf-8")
            seen = [*first, *(_noted(each, outputs, account, clone, env) for each in commands())]
    PAGE.write_text(text(seen, head), "utf-8")
    print(f"Written: {PAGE.relative_to(ROOT)}")
    return 0


def _example_of_routes() -> str:
    """The route file of docs/routes.md, which the guide has written by hand."""
    (found,) = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "routes.md").read_text("utf-8"), re.DOTALL)
    return str(found)


def _noted(
    command: Command, outputs: Mapping[str, str], account: str, clone: Path, env: Mapping[str, str]
) -> Ran:
    why = reason(command)
    if why is not None:
        return Ran(command, None, why)
    words = filled(command.words, outputs, account)
    if words[0] == "finopsguard" and words[1] == "trial":
        words.append("--yes")
    left = [word for word in words if re.search(r"<[A-Z_a-z]+>", word)]
    if left:
        return Ran(command, None, f"nothing here stands for {left[0]}")
    return _run(command, words, clone, {**env, **command.variables})


def _run(command: Command, words: Sequence[str], folder: Path, env: Mapping[str, str]) -> Ran:
    began = time.monotonic()
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            env=env,
            input=command.stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Ran(command, None, f"not run: {type(error).__name__}")
    lines = [line.strip() for line in f"{done.stderr}\n{done.stdout}".splitlines() if line.strip()]
    ran = Ran(command, done.returncode, lines[-1] if lines else "", time.monotonic() - began)
    print(f"{ran.seconds:6.1f} s  {ran.code}  {command.text[:100]}", flush=True)
    return ran


def _bare() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def text(seen: Sequence[Ran], head: str) -> str:
    """The page: a table for each chapter, and the customer's checklist."""
    run = [each for each in seen if each.code is not None]
    good = sum(each.code == 0 for each in run)
    lines = [
        "# The guide, rehearsed",
        "",
        "Written by `make rehearse`: a fresh clone, and each command of [the guide](guia.md) in its order, against the"
        " emulator, the stack and the stand-ins of [`make e2e`](e2e.md). Placeholders are filled in from the stack's"
        " outputs. What cannot be shown here is marked with a dash and why. **Nothing of it is AWS, Teams or GitHub.**",
        "",
        f"Last run: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC at `{head}`: {len(run)} commands run, {good} with exit 0.",
        "",
    ]
    for chapter in dict.fromkeys(each.command.chapter for each in seen):
        rows = [
            each for each in seen if each.command.chapter == chapter and (each.code is not None or each.said)
        ]
        lines += [
            f"## {chapter}",
            "",
            "| Command | Exit | What it said last, or why it was not run |",
            "|---|---:|---|",
        ]
        lines += [f"| `{_cell(each.command.text)}` | {_exit(each)} | {_said(each)} |" for each in rows]
        lines += [""]
    lines += ["## The customer's checklist", "", "| Box | Command | Exit | Beside it |", "|---|---|---:|---|"]
    for box, start, beside in CHECKLIST:
        found = next((each for each in run if start and each.command.text.startswith(start)), None)
        lines += [
            f"| {box} | {f'`{start}`' if start else ''} | {_exit(found) if found else '–'} | {beside} |"
        ]
    return "\n".join([*lines, ""])


def _exit(ran: Ran) -> str:
    return "–" if ran.code is None else str(ran.code)


def _said(ran: Ran) -> str:
    if ran.code is None:
        return ran.said
    return f"`{_cell(ran.said)}`" if ran.said else ""


def _cell(words: str) -> str:
    plain = _ESCAPES.sub("", words).replace("|", "/").replace("`", "'")
    plain = plain.replace(str(ROOT), "...")
    return plain if len(plain) <= 140 else f"{plain[:137]}..."


if __name__ == "__main__":
    sys.exit(main())
