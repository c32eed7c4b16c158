"""The table: every cell, and the rule that says what is to be seen in it. Nothing here is taken from a run.

The rules are those of docs/trust.md, docs/runbook.md and the errors' own descriptions: what is transient is waited for,
what is permanent is told under its name, what could not be read is missing and never zero, a card is shown once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from finopsguard.store import keys
from tests.faults.faults import ON_AWS, ON_STORE, PAGED
from tests.faults.teams import ANSWERS

BATCHED = ("ce:usage", "ce:charges")
PAGES = (
    *BATCHED,
    "ce:total",
    "ce:billed",
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
)
CAUSES = ("ce:causes", "ce:commitments")
"""What is asked for an incident; the third grouping, by operation, is as the second."""
RESOURCES = "ce:resources"
"""What is asked for beside the causes. It is reached as they are, so a few faults say how it is done without."""
OF_RESOURCES = ("throttled", "500", "time-out", "denied", "expired token", "malformed", "[]")
TRAIL = "cloudtrail:LookupEvents"
"""Who acted is asked beside the causes, and only where it is switched on."""
OF_THE_TRAIL = (
    "throttled",
    "500",
    "time-out",
    "denied",
    "expired token",
    "malformed",
    "null",
    "slow drip",
    "flood",
)
AWS = (
    *PAGES,
    *CAUSES,
    RESOURCES,
    "ce:regions",
    "ce:products",
    "organizations:ListRoots",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:DescribeOrganizationalUnit",
    "secretsmanager:GetSecretValue",
    "sts:AssumeRole",
    "sts:GetCallerIdentity",
    TRAIL,
)
LIMITS = ("organizations:ListTagsForResource", "budgets:DescribeBudgets", "ce:anomalies")
"""What a report is made without: tags of accounts, AWS Budgets, and AWS Cost Anomaly Detection."""
ON_LIMITS = ("throttled", "500", "reset in the middle", "time-out", "denied", "expired token", "malformed", "empty",
             "slow drip", "endless pages")  # fmt: skip
STORE = ("s3:GetObject", "s3:HeadObject", "s3:ListObjects", "s3:PutObject", "s3:CreateObject")
AROUND_THE_POST = {
    "begin the delivery": ("s3:CreateObject", "deliveries/"),
    "record the delivery": ("s3:PutObject", "deliveries/"),
    "record the days": ("s3:CreateObject", "covered/"),
    "record what was told": ("s3:PutObject", "told/"),
}
AROUND_THE_CAUSES = {
    "keep the causes": ("s3:PutObject", "runs/weekly-2026-11-16/causes/"),
}
EXPLAINING = (*CAUSES, RESOURCES, *AROUND_THE_CAUSES, keys.EXPLANATION.pattern)
"""Operations that happen where there are incidents."""
_AROUND = ("403", "503", "time-out", "lost answer", "reset in the middle", "expired token")
TLS = {"ce:usage": "COST_EXPLORER", "organizations:ListAccounts": "ORGANIZATIONS", "sts:AssumeRole": "STS",
       "secretsmanager:GetSecretValue": "SECRETS_MANAGER", "s3:GetObject": "S3"}  # fmt: skip
DIRECTORY = ("full", "read-only", "not allowed", "unreadable")
DAMAGES = ("empty", "half", "garbage", "missing", "older")

_READ_LATER = (
    keys.ACCOUNTS, keys.RECEIPT, keys.LAST_ACCOUNTS, keys.INCIDENTS, keys.DELIVERY, keys.COVERED, keys.TOLD,
    keys.TO_TELL, keys.ALERT, keys.FAILED,
)  # fmt: skip
"""Kinds that a run may find as an earlier version left them; the stages of a report live for minutes."""
WITHOUT = {
    keys.DECISION: "written by `finopsguard deliveries` alone, which no run asks; tests/unit/channels/",
    keys.REDRIVE: "an empty marker, of a gate that was opened; the drills redrive",
    keys.SLICE: "written where a batch has many days; tests/unit/costs/test_fetching.py",
    keys.EXPORT: "written where a data export is read; tests/unit/costs/sources/data_export/",
    keys.USAGE: "written where a data export is read; tests/unit/costs/sources/data_export/test_usage.py",
    keys.SCANNED: "an empty marker, of a data export that is read; tests/unit/costs/sources/data_export/",
    keys.UNLOADED: "written by Athena; tests/unit/costs/sources/data_export/test_athena_faults.py",
    keys.UNLOADED_LIST: "written by Athena; tests/unit/costs/sources/data_export/test_athena_faults.py",
    keys.UNLOAD_ENDED: "an empty marker, of Athena's; tests/unit/costs/sources/data_export/test_athena_faults.py",
    keys.BUDGETS_TOLD: "written where a budget is told for the first time; tests/unit/store/test_budgets.py",
    keys.OPINION: "written where AWS Cost Anomaly Detection is asked; tests/unit/incidents/test_opinions.py",
    keys.SENT_EVENT: "written where a bus of events is set; tests/unit/steps/test_send_events.py",
    keys.ROUTES: "kept by a customer with routes; tests/unit/commands/test_routes.py",
    keys.ROUTED: "written where there are routes; tests/workflow/test_owners.py",
    keys.PART: "written where there are routes; tests/workflow/test_owners.py",
    keys.PART_PAGE: "written where there are routes; tests/workflow/test_owners.py",
    keys.VERDICT: "given by people; tests/unit/store/test_verdicts.py",
    keys.LEDGER: "read by the monthly report alone; tests/unit/incidents/test_looking_back.py",
    keys.CORRECTION: "written where an earlier report proves wrong; tests/truth/test_corrections.py",
}
"""Kinds of stored files that have no cells, and why."""


@dataclass(frozen=True)
class Cell:
    """One thing that goes wrong. `times`: once, always, one batch; a stored file: before the run or during it."""

    area: str
    operation: str
    fault: str
    times: str

    @property
    def name(self) -> str:
        """Its name in the page and in tests."""
        return f"{self.area} | {self.operation} | {self.fault} | {self.times}"


@dataclass(frozen=True)
class Expected:
    """What may be seen; each field has its alternatives. `words`: in the message to the operator.

    report: `right`, `says` (what is there is right, and what is missing is said), `refused <error>` (`*`: any of ours)
    told: what the channel has after the run: `card`, `alert`, `nobody`
    again: what a run does when the fault is gone: `same` (posts nothing, the same numbers), `delivers`, `asks`
    """

    report: tuple[str, ...]
    told: tuple[str, ...]
    again: tuple[str, ...]
    words: str = ""


RIGHT = Expected(("right",), ("card",), ("same",))
SAYS = Expected(("says",), ("card",), ("same",))


def refused(
    *names: str, told: str = "alert", again: tuple[str, ...] = ("delivers",), words: str = ""
) -> Expected:
    """Refused under one of these names."""
    return Expected(tuple(f"refused {name}" for name in names), (told,), again, words)


def either(*found: Expected) -> Expected:
    """Whatever one of these allows."""
    return Expected(
        tuple(dict.fromkeys(each for one in found for each in one.report)),
        tuple(dict.fromkeys(each for one in found for each in one.told)),
        tuple(dict.fromkeys(each for one in found for each in one.again)),
        next((one.words for one in found if one.words), ""),
    )


# ---- the cells -------------------------------------------------------------------------------------------------------


def cells() -> Iterator[Cell]:
    """All of them, in the order of the page."""
    for operation in (*AWS, *LIMITS):
        yield from _cells_of_aws(operation)
    yield from (Cell("AWS", operation, "TLS", "always") for operation in TLS)
    for operation, fault in product(STORE, ON_STORE):
        if happens(operation, fault):
            yield from _each("store", operation, fault)
    for moment, fault in product(AROUND_THE_POST, _AROUND):
        yield from _each("store", moment, fault)
    for moment, fault in product(AROUND_THE_CAUSES, _AROUND):
        yield from _each("store", moment, fault)
    for fault in DIRECTORY:
        yield from _each("directory", "any", fault)
    for answer, said in ANSWERS.items():
        yield from _each("Teams", "post", answer) if said.fault else [Cell("Teams", "post", answer, "always")]
    for kind, damage in product(keys.TABLE, DAMAGES):
        if damage != "older" or kind in _READ_LATER:
            yield from (Cell("stored", kind.pattern, damage, moment) for moment in moments(kind))


def _cells_of_aws(operation: str) -> Iterator[Cell]:
    of_their_own = {RESOURCES: OF_RESOURCES, TRAIL: OF_THE_TRAIL, **dict.fromkeys(LIMITS, ON_LIMITS)}
    for fault in (*of_their_own.get(operation, ON_AWS), *(PAGED if operation in PAGES else ())):
        found = [*_each("AWS", operation, fault)]
        if operation in BATCHED:
            found.append(Cell("AWS", operation, fault, "one batch"))
        if operation == "ce:causes":
            found.append(Cell("AWS", operation, fault, "one incident"))
        yield from (cell for cell in found if (cell.fault, cell.times) != ("endless pages", "once"))


def _each(area: str, operation: str, fault: str) -> Iterator[Cell]:
    yield from (Cell(area, operation, fault, times) for times in ("once", "always"))


def happens(operation: str, fault: str) -> bool:
    """False for what cannot go wrong with an operation of the store."""
    writes = operation in ("s3:PutObject", "s3:CreateObject")
    only = {
        "conflict": operation == "s3:CreateObject",
        "checksum": writes,
        "corrupt": operation == "s3:GetObject",
        # A HEAD has no body.
        "reset in the middle": operation != "s3:HeadObject",
        # What a PUT answers is not read.
        **dict.fromkeys(("truncated", "empty", "slow drip", "flood", "gzip bomb"),
                        operation in ("s3:GetObject", "s3:ListObjects")),
    }  # fmt: skip
    return only.get(fault, True)


def moments(kind: keys.Kind) -> tuple[str, ...]:
    """When a stored file of a kind is damaged: what an earlier report left, or what this run writes."""
    if kind in WITHOUT:
        return ()
    return ("before", "during") if kind.prefix != "runs/" and kind is not keys.ALERT else ("during",)


# ---- the rules -------------------------------------------------------------------------------------------------------
