"""How AWS names what it bills: `EUW1-BoxUsage:m5.large` is a Region, what is counted, and an instance type.

Read from names as they stand in bills; AWS documents the form of few of them. A name of another form has neither
family nor likeness, and is only itself.
"""

from __future__ import annotations

import re
from functools import cache

# USE1-, EUW2-, APN1-; EU- is Ireland, and us-east-1 has none in most names. Of a transfer between two Regions there
# are two.
_REGION = re.compile(r"(?:(?:EU|[A-Z]{3}\d{1,2})-)+(?=.)")
# m5.large, db.r6g.2xlarge, cache.t4g.micro, ml.p4d.24xlarge, r6g.large.search, u-6tb1.metal; of a host the family
# alone.
_SIZE = r"nano|micro|small|medium|large|xlarge|\d+xlarge|metal(?:-\w+)?"
_INSTANCE = re.compile(rf"[:.](?:(?:db|cache|ml|dms|dax|kafka)\.)?([a-z][a-z0-9-]*)\.({_SIZE})(?![a-z0-9])")
_HOST = re.compile(r"HostUsage:([a-z][a-z0-9-]*)$")
_TOKENS = re.compile(
    r"(cache.?read|cache.?write|input|output)[-_. ]?(?:image|text|audio)?[-_. ]?tokens?", re.IGNORECASE
)


@cache
def without_region(usage_type: str) -> str:
    """`BoxUsage:m5.large` of `EUW1-BoxUsage:m5.large`."""
    return _REGION.sub("", usage_type, count=1) if _REGION.match(usage_type) else usage_type


@cache
def family(usage_type: str) -> str | None:
    """`p5` of `BoxUsage:p5.48xlarge`, of databases, caches and notebooks too; None for what is no instance."""
    found = _INSTANCE.search(usage_type) or _HOST.search(usage_type)
    return found[1] if found else None


@cache
def instance_type(usage_type: str) -> str | None:
    """`p5.48xlarge` of `BoxUsage:p5.48xlarge`, without what kind of service it is of."""
    found = _INSTANCE.search(usage_type)
    return f"{found[1]}.{found[2]}" if found else None


def size(usage_type: str) -> str | None:
    """`48xlarge` of `BoxUsage:p5.48xlarge`."""
    found = instance_type(usage_type)
    return found.partition(".")[2] if found else None


@cache
def counted(usage_type: str) -> str:
    """What is counted, which two usage types must share to take each other's place.

    `BoxUsage` of all instances on demand, `EBS:VolumeUsage` of gp2 and gp3, `TimedStorage` of all classes of S3,
    `input tokens` of all models. The processor is left out: `Fargate-ARM-vCPU-Hours` takes the place of another one.
    """
    name = without_region(usage_type).replace("-ARM", "")
    if tokens := _TOKENS.search(name):
        return f"{tokens[1].lower()} tokens"
    head, colon, detail = name.partition(":")
    if colon and detail[:1].isupper():
        return f"{head}:{detail.partition('.')[0].rpartition('-')[2]}"
    return head if colon else name.partition("-")[0]
