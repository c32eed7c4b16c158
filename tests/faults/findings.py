"""What is known not to be as the rules say: each finding, the cells that show it, and how they show it.

A cell of a finding must fail, and in no other way; when it is mended, the tests ask for its finding to be removed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from tests.faults.table import Cell


@dataclass(frozen=True)
class Finding:
    """`cells` are patterns of names, `ways` patterns of what `matrix.objections` says in them."""

    what: str
    cells: tuple[str, ...]
    ways: tuple[str, ...]


_ORGANIZATIONS = tuple(
    f"AWS | organizations:{operation} | "
    for operation in (
        "ListAccounts",
        "ListAccountsForParent",
        "ListRoots",
        "ListOrganizationalUnitsForParent",
        "DescribeOrganizationalUnit",
    )
)
_NOT_RIGHT = ("told: alert, not card", "again: delivers, not same")
# Of an error that is not ours nobody knows whether something was posted.
_ASKED_IN_VAIN = ("again: asks, not same", "again: asks, not delivers")

FINDINGS: tuple[Finding, ...] = (
    Finding(
        "Bytes and time of an AWS answer have no bound of our own: botocore reads it whole before it hands it on. In"
        " AWS the function's memory and time-out end it",
        (
            "AWS | * | slow drip | *",
            "AWS | * | flood | *",
            "store | s3:ListObjects | slow drip | *",
            "store | s3:ListObjects | flood | *",
            "store | s3:GetObject | slow drip | *",
            "store | s3:GetObject | flood | *",
        ),
        # An object behind spaces is no Parquet file, of which DuckDB's own error comes.
        ("no bound: *", "report: refused Error, not right or says or refused *"),
    ),
    Finding(
        "Pages with a fresh token each are followed without end",
        ("AWS | * | endless pages | *",),
        ("no bound: followed without end", "report: *", "told: card, not alert", "again: same, not delivers"),
    ),
    Finding(
        "A packed answer, which nobody asked for, ends in a bare UnicodeDecodeError, and is not tried again; one of"
        " Secrets Manager leaves the delivery open, so that an operator is asked for a card that was never sent",
        (
            *(f"AWS | ce:{each} | gzip bomb | o*" for each in ("usage", "charges", "total")),
            *(
                f"AWS | {each} | gzip bomb | *"
                for each in ("ce:billed", "ce:products", "secretsmanager:GetSecretValue")
            ),
            *(f"{each}gzip bomb | *" for each in _ORGANIZATIONS),
        ),
        (
            "report: refused UnicodeDecodeError, *",
            "report: wrong: a foreign error for a reason (UnicodeDecodeError*",
            "report: says, not right",
            "told: nobody, not card",
            *_NOT_RIGHT,
            *_ASKED_IN_VAIN,
        ),
    ),
    Finding(
        "An answer of Organizations, or of Secrets Manager, that is no JSON object ends in a bare AttributeError (the"
        " latter leaves the delivery open, too), and a redirect in a bare ClientError",
        (
            *(f"{each}{fault} | *" for each in _ORGANIZATIONS for fault in ("[]", "null", "redirect")),
            *(f"AWS | secretsmanager:GetSecretValue | {fault} | *" for fault in ("[]", "null")),
        ),
        (
            "report: refused AttributeError, *",
            "report: refused ClientError, *",
            "told: nobody, not card",
            *_NOT_RIGHT,
            *_ASKED_IN_VAIN,
        ),
    ),
    Finding(
        "A wrong clock is told as missing credentials, or by S3 as a bucket in another region: the message does not say"
        " that the clock is wrong",
        (
            *(f"AWS | {each} | clock skew | always" for each in ("ce:usage", "ce:charges")),
            *(f"AWS | {each} | clock skew | *" for each in ("ce:billed", "secretsmanager:*", "sts:*")),
            *(f"{each}clock skew | *" for each in _ORGANIZATIONS),
            *(f"store | s3:{each}Object* | clock skew | *" for each in ("Get", "List", "Put", "Create")),
        ),
        (
            "the message does not say 'clock': *",
            "report: refused InvalidConfiguration, not refused CredentialsMissing",
        ),
    ),
    Finding(
        "An object that was changed on its way (a checksum that does not fit) is told as a bucket in another region,"
        " and is not read or written again",
        (
            "store | s3:GetObject | corrupt | *",
            "store | s3:PutObject | checksum | *",
            "store | s3:CreateObject | checksum | *",
        ),
        ("report: refused InvalidConfiguration, not *", *_NOT_RIGHT),
    ),
    Finding(
        "A proxy that answers each HEAD with 200 is taken for an object that is there: no alert is sent, for it seems"
        " to be sent already",
        ("store | s3:HeadObject | malformed | always",),
        ("told: nobody, not card or alert",),
    ),
    Finding(
        "Posted, but recording it failed: an alert says that the report failed, under the card that is there",
        (
            "store | record the delivery | 403 | *",
            "store | record the delivery | 503 | always",
            "store | record the delivery | expired token | *",
            *(
                f"stored | runs/{{run_id}}/told.json | {damage} | during"
                for damage in ("empty", "half", "garbage")
            ),
        ),
        (
            "report: refused *, not right or refused DeliveryUncertain",
            "report: refused InvalidInput, not right",
            "told: alert and card, not card",
        ),
    ),
    Finding(
        "A delivery record that the store lost means a second card, although covered/ and told/ know that it was"
        " posted",
        ("stored | deliveries/{run_id}/{channel}/{number}.json | missing | during",),
        ("again: the card twice, not same or asks",),
    ),
    Finding(
        "Poison: what cannot be read of an earlier run, or of the same, is neither passed over nor made anew, so that"
        " each run fails until somebody deletes it",
        (
            *(
                f"stored | {pattern} | {damage} | *"
                for pattern in (
                    "runs/{run_id}/accounts.json",
                    "accounts/{source}/last.json",
                    "covered/{source}/{report}/{end}.json",
                )
                for damage in ("empty", "half", "garbage")
            ),
        ),
        (
            "report: refused InvalidInput, not right or says",
            "told: alert, not card",
            "again: refused InvalidInput, not same",
            "again: refused InvalidInput, not same or delivers",
        ),
    ),
    Finding(
        "A damaged Parquet file ends in a bare InvalidInputException of DuckDB; a batch's is not read anew, so that"
        " each run fails until somebody deletes it",
        tuple(
            f"stored | runs/{{run_id}}/costs{name}.parquet | {damage} | during"
            for name in ("", "/{batch_id}")
            for damage in ("empty", "half", "garbage")
        ),
        (
            "report: refused InvalidInputException, not right or refused *",
            "again: refused InvalidInputException, not same or delivers",
        ),
    ),
    Finding(
        "Where organizational units are walked, an account of a lost page is in no unit, and is left out in silence",
        ("AWS | organizations:ListAccountsForParent | lost page | always",),
        ("report: wrong: *333333333333* are neither reported nor missing, not right or says",),
    ),
)


def finding_of(cell: Cell) -> Finding | None:
    """The finding that a cell shows."""
    return next((each for each in FINDINGS if any(_fits(cell.name, name) for name in each.cells)), None)


def verdict(cell: Cell, objections: Sequence[str]) -> list[str]:
    """What is wrong in a cell beyond what is known of it; also that it is mended."""
    found = finding_of(cell)
    if found is None:
        return list(objections)
    if not objections:
        return [f"is as expected now: remove it from the finding {found.what!r}"]
    return [each for each in objections if not any(_fits(each, way) for way in found.ways)]


def _fits(text: str, pattern: str) -> bool:
    """`*` is any text, and nothing else is a pattern: there is a fault `[]`."""
    return _form(pattern).fullmatch(text) is not None


@cache
def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
