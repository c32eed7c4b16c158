"""Everything that is kept in the store: ONE table of what there is, who writes it, who reads it, how long it lives.

The IAM statements and lifecycle rules of template.yaml, docs/permissions.md and docs/adr/0003-the-store.md are held to
this table by tests, and the table to what the steps are seen to read and write. Writers and readers are steps; the
command line reads what it copies to `--out`, and alone writes what has no writers, but for what Athena does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from finopsguard.store import kinds

Kind = kinds.Kind

ACCOUNTS = Kind(
    "runs/{run_id}/accounts.json",
    "the account list and the batches that are read, with their accounts and days",
    damaged="written anew",
    writers=("ResolveAccounts",),
    readers=("ResolveAccounts", "FetchCosts", "AggregateCosts"),
    schema="accounts",
)
BATCH_COSTS = Kind(
    "runs/{run_id}/costs/{batch_id}.parquet",
    "a batch's costs",
    damaged="read again",
    writers=("FetchCosts",),
    readers=("FetchCosts", "AggregateCosts"),
)
RECEIPT = Kind(
    "runs/{run_id}/costs/{batch_id}.json",
    "what FetchCosts returned for a batch, written last: its costs are complete when it is there",
    damaged="read again",
    writers=("FetchCosts",),
    readers=("FetchCosts",),
    schema="batch_costs",
)
SLICE = Kind(
    "runs/{run_id}/slices/{batch_id}/{first}.parquet",
    "some days of a batch's costs and what reading them took, from that day on: not paid again when a later one fails",
    damaged="read again",
    writers=("FetchCosts",),
    readers=("FetchCosts",),
)
REFUSED = Kind(
    "runs/{run_id}/refused/{reading}",
    "a reading that was refused as incomplete: the next one finds none of its costs",
    damaged="only there",
    writers=("AggregateCosts",),
    readers=("ResolveAccounts",),
)
COSTS = Kind(
    "runs/{run_id}/costs.parquet",
    "all costs of the run",
    damaged="written anew",
    writers=("AggregateCosts",),
    readers=("DetectAnomalies",),
)
REPORT_AGGREGATED = Kind(
    "runs/{run_id}/report.aggregated.json",
    "the report with its sums; each step writes a stage of its own, so that a re-run finds its input unchanged",
    damaged="written anew",
    writers=("AggregateCosts",),
    readers=("DetectAnomalies",),
    schema="report",
)
REPORT_DETECTED = Kind(
    "runs/{run_id}/report.detected.json",
    "the report with its anomalies",
    damaged="written anew",
    writers=("DetectAnomalies",),
    readers=("DetectAnomalies", "ExplainAnomalies", "BuildCard"),
    schema="report",
)
ROUTES = Kind(
    "routes/routes.json",
    "the route file: which channel has the report of which accounts; `finopsguard routes put` keeps it",
    damaged="put right",
    writers=(),
    readers=("DetectAnomalies", "PostToTeams"),
    schema="routes",
    lifetime=kinds.ALWAYS,
)
ROUTED = Kind(
    "routed/{source}/{report}/{end}/{run_id}.json",
    "whose the accounts of a report were when it was made; the next one says who joined and left",
    damaged="written anew",
    writers=("DetectAnomalies",),
    readers=("DetectAnomalies", "BuildCard"),
    schema="routed",
)
PART = Kind(
    "runs/{run_id}/parts/{channel}.json",
    "the part of the report that a route's channel gets, with its own sums and anomalies",
    damaged="written anew",
    writers=("DetectAnomalies",),
    readers=("BuildCard",),
    schema="report",
)
PART_PAGE = Kind(
    "runs/{run_id}/pages/{channel}.html",
    "the report page of a route's channel, made of its part alone; BuildCard signs the card's link to it",
    damaged="only there",
    writers=("BuildCard",),
    readers=("BuildCard",),
)
EXPLANATION = Kind(
    "runs/{run_id}/causes/{question}.json",
    "the causes of an incident, by what was asked for: not paid for again",
    damaged="done without",
    writers=("ExplainAnomalies",),
    readers=("ExplainAnomalies", "BuildCard"),
    schema="explained",
)
REPORT = Kind(
    "runs/{run_id}/report.json",
    "the report, complete",
    damaged="written anew",
    writers=("BuildCard",),
    readers=("SendEvents",),
    schema="report",
)
MESSAGE = Kind(
    "runs/{run_id}/messages/{execution}/{channel}.json",
    "the exact body that an execution posts to a channel: of two at once, neither overwrites the other's",
    damaged="written anew",
    writers=("BuildCard",),
    readers=("PostToTeams",),
)
CORRECTION = Kind(
    "runs/{run_id}/corrections/{execution}/{corrected}/{channel}.json",
    "the body that corrects an earlier report in a channel",
    damaged="written anew",
    writers=("BuildCard",),
    readers=("PostToTeams",),
)
TO_TELL = Kind(
    "runs/{run_id}/told.json",
    "what the report says, as it is kept when it is delivered",
    damaged="left out",
    writers=("AggregateCosts",),
    readers=("DetectAnomalies", "PostToTeams"),
    schema="told",
)
BUDGETS_TO_TELL = Kind(
    "runs/{run_id}/budgets.json",
    "what the report tells of budgets for the first time this month, as it is kept when it is delivered",
    damaged="told again",
    writers=("DetectAnomalies",),
    readers=("PostToTeams",),
    schema="budgets_told",
)
INCIDENTS_TO_TELL = Kind(
    "runs/{run_id}/incidents/{channel}.json",
    "what a channel is told of incidents, as it is kept when it is delivered",
    damaged="not kept",
    writers=("BuildCard",),
    readers=("PostToTeams",),
    schema="incidents_told",
)
PAGE = Kind(
    "runs/{run_id}/report.html",
    "the report page; BuildCard signs the card's link to it, and may therefore read it",
    damaged="only there",
    writers=("BuildCard",),
    readers=("BuildCard",),
)
HISTORY = Kind(
    "history/{source}/{question}/{month}/{number}.parquet",
    "the costs of a month and what is held of them: the n-th state, whole; the newest that can be read counts",
    damaged="bought again",
    writers=("AggregateCosts",),
    readers=("ResolveAccounts", "FetchCosts", "AggregateCosts"),
    lifetime="HistoryRetentionDays",
)
EXPORT = Kind(
    "exports/{source}/{question}/{period}/{delivery}.parquet",
    "a billing period of a data export, added up: read once for each delivery of AWS",
    damaged="reduced again",
    writers=("ResolveAccounts", "FetchCosts"),
    readers=("ResolveAccounts", "FetchCosts", "ExplainAnomalies"),
)
USAGE = Kind(
    "usage/{source}/{question}/{period}/{delivery}/{part}.parquet",
    "the usage of a bill by type and by resource, in parts by account; `names`, which is last, says where they are",
    damaged="reduced again",
    writers=("ResolveAccounts", "FetchCosts"),
    readers=("ResolveAccounts", "FetchCosts", "ExplainAnomalies"),
    lifetime="60 days",
)
UNLOADED = Kind(
    "athena/{source}/{question}/{period}/{statement}/{attempt}/{part}/{file}",
    "what Athena made of a billing period, in parts: its `UNLOAD` wrote it, with the rights of the step that asked",
    damaged="reduced again",
    writers=(),
    readers=("ResolveAccounts", "FetchCosts", "ExplainAnomalies"),
    lifetime="60 days",
)
UNLOADED_LIST = Kind(
    "athena/{source}/answers/{file}",
    "Athena's own record of a statement: the files that it wrote, or its rows where it asked a trail who acted",
    damaged="reduced again",
    writers=(),
    readers=("ResolveAccounts", "FetchCosts", "ExplainAnomalies"),
    lifetime="60 days",
)
UNLOAD_ENDED = Kind(
    "statements/{source}/{question}/{period}/{statement}/{attempt}",
    "a statement of Athena that brought nothing: the next one is another, and writes elsewhere",
    damaged="only there",
    writers=("ResolveAccounts", "FetchCosts"),
    readers=("ResolveAccounts", "FetchCosts"),
    lifetime="60 days",
    counted=True,
)
SCANNED = Kind(
    "scanned/{source}/{month}/{run_id}/{engine}/{reading}/{bytes}",
    "the bytes of a data export or a trail that a reading took: `most-` and a bound once a statement of Athena has"
    " begun, and what Athena says of it when it has ended: the price of a report, whatever ended an attempt",
    damaged="only there",
    writers=("ResolveAccounts", "FetchCosts", "ExplainAnomalies"),
    readers=("ResolveAccounts", "FetchCosts", "AggregateCosts", "ExplainAnomalies", "BuildCard"),
    counted=True,
)
PAID = Kind(
    "paid/{source}/{month}/{run_id}/{page}",
    "a page of Cost Explorer that was answered, and is charged: the price of a report, whatever ended an attempt",
    damaged="only there",
    writers=("ResolveAccounts", "FetchCosts", "ExplainAnomalies"),
    readers=(
        *("ResolveAccounts", "FetchCosts", "AggregateCosts", "DetectAnomalies", "ExplainAnomalies"),
        *("BuildCard", "CheckHeartbeat"),
    ),
    counted=True,
)
LAST_ACCOUNTS = Kind(
    "accounts/{source}/last.json",
    "the last known account list, which the next run compares its own with",
    damaged="begun anew",
    writers=("ResolveAccounts",),
    readers=("ResolveAccounts",),
    schema="account_list",
)
INCIDENTS = Kind(
    "incidents/{source}/{end}/{number}.json",
    "the life of all incidents: the n-th look of the reports that read until that day",
    damaged="passed over",
    writers=("DetectAnomalies",),
    readers=("DetectAnomalies", "TakeVerdict"),
    schema="incident_life",
)
LEDGER = Kind(
    "ledger/{source}/{month}/{run_id}/{channel}.json",
    "the ledger of incidents: what a delivered report told a channel of each; for `finopsguard incidents` and Athena",
    damaged="not kept",
    writers=("PostToTeams",),
    readers=("DetectAnomalies",),
    schema="incidents_told",
    lifetime="HistoryRetentionDays",
)
VERDICT = Kind(
    "verdicts/{source}/{mark}.json",
    "what somebody said of an incident or planned beforehand, why and when; `finopsguard verdict`, `mute` and `plan`",
    damaged="passed over",
    writers=("TakeVerdict",),
    readers=("DetectAnomalies", "TakeVerdict"),
    schema="verdict",
    lifetime="HistoryRetentionDays",
)
DELIVERY = Kind(
    "deliveries/{run_id}/{channel}/{number}.json",
    "the delivery ledger: one attempt to post a report, its revision or its correction",
    damaged="asked",
    writers=("PostToTeams",),
    readers=("ResolveAccounts", "AggregateCosts", "PostToTeams"),
    schema="delivery_attempt",
)
DECISION = Kind(
    "decisions/{run_id}/{channel}/{number}/{command}.json",
    "what an operator decided about an attempt and why, by `finopsguard deliveries`",
    damaged="decided anew",
    writers=(),
    schema="delivery_decision",
)
COVERED = Kind(
    "covered/{source}/{report}/{end}.json",
    "the days that a delivered report covers, by their end: what the next report of its kind continues",
    damaged="made out",
    writers=("PostToTeams",),
    readers=("ResolveAccounts", "DetectAnomalies", "PostToTeams", "CheckHeartbeat"),
    schema="covered_days",
)
TOLD = Kind(
    "told/{source}/{end}/{run_id}/{channel}.json",
    "what a delivered report said, which later readings are held to",
    damaged="passed over",
    writers=("PostToTeams",),
    readers=("AggregateCosts", "DetectAnomalies"),
    schema="told",
)
BUDGETS_TOLD = Kind(
    "budgets/{source}/{month}/{run_id}.json",
    "what a delivered report told of the month's budgets, which is not told again",
    damaged="passed over",
    writers=("PostToTeams",),
    readers=("DetectAnomalies",),
    schema="budgets_told",
)
SENT_EVENT = Kind(
    "events/{source}/{incident}/{change}.json",
    "an event of an incident that EventBridge took: new, grown in a report, or closed; it is not sent again",
    damaged="only there",
    writers=("SendEvents",),
    readers=("SendEvents",),
    schema="sent_event",
)
OPINION = Kind(
    "opinions/{source}/{end}/{run_id}.json",
    "which incidents of a report AWS Cost Anomaly Detection has too, and what each has alone: the score of a month",
    damaged="passed over",
    writers=("DetectAnomalies",),
    readers=("DetectAnomalies",),
    schema="opinion_score",
)
ALERT = Kind(
    "alerts/{execution}/{channel}/{story}.json",
    "an alert that was sent",
    damaged="only there",
    writers=("NotifyFailure",),
    readers=("NotifyFailure",),
    schema="alert",
)
FAILED = Kind(
    "failed/{source}/{report}/{due}.json",
    "a report that failed, by the time that it was due: the next one says if its days are in none",
    damaged="not named",
    writers=("NotifyFailure",),
    readers=("ResolveAccounts",),
    schema="failed_report",
)
REDRIVE = Kind(
    "redrives/{execution}/{count}",
    "a gate that was opened for a redrive",
    damaged="only there",
    writers=("HoldForRedrive",),
)

TABLE: tuple[Kind, ...] = tuple(each for each in list(vars().values()) if isinstance(each, Kind))


def kind_of(key: str) -> Kind | None:
    """The kind that an object is of; None for a key that the table does not know."""
    return next((kind for kind in TABLE if kind.matches(key)), None)


def attempt_id(key: str) -> str:
    """The id of a delivery attempt, as people type it: `weekly-2026-11-16/teams/001`."""
    return key.removeprefix(DELIVERY.prefix).removesuffix(".json")


def notes(unreadable: Iterable[str]) -> tuple[str, ...]:
    """The report's notes about records that cannot be read: `incidents_unreadable`; one for each kind."""
    return tuple(dict.fromkeys(f"{key.partition('/')[0]}_unreadable" for key in unreadable))


def execution_name(execution: str) -> str:
    """A short name of an execution: an ARN has characters that a directory may not take."""
    return hashlib.sha256(execution.encode()).hexdigest()[:16]
