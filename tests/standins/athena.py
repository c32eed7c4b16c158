"""Athena and Glue: the very statement is executed, translated to DuckDB's SQL, over the files of the export's stand-in.

What AWS documents of it: a token begins a statement once, UNLOAD writes files into an empty place and a list of them
beside its own records, and the bytes scanned are those of the columns and the partition that are asked for.
"""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import sqlglot
from sqlglot import expressions

from tests.standins import trail_table
from tests.standins.cloudtrail import Act
from tests.standins.exports import BUCKET, NAME, PREFIX, ExportsStandIn
from tests.standins.json_service import JsonStandIn
from tests.standins.s3 import BUCKET as OWN_BUCKET
from tests.standins.s3 import S3StandIn
from tests.standins.scratch import scratch
from tests.standins.service import Refused
from tests.standins.sts import StsStandIn

WORKGROUP, DATABASE, TABLE = "finops-guard-export", "billing", "all_costs"
DATA = f"{PREFIX}/{NAME}/data/"
_UNLOAD = re.compile(
    r"UNLOAD \((.*)\) TO '(s3://[^']+/)'"
    r" WITH \(format = 'PARQUET', compression = '\w+', partitioned_by = ARRAY\['(\w+)'\]\)",
    re.DOTALL,
)
# Types of Glue's, by those of the files.
_TYPES = {"VARCHAR": "string", "DOUBLE": "double", "TIMESTAMP_MS": "timestamp", "TIMESTAMP": "timestamp"}


WRITES = frozenset({"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"})
LOOKS = frozenset({"s3:GetBucketLocation", "s3:ListBucketMultipartUploads"})
READS = frozenset({"glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"})
"""What Athena does with the rights of who begins a statement (AWS: access to databases and tables in the Glue Data
Catalog, access to Amazon S3), beside what is done by the steps too: in our bucket to objects and to itself, in Glue."""


@dataclass
class Query:
    """A statement: how often it is said to run before it has ended, and how it ends."""

    text: str
    looks: int
    answers: str
    state: str = "SUCCEEDED"
    reason: str = ""
    retryable: bool = False
    scanned: int = 0
    wrote: list[str] = field(default_factory=list)


class Question(NamedTuple):
    """A SELECT of Trino's as DuckDB takes it, the columns that it names, and the periods that it asks for."""

    text: str
    columns: frozenset[str]
    periods: tuple[str, ...]


class AthenaStandIn(JsonStandIn):
    """`queries` by their id. Of what is set, the next statements take: `looks`, `ends` (state, reason, retryable),
    `cutoff` (bytes that the workgroup lets one scan), `enforced` (the workgroup's own place of answers). Of `unknown`
    months the table has no partition. `before_run` is called when a statement was executed.
    """

    def __init__(self, sts: StsStandIn, exports: ExportsStandIn, s3: S3StandIn) -> None:
        super().__init__()
        self._sts = sts
        self._exports = exports
        self._s3 = s3
        self._tokens: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self.queries: dict[str, Query] = {}
        self.looks = 1
        self.ends: list[tuple[str, str, bool]] = []
        self.cutoff = 10**12
        self.location = f"s3://{BUCKET}/{DATA}"
        self.partitions = ["billing_period"]
        self.before_run: Callable[[], None] = lambda: None
        self.says_scanned = True
        self.enforced = ""
        self.unknown: set[str] = set()
        self.executed: list[str] = []
        self.workgroup = "ENABLED"
        self.acts: Callable[[], Sequence[Act]] = list
        self.trail_template = f"s3://{trail_table.BUCKET}/{trail_table.TEMPLATE}"
        self.trail_partitions: Sequence[str] = trail_table.PARTITIONS

    @property
    def variables(self) -> Mapping[str, str]:
        """What points FinOps Guard to it, with the export's own."""
        return {
            "FINOPSGUARD_EXPORT_ENGINE": "athena",
            "FINOPSGUARD_EXPORT_WORKGROUP": WORKGROUP,
            "FINOPSGUARD_EXPORT_DATABASE": DATABASE,
            "FINOPSGUARD_EXPORT_TABLE": TABLE,
        }

    def authenticate(self, access_key: str) -> str:
        return self._sts.account_of(access_key)

    def operations(self) -> Mapping[str, Any]:
        return {
            "StartQueryExecution": self.start_query_execution,
            "GetQueryExecution": self.get_query_execution,
            "GetTable": self.get_table,
            "GetWorkGroup": self.get_work_group,
        }

    def get_work_group(self, parameters: Mapping[str, Any], _: str) -> Mapping[str, Any]:
        """The workgroup, turned on or off."""
        if parameters["WorkGroup"] != WORKGROUP:
            raise Refused("InvalidRequestException", "WorkGroup is not found.")
        return {"WorkGroup": {"Name": WORKGROUP, "State": self.workgroup}}

    def forget(self) -> None:
        """No statement is known any more, as after a week, or where its text was another."""
        self._tokens.clear()

    # ---- Glue --------------------------------------------------------------------------------------------------------

    def get_table(self, parameters: Mapping[str, Any], _: str) -> Mapping[str, Any]:
        """The columns of the newest file, in lower case as Glue has them."""
        asked = parameters["DatabaseName"], parameters["Name"]
        if asked == (trail_table.DATABASE, trail_table.TABLE):
            return {"Table": trail_table.described(self.trail_template, self.trail_partitions)}
        if asked != (DATABASE, TABLE):
            raise Refused("EntityNotFoundException", "Entity Not Found")
        described, _sizes = _looked_at(self._exports.objects[self._files()[-1]][0])
        columns = [
            {"Name": name.lower(), "Type": _TYPES.get(kind, "map<string,string>")} for name, kind in described
        ]
        return {
            "Table": {
                "Name": TABLE,
                "StorageDescriptor": {"Columns": columns, "Location": self.location},
                "PartitionKeys": [{"Name": name, "Type": "string"} for name in self.partitions],
            }
        }

    # ---- Athena ------------------------------------------------------------------------------------------------------

    def start_query_execution(self, parameters: Mapping[str, Any], _: str) -> Mapping[str, Any]:
        """Executes it at once; its state is told later."""
        if parameters["WorkGroup"] != WORKGROUP:
            raise Refused("InvalidRequestException", "WorkGroup is not found.")
        token, text = parameters["ClientRequestToken"], parameters["QueryString"]
        if not 32 <= len(token) <= 128:
            raise Refused("InvalidRequestException", "1 validation error detected")
        if token not in self._tokens:
            self._tokens[token] = f"{next(self._numbers):08d}-0000-4000-8000-000000000000"
            answers = self.enforced or parameters["ResultConfiguration"]["OutputLocation"]
            self.queries[self._tokens[token]] = self._executed(self._tokens[token], text, answers)
        elif self.queries[self._tokens[token]].text != text:
            raise Refused("InvalidRequestException", "Idempotent parameters do not match")
        return {"QueryExecutionId": self._tokens[token]}

    def get_query_execution(self, parameters: Mapping[str, Any], _: str) -> Mapping[str, Any]:
        """RUNNING for as many looks as were set, then how it ended."""
        identity = parameters["QueryExecutionId"]
        query = self.queries[identity]
        if query.looks > 0:
            query.looks -= 1
            return {
                "QueryExecution": {
                    "QueryExecutionId": identity,
                    "Status": {"State": "RUNNING"},
                    "Statistics": {},
                }
            }
        status = {"State": query.state, "StateChangeReason": query.reason}
        error = {"AthenaError": {"Retryable": query.retryable}} if query.state == "FAILED" else {}
        statistics: dict[str, Any] = {"DataScannedInBytes": query.scanned} if self.says_scanned else {}
        if query.state == "SUCCEEDED":
            statistics["DataManifestLocation"] = f"{query.answers}{identity}-manifest.csv"
        return {
            "QueryExecution": {
                "QueryExecutionId": identity,
                "Status": {**status, **error},
                "Statistics": statistics,
                "ResultConfiguration": {"OutputLocation": f"{query.answers}{identity}.csv"},
            }
        }

    # ---- a statement -------------------------------------------------------------------------------------------------

    def _executed(self, identity: str, text: str, answers: str) -> Query:
        query = Query(text, self.looks, answers)
        found = _UNLOAD.fullmatch(text)
        if f'"{trail_table.TABLE}"' in text:
            return self._asked_who(identity, query)
        if not found:
            query.state, query.reason = "FAILED", "line 1:1: mismatched input"
            return query
        question = _translated(found[1])
        files = self._scanned(question)
        query.scanned = sum(
            size
            for key in files
            for column, size in _looked_at(self._exports.objects[key][0])[1]
            if column in question.columns
        )
        if self.ends:
            query.state, query.reason, query.retryable = self.ends.pop(0)
            return query
        if query.scanned > self.cutoff:
            query.state, query.reason = "CANCELLED", "Query cancelled! : Bytes scanned limit was exceeded"
            return query
        target = found[2].removeprefix(f"s3://{OWN_BUCKET}/")
        if any(key.startswith(target) for key in self._s3.objects):
            query.state = "FAILED"
            query.reason = f"HIVE_PATH_ALREADY_EXISTS: Target directory for table already exists: {found[2]}"
            return query
        self._s3.objects |= self._unloaded(question, files, target, found[3])
        query.wrote = sorted(key for key in self._s3.objects if key.startswith(target))
        listed = "".join(f"s3://{OWN_BUCKET}/{key}\n" for key in query.wrote)
        own = answers.removeprefix(f"s3://{OWN_BUCKET}/")
        self._s3.objects[f"{own}{identity}-manifest.csv"] = listed.encode()
        self._s3.objects[f"{own}{identity}.metadata"] = b"\x00binary"
        self.before_run()
        return query

    def _asked_who(self, identity: str, query: Query) -> Query:
        """A SELECT about the trail: its rows are beside Athena's records."""
        acts = self.acts()
        query.scanned = trail_table.scanned_by(query.text, trail_table.files_of(acts))
        if self.ends:
            query.state, query.reason, query.retryable = self.ends.pop(0)
            return query
        own = query.answers.removeprefix(f"s3://{OWN_BUCKET}/")
        self._s3.objects[f"{own}{identity}.csv"] = trail_table.answered(query.text, acts)
        self.before_run()
        return query

    def _files(self) -> list[str]:
        return sorted(key for key in self._exports.objects if key.startswith(DATA))

    def _scanned(self, question: Question) -> list[str]:
        """The files of the partition that the statement names."""
        periods = [f"{DATA}BILLING_PERIOD={period}/" for period in question.periods] or [DATA]
        known = [key for key in self._files() if not any(f"={month}/" in key for month in self.unknown)]
        return [key for key in known if key.startswith(tuple(periods))]

    def _unloaded(
        self, question: Question, files: list[str], target: str, partition: str
    ) -> dict[str, bytes]:
        """The answer in two files of each partition, of none where it has no row."""
        self.executed.append(question.text)
        given = tuple((key, self._exports.objects[key][0]) for key in files)
        written = _answered(question.text, given, partition) if given else {}
        return {f"{target}{name}_standin": data for name, data in written.items()}


@cache
def _answered(text: str, files: tuple[tuple[str, bytes], ...], partition: str) -> Mapping[str, bytes]:
    """Files by their names below the target. The column of a partition is in its folder's name, and in no file."""
    with tempfile.TemporaryDirectory() as folder, scratch() as database:
        database.execute("SET TimeZone = 'UTC'")
        paths = [Path(folder, key) for key, _ in files]
        for path, (_, data) in zip(paths, files, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        database.execute(f"CREATE SCHEMA {DATABASE}")
        database.execute(
            f"CREATE VIEW {DATABASE}.{TABLE} AS SELECT * EXCLUDE (filename),"  # noqa: S608
            f" replace(filename, '{folder}', 's3://{BUCKET}') AS \"$path\","
            " regexp_extract(filename, 'BILLING_PERIOD=([^/]+)/', 1) AS billing_period"
            f" FROM read_parquet({[str(path) for path in paths]}, filename = true, hive_partitioning = false)"
        )
        database.execute(f"CREATE TABLE result AS {text}")
        out = Path(folder, "out")
        out.mkdir()
        for number in (0, 1):
            part = f"SELECT * FROM result WHERE rowid % 2 = {number}"  # noqa: S608
            database.execute(
                f"COPY ({part}) TO '{out / str(number)}'"
                f" (FORMAT parquet, COMPRESSION snappy, PARTITION_BY ({partition}))"
            )
        return {
            f"{path.parent.name}/20261116_060000_0000{path.parts[-3]}": path.read_bytes()
            for path in sorted(out.rglob("*.parquet"))
        }


@cache
def _translated(text: str) -> Question:
    parsed = sqlglot.parse_one(text, read="trino")
    named = [each.name.lower() for each in parsed.find_all(expressions.Column)]
    periods = [
        each.expression.name
        for each in parsed.find_all(expressions.EQ)
        if isinstance(each.this, expressions.Column) and each.this.name == "billing_period"
    ]
    return Question(
        sqlglot.transpile(text, read="trino", write="duckdb")[0], frozenset(named), tuple(periods)
    )


@cache
def _looked_at(data: bytes) -> tuple[Sequence[tuple[str, str]], Sequence[tuple[str, int]]]:
    """A file's columns with their types, and the bytes of each."""
    with tempfile.TemporaryDirectory() as folder, scratch() as database:
        path = Path(folder, "one.parquet")
        path.write_bytes(data)
        described = database.execute("DESCRIBE SELECT * FROM read_parquet($1)", [str(path)]).fetchall()
        sizes = database.execute(
            "SELECT lower(split_part(path_in_schema, ',', 1)), sum(total_compressed_size)::BIGINT"
            " FROM parquet_metadata($1) GROUP BY 1",
            [str(path)],
        ).fetchall()
    return [(name, kind) for name, kind, *_ in described], sizes
