"""Who acted, in words: `terraform-deploy (Terraform) ran RunInstances on 14 Nov 22:10 UTC: names i-0abc`.

Names are whatever their owners gave them, so they are cleaned and cut like all text from outside.
"""

from __future__ import annotations

import re
from datetime import UTC

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Act
from finopsguard.report.untrusted import plain
from finopsguard.report.words import NAME, WORD, Words

# Lambda's events have the date of its API: `UpdateFunctionCode20150331v2`.
_DATED = re.compile(r"(?<=[a-z])\d{8}(?:v\d)?$")


def sentences(words: Words, line: AnomalyLine, limit: int = 2) -> list[str]:
    """Whose acts explain an anomaly, a sentence each; none where nobody is known."""
    return [sentence(words, act) for act in line.who[:limit]]


def sentence(words: Words, act: Act) -> str:
    """One act, and how sure it is that it explains the anomaly."""
    at = act.at.astimezone(UTC)
    said = words.t(
        "who.ran",
        who=_who(words, act),
        event=plain(_DATED.sub("", act.event), NAME),
        day=words.n.day(at.date()),
        time=f"{at:%H:%M}",
    )
    if act.grade == "confirmed" and act.resource:
        return words.t("who.confirmed", act=said, resource=plain(_end(act.resource), NAME))
    return words.t("who.coincides", act=said)


def _who(words: Words, act: Act) -> str:
    """`ana@… (DataScience, console)`: a person before the permission set, and the tool where it is known."""
    kind, _, rest = act.principal.partition("/")
    name, beside = rest or act.principal, ""
    if kind == "sso":
        beside, _, name = rest.partition("/")
    elif kind == "root":
        name = words.t("who.root")
    elif kind == "account":
        name = words.t("who.account", account=rest)
    tool = words.t("who.console") if act.tool == "console" else act.tool
    more = ", ".join(filter(None, (plain(beside, WORD), plain(tool, WORD))))
    return words.t("who.with", who=plain(name, NAME), more=more) if more else plain(name, NAME)


def _end(resource: str) -> str:
    """The end of an ARN, which says most of it; any other id as it is."""
    if not resource.startswith("arn:"):
        return resource
    return resource.rpartition(":")[2].rpartition("/")[2] or resource
