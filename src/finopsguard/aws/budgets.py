"""AWS Budgets: the budgets of an account, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from finopsguard import errors
from finopsguard.aws import bounds
from finopsguard.aws.bounds import Pages
from finopsguard.aws.errors import Rule, Service, complete, incomplete

BUDGETS = Service(
    name="AWS Budgets",
    iam="budgets",
    unavailable=errors.AwsBudgetsUnavailable,
    denied=errors.AwsBudgetsAccessDenied,
    denied_hint=", or set FINOPSGUARD_AWS_BUDGETS=false",
    rejected=Rule(
        errors.AwsBudgetsAccessDenied,
        "AWS Budgets refused the request. Check AWS_ENDPOINT_URL, or set FINOPSGUARD_AWS_BUDGETS=false.",
    ),
    rules={
        "InternalErrorException": (
            Rule(errors.AwsBudgetsUnavailable, "AWS Budgets has a server error. Run again in some minutes."),
        ),
        "InvalidNextTokenException": (
            Rule(errors.AwsBudgetsUnavailable, "AWS Budgets changed its pages. Run again in some minutes."),
        ),
        "ExpiredNextTokenException": (
            Rule(errors.AwsBudgetsUnavailable, "AWS Budgets changed its pages. Run again in some minutes."),
        ),
    },
)


class Describes(Protocol):
    """What is used of boto3's Budgets client."""

    def get_paginator(self, operation_name: str) -> Any:
        """Pages of `describe_budgets`."""


def described(client: Describes, account_id: str) -> Iterator[Mapping[str, Any]]:
    """Every budget of the account as AWS describes it, with its filter; for use inside `translated`.

    Raises AnswerTooLong.
    """
    count = Pages("The list of budgets", bounds.MOST_BUDGET_PAGES, "Check AWS_ENDPOINT_URL.")
    asked = {"AccountId": account_id, "ShowFilterExpression": True}
    for page in count.each(client.get_paginator("describe_budgets").paginate(**asked)):
        for budget in complete(page, "Budgets")["Budgets"]:
            name = complete(budget, "BudgetName")["BudgetName"]
            if not isinstance(name, str) or not name.strip():
                raise incomplete("a budget without a name")
            yield budget
