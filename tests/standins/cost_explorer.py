"""Cost Explorer: GetCostAndUsage with filters, grouping, granularities, pages and AWS's checks of the request.

GetDimensionValues tells which linked accounts were billed. The checks follow the API reference of GetCostAndUsage
(documented by AWS); their wording follows messages that users have published. Only dimensions are spoken, no tags and
no cost categories.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from operator import attrgetter
from typing import Any

from tests.standins.costs import DIMENSIONS, Charge, Costs
from tests.standins.json_service import JsonStandIn
from tests.standins.organizations import OrganizationsStandIn
from tests.standins.service import Refused
from tests.standins.sts import CALLER, StsStandIn

METRICS = (
    "AmortizedCost",
    "BlendedCost",
    "NetAmortizedCost",
    "NetUnblendedCost",
    "UnblendedCost",
    "UsageQuantity",
)
PRICE = Decimal("0.01")

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PARAMETERS = {"TimePeriod", "Granularity", "Filter", "Metrics", "GroupBy", "BillingViewArn", "NextPageToken"}

_NOTHING = (Decimal(0), Decimal(0))

Test = Callable[[Charge], bool]
# Changes an answer before it is sent: (the request's parameters, the answer).
Spoil = Callable[[Mapping[str, Any], dict[str, Any]], None]
# (unblended cost, amortized cost); all other metrics are as unblended.
Sums = tuple[Decimal, Decimal]
# One period of the answer, and its groups by key; without GroupBy the only key is empty.
Result = tuple[date, date, dict[tuple[str, ...], Sums]]


class CostExplorerStandIn(JsonStandIn):
    """Answers for all accounts to the management account, to any other account for itself alone.

    `page_size` is how many groups a page holds: it can end inside a day. `denied_accounts` may not be asked for.
    `today` (if set) makes the checks on dates real: no start in the future or more than 14 months ago. `unit` is the
    currency. `billing_views` may be named by a request, and show everything to anybody. `names` are of accounts that
    the Organization does not list.
    """

    def __init__(self, sts: StsStandIn, organizations: OrganizationsStandIn, costs: Costs) -> None:
        super().__init__()
        self._sts = sts
        self._organizations = organizations
        self.costs = costs
        self.page_size = 5000
        self.unit = "USD"
        self.today: date | None = None
        self.denied_accounts: set[str] = set()
        self.billing_views: set[str] = set()
        self.names: dict[str, str] = {}
        self.spoils: list[tuple[Spoil, int | None]] = []
        self._tokens: dict[str, tuple[str, int]] = {}
        self._results: dict[str, list[Result]] = {}

    @property
    def requests(self) -> int:
        """Pages answered: what AWS charges for."""
        return self.count("GetCostAndUsage") + self.count("GetDimensionValues")

    @property
    def usd(self) -> Decimal:
        """What AWS would charge for them."""
        return self.requests * PRICE

    def spoil(self, change: Spoil, times: int | None = None) -> None:
        """The next `times` answers of GetCostAndUsage are changed before they are sent; None means for ever."""
        self.spoils.append((change, times))

    def throttle(self, times: int | None = 1) -> None:
        """The next calls are refused for too many requests."""
        self.fail("LimitExceededException", "Rate exceeded", times=times)

    def break_down(self, times: int | None = 1) -> None:
        """The next calls get a server error."""
        self.fail("InternalFailure", "Internal error", status=500, times=times)

    def refuse_tokens(self, times: int | None = 1) -> None:
        """The next calls with a page token are refused."""
        self.fail(
            "InvalidNextTokenException",
            "Invalid token",
            times=times,
            when=lambda operation, parameters: "NextPageToken" in parameters,
        )

    def disable(self) -> None:
        """Cost Explorer was never enabled."""
        self.fail("DataUnavailableException", "Data is not available.", times=None)

    def deny(self) -> None:
        """The caller's role may not call Cost Explorer."""
        self.fail(
            "AccessDeniedException",
            f"User: arn:aws:sts::111100000000:{CALLER} is not authorized to perform: ce:GetCostAndUsage",
            times=None,
        )

    def authenticate(self, access_key: str) -> str:
        return self._sts.account_of(access_key)

    def operations(self) -> Mapping[str, Any]:
        return {
            "GetCostAndUsage": self._get_cost_and_usage,
            "GetDimensionValues": self._get_dimension_values,
        }

    def _get_dimension_values(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        unknown = set(parameters) - {
            "TimePeriod",
            "Dimension",
            "Context",
            "BillingViewArn",
            "NextPageToken",
        }
        if unknown or parameters.get("Dimension") != "LINKED_ACCOUNT":
            raise _invalid(f"Only LINKED_ACCOUNT is spoken by the stand-in, without {sorted(unknown)}")
        start, end = _interval(parameters.get("TimePeriod", {}))
        self._check_dates(start)
        visible = self._visible(parameters, access_key)
        billed = sorted({charge.account_id for charge in self.costs.between(start, end) if visible(charge)})
        offset = self._offset(parameters.get("NextPageToken"), "dimension")
        answer: dict[str, Any] = {
            "DimensionValues": [
                {"Value": account, "Attributes": {"description": self._name(account)}}
                for account in billed[offset : offset + self.page_size]
            ],
            "ReturnSize": min(len(billed), self.page_size),
            "TotalSize": len(billed),
        }
        if offset + self.page_size < len(billed):
            answer["NextPageToken"] = self._token("dimension", offset + self.page_size)
        return answer

    def _name(self, account: str) -> str:
        listed = {each.id: each.name for each in self._organizations.accounts}
        return listed.get(account) or self.names.get(account, account)

    def _get_cost_and_usage(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        start, end, granularity = self._check(parameters)
        metrics = parameters["Metrics"]
        keys = [group["Key"] for group in parameters.get("GroupBy", [])]
        visible = self._visible(parameters, access_key)
        matches = _test(parameters["Filter"]) if "Filter" in parameters else _everything
        asked = json.dumps(
            {name: value for name, value in parameters.items() if name != "NextPageToken"}, sort_keys=True
        )
        offset = self._offset(parameters.get("NextPageToken"), asked)
        if offset == 0:
            self._results[asked] = [
                (first, last, self._groups(first, last, keys, [visible, matches]))
                for first, last in _periods(start, end, granularity)
            ]
        results = self._results[asked]
        by_time, more = _page(results, offset, self.page_size)
        answer: dict[str, Any] = {
            "ResultsByTime": [self._result(result, metrics, grouped=bool(keys)) for result in by_time],
            "DimensionValueAttributes": self._attributes(by_time, keys),
        }
        if keys:
            answer["GroupDefinitions"] = parameters["GroupBy"]
        if more is not None:
            answer["NextPageToken"] = self._token(asked, more)
        spoils, self.spoils = self.spoils, []
        for change, times in spoils:
            change(parameters, answer)
            if times != 1:
                self.spoils.append((change, times and times - 1))
        return answer

    def _check(self, parameters: Mapping[str, Any]) -> tuple[date, date, str]:
        unknown = set(parameters) - _PARAMETERS
        if unknown:
            raise _invalid(f"Unknown parameters {sorted(unknown)}")
        start, end = _interval(parameters.get("TimePeriod", {}))
        self._check_dates(start)
        granularity = parameters.get("Granularity")
        if granularity not in ("DAILY", "MONTHLY"):
            raise _invalid(f"Granularity {granularity} is not supported by the stand-in")
        metrics = parameters.get("Metrics") or []
        if not metrics:
            raise _invalid("Metrics is required")
        for metric in metrics:
            if metric not in METRICS:
                raise _invalid(f"Invalid metric: {metric}")
        groups = parameters.get("GroupBy", [])
        if len(groups) > 2:
            raise _invalid("Group by can have at most 2 groups")
        for group in groups:
            if group.get("Type") != "DIMENSION" or group.get("Key") not in DIMENSIONS:
                raise _invalid(f"Group definition is invalid: {group}")
        return start, end, granularity

    def _check_dates(self, start: date) -> None:
        if self.today is None:
            return
        if start > self.today:
            raise _invalid("Start date should not be in the future")
        if start < self.today - timedelta(days=14 * 30.5):
            raise _invalid("You haven't enabled historical data beyond 14 months")

    def _visible(self, parameters: Mapping[str, Any], access_key: str) -> Test:
        view = parameters.get("BillingViewArn")
        if view is not None and view not in self.billing_views:
            raise Refused("ResourceNotFoundException", f"The billing view {view} does not exist")
        caller = self._sts.account_of(access_key)
        named = _named_accounts(parameters.get("Filter", {}))
        if named & self.denied_accounts:
            raise Refused(
                "AccessDeniedException",
                f"No access to the linked accounts {sorted(named & self.denied_accounts)}",
            )
        manages = self._organizations.in_use and caller == self._organizations.management_account
        if view is not None or manages:
            return _everything
        return lambda charge: charge.account_id == caller

    def _groups(
        self, start: date, end: date, keys: Sequence[str], tests: Sequence[Test]
    ) -> dict[tuple[str, ...], Sums]:
        key_of = _key(keys)
        charges: Iterable[Charge] = self.costs.between(start, end)
        for test in tests:
            charges = charges if test is _everything else filter(test, charges)
        groups: dict[tuple[str, ...], Sums] = {}
        for charge in charges:
            key = key_of(charge)
            amount, amortized = groups.get(key, _NOTHING)
            groups[key] = (amount + charge.amount, amortized + charge.amortized)
        return dict(sorted(groups.items()))

    def _result(self, result: Result, metrics: Sequence[str], *, grouped: bool) -> Mapping[str, Any]:
        start, end, groups = result
        total = {} if grouped else self._amounts(groups.get((), _NOTHING), metrics)
        listed = [
            {"Keys": list(key), "Metrics": self._amounts(sums, metrics)} for key, sums in groups.items()
        ]
        return {
            "TimePeriod": {"Start": str(start), "End": str(end)},
            "Total": total,
            "Groups": listed if grouped else [],
            # True for the whole open month, so it does not mark a partial day (seen in recorded answers).
            "Estimated": self.today is None or (end.year, end.month) >= (self.today.year, self.today.month),
        }

    def _amounts(self, sums: Sums, metrics: Sequence[str]) -> Mapping[str, Any]:
        unblended, amortized = (format(each.normalize(), "f") if each else "0" for each in sums)
        return {
            metric: {"Amount": amortized if metric == "AmortizedCost" else unblended, "Unit": self.unit}
            for metric in metrics
        }

    def _attributes(self, results: Sequence[Result], keys: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        if "LINKED_ACCOUNT" not in keys:
            return []
        position = keys.index("LINKED_ACCOUNT")
        shown = {key[position] for _, _, groups in results for key in groups}
        return [{"Value": value, "Attributes": {"description": self._name(value)}} for value in sorted(shown)]

    def _offset(self, token: str | None, asked: str) -> int:
        if token is None:
            return 0
        if token not in self._tokens:
            raise Refused("InvalidNextTokenException", "The pagination token is invalid.")
        first_asked, offset = self._tokens[token]
        if asked != first_asked:
            raise Refused("RequestChangedException", "Your request parameters changed between pages.")
        return offset

    def _token(self, asked: str, offset: int) -> str:
        token = f"page-{len(self._tokens) + 1}"
        self._tokens[token] = (asked, offset)
        return token


def _everything(charge: Charge) -> bool:
    return True


def _invalid(message: str) -> Refused:
    return Refused("ValidationException", message)


def _interval(period: Mapping[str, str]) -> tuple[date, date]:
    for name in ("Start", "End"):
        if not _DAY.fullmatch(period.get(name, "")):
            raise _invalid(f"{name} time {period.get(name)} is invalid. Valid format is: yyyy-MM-dd.")
    start, end = date.fromisoformat(period["Start"]), date.fromisoformat(period["End"])
    if start >= end:
        raise _invalid("Start date (and hour) should be before end date (and hour)")
    return start, end


def _periods(start: date, end: date, granularity: str) -> list[tuple[date, date]]:
    periods = []
    while start < end:
        following = start + timedelta(days=1)
        if granularity == "MONTHLY":
            following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        periods.append((start, min(following, end)))
        start = following
    return periods


def _page(results: Sequence[Result], offset: int, size: int) -> tuple[list[Result], int | None]:
    """The results with groups `offset` to `offset + size` and the next offset; a day without groups counts as one."""
    page: list[Result] = []
    position = 0
    for start, end, groups in results:
        first, last = max(offset - position, 0), offset + size - position
        if first < max(len(groups), 1) and last > 0:
            page.append((start, end, dict(itertools.islice(groups.items(), first, last))))
        position += max(len(groups), 1)
    return page, offset + size if offset + size < position else None


def _test(expression: Mapping[str, Any]) -> Test:
    """A filter expression as a test of a charge."""
    if len(expression) != 1:
        raise _invalid("Expression must have exactly one root operator")
    ((operator, operand),) = expression.items()
    if operator == "Dimensions":
        return _dimension_test(operand)
    if operator == "Not":
        inner = _test(operand)
        return lambda charge: not inner(charge)
    if operator in ("And", "Or"):
        if len(operand) < 2:
            raise _invalid(f"{operator} expression must have at least 2 operands")
        return reduce(_both if operator == "And" else _either, map(_test, operand))
    raise _invalid(f"{operator} is not spoken by the stand-in")


def _dimension_test(operand: Mapping[str, Any]) -> Test:
    key, values = operand.get("Key"), operand.get("Values")
    if key not in DIMENSIONS:
        raise _invalid(f"Dimension {key} is not allowed.")
    if not values:
        raise _invalid("Values must not be empty")
    if set(operand.get("MatchOptions", ["EQUALS"])) - {"EQUALS", "CASE_SENSITIVE"}:
        raise _invalid("Match options are invalid")
    allowed, value_of = frozenset(values), attrgetter(DIMENSIONS[key])
    return lambda charge: value_of(charge) in allowed


def _both(first: Test, second: Test) -> Test:
    return lambda charge: first(charge) and second(charge)


def _either(first: Test, second: Test) -> Test:
    return lambda charge: first(charge) or second(charge)


def _key(dimensions: Sequence[str]) -> Callable[[Charge], tuple[str, ...]]:
    """What a charge is grouped by: a reading of thousands of charges asks it of each."""
    if not dimensions:
        return lambda charge: ()
    values_of: Callable[[Charge], Any] = attrgetter(*(DIMENSIONS[name] for name in dimensions))
    return values_of if len(dimensions) > 1 else lambda charge: (values_of(charge),)


def _named_accounts(expression: Mapping[str, Any]) -> set[str]:
    """The accounts that a filter names, at any depth."""
    if "Dimensions" in expression and expression["Dimensions"].get("Key") == "LINKED_ACCOUNT":
        return set(expression["Dimensions"]["Values"])
    inner = [*expression.get("And", []), *expression.get("Or", [])]
    return set().union(*(_named_accounts(part) for part in inner))
