"""Failures of every kind that NotifyFailure may be given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from finopsguard.models.messages import Failure, FailureDetail
from finopsguard.models.run import Language, ReportName
from tests.unit.report.hostile import HOSTILE
from tests.unit.report.sample import EXECUTION


def _run(language: Language, report: ReportName = "weekly") -> dict[str, Any]:
    return {
        "run_id": f"{report}-2026-11-16",
        "report": report,
        "scheduled_time": "2026-11-16T07:00:00Z",
        "period": {"start": "2026-11-09", "end": "2026-11-16"},
        "previous_period": {"start": "2026-11-02", "end": "2026-11-09"},
        "time_zone": "Europe/Madrid",
        "language": language,
        "execution": EXECUTION,
    }


def failed_teams(language: Language = "en") -> Failure:
    """Teams refused the webhook: everything was read, only the post failed."""
    return Failure(
        input={"run": _run(language), "report_key": "runs/weekly-2026-11-16/report.json", "bytes": 14_200},
        failure=FailureDetail(
            "PostToTeams",
            "TeamsRejected",
            '{"errorMessage":"Teams refused the webhook (HTTP 401). Create the webhook anew and store its URL in the '
            'secret.",'
            '"errorType":"TeamsRejected","stackTrace":["  File \\"/var/task/app.py\\", line 1"]}',
        ),
        execution=EXECUTION,
        redrive_count=0,
    )


def failed_aggregate(language: Language = "en") -> Failure:
    """Too many accounts were missing: 23 of 25 had been read."""
    read = [{"batch_id": f"{n:04d}", "status": "ok"} for n in range(23)]
    lost = [
        {"batch_id": f"{n:04d}", "status": "unavailable", "error": "RoleNotAssumable", "cause": "no role"}
        for n in range(23, 25)
    ]
    return Failure(
        input={
            "run": _run(language),
            "accounts_key": "runs/weekly-2026-11-16/accounts.json",
            "batches": read + lost,
        },
        failure=FailureDetail(
            "AggregateCosts",
            "TooManyAccountsMissing",
            '{"errorMessage":"2 of 25 accounts could not be read (8%, allowed are 5%): log-archive, dev-data. '
            'Give their roles back, or raise FINOPSGUARD_MAX_MISSING_PERCENT.","errorType":"TooManyAccountsMissing"}',
        ),
        execution=EXECUTION,
        redrive_count=1,
    )


def failed_fetch(language: Language = "en") -> Failure:
    """Cost Explorer was throttled until the retries were used up."""
    return Failure(
        input={
            "run": _run(language),
            "accounts": 25,
            "batches": [{"id": "0001"}],
        },
        failure=FailureDetail(
            "FetchCosts",
            "CostExplorerThrottled",
            '{"errorMessage":"Cost Explorer refused for too many requests. Wait some minutes, then redrive."}',
        ),
        execution=EXECUTION,
    )


def failed_resolve(language: Language = "en") -> Failure:
    """A slip in the settings: nothing had been read. No error of ours has a longer name."""
    return Failure(
        input={"report": "daily", "scheduled_time": "2026-11-16T07:00:00Z", "execution": EXECUTION},
        failure=FailureDetail(
            "ResolveAccounts",
            "OrganizationsAccessDenied",
            '{"errorMessage":"The role may not list accounts. Allow organizations:ListAccounts, or deploy in '
            'the management account."}',
        ),
        execution=EXECUTION,
    )


def timed_out(language: Language = "en") -> Failure:
    """The alert of an execution that Step Functions ended itself: no step, no run, no cause."""
    return Failure(input={}, failure=FailureDetail("the execution", "TIMED_OUT", ""), execution=EXECUTION)


def aborted(language: Language = "en") -> Failure:
    """Somebody stopped the execution."""
    return Failure(input={}, failure=FailureDetail("the execution", "ABORTED", ""), execution=EXECUTION)


def failed_hostile(language: Language = "en") -> Failure:
    """Everything in it is nonsense or hostile."""
    return Failure(
        input={
            "run": {"period": {"start": "soon"}, "report": ["x"], "run_id": HOSTILE[0]},
            "batches": "none",
        },
        failure=FailureDetail(HOSTILE[1] * 5, HOSTILE[2] * 5, HOSTILE[5] * 40),
        execution="not an arn",
    )


FAILURES: Mapping[str, Callable[[Language], Failure]] = {
    "failed_teams": failed_teams,
    "failed_aggregate": failed_aggregate,
    "failed_fetch": failed_fetch,
    "failed_resolve": failed_resolve,
    "timed_out": timed_out,
    "aborted": aborted,
    "failed_hostile": failed_hostile,
}
