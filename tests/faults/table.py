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
from tests.faults.teams import ANSWERS, Outcome

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
AWS = (
    *PAGES,
    *CAUSES,
    "ce:regions",
    "ce:products",
    "organizations:ListRoots",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:DescribeOrganizationalUnit",
    "secretsmanager:GetSecretValue",
    "sts:AssumeRole",
    "sts:GetCallerIdentity",
)
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
EXPLAINING = (*CAUSES, *AROUND_THE_CAUSES, keys.EXPLANATION.pattern)
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
    keys.SCANNED: "an empty marker, of a data export that is read; tests/unit/costs/sources/data_export/",
    keys.UNLOADED: "written by Athena; tests/unit/costs/sources/data_export/test_athena_faults.py",
    keys.UNLOADED_LIST: "written by Athena; tests/unit/costs/sources/data_export/test_athena_faults.py",
    keys.UNLOAD_ENDED: "an empty marker, of Athena's; tests/unit/costs/sources/data_export/test_athena_faults.py",
    keys.BUDGETS_TOLD: "written where a budget is told for the first time; tests/unit/store/test_budgets.py",
    keys.CORRECTION: "written where an earlier report proves wrong; tests/truth/test_corrections.py",
}
"""Kinds of stored files that have no cells, and why."""

_PERMANENT = ("denied", "expired token", "clock skew", "403", "KMS", "endless pages")
# What AWS says of a request as a whole, whatever it asks for, and how it is told.
_OF_THE_REQUEST = {"expired token": "CredentialsMissing", "clock skew": "InvalidConfiguration"}
_THERE = "the card is in the channel"
# Answers of S3 without a checksum.
_UNSEEN = ("malformed", "truncated", "empty", "gzip bomb")
# Taken for an answer that is not AWS's, which may be retried or not.
_STRANGE = ("redirect",)


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
    for operation in AWS:
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
    for fault in (*ON_AWS, *(PAGED if operation in PAGES else ())):
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


def expected(cell: Cell) -> Expected:
    """What is to be seen in a cell."""
    return {
        "AWS": _of_aws,
        "store": _of_store,
        "directory": _of_directory,
        "Teams": _of_teams,
        "stored": _of_stored,
    }[cell.area](cell)


def _of_aws(cell: Cell) -> Expected:  # noqa: PLR0911 - a rule each
    words = "clock" if cell.fault == "clock skew" else ""
    if cell.fault == "TLS" and cell.operation in ("ce:usage", "s3:GetObject"):
        # The whole service: of Cost Explorer it is asked first who was billed.
        return refused("CostExplorerUnavailable" if cell.operation == "ce:usage" else "StoreUnavailable")
    if cell.operation == "ce:products":
        # One page that is asked for once: the report does without, and says so.
        return either(RIGHT, SAYS) if cell.times == "once" else SAYS
    if cell.operation in CAUSES:
        # The report does without, and says so: each request is charged, so none is made again for long.
        if cell.times == "once" and cell.fault in ("throttled", "500", "reset in the middle", "time-out"):
            return RIGHT
        return either(RIGHT, SAYS) if cell.times == "once" else SAYS
    if cell.operation == "ce:billed" and cell.fault == "lost page":
        return SAYS  # no page tells how many there are; the total of all that is billed does
    if (
        cell.operation == "organizations:ListAccounts"
        and cell.fault == "lost page"
        and cell.times == "always"
    ):
        return SAYS  # held to the last list, which knows more
    gone = _once_and_for_all(cell, words)
    if cell.fault in _PERMANENT:
        return gone
    if cell.fault in _STRANGE:
        return either(gone, RIGHT) if cell.times == "once" else gone
    if cell.times == "once":
        return RIGHT
    return gone


def _once_and_for_all(cell: Cell, words: str) -> Expected:  # noqa: PLR0911, C901 - a rule each
    """What is not retried, or never ends."""
    service, _, operation = cell.operation.partition(":")
    lasting = cell.fault not in _PERMANENT
    if cell.operation in BATCHED:
        few = cell.times in ("once", "one batch")
        return SAYS if few else refused("TooManyAccountsMissing", words=words)
    if cell.operation in ("ce:total", "ce:regions"):
        return SAYS
    if cell.fault in _OF_THE_REQUEST:
        always = service == "secretsmanager" and cell.times == "always"
        name = _OF_THE_REQUEST[cell.fault]
        return refused(name, told="nobody" if always else "alert", words=words)
    if cell.fault == "endless pages":
        return refused("AnswerTooLong")
    if cell.operation == "ce:billed":
        names = (
            "CostExplorerThrottled",
            "CostExplorerUnavailable",
            "CostExplorerIncomplete",
            "CostExplorerPagesChanged",
        )
        if cell.fault in _STRANGE:
            return either(SAYS, refused(*names))
        return refused(*names) if lasting else SAYS
    if service == "secretsmanager":
        told = "alert" if cell.times == "once" else "nobody"
        name = "SecretAccessDenied" if cell.fault == "denied" else "SecretUnavailable"
        return refused(name, told=told)
    if lasting:
        return refused("OrganizationsUnavailable")
    if operation == "AssumeRole":
        return refused("RoleNotAssumable")
    if operation in ("GetCallerIdentity", "DescribeOrganizationalUnit"):
        return refused("OrganizationsAccessDenied")
    return SAYS  # the last known list


def _of_store(cell: Cell) -> Expected:  # noqa: PLR0911 - a rule each
    if cell.operation in AROUND_THE_POST:
        return _of_post(cell)
    if cell.operation in AROUND_THE_CAUSES:
        if cell.fault in ("time-out", "lost answer", "reset in the middle"):
            return RIGHT  # they are there all the same, and are found
        return RIGHT if (cell.fault, cell.times) == ("503", "once") else SAYS
    if cell.operation == "s3:HeadObject" and cell.fault in (*_OF_THE_REQUEST, "KMS"):
        return refused("*")  # the refusal of a HEAD has no body that could name it
    if cell.fault in _OF_THE_REQUEST:
        return refused(_OF_THE_REQUEST[cell.fault], words="clock" if cell.fault == "clock skew" else "")
    if cell.fault in ("403", "KMS"):
        return refused("StoreAccessDenied")
    if cell.fault == "redirect":
        return either(RIGHT, refused("StoreUnavailable", "InvalidConfiguration"))
    if cell.fault in _UNSEEN or (cell.operation, cell.fault) == ("s3:GetObject", "flood"):
        # Without a checksum a changed object is known by its contents alone: never a wrong number, or a bare error.
        asks = Expected((), (), ("asks",)) if cell.operation == "s3:CreateObject" else RIGHT
        return either(RIGHT, SAYS, refused("*"), asks)
    if cell.times == "once":
        return RIGHT
    return refused("StoreUnavailable", "DeliveryInProgress", "DeliveryUncertain", again=("delivers", "asks"))


def _of_post(cell: Cell) -> Expected:
    """Around the post: what is in the channel is there once, and the operator is asked where nobody can know."""
    permanent = cell.fault in ("403", "expired token")
    if cell.times == "once" and not permanent:
        return RIGHT
    if cell.operation == "begin the delivery":
        return refused(
            "StoreAccessDenied", "StoreUnavailable", "CredentialsMissing", "DeliveryInProgress", "DeliveryUncertain",
            again=("delivers", "asks"),
        )  # fmt: skip
    if cell.operation == "record the delivery":
        # The card is in the channel, and the alert says so.
        return Expected(("refused DeliveryUnrecorded",), ("alert and card",), ("same", "asks"), words=_THERE)
    if permanent:
        return Expected(("refused DeliveryUnrecorded",), ("alert and card",), ("same",), words=_THERE)
    # Tried again by the state machine, which finds the card posted.
    return either(RIGHT, Expected(("refused StoreUnavailable",), ("alert and card",), ("same",)))


def _of_directory(cell: Cell) -> Expected:
    if cell.fault == "not allowed":
        return refused("StoreAccessDenied")
    if cell.fault == "read-only" and cell.times == "always":
        return refused("StoreAccessDenied", "StoreUnavailable")
    return RIGHT if cell.times == "once" else refused("StoreUnavailable")


def _of_teams(cell: Cell) -> Expected:
    outcome, names = ANSWERS[cell.fault].outcome, ANSWERS[cell.fault].errors
    if outcome is Outcome.ACCEPTED:
        return RIGHT
    told = "nobody" if cell.times == "always" else "alert"
    if outcome is Outcome.LATER:
        return RIGHT if cell.times == "once" else refused(*names, told=told)
    if outcome is Outcome.REFUSED:
        return refused(*names, told=told)
    shown = ANSWERS[cell.fault].shown
    if outcome is Outcome.UNCERTAIN and shown:
        told = "alert and card"
    return refused(*names, told=told, again=("asks",))


_REQUIRED = (
    keys.BATCH_COSTS,
    keys.ACCOUNTS,
    keys.COSTS,
    keys.REPORT_AGGREGATED,
    keys.REPORT_DETECTED,
    keys.MESSAGE,
)
_STATE = (keys.LAST_ACCOUNTS, keys.INCIDENTS, keys.COVERED, keys.TOLD)


def _of_stored(cell: Cell) -> Expected:  # noqa: PLR0911 - a rule each
    kind = next(each for each in keys.TABLE if each.pattern == cell.operation)
    if kind is keys.ALERT or (kind is keys.FAILED and cell.times == "during"):
        return refused("TeamsRejected")
    if cell.fault == "older" and kind is keys.ACCOUNTS:
        # A plan of an earlier release has no batches: its executions carry them themselves.
        return refused("TooManyAccountsMissing")
    if cell.fault == "older":
        return SAYS if kind is keys.FAILED else RIGHT  # whose record can be read is named
    if kind is keys.REFUSED:
        # Without its mark nobody can know that a reading was refused: it is refused again, and marked then.
        again = ("refused CostsIncomplete",) if cell.fault == "missing" else ("delivers",)
        return refused("CostsIncomplete", again=again)
    if kind is keys.DELIVERY and cell.times == "before" and cell.fault != "missing":
        return SAYS  # it may have been a card: each report recalls it until somebody has looked
    if kind in _STATE and cell.times == "before":
        # Rebuilt where possible, else started anew; what the reader must know of it is said.
        return either(RIGHT, SAYS)
    if kind is keys.EXPLANATION:
        return either(RIGHT, SAYS)  # its pages are paid, and are not again
    if kind in _REQUIRED:
        # Read or made again, now or by the next run.
        return either(RIGHT, refused("*"))
    if kind is keys.DELIVERY and cell.times == "during":
        # An attempt that nobody can read may be a card: the operator is asked. One that is missing was never begun.
        return Expected(("right",), ("card",), ("same", "asks"))
    return RIGHT
