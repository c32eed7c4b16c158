"""An Organization trail as ports.Trail: one statement of Athena for each question, in the account that runs this.

No role in the other accounts is needed, nor is CloudTrail asked. A statement is begun with a token that follows from
its text and the report, so that AWS begins it once, and a second attempt finds it. What it may scan is known before it
is begun: the bytes of the files in the folders of the question, which are the most that Athena reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NoReturn, Protocol

from finopsguard import errors
from finopsguard.accounts import trail_statement as statement
from finopsguard.accounts.trail_record import event_of, named_in
from finopsguard.aws.athena import ATHENA, GLUE, Athena, Execution
from finopsguard.aws.errors import Rule
from finopsguard.errors import ObjectMissing, TrailAccessDenied, TrailRejected, TrailUnavailable
from finopsguard.models.run import Run
from finopsguard.models.trail import TrailEvent, TrailEvents, TrailQuestion
from finopsguard.ports import Sleep, Store

_WHICH = "Check FINOPSGUARD_TRAIL_WORKGROUP, FINOPSGUARD_TRAIL_DATABASE and FINOPSGUARD_TRAIL_TABLE"
SERVICES = (
    replace(
        ATHENA,
        unavailable=errors.TrailUnavailable,
        denied=errors.TrailAccessDenied,
        rejected=Rule(
            errors.TrailRejected, f"Athena refused the request. {_WHICH}, and that they are in AWS_REGION."
        ),
    ),
    replace(
        GLUE,
        unavailable=errors.TrailUnavailable,
        denied=errors.TrailAccessDenied,
        rejected=Rule(errors.TrailRejected, f"Glue refused the request for {{about}}. {_WHICH}."),
        rules={
            "EntityNotFoundException": (
                Rule(
                    errors.TrailRejected,
                    "The table {about} is not in Glue's catalog of AWS_REGION. Make it over the trail (docs/causes.md"
                    " has the statement), or correct FINOPSGUARD_TRAIL_DATABASE and FINOPSGUARD_TRAIL_TABLE.",
                ),
            ),
            "OperationTimeoutException": (
                Rule(errors.TrailUnavailable, "Glue took too long. Run again in some minutes."),
            ),
        },
    ),
)
"""What is raised of Athena and Glue where it is a trail that they are asked about."""
ANSWER_WAITS = (0.5, 0.5, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0)
"""Seconds between two looks at a statement: 17, for the function that asks has a minute, and may ask twice."""

_DENIED = ("denied", "permission", "not authorized", "forbidden")


class Scans(Protocol):
    """Keeps what a report has Athena scan, and says whether it may; `answers` is the key of the folder of answers."""

    answers: str

    def refuse(self, ahead: Mapping[str, int], what: str, /) -> None:
        """Raises BudgetExceeded where statements of so many bytes are too many."""

    def began(self, reading: str, most: int) -> None:
        """A statement is about to begin."""

    def ended(self, reading: str, scanned: int) -> None:
        """It took these bytes."""


class OrganizationTrail:
    """Satisfies ports.Trail. `sizes` gives the bytes of all files below a prefix of a bucket.

    `shorten`: e-mail addresses are shortened, by Athena already, before anything is written.
    """

    def __init__(
        self,
        athena: Callable[[], Athena],
        sizes: Callable[[str, str], int],
        scans: Callable[[Run], Scans],
        store: Store,
        *,
        shorten: bool,
        sleep: Sleep,
    ) -> None:
        self._athena = athena
        self._sizes = sizes
        self._scans = scans
        self._store = store
        self._shorten = shorten
        self._sleep = sleep

    def events(self, run: Run, question: TrailQuestion) -> TrailEvents:
        """See ports.Trail."""
        athena, scans = self._athena(), self._scans(run)
        trail = statement.trail_of(athena.table(), athena.database, athena.name)
        text = statement.select(trail, question, shorten=self._shorten)
        size = sum(self._sizes(trail.bucket, folder) for folder in trail.folders(question))
        if not size:
            raise TrailRejected(
                f"The trail has no file of account {question.account_id} in {question.region} from"
                f" {question.since:%Y-%m-%d} on. See that it is one of the whole Organization and of all Regions, and"
                " that the table's storage.location.template is where it writes."
            )
        token = hashlib.sha256(f"{run.run_id} {text}".encode()).hexdigest()
        reading = f"trail-{token[:16]}"
        scans.refuse({reading: size}, f"the trail of account {question.account_id}")
        scans.began(reading, size)
        execution = athena.start(text, token, self._uri(scans.answers))
        ended = self._waited(athena, execution)
        if ended.ended == "failed" or ended.scanned is not None:
            scans.ended(reading, 0 if ended.ended == "failed" else ended.scanned or 0)
        if ended.ended != "succeeded":
            _refuse(ended)
        return self._told(self._answer(ended), question)

    def _waited(self, athena: Athena, execution: str) -> Execution:
        for seconds in (*ANSWER_WAITS, None):
            found = athena.execution(execution)
            if found.ended:
                return found
            if seconds is not None:
                self._sleep(seconds)
        raise TrailUnavailable(
            f"Athena still reads the trail (statement {execution}). If it is queued for long, the workgroup is busy."
        )

    def _answer(self, ended: Execution) -> bytes:
        root = self._uri("")
        if not (ended.answer or "").startswith(root):
            raise TrailRejected(
                f"Athena keeps its answer in {ended.answer!a}, which is not in {root}. Let the workgroup take the"
                " location that is asked for (EnforceWorkGroupConfiguration), or give it that of the stack."
            )
        try:
            return self._store.read((ended.answer or "").removeprefix(root))
        except ObjectMissing as error:
            raise TrailUnavailable(f"Athena's answer about the trail is gone. ({error})") from error

    def _told(self, answer: bytes, question: TrailQuestion) -> TrailEvents:
        found: dict[TrailEvent, None] = {}
        cut: set[str] = set()
        given = statement.rows(answer)
        for record, of_name in given:
            listed = named_in(record, question.resources)
            event = event_of(record, listed, shorten=self._shorten)
            if event is None or not question.since <= event.at < question.until:
                continue
            if of_name > statement.EVENTS_OF_A_NAME:
                cut.add(event.name)
            if listed or event.name in question.names:
                found[event] = None
        if len(given) >= statement.MOST_EVENTS:
            cut.update(question.names)
        return TrailEvents(sorted(found, key=lambda event: (event.at, event[:2])), frozenset(cut))

    def _uri(self, key: str) -> str:
        place = self._store.place(key)
        if place is None:
            raise errors.InvalidConfiguration(
                "Athena writes to a bucket: set FINOPSGUARD_BUCKET, or take FINOPSGUARD_TRAIL_TABLE out."
            )
        return f"s3://{place.bucket}/{key}"


def _refuse(ended: Execution) -> NoReturn:
    """Raises what became of a statement that has no answer."""
    said = f"Athena has no answer about the trail ({ended.why or 'it does not say why'})."
    why = ended.why.lower()
    if ended.again:
        raise TrailUnavailable(f"{said} The next report asks again.")
    if any(each in why for each in _DENIED):
        raise TrailAccessDenied(
            f"{said} Allow s3:GetObject and s3:ListBucket on the trail's bucket, in its own policy too where it is"
            " another account's, kms:Decrypt where it is encrypted with a key, and what docs/permissions.md has."
        )
    raise TrailRejected(f"{said} Compare the table with docs/causes.md, and the limit of the workgroup.")
