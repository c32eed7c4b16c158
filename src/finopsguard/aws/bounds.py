"""How much of AWS's answers is read: pages and bytes; what is beyond is no answer of AWS, or one nobody can use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from finopsguard.errors import AnswerTooLong

MOST_QUERY_PAGES = 1_000
"""Of one query of Cost Explorer. At $0.01 a page they cost $10; 100 accounts with 20 services over 98 days are 42 pages
at 5,000 groups each, and 412 at 500: AWS documents no size of a page."""

MOST_LIST_PAGES = 5_000
"""Of all requests that one list of accounts takes. Pages have up to 20 accounts, and a walk through units takes two for
each: 10,000 accounts are 500, and 2,000 units, the most that AWS allows, are 4,000."""

MOST_TAG_PAGES = 10
"""Of one account's tags: AWS allows 50."""

MOST_BUDGET_PAGES = 200
"""Of one account's budgets: pages have 100, and AWS allows 20,000."""

MOST_KEY_PAGES = 1_000
"""Of one listing of the bucket: pages have 1,000 keys, and a year of daily reports keeps some thousands."""

MOST_HISTORY_PAGES = 50
"""Of one execution's history: pages have 1,000 events, and AWS ends an execution at 25,000."""

MOST_ANSWER_BYTES = 16_000_000
"""Of one answer that is no object. A page of Cost Explorer has 5,000 groups of some 300 bytes, and the longest of all,
a page of an execution's history, 1,000 events of which few have a payload."""

MOST_OBJECT_BYTES = 1_000_000_000
"""Of one object. The costs of 10,000 accounts over a year are some hundred megabytes."""


def refuse_large(name: str, size: int) -> None:
    """Raises AnswerTooLong for an object that would not fit into memory."""
    if size > MOST_OBJECT_BYTES:
        raise AnswerTooLong(
            f"{name} has {size} bytes, more than {MOST_OBJECT_BYTES}: nothing of FinOps Guard is so large."
            " Delete it and run the report again from its first step."
        )


class Pages:
    """Counts the pages of one question, over all its requests; `remedy` is what to do where there are too many."""

    def __init__(self, what: str, most: int, remedy: str) -> None:
        self._what = what
        self._most = most
        self._remedy = remedy
        self._left = most

    def take(self) -> None:
        """One more page; raises AnswerTooLong beyond the bound."""
        if self._left == 0:
            raise AnswerTooLong(f"{self._what} has more than {self._most} pages. {self._remedy}")
        self._left -= 1

    def each(self, pages: Iterable[Mapping[str, Any]]) -> Iterator[Any]:
        """The pages of a paginator; the first beyond the bound is the last that is asked for."""
        for page in pages:
            self.take()
            yield page
