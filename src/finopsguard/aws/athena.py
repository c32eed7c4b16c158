"""Athena, and Glue's table that it reads: a statement is started, and asked for until it has ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from finopsguard import errors
from finopsguard.aws.errors import Rule, Service, complete, incomplete, texts, translated
from finopsguard.aws.words import one_line

MOST_CHARACTERS = 262_144
"""Of one statement (documented by AWS)."""

_TEMPLATE = "storage.location.template"
_STATES = ("QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED")

ATHENA = Service(
    name="Athena",
    iam="athena",
    unavailable=errors.AthenaUnavailable,
    denied=errors.AthenaAccessDenied,
    denied_hint=" on the workgroup {about}",
    rejected=Rule(
        errors.AthenaRejected,
        "Athena refused the request. Check FINOPSGUARD_EXPORT_WORKGROUP, FINOPSGUARD_EXPORT_DATABASE and"
        " FINOPSGUARD_EXPORT_TABLE, and that they are in AWS_REGION.",
    ),
)
GLUE = Service(
    name="Glue",
    iam="glue",
    unavailable=errors.AthenaUnavailable,
    denied=errors.AthenaAccessDenied,
    denied_hint=" on the catalog, the database and the table {about}, in Lake Formation too where it is in use",
    rejected=Rule(
        errors.AthenaRejected,
        "Glue refused the request for {about}. Check FINOPSGUARD_EXPORT_DATABASE and FINOPSGUARD_EXPORT_TABLE.",
    ),
    rules={
        "EntityNotFoundException": (
            Rule(
                errors.AthenaRejected,
                "The table {about} is not in Glue's catalog of AWS_REGION. Make it over the export (docs/sources.md has"
                " the statement), or correct FINOPSGUARD_EXPORT_DATABASE and FINOPSGUARD_EXPORT_TABLE.",
            ),
        ),
        "OperationTimeoutException": (
            Rule(errors.AthenaUnavailable, "Glue took too long. Run again in some minutes."),
        ),
    },
)


class Table(NamedTuple):
    """A table of Glue's: types of its columns by name, its partitions' columns, where its files are, and those of one
    partition (`s3://bucket/${day}/`), empty where the table does not say it.
    """

    columns: Mapping[str, str]
    partitions: Sequence[str]
    location: str
    template: str = ""


class Execution(NamedTuple):
    """What became of a statement. `scanned` are bytes, None where Athena does not say; `files` is the `s3://` URI of
    Athena's list of the files that were written, `answer` that of the rows of a SELECT.

    `ended` is None while it runs; then `succeeded`, `failed` (`again`: it may succeed if it is started anew) or
    `cancelled`, and `why`.
    """

    ended: str | None
    scanned: int | None
    why: str = ""
    again: bool = False
    files: str | None = None
    answer: str | None = None


class Queries(Protocol):
    """What is used of boto3's Athena client."""

    def start_query_execution(self, **parameters: Any) -> Mapping[str, Any]:
        """The answer holds a QueryExecutionId."""

    def get_query_execution(self, *, QueryExecutionId: str) -> Mapping[str, Any]:  # noqa: N803 - boto3's names
        """The answer holds a QueryExecution."""


class Tables(Protocol):
    """What is used of boto3's Glue client."""

    def get_table(self, *, DatabaseName: str, Name: str) -> Mapping[str, Any]:  # noqa: N803 - boto3's names
        """The answer holds a Table."""


class Athena:
    """Statements in one workgroup, on one table. Clients are made at the first call.

    `services` say what is raised of Athena and of Glue.
    """

    def __init__(
        self,
        queries: Callable[[], Queries],
        tables: Callable[[], Tables],
        *,
        workgroup: str,
        database: str,
        table: str,
        services: tuple[Service, Service] = (ATHENA, GLUE),
    ) -> None:
        self._athena, self._glue = services
        self._queries = queries
        self._tables = tables
        self._workgroup = workgroup
        self.database = database
        self.name = table

    def table(self) -> Table:
        """The table as Glue describes it; raises the errors of GLUE."""
        with translated(self._glue, about=f"{self.database}.{self.name}"):
            found = complete(self._tables().get_table(DatabaseName=self.database, Name=self.name), "Table")
            stored = complete(complete(found["Table"], "StorageDescriptor")["StorageDescriptor"], "Columns")
            columns = {each["Name"]: each["Type"] for each in map(_column, stored["Columns"])}
            partitions = [each["Name"] for each in map(_column, found["Table"].get("PartitionKeys", ()))]
            properties = texts(found["Table"].get("Parameters") or {}, _TEMPLATE)
            return Table(
                columns,
                partitions,
                texts(stored, "Location").get("Location", ""),
                properties.get(_TEMPLATE, ""),
            )

    def start(self, statement: str, token: str, answers: str) -> str:
        """Starts a statement and gives its id; the same token gives the same id, and starts nothing (AWS).

        `answers` is the `s3://` URI below which Athena keeps its own record of it. Raises the errors of ATHENA.
        """
        with translated(self._athena, about=self._workgroup):
            started = self._queries().start_query_execution(
                QueryString=statement,
                ClientRequestToken=token,
                QueryExecutionContext={"Database": self.database},
                ResultConfiguration={"OutputLocation": answers},
                WorkGroup=self._workgroup,
            )
            execution: str = texts(complete(started, "QueryExecutionId"), "QueryExecutionId")[
                "QueryExecutionId"
            ]
            return execution

    def execution(self, execution: str) -> Execution:
        """How a statement stands; raises the errors of ATHENA."""
        with translated(self._athena, about=self._workgroup):
            answer = self._queries().get_query_execution(QueryExecutionId=execution)
            found = complete(answer, "QueryExecution")["QueryExecution"]
            status = texts(
                complete(complete(found, "Status")["Status"], "State"), "State", "StateChangeReason"
            )
            if status["State"] not in _STATES:
                raise incomplete("no known state in the answer")
            counted = texts(found.get("Statistics", {}), "DataManifestLocation")
            scanned = counted.get("DataScannedInBytes")
            return Execution(
                status["State"].lower() if status["State"] in _STATES[2:] else None,
                scanned if type(scanned) is int and scanned >= 0 else None,
                one_line(status.get("StateChangeReason", "")),
                status.get("AthenaError", {}).get("Retryable") is True,
                counted.get("DataManifestLocation"),
                texts(found.get("ResultConfiguration") or {}, "OutputLocation").get("OutputLocation"),
            )


def _column(column: Mapping[str, Any]) -> Mapping[str, Any]:
    return texts(complete(complete(column, "Name"), "Type"), "Name", "Type")
