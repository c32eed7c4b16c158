"""AWS Budgets: the budgets of each account, with their filters where they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.standins.json_service import JsonStandIn
from tests.standins.service import Refused
from tests.standins.sts import StsStandIn


class BudgetsStandIn(JsonStandIn):
    """`budgets` by account, as AWS describes them; an account may read its own. `page_size` is the default of AWS."""

    def __init__(self, sts: StsStandIn) -> None:
        super().__init__()
        self._sts = sts
        self.budgets: dict[str, list[Mapping[str, Any]]] = {}
        self.page_size = 100

    def authenticate(self, access_key: str) -> str:
        return self._sts.account_of(access_key)

    def operations(self) -> Mapping[str, Any]:
        return {"DescribeBudgets": self._describe}

    def _describe(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        account = parameters["AccountId"]
        if account != self._sts.account_of(access_key):
            raise Refused("AccessDeniedException", f"Account {account} is not yours.")
        found = self.budgets.get(account, [])
        start = int(parameters.get("NextToken", "0"))
        shown = [self._shown(each, parameters) for each in found[start : start + self.page_size]]
        end = start + self.page_size
        return {"Budgets": shown, **({"NextToken": str(end)} if end < len(found) else {})}

    def _shown(self, budget: Mapping[str, Any], parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        hidden = () if parameters.get("ShowFilterExpression") else ("FilterExpression",)
        return {key: value for key, value in budget.items() if key not in hidden}


def monthly(name: str, amount: str, **more: Any) -> dict[str, Any]:
    """A monthly cost budget as AWS describes it; `more` replaces or adds fields."""
    return {
        "BudgetName": name,
        "BudgetLimit": {"Amount": amount, "Unit": "USD"},
        "CostFilters": {},
        "CostTypes": {"IncludeTax": True, "UseBlended": False, "UseAmortized": False},
        "TimeUnit": "MONTHLY",
        "TimePeriod": {"Start": 1_700_000_000.0, "End": 3_706_473_600.0},
        "CalculatedSpend": {"ActualSpend": {"Amount": "1.0", "Unit": "USD"}},
        "BudgetType": "COST",
        **more,
    }
