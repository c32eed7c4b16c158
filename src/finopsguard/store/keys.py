"""Everything that is kept in the store: ONE table of what there is, who writes it, who reads it, how long it lives.

The IAM statements and lifecycle rules of template.yaml, docs/permissions.md and docs/adr/0003-the-store.md are held to
this table by tests, and the table to what the steps are seen to read and write. Writers and readers are steps; the
command line reads what it copies to `--out`, and alone writes what has no writers.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache

_PART = r"[^/]+"


@dataclass(frozen=True)
class Kind:
    """One kind of object. `pattern` has a name in braces for each part that varies: `runs/{run_id}/accounts.json`.

    `lifetime` is the template's parameter with the days that it is kept; `schema` the contract of a JSON document, None
    for other formats.
    """

    pattern: str
    what: str
    writers: tuple[str, ...]
    readers: tuple[str, ...] = ()
    schema: str | None = None
    lifetime: str = "ReportRetentionDays"

    @property
    def prefix(self) -> str:
        """The first part, which roles and lifecycle rules name: `runs/`."""
        return self.pattern.partition("/")[0] + "/"

    def key(self, **parts: str) -> str:
        """The key of one object; a part is not empty and has no slash: it cannot name another kind's object."""
        for name, part in parts.items():
            if not re.fullmatch(_PART, part):
                raise ValueError(f"{name} {part!r} cannot be a part of a key in the store")
        return self.pattern.format(**parts)

    def below(self, **parts: str) -> str:
        """The prefix of all keys that have these first parts: `incidents/aws/`."""
        known = self.pattern
        for name, part in parts.items():
            known = known.replace(f"{{{name}}}", part)
        return known.partition("{")[0]

    def parts(self, key: str) -> dict[str, str] | None:
        """What stands in a key for each name of the pattern; None for the key of another kind."""
        found = _form(self.pattern).fullmatch(key)
        return found.groupdict() if found else None

    def matches(self, key: str) -> bool:
        """True if an object of this kind can have that key."""
        return self.parts(key) is not None


ACCOUNTS = Kind(
    "runs/{run_id}/accounts.json",
    "the account list, with each account's batch",
    writers=("ResolveAccounts",),
    readers=("ResolveAccounts", "AggregateCosts"),
    schema="accounts",
)
BATCH_COSTS = Kind(
    "runs/{run_id}/costs/{batch_id}.parquet",
    "a batch's costs",
    writers=("FetchCosts",),
    readers=("FetchCosts", "AggregateCosts"),
)
RECEIPT = Kind(
    "runs/{run_id}/costs/{batch_id}.json",
    "what FetchCosts returned for a batch, written last: its costs are complete when it is there",
    writers=("FetchCosts",),
    readers=("FetchCosts",),
    schema="batch_costs",
)
REFUSED = Kind(
    "runs/{run_id}/refused/{reading}",
    "a reading that was refused as incomplete: the next one finds none of its costs",
    writers=("AggregateCosts",),
    readers=("ResolveAccounts",),
)
COSTS = Kind(
    "runs/{run_id}/costs.parquet",
    "all costs of the run",
    writers=("AggregateCosts",),
    readers=("DetectAnomalies",),
)
REPORT_AGGREGATED = Kind(
    "runs/{run_id}/report.aggregated.json",
    "the report with its sums; each step writes a stage of its own, so that a re-run finds its input unchanged",
    writers=("AggregateCosts",),
    readers=("DetectAnomalies",),
    schema="report",
)
REPORT_DETECTED = Kind(
    "runs/{run_id}/report.detected.json",
    "the report with its anomalies",
    writers=("DetectAnomalies",),
    readers=("BuildCard",),
    schema="report",
)
REPORT = Kind("runs/{run_id}/report.json", "the report, complete", writers=("BuildCard",), schema="report")
MESSAGE = Kind(
    "runs/{run_id}/messages/{channel}.json",
    "the exact body that is posted to a channel",
    writers=("BuildCard",),
    readers=("PostToTeams",),
)
CORRECTION = Kind(
    "runs/{run_id}/corrections/{corrected}/{channel}.json",
    "the body that corrects an earlier report in a channel",
    writers=("BuildCard",),
    readers=("PostToTeams",),
)
TO_TELL = Kind(
    "runs/{run_id}/told.json",
    "what the report says, as it is kept when it is delivered",
    writers=("AggregateCosts",),
    readers=("PostToTeams",),
    schema="told",
)
PAGE = Kind(
    "runs/{run_id}/report.html",
    "the report page; BuildCard signs the card's link to it, and may therefore read it",
    writers=("BuildCard",),
    readers=("BuildCard",),
)
LAST_ACCOUNTS = Kind(
    "accounts/{source}/last.json",
    "the last known account list, which the next run compares its own with",
    writers=("ResolveAccounts",),
    readers=("ResolveAccounts",),
    schema="account_list",
)
INCIDENTS = Kind(
    "incidents/{source}/{end}/{number}.json",
    "the life of all incidents: the n-th look of the reports that read until that day",
    writers=("DetectAnomalies",),
    readers=("DetectAnomalies",),
    schema="incident_life",
)
DELIVERY = Kind(
    "deliveries/{run_id}/{channel}/{number}.json",
    "the delivery ledger: one attempt to post a report, its revision or its correction",
    writers=("PostToTeams",),
    readers=("ResolveAccounts", "AggregateCosts", "PostToTeams"),
    schema="delivery_attempt",
)
DECISION = Kind(
    "decisions/{run_id}/{channel}/{number}/{command}.json",
    "what an operator decided about an attempt and why, by `finopsguard deliveries`",
    writers=(),
    schema="delivery_decision",
)
COVERED = Kind(
    "covered/{source}/{report}/{end}.json",
    "the days that a delivered report covers, by their end: what the next report of its kind continues",
    writers=("PostToTeams",),
    readers=("ResolveAccounts", "PostToTeams", "CheckHeartbeat"),
    schema="covered_days",
)
TOLD = Kind(
    "told/{source}/{end}/{run_id}/{channel}.json",
    "what a delivered report said, which later readings are held to",
    writers=("PostToTeams",),
    readers=("AggregateCosts",),
    schema="told",
)
ALERT = Kind(
    "alerts/{execution}/{channel}/{story}.json",
    "an alert that was sent",
    writers=("NotifyFailure",),
    readers=("NotifyFailure",),
    schema="alert",
)
FAILED = Kind(
    "failed/{source}/{report}/{due}.json",
    "a report that failed, by the time that it was due: the next one says if its days are in none",
    writers=("NotifyFailure",),
    readers=("ResolveAccounts",),
    schema="failed_report",
)
REDRIVE = Kind(
    "redrives/{execution}/{count}",
    "a gate that was opened for a redrive",
    writers=("HoldForRedrive",),
)

TABLE: tuple[Kind, ...] = tuple(each for each in list(vars().values()) if isinstance(each, Kind))


def kind_of(key: str) -> Kind | None:
    """The kind that an object is of; None for a key that the table does not know."""
    return next((kind for kind in TABLE if kind.matches(key)), None)


def attempt_id(key: str) -> str:
    """The id of a delivery attempt, as people type it: `weekly-2026-11-16/teams/001`."""
    return key.removeprefix(DELIVERY.prefix).removesuffix(".json")


def execution_name(execution: str) -> str:
    """A short name of an execution: an ARN has characters that a directory may not take."""
    return hashlib.sha256(execution.encode()).hexdigest()[:16]


@cache
def _form(pattern: str) -> re.Pattern[str]:
    """What all keys of a pattern look like, with a group for each name."""
    return re.compile(re.sub(r"\\{(\w+)\\}", rf"(?P<\1>{_PART})", re.escape(pattern)))
