"""The statement that Athena gets about an Organization trail, and its answer as records of CloudTrail.

The table is one over the trail's files with partitions by account, Region and day, whose places its property
`storage.location.template` says (AWS: "Create the table for CloudTrail logs in Athena using partition projection"). So
only the folders of the question are read, and it is known beforehand how much that is.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from finopsguard.aws.athena import Table
from finopsguard.aws.sql import literal, quoted
from finopsguard.errors import TrailRejected
from finopsguard.models.trail import TrailQuestion

EVENTS_OF_A_NAME = 150
"""The newest of one name; what there is more of is what always happens."""
LONGEST_FIELD = 100_000
"""Characters of what was asked for and answered, beyond which it is left out: nobody is named for it then."""
MOST_EVENTS = 2_000

_MAKE_IT = "Make the table as docs/causes.md has it, and set FINOPSGUARD_TRAIL_TABLE to its name."
_PARTITIONS: Mapping[str, tuple[str, ...]] = {
    "account": ("account", "accountid"),
    "region": ("region",),
    "day": ("day", "date", "timestamp"),
}
_COLUMNS = (
    "eventname", "eventsource", "eventtime", "awsregion", "useridentity", "useragent", "errorcode", "errormessage",
    "readonly", "requestparameters", "responseelements", "resources", "sessioncredentialfromconsole",
)  # fmt: skip
_PLACE = re.compile(r"s3://([a-z0-9.-]{3,63})/(.+)")
_DAY = timedelta(days=1)
# Who acts in a session of a person has an address as its name; what is after its @ is not kept.
_HOST = r"@[^\s/:\"\\]+"
_WHO = {
    "kind": "useridentity.type",
    "arn": "useridentity.arn",
    "account": "useridentity.accountid",
    "invoked_by": "useridentity.invokedby",
    "user_name": "useridentity.username",
    "issuer_arn": "useridentity.sessioncontext.sessionissuer.arn",
    "issuer_name": "useridentity.sessioncontext.sessionissuer.username",
}


class Trail(NamedTuple):
    """A trail's table: the columns of its partitions, its bucket, and where in that a partition's files are."""

    table: str
    partitions: Mapping[str, str]
    bucket: str
    template: str

    def folders(self, question: TrailQuestion) -> Iterator[str]:
        """The prefixes of the files that are read for a question: a day more, for what came late."""
        for day in _days(question):
            folder = self.template
            for role, value in (("account", question.account_id), ("region", question.region), ("day", day)):
                folder = folder.replace(f"${{{self.partitions[role]}}}", value)
            yield f"{folder.rstrip('/')}/"


def trail_of(table: Table, database: str, name: str) -> Trail:
    """The trail of a table; raises TrailRejected for one that is not partitioned so, or lacks columns."""
    said = f"The table {database}.{name}"
    if lacking := [each for each in _COLUMNS if each not in {column.lower() for column in table.columns}]:
        raise TrailRejected(f"{said} has no {', '.join(lacking)}. {_MAKE_IT}")
    known = {each.lower().replace("_", ""): each for each in table.partitions}
    partitions = {
        role: known[each] for role, names in _PARTITIONS.items() for each in reversed(names) if each in known
    }
    place = _PLACE.fullmatch(table.template)
    if (
        not place
        or len(partitions) < len(_PARTITIONS)
        or any(place[2].count(f"${{{each}}}") != 1 for each in partitions.values())
        or place[2].count("${") != len(partitions)
    ):
        raise TrailRejected(
            f"{said} has no partitions by account, Region and day with a storage.location.template, and each question"
            f" would scan the whole trail. {_MAKE_IT}"
        )
    return Trail(f"{quoted(database)}.{quoted(name)}", partitions, place[1], place[2])


def select(trail: Trail, question: TrailQuestion, *, shorten: bool) -> str:
    """The statement; all that comes from elsewhere stands in it as a text of its own."""

    def kept(text: str) -> str:
        return f"regexp_replace({text}, {literal(_HOST)}, '@…')" if shorten else text

    days = list(_days(question))
    account, region, day = (quoted(trail.partitions[role]) for role in ("account", "region", "day"))
    arns = "array_join(transform(resources, each -> each.arn), ' ')"
    about = " OR ".join(
        f"strpos(coalesce({where}, ''), {literal(named)}) > 0"
        for resource in question.resources
        for where, named in (
            ("requestparameters", _in_json(resource)),
            ("responseelements", _in_json(resource)),
            (arns, resource),
        )
    )
    names = ", ".join(literal(each) for each in question.names)
    asked = [f"eventname IN ({names})"] if names else []
    who = ", ".join(f"{kept(text)} AS {name}" for name, text in _WHO.items())
    long = ", ".join(
        f"CASE WHEN length({each}) <= {LONGEST_FIELD} THEN {kept(each)} END AS {each}"
        for each in ("requestparameters", "responseelements")
    )
    return f"""
        SELECT * FROM (
            SELECT eventname, eventsource, eventtime, awsregion, {kept("useragent")} AS useragent,
                sessioncredentialfromconsole, {who}, {long}, {kept(arns)} AS arns,
                row_number() OVER (PARTITION BY eventname, about ORDER BY eventtime DESC) AS place,
                count(*) OVER (PARTITION BY eventname, about) AS of_name
            FROM (
                SELECT *, {f"({about})" if about else "false"} AS about FROM {trail.table}
                WHERE {account} = {literal(question.account_id)} AND {region} = {literal(question.region)}
                    AND {day} >= {literal(days[0])} AND {day} <= {literal(days[-1])}
                    AND eventtime >= {literal(_moment(question.since))}
                    AND eventtime < {literal(_moment(question.until))}
                    AND coalesce(lower(readonly), 'false') <> 'true'
                    AND coalesce(errorcode, '') = '' AND coalesce(errormessage, '') = ''
            ) AS done
            WHERE {" OR ".join([*asked, "about"])}
        ) AS ranked
        WHERE place <= {EVENTS_OF_A_NAME}
        ORDER BY eventtime DESC LIMIT {MOST_EVENTS}
    """  # noqa: S608 - every value is a literal, every name quoted


class Row(NamedTuple):
    """An event of the answer, as a record of CloudTrail; `of_name`: how many of its name there are."""

    record: Mapping[str, Any]
    of_name: int


def rows(answer: bytes) -> list[Row]:
    """The answer, which Athena writes as CSV; raises TrailRejected for one that is none."""
    try:
        found = [
            Row(_record(each), int(each["of_name"])) for each in csv.DictReader(io.StringIO(answer.decode()))
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, csv.Error) as error:
        raise TrailRejected(
            f"Athena's answer about the trail cannot be read ({type(error).__name__}). Run again; if it stays so,"
            " compare the table with docs/causes.md."
        ) from None
    return found


def _record(row: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        "eventName": row["eventname"],
        "eventSource": row["eventsource"],
        "eventTime": row["eventtime"],
        "awsRegion": row["awsregion"],
        "userAgent": row["useragent"],
        "sessionCredentialFromConsole": row["sessioncredentialfromconsole"],
        "userIdentity": {
            "type": row["kind"],
            "arn": row["arn"],
            "accountId": row["account"],
            "invokedBy": row["invoked_by"],
            "userName": row["user_name"],
            "sessionContext": {"sessionIssuer": {"arn": row["issuer_arn"], "userName": row["issuer_name"]}},
        },
        "requestParameters": _parsed(row["requestparameters"]),
        "responseElements": _parsed(row["responseelements"]),
        "resources": [{"ARN": each} for each in row["arns"].split()],
    }


def _parsed(text: str) -> Any:
    return json.loads(text) if text else None


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _days(question: TrailQuestion) -> Sequence[str]:
    first, last = question.since.date(), question.until.date()
    return [f"{first + number * _DAY:%Y/%m/%d}" for number in range((last - first).days + 1)]


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
