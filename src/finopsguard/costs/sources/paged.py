"""One page of Cost Explorer: asked for, held to its form, and counted as AWS charges it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from finopsguard.aws.errors import COST_EXPLORER, complete, texts, translated
from finopsguard.costs.sources.answers import incomplete
from finopsguard.ports import Meter

if TYPE_CHECKING:
    from types_boto3_ce.type_defs import ExpressionTypeDef


class Asker:
    """Asks through one role, None for the own credentials. `requests` are the pages that were answered."""

    def __init__(self, role_arn: str | None, paid: Meter) -> None:
        self._role_arn = role_arn
        self._paid = paid
        self.requests = 0

    def page(self, ask: Callable[..., Any], query: Any, key: str) -> Any:
        """The answer, which has `key`. Raises what Cost Explorer's port may raise, and what `paid` raises."""
        with translated(COST_EXPLORER, about=self._role_arn or ""):
            try:
                page = texts(complete(ask(**query), key), "NextPageToken")
            except (AttributeError, TypeError) as error:
                # botocore's parser, given a list or a text where the service's model has an object.
                self._count()
                raise incomplete("answer", f"it is not of the documented form ({error})") from error
        self._count()
        return page

    def _count(self) -> None:
        self.requests += 1
        self._paid()


def only(accounts: Sequence[str]) -> ExpressionTypeDef:
    """The filter of these accounts."""
    return {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": list(accounts)}}
