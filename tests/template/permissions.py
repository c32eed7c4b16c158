"""Writes what is granted and what is kept into the pages for people: `python -m tests.template.permissions`.

The tables of docs/permissions.md and deploy/permissions-boundary.yaml come from template.yaml and
deploy/organization-role.yaml, the table of docs/adr/0003-the-store.md from store/keys.py. It takes some seconds:
everything is tried under each role.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from finopsguard.store import healing, keys
from tests.template import attempts, boundary, reader, refusals, stack

PAGE = stack.ROOT / "docs" / "permissions.md"
STORE_PAGE = stack.ROOT / "docs" / "adr" / "0003-the-store.md"
_TABLE = re.compile(r"(?<=<!-- table: from template.yaml -->\n).*?(?=<!-- end of table -->)", re.DOTALL)
_READER = re.compile(
    r"(?<=<!-- table: from deploy/organization-role.yaml -->\n).*?(?=<!-- end of table -->)", re.DOTALL
)
_KEYS = re.compile(r"(?<=<!-- table: from store/keys.py -->\n).*?(?=<!-- end of table -->)", re.DOTALL)

_CONDITIONS = {
    "HasWebhookSecret": "with `TeamsWebhookSecretArn`",
    "HasRouteSecrets": "with `RouteSecretArns`",
    "HasWebhookSecretKey": "with `WebhookSecretKeyArn`",
    "HasOrganizationRole": "with `OrganizationRoleArn`",
    "not HasOrganizationRole": "without `OrganizationRoleArn`",
    "HasAccountRoles": "with `AccountRoleArns`",
    "HasTrail": "with `Trail`",
    "HasTrailRole": "with `TrailRole`",
    "HasBillingView": "with `BillingViewArn`",
    "not HasBillingView": "without `BillingViewArn`",
    "ReadsResources": "with `Resources`",
    "ReadsAwsBudgets": "with `AwsBudgets`, without `OrganizationRoleArn`",
    "ReadsSecondOpinion": "with `SecondOpinion`, without `OrganizationRoleArn`",
    "HasEventBus": "with `EventBus`",
    "HasDataExport": "with `CostSource` data_export",
    "HasAthenaEngine": "with `ExportEngine` athena",
    "HasKey": "with `KmsKeyArn`",
    "HasNetwork": "with `SubnetIds`",
    "PageIsPresigned": "with `PageLink` presigned",
}
_SERVICES = {
    "s3": "S3 and for `Bucket`",
    "secretsmanager": "Secrets Manager",
    "sns": "SNS",
    "sqs": "SQS",
}


def filled_in(page: str) -> str:
    """The page with the table as the template has it."""
    if not _TABLE.search(page):
        raise ValueError(f"{PAGE} has no place for the table")
    return _TABLE.sub(lambda _: "\n".join(rows()) + "\n", page)


def with_reader(page: str) -> str:
    """The page with the table of the role that is assumed in other accounts."""
    if not _READER.search(page):
        raise ValueError(f"{PAGE} has no place for the table of deploy/organization-role.yaml")
    return _READER.sub(lambda _: "\n".join(reader.rows()) + "\n", page)


def with_keys(page: str) -> str:
    """The page about the store with the table of keys."""
    if not _KEYS.search(page):
        raise ValueError(f"{STORE_PAGE} has no place for the table")
    return _KEYS.sub(lambda _: "\n".join(key_rows()) + "\n", page)


def key_rows() -> Iterator[str]:
    """A line for each kind of object, and one for each thing that becomes of one that is damaged."""
    yield "| Key | What | Written by | Read by | Schema | Kept for | Missing or damaged |"
    yield "|---|---|---|---|---|---|---|"
    for kind in keys.TABLE:
        schema = f"`{kind.schema}`" if kind.schema else ""
        writers, readers = ", ".join(kind.writers), ", ".join(kind.readers)
        lifetime = kind.lifetime if " " in kind.lifetime else f"`{kind.lifetime}`"
        kept = f"{lifetime} | {kind.damaged}"
        yield f"| `{kind.pattern}` | {kind.what} | {writers} | {readers} | {schema} | {kept} |"
    yield ""
    yield "| Missing or damaged | What happens |"
    yield "|---|---|"
    yield from (f"| {name} | {words} |" for name, words in healing.HEALING.items())


def rows() -> Iterator[str]:
    """A line for each role and statement; what every function may do comes once, first."""
    yield "| Role of | Permission | Resource | When |"
    yield "|---|---|---|---|"
    lines = {role.removesuffix("Role"): list(_lines(role)) for role in stack.resources("AWS::IAM::Role")}
    common = [
        line for line in lines["ResolveAccounts"] if all(line in lines[step] for step in stack.functions())
    ]
    yield from (f"| every function {line}" for line in common)
    for name, own in lines.items():
        yield from (f"| {name} {line}" for line in own if name not in stack.functions() or line not in common)


def _lines(role: str) -> Iterator[str]:
    for statement in stack.statements(role):
        permission = ", ".join(f"`{action}`" for action in stack.as_list(statement["Action"]))
        resource = ", ".join(f"`{_plain(each)}`" for each in stack.as_list(statement["Resource"]))
        resource = resource.replace(f"`{role.removesuffix('Role')}Logs`", "its own log group")
        resource += _through(statement)
        when = ", ".join(_CONDITIONS[part] for part in statement.get("If", "").split(" and ") if part)
        yield f"| {permission} | {resource} | {when or 'always'} |"


def _through(statement: Mapping[str, Any]) -> str:
    """The service that a key is used through: `, through S3`."""
    via = statement.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService")
    service = via["Fn::Sub"].partition(".")[0] if via else ""
    return f", through {_SERVICES[service]}" if service else ""


def _plain(resource: Any) -> str:
    """A resource as a person writes it: `Bucket/runs/*` for `{"Fn::Sub": "${Bucket.Arn}/runs/*"}`."""
    match resource:
        case {"Ref": name}:
            return str(name)
        case {"Fn::If": [_, then, otherwise]}:
            return f"{_plain(then)} or {_plain(otherwise)}"
        case {"Fn::GetAtt": [name, _]}:
            return str(name)
        case {"Fn::Split": [_, inner]}:
            return f"each of {_plain(inner)}"
        case {"Fn::Sub": text}:
            text = text.replace(stack.STORE, "${Bucket}")
            return re.sub(r"\$\{(?:AWS::)?(\w+?)(?:\.Arn)?\}", r"\1", text)
        case _:
            return str(resource)


if __name__ == "__main__":
    boundary.FILE.write_text(boundary.text(), "utf-8")
    page = with_reader(filled_in(PAGE.read_text("utf-8")))
    PAGE.write_text(refusals.filled_in(page, list(attempts.all_attempts())), "utf-8")
    STORE_PAGE.write_text(with_keys(STORE_PAGE.read_text("utf-8")), "utf-8")
