"""What Cost Explorer answers wrongly, as changes of the stand-in's answers: for the whole runs and for the fuzzer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from tests.standins.cost_explorer import Spoil

Change = Callable[[dict[str, Any]], None]


def on(days: Callable[[date], bool], change: Change, key: str = "") -> Spoil:
    """Changes the results of some days, of one query if `key` says which."""

    def spoil(parameters: Mapping[str, Any], answer: dict[str, Any]) -> None:
        if not key or key in [group["Key"] for group in parameters.get("GroupBy", [])]:
            for result in answer["ResultsByTime"]:
                if days(date.fromisoformat(result["TimePeriod"]["Start"])):
                    change(result)

    return spoil


def emptied(result: dict[str, Any]) -> None:
    """A day without groups, and without a total."""
    result["Groups"] = []
    for metric in result["Total"].values():
        metric["Amount"] = "0"


def without_days(parameters: Mapping[str, Any], answer: dict[str, Any]) -> None:
    """200, and not one day."""
    answer["ResultsByTime"] = []


def without_last_day(parameters: Mapping[str, Any], answer: dict[str, Any]) -> None:
    """The newest day of a page is absent."""
    answer["ResultsByTime"] = answer["ResultsByTime"][:-1]


def without_next_page(parameters: Mapping[str, Any], answer: dict[str, Any]) -> None:
    """The pages that follow are lost."""
    answer.pop("NextPageToken", None)


def of_account(account: str, change: Change) -> Change:
    """Changes an account's rows of a day."""

    def each(result: dict[str, Any]) -> None:
        for group in result["Groups"]:
            if group["Keys"][0] == account:
                change(group)

    return each


def without_account(account: str) -> Change:
    """An account's rows of a day are lost, and its name is in no total of them."""

    def lost(result: dict[str, Any]) -> None:
        result["Groups"] = [group for group in result["Groups"] if group["Keys"][0] != account]

    return lost


def twice(result: dict[str, Any]) -> None:
    """Each group of a day comes twice."""
    result["Groups"] = [*result["Groups"], *result["Groups"]]


def amount(text: object) -> Change:
    """Another text for an amount."""
    return lambda group: group["Metrics"]["UnblendedCost"].update(Amount=text)
