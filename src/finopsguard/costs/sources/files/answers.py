"""Answers of `aws ce get-cost-and-usage`: one page, several after each other, or a list of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from finopsguard.costs.sources.files.rows import ALL, Row, Rows
from finopsguard.errors import InvalidInput
from finopsguard.models.metrics import COST_METRICS

_WORDS = {
    "UnblendedCost": "unblended",
    "AmortizedCost": "amortized",
    "NetUnblendedCost": "net unblended",
    "NetAmortizedCost": "net amortized",
    "BlendedCost": "blended",
}
_WHAT = "Give the whole answer of `aws ce get-cost-and-usage --granularity DAILY`, all of its pages."


def read_answers(file: str, text: str) -> Rows:
    """A row for each group of each day, of the first metric of cost that is there; `line` is the day's number in the
    file.

    Raises InvalidInput for what is no such answer, for months, for a page that is missing, and for one that is there
    twice.
    """
    pages = [page for each in _documents(file, text) for page in (each if isinstance(each, list) else [each])]
    if not pages or not all(
        isinstance(page, dict) and isinstance(page.get("ResultsByTime"), list) for page in pages
    ):
        raise InvalidInput(f"{file} has no ResultsByTime: it is no answer of Cost Explorer. {_WHAT}")
    _refuse_missing_pages(file, pages)
    keys = _keys(file, pages)
    metric = _metric(file, pages)
    rows: list[Row] = []
    seen: set[tuple[str, ...]] = set()
    number = 0
    for page in pages:
        for result in page["ResultsByTime"]:
            number += 1
            day = _day(file, result)
            for names, metrics in _groups(file, day, result, keys):
                if (day, *names) in seen:
                    raise InvalidInput(
                        f"{file} has {', '.join(names) or 'all'} on {day} twice. Give each page once."
                    )
                seen.add((day, *names))
                found = metrics.get(metric) if isinstance(metrics, dict) else None
                money: Mapping[str, Any] = found if isinstance(found, dict) else {}
                account, service, kind = _labels(keys, names)
                cost, unit = (str(money.get(each) or "") for each in ("Amount", "Unit"))
                rows.append(Row(number, day, account, service, kind, cost, unit or None))
    return Rows("Cost Explorer's JSON", rows, metric=_WORDS[metric], by=" and ".join(keys))


def _documents(file: str, text: str) -> Iterator[Any]:
    decoder, place = json.JSONDecoder(), 0
    while rest := text[place:].lstrip():
        place = len(text) - len(rest)
        try:
            found, place = decoder.raw_decode(text, place)
        except (json.JSONDecodeError, RecursionError) as error:
            raise InvalidInput(f"{file} is no JSON ({error}). {_WHAT}") from error
        yield found


def _refuse_missing_pages(file: str, pages: Sequence[Mapping[str, Any]]) -> None:
    """Each page but the last names the next one."""
    if sum(bool(page.get("NextPageToken")) for page in pages) >= len(pages):
        raise InvalidInput(f"{file} ends with a page that names a next one: costs are missing. {_WHAT}")


def _keys(file: str, pages: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the groups are by. Raises InvalidInput for pages of different questions."""
    found = {
        tuple(
            str(each.get("Key") or each.get("Type"))
            for each in page.get("GroupDefinitions") or []
            if isinstance(each, dict)
        )
        for page in pages
    }
    if len(found) > 1:
        raise InvalidInput(
            f"{file} has pages that are grouped in different ways. Give the pages of one question."
        )
    return list(found.pop())


def _metric(file: str, pages: Sequence[Mapping[str, Any]]) -> str:
    names: set[str] = set()
    for page in pages:
        for result in page["ResultsByTime"]:
            if isinstance(result, dict):
                groups = result.get("Groups") or []
                for metrics in (
                    result.get("Total"),
                    *(each.get("Metrics") for each in groups if isinstance(each, dict)),
                ):
                    names |= set(metrics) if isinstance(metrics, dict) else set()
    chosen = next((name for name in COST_METRICS if name in names), None)
    if chosen is None:
        had = ", ".join(sorted(names)) or "none"
        raise InvalidInput(f"{file} has no metric of cost ({had}). Ask with --metrics UnblendedCost.")
    return chosen


def _day(file: str, result: object) -> str:
    try:
        period = result["TimePeriod"]  # type: ignore[index]
        start, end = str(period["Start"]), str(period["End"])
        whole = date.fromisoformat(end[:10]) - date.fromisoformat(start[:10])
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"{file} has a result without its day. {_WHAT}") from error
    if whole > timedelta(days=1):
        raise InvalidInput(
            f"{file} is by month or longer ({start} to {end}): days are needed. Ask with --granularity DAILY."
        )
    return start


def _groups(
    file: str, day: str, result: Mapping[str, Any], keys: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], object]]:
    """(names, metrics) of each group; without groups of the whole day."""
    groups = result.get("Groups") or []
    if not keys and not groups:
        yield (), result.get("Total")
        return
    for group in groups:
        names = group.get("Keys") if isinstance(group, dict) else None
        if (
            not isinstance(names, list)
            or len(names) != len(keys)
            or not all(isinstance(each, str) for each in names)
        ):
            raise InvalidInput(f"{file} has a group on {day} without the keys that it is by. {_WHAT}")
        yield tuple(names), group.get("Metrics")


def _labels(keys: Sequence[str], names: Sequence[str]) -> tuple[str, str, str | None]:
    """(account, service, record type). What is by neither account nor service is judged by what it is by."""
    by = dict(zip(keys, names, strict=True))
    account, service, kind = (
        by.pop("LINKED_ACCOUNT", ALL),
        by.pop("SERVICE", None),
        by.pop("RECORD_TYPE", None),
    )
    if service is None:
        service = " / ".join(by.values()) if by else ALL
    return account, service, kind
