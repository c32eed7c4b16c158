"""Cost Explorer: GetCostAndUsage with filters, grouping, granularities, pages and AWS's checks of the request.

GetDimensionValues tells which linked accounts were billed, GetCostAndUsageWithResources the last 14 days by resource.
The checks follow the API reference (documented by AWS); their wording follows messages that users have published. Only
dimensions are spoken, no tags and no cost categories.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from tests.standins.costs import DIMENSIONS, Charge, Costs
from tests.standins.filters import Test, everything, invalid, key_of, matching, named_accounts
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

# Changes an answer before it is sent: (the request's parameters, the answer).
Spoil = Callable[[Mapping[str, Any], dict[str, Any]], None]
# (unblended cost, amortized cost); all other metrics are as unblended.
Sums = tuple[Decimal, Decimal]
# Of a group, how much was used and in which unit: of several there is none, nor of nothing (seen in recorded answers).
Used = tuple[Decimal, str]
# One period of the answer, and its groups by key; without GroupBy the only key is empty.
Result = tuple[date, date, dict[tuple[str, ...], Sums]]


class CostExplorerStandIn(JsonStandIn):
    """Answers for all accounts to the management account, to any other account for itself alone.

    `page_size` is how many groups a page holds: it can end inside a day. `denied_accounts` may not be asked for.
    `today` (if set) makes the checks on dates real: no start in the future or more than 14 months ago. `unit` is the
    currency. `billing_views` may be named by a request, and show everything to anybody. `names` are of accounts that
    the Organization does not list. `by_resource`: resource-level data are switched on. `anomalies` are what Cost
    Anomaly Detection found.
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
        self.by_resource = True
        self.anomalies: list[Mapping[str, Any]] = []
        self.spoils: list[tuple[Spoil, int | None]] = []
        self._tokens: dict[str, tuple[str, int]] = {}
        self._results: dict[str, list[Result]] = {}

    @property
    def requests(self) -> int:
        """Pages answered: what AWS charges for."""
        return sum(map(self.count, self.operations()))

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
            "GetCostAndUsageWithResources": self._get_cost_and_usage_with_resources,
            "GetDimensionValues": self._get_dimension_values,
            "GetAnomalies": self._get_anomalies,
        }

    def _get_anomalies(self, parameters: Mapping[str, Any], _: str) -> Mapping[str, Any]:
        """Those whose last day is in the interval (documented by AWS), a page of them."""
        asked = parameters["DateInterval"]
        first, last = asked["StartDate"], asked.get("EndDate", "9")
        found = [each for each in self.anomalies if first <= each["AnomalyEndDate"][:10] <= last]
        answer: dict[str, Any] = {"Anomalies": found[: self.page_size]}
        if len(found) > self.page_size:
            answer["NextPageToken"] = self._token("anomalies", self.page_size)
        return answer

    def _get_dimension_values(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        unknown = set(parameters) - {
            "TimePeriod",
            "Dimension",
            "Context",
            "BillingViewArn",
            "NextPageToken",
        }
        if unknown or parameters.get("Dimension") != "LINKED_ACCOUNT":
            raise invalid(f"Only LINKED_ACCOUNT is spoken by the stand-in, without {sorted(unknown)}")
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

    def _get_cost_and_usage_with_resources(
        self, parameters: Mapping[str, Any], access_key: str
    ) -> Mapping[str, Any]:
        if not self.by_resource:
            raise Refused(
                "AccessDeniedException",
                "Resource-level data granularity is an opt-in only feature. You can be enable this feature from the"
                " PAYER account's Cost Explorer Settings page.",
            )
        start, _ = _interval(parameters.get("TimePeriod", {}))
        if self.today is not None and start < self.today - timedelta(days=14):
            raise invalid("Start date is more than 14 days ago for hourly granularity.")
        if "RESOURCE_ID" not in json.dumps(parameters.get("GroupBy", [])):
            raise invalid("Only groups by RESOURCE_ID are spoken by the stand-in")
        if "SERVICE" not in json.dumps(parameters.get("Filter", {})):
            raise invalid("Filter is required, and has to name a SERVICE")
        return self._answered(parameters, access_key)

    def _get_cost_and_usage(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        if "RESOURCE_ID" in json.dumps(parameters):
            raise invalid("Dimension RESOURCE_ID is not allowed.")
        return self._answered(parameters, access_key)

    def _answered(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        start, end, granularity = self._check(parameters)
        metrics = parameters["Metrics"]
        keys = [group["Key"] for group in parameters.get("GroupBy", [])]
        visible = self._visible(parameters, access_key)
        matches = matching(parameters["Filter"]) if "Filter" in parameters else everything
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
        tests = [visible, matches] if "UsageQuantity" in metrics else None
        used = partial(self._used, keys=keys, tests=tests)
        by_time, more = _page(results, offset, self.page_size)
        answer: dict[str, Any] = {
            "ResultsByTime": [
                self._result(result, metrics, used(*result[:2]), grouped=bool(keys)) for result in by_time
            ],
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
            raise invalid(f"Unknown parameters {sorted(unknown)}")
        start, end = _interval(parameters.get("TimePeriod", {}))
        self._check_dates(start)
        granularity = parameters.get("Granularity")
        if granularity not in ("DAILY", "MONTHLY"):
            raise invalid(f"Granularity {granularity} is not supported by the stand-in")
        metrics = parameters.get("Metrics") or []
        if not metrics:
            raise invalid("Metrics is required")
        for metric in metrics:
            if metric not in METRICS:
                raise invalid(f"Invalid metric: {metric}")
        groups = parameters.get("GroupBy", [])
        if len(groups) > 2:
            raise invalid("Group by can have at most 2 groups")
        for group in groups:
            if group.get("Type") != "DIMENSION" or group.get("Key") not in DIMENSIONS:
                raise invalid(f"Group definition is invalid: {group}")
        return start, end, granularity

    def _check_dates(self, start: date) -> None:
        if self.today is None:
            return
        if start > self.today:
            raise invalid("Start date should not be in the future")
        if start < self.today - timedelta(days=14 * 30.5):
            raise invalid("You haven't enabled historical data beyond 14 months")

    def _visible(self, parameters: Mapping[str, Any], access_key: str) -> Test:
        view = parameters.get("BillingViewArn")
        if view is not None and view not in self.billing_views:
            raise Refused("ResourceNotFoundException", f"The billing view {view} does not exist")
        caller = self._sts.account_of(access_key)
        named = named_accounts(parameters.get("Filter", {}))
        if named & self.denied_accounts:
            raise Refused(
                "AccessDeniedException",
                f"No access to the linked accounts {sorted(named & self.denied_accounts)}",
            )
        manages = self._organizations.in_use and caller == self._organizations.management_account
        if view is not None or manages:
            return everything
        return lambda charge: charge.account_id == caller

    def _groups(
        self, start: date, end: date, keys: Sequence[str], tests: Sequence[Test]
    ) -> dict[tuple[str, ...], Sums]:
        key = key_of(keys)
        groups: dict[tuple[str, ...], Sums] = {}
        for charge in self._charges(start, end, tests):
            group = key(charge)
            amount, amortized = groups.get(group, _NOTHING)
            groups[group] = (amount + charge.amount, amortized + charge.amortized)
        return dict(sorted(groups.items()))

    def _used(
        self, start: date, end: date, keys: Sequence[str], tests: Sequence[Test] | None
    ) -> dict[tuple[str, ...], Used]:
        """Nothing without tests: who does not ask for quantities need not wait for them."""
        key = key_of(keys)
        used: dict[tuple[str, ...], Used] = {}
        for charge in () if tests is None else self._charges(start, end, tests):
            quantity, unit = used.get(key(charge), (Decimal(0), charge.unit))
            used[key(charge)] = quantity + charge.used, unit if unit == charge.unit else "N/A"
        return used

    def _charges(self, start: date, end: date, tests: Sequence[Test]) -> Iterable[Charge]:
        charges: Iterable[Charge] = self.costs.between(start, end)
        for test in tests:
            charges = charges if test is everything else filter(test, charges)
        return charges

    def _result(
        self,
        result: Result,
        metrics: Sequence[str],
        used: Mapping[tuple[str, ...], Used],
        *,
        grouped: bool,
    ) -> Mapping[str, Any]:
        start, end, groups = result
        nothing = (Decimal(0), "N/A")
        total = {} if grouped else self._amounts(groups.get((), _NOTHING), metrics, used.get((), nothing))
        listed = [
            {"Keys": list(key), "Metrics": self._amounts(sums, metrics, used.get(key, nothing))}
            for key, sums in groups.items()
        ]
        return {
            "TimePeriod": {"Start": str(start), "End": str(end)},
            "Total": total,
            "Groups": listed if grouped else [],
            # True for the whole open month, so it does not mark a partial day (seen in recorded answers).
            "Estimated": self.today is None or (end.year, end.month) >= (self.today.year, self.today.month),
        }

    def _amounts(self, sums: Sums, metrics: Sequence[str], used: Used) -> Mapping[str, Any]:
        unblended, amortized, quantity = (
            format(each.normalize(), "f") if each else "0" for each in (*sums, used[0])
        )
        other = {
            "AmortizedCost": (amortized, self.unit),
            "UsageQuantity": (quantity, used[1] if used[0] else "N/A"),
        }
        found = {metric: other.get(metric, (unblended, self.unit)) for metric in metrics}
        return {metric: {"Amount": amount, "Unit": unit} for metric, (amount, unit) in found.items()}

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


def _interval(period: Mapping[str, str]) -> tuple[date, date]:
    for name in ("Start", "End"):
        if not _DAY.fullmatch(period.get(name, "")):
            raise invalid(f"{name} time {period.get(name)} is invalid. Valid format is: yyyy-MM-dd.")
    start, end = date.fromisoformat(period["Start"]), date.fromisoformat(period["End"])
    if start >= end:
        raise invalid("Start date (and hour) should be before end date (and hour)")
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
