"""What has to become of the report in each cell of the table: right, said, refused."""

from __future__ import annotations

from finopsguard.store import keys
from tests.faults.table import (
    AROUND_THE_CAUSES,
    AROUND_THE_POST,
    BATCHED,
    CAUSES,
    LIMITS,
    OF_THE_TRAIL,
    RESOURCES,
    RIGHT,
    SAYS,
    TRAIL,
    Cell,
    Expected,
    either,
    refused,
)
from tests.faults.teams import ANSWERS, Outcome

_PERMANENT = ("denied", "expired token", "clock skew", "403", "KMS", "endless pages")
# What AWS says of a request as a whole, whatever it asks for, and how it is told.
_OF_THE_REQUEST = {"expired token": "CredentialsMissing", "clock skew": "InvalidConfiguration"}
_THERE = "the card is in the channel"
# Answers of S3 without a checksum.
_UNSEEN = ("malformed", "truncated", "empty", "gzip bomb")
# Taken for an answer that is not AWS's, which may be retried or not.
_STRANGE = ("redirect",)


def expected(cell: Cell) -> Expected:
    """What is to be seen in a cell."""
    if cell.operation in LIMITS:
        return _of_limits(cell)
    return {
        "AWS": _of_aws,
        "store": _of_store,
        "directory": _of_directory,
        "Teams": _of_teams,
        "stored": _of_stored,
    }[cell.area](cell)


def _of_limits(cell: Cell) -> Expected:
    """The credentials are those of everything else; whatever else is wrong, the report does without, and says so."""
    if cell.fault == "expired token":
        return refused("CredentialsMissing")
    again = cell.fault in ("throttled", "500", "reset in the middle", "time-out")
    return RIGHT if cell.times == "once" and again else SAYS


def _of_aws(cell: Cell) -> Expected:  # noqa: PLR0911, C901 - a rule each
    words = "clock" if cell.fault == "clock skew" else ""
    if cell.fault == "TLS" and cell.operation in ("ce:usage", "s3:GetObject"):
        # The whole service: of Cost Explorer it is asked first who was billed.
        return refused("CostExplorerUnavailable" if cell.operation == "ce:usage" else "StoreUnavailable")
    if cell.operation == "ce:products":
        # One page that is asked for once: the report does without, and says so.
        return either(RIGHT, SAYS) if cell.times == "once" else SAYS
    if cell.operation in (*CAUSES, RESOURCES):
        # The report does without, and says so: each request is charged, so none is made again for long.
        if cell.times == "once" and cell.fault in ("throttled", "500", "reset in the middle", "time-out"):
            return RIGHT
        return either(RIGHT, SAYS) if cell.times == "once" else SAYS
    if cell.operation == TRAIL:
        # The causes stand, and the report says what it lacks; some faults botocore meets with another try.
        return RIGHT if cell.times == "once" and cell.fault in OF_THE_TRAIL[:3] else SAYS
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
            # They are there all the same, and are found; what is asked for beside them is not asked for again.
            return RIGHT if cell.times == "once" else SAYS
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
