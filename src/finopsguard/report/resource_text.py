"""The resources of an anomaly in words, as AWS names them: short in a line, whole in the page's table.

No link leads to one: a bill says neither in which Region a resource is nor of which kind, and a console opens the
reader's own account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import ResourceCost
from finopsguard.report.untrusted import plain, plain_end
from finopsguard.report.words import NAME, Words

_LONGEST = 1024
_RESOURCE_OF_AN_ARN = 5  # arn:partition:service:region:account:resource


@dataclass(frozen=True)
class ResourceRow:
    """A resource in the page's table: its whole id, what it cost on the anomaly's days and how much of it is new."""

    id: str
    cost: Decimal
    impact: Decimal
    new: bool


def sentence(words: Words, line: AnomalyLine) -> str:
    """`Resources: i-0a7c41e9d20b6f358 +$52.10 (new), i-0c19f5be7d3a80264 +$45.59`; empty where there are none."""
    found = [_named(words, each) for each in line.resources]
    return words.t("resources.line", n=len(found), resources=", ".join(found)) if found else ""


def rows(line: AnomalyLine) -> Sequence[ResourceRow]:
    """The same for the page."""
    return [
        ResourceRow(plain(each.id, _LONGEST), each.cost, each.impact, _is_new(each))
        for each in line.resources
    ]


def short(resource_id: str) -> str:
    """An id as there is room for: of an ARN what follows the account, of a long one its end."""
    parts = resource_id.split(":", _RESOURCE_OF_AN_ARN)
    is_arn = parts[0] == "arn" and len(parts) > _RESOURCE_OF_AN_ARN
    return plain_end(parts[_RESOURCE_OF_AN_ARN] if is_arn else resource_id, NAME)


def _named(words: Words, resource: ResourceCost) -> str:
    key = "resources.new" if _is_new(resource) else "resources.named"
    return words.t(key, resource=short(resource.id), amount=words.n.money(resource.impact, signed=True))


def _is_new(resource: ResourceCost) -> bool:
    return resource.cost == resource.impact > 0
