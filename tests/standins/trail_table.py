"""The table over an Organization trail: what CloudTrail's stand-in has of all accounts, as files and as rows of Athena.

Columns and partitions are those of the statement in docs/causes.md. A file is one act; Athena scans those of the
folders that a statement's partitions name.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlglot
from sqlglot import expressions

from tests.standins.cloudtrail import Act
from tests.standins.scratch import scratch

BUCKET, DATABASE, TABLE = "trail-of-the-organization", "audit", "organization_trail"
ROOT = "AWSLogs/o-exampleorgid"
TEMPLATE = f"{ROOT}/${{account}}/CloudTrail/${{region}}/${{day}}"
PARTITIONS = ("account", "region", "day")
_ISSUER = "STRUCT(type VARCHAR, principalid VARCHAR, arn VARCHAR, accountid VARCHAR, username VARCHAR)"
COLUMNS: Mapping[str, str] = {
    "eventversion": "VARCHAR",
    "useridentity": (
        "STRUCT(type VARCHAR, principalid VARCHAR, arn VARCHAR, accountid VARCHAR, invokedby VARCHAR,"
        f" accesskeyid VARCHAR, username VARCHAR, sessioncontext STRUCT(sessionissuer {_ISSUER}))"
    ),
    **dict.fromkeys(
        ("eventtime", "eventsource", "eventname", "awsregion", "sourceipaddress", "useragent", "errorcode",
         "errormessage", "requestparameters", "responseelements", "readonly"),
        "VARCHAR",
    ),
    "resources": "STRUCT(arn VARCHAR, accountid VARCHAR, type VARCHAR)[]",
    "sessioncredentialfromconsole": "VARCHAR",
}  # fmt: skip


def described(template: str, partitions: Sequence[str]) -> Mapping[str, Any]:
    """The table as Glue has it."""
    columns = [{"Name": name, "Type": "string"} for name in COLUMNS]
    return {
        "Name": TABLE,
        "StorageDescriptor": {"Columns": columns, "Location": f"s3://{BUCKET}/{ROOT}"},
        "PartitionKeys": [{"Name": name, "Type": "string"} for name in partitions],
        "Parameters": {"projection.enabled": "true", "storage.location.template": template},
    }


def folder_of(act: Act) -> str:
    """Where CloudTrail writes it."""
    day = f"{act.at:%Y/%m/%d}"
    return f"{ROOT}/{act.account_id}/CloudTrail/{act.region}/{day}/"


def files_of(acts: Sequence[Act]) -> Mapping[str, bytes]:
    """A file for each act, by its key."""
    return {
        f"{folder_of(act)}{number:06d}.json.gz": json.dumps(act.record).encode()
        for number, act in enumerate(acts)
    }


def scanned_by(text: str, files: Mapping[str, bytes]) -> int:
    """The bytes of the files in the folders that a statement's partitions name."""
    wanted: dict[str, str] = {}
    for each in sqlglot.parse_one(text, read="trino").find_all(
        expressions.EQ, expressions.GTE, expressions.LTE
    ):
        if isinstance(each.this, expressions.Column) and each.this.name in PARTITIONS:
            wanted[f"{each.this.name}{type(each).__name__}"] = each.expression.name
    below = f"{ROOT}/{wanted['accountEQ']}/CloudTrail/{wanted['regionEQ']}/"
    return sum(
        len(data)
        for key, data in files.items()
        if key.startswith(below) and wanted["dayGTE"] <= key.removeprefix(below)[:10] <= wanted["dayLTE"]
    )


def answered(text: str, acts: Sequence[Act]) -> bytes:
    """The rows of a statement as Athena writes them: CSV, every value quoted, nothing where there is none."""
    translated = sqlglot.transpile(text, read="trino", write="duckdb")[0]
    with scratch() as database:
        database.execute(f"CREATE SCHEMA {DATABASE}")
        names = {**COLUMNS, **dict.fromkeys(PARTITIONS, "VARCHAR")}
        database.execute(
            f"CREATE TABLE {DATABASE}.{TABLE} ({', '.join(f'{name} {kind}' for name, kind in names.items())})"
        )
        if acts:
            database.executemany(
                f"INSERT INTO {DATABASE}.{TABLE} VALUES ({', '.join('?' * len(names))})",  # noqa: S608
                [[row.get(name) for name in names] for row in map(_row, acts)],
            )
        found = database.execute(translated)
        header = [each[0] for each in found.description or ()]
        rows = found.fetchall()
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([["" if each is None else each for each in row] for row in rows])
    return out.getvalue().encode()


def _row(act: Act) -> Mapping[str, Any]:
    """A record as AWS's reader of CloudTrail's files gives it: names in small letters, JSON as text."""
    record = act.record
    identity = record.get("userIdentity") or {}
    issuer = (identity.get("sessionContext") or {}).get("sessionIssuer") or {}
    who = {
        name.lower(): identity.get(name)
        for name in ("type", "principalId", "arn", "accountId", "invokedBy", "accessKeyId", "userName")
    }
    of_issuer = {
        name.lower(): issuer.get(name) for name in ("type", "principalId", "arn", "accountId", "userName")
    }
    small = {
        name.lower(): value if isinstance(value, str) else json.dumps(value)
        for name, value in record.items()
        if name.lower() in COLUMNS and value is not None
    }
    return {
        **small,
        "useridentity": {**who, "sessioncontext": {"sessionissuer": of_issuer}},
        "resources": [
            {"arn": each.get("ARN"), "accountid": None, "type": None}
            for each in record.get("resources") or ()
        ],
        "account": act.account_id,
        "region": act.region,
        "day": f"{act.at:%Y/%m/%d}",
    }
