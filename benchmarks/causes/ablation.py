"""The product with one of its rules removed at a time: what each is good for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from unittest import mock

from benchmarks.causes.incidents import Incident
from benchmarks.causes.methods import Answer, product
from finopsguard.incidents.causes import explaining, held, parts, ranking


def _all(_: object, days: Sequence[date]) -> tuple[date, ...]:
    return tuple(days)


def _first(_: object, days: Sequence[date]) -> date:
    return days[0] if days else date.min


def _whole_baseline(start: date, days: Sequence[date], _: object) -> held.Window:
    return held.Window(start, tuple(sorted(set(days))), tuple(held.baseline(start).dates()))


def _as_they_are(found: Sequence[parts.Part], _: Decimal) -> tuple[parts.Part, ...]:
    return tuple(found)


RULES: Mapping[str, tuple[object, str, object]] = {
    "the mean of a weekday, not its middle": (held, "_middle", _all),
    "no new levels": (held, "_level_since", _first),
    "days before anything was billed count": (parts, "window", _whole_baseline),
    "one or two of a weekday are enough": (held, "FEW", 0),
    "what comes now and then counts in full": (ranking, "ORDINARY", Decimal(1)),
    "no switches": (explaining, "with_switches", _as_they_are),
}


@contextmanager
def without(rule: str) -> Iterator[None]:
    """The product without one of RULES."""
    where, name, instead = RULES[rule]
    with mock.patch.object(where, name, instead):
        yield


def answers(found: Sequence[Incident]) -> Iterator[tuple[str, list[Answer | None]]]:
    """Each rule and the first causes without it; and without usage by record type."""
    for rule in RULES:
        with without(rule):
            yield rule, [product(each) for each in found]
    blind = [replace(each, usage=replace(each.usage, by_record_type=None)) for each in found]
    yield "record types not read", [product(each) for each in blind]
