"""One check against the stand-ins, with what it found in both languages: nothing needs doing without saying what."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import get_args

from finopsguard.doctor.around import Around, Options
from finopsguard.doctor.check import run_all
from finopsguard.doctor.checks import CHECKS
from finopsguard.models.checkup import CheckName, Finding
from finopsguard.models.run import Language
from finopsguard.ports import Clock
from finopsguard.report.checkup import Words
from finopsguard.wiring import Wiring
from tests import planted
from tests.standins import StandIns
from tests.standins.deployed import STACK


def around(
    env: Mapping[str, str], *, stack: str | None = None, post: bool = False, now: datetime | None = None
) -> Around:
    """What a check is given, with this process's variables and these."""
    made = Around({**os.environ, **env}, Options("1.2.3", stack, post))
    if now:
        made.__dict__["wiring"] = Wiring(made.env, {Clock: lambda: now})
    return made


def found(name: CheckName, given: Around) -> list[Finding]:
    """What a check found, without those before it."""
    run: Callable[[Around], Sequence[Finding]] = next(each.run for each in CHECKS if each.name == name)
    from finopsguard.doctor.check import Check

    findings = [finding for _, finding in run_all([Check(name, run)], given)]
    for finding in findings:
        for language in get_args(Language):
            result = Words(language, "UTC").result(name, finding)
            planted.SEARCH.look("doctor", f"{finding} {result}")
            if finding.state in ("warn", "fail"):
                assert result.remedy, (name, finding)
    return findings


def only(name: CheckName, given: Around) -> tuple[str, str, str]:
    """State, sentence and, where an error of ours ended it, its message of the one thing that a check found."""
    [finding] = found(name, given)
    return finding.state, finding.said, finding.error or ""


def deployed(standins: StandIns, **variables: str) -> None:
    """A stack that is well: its last execution succeeded, somebody gets its mails. Pages are small, and soon read."""
    standins.cost_explorer.page_size = 100
    topic = standins.topic_arn
    standins.deployed.fill(
        standins.sts.own_account,
        standins.region,
        topic,
        {
            "TEAMS_WEBHOOK_SECRET_ARN": standins.webhook_secret_arn,
            "FINOPSGUARD_ALERT_TOPIC_ARN": topic,
            "FINOPSGUARD_TIMEZONE": "Europe/Madrid",
            **variables,
        },
    )
    standins.step_functions.executions = [("second", "RUNNING"), ("first", "SUCCEEDED")]
    standins.sns.subscriptions = [(f"{topic}:0001", planted.address("ops"))]


__all__ = ["STACK", "around", "deployed", "found", "only"]
