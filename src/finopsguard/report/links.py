"""Links into the AWS console, for the partition that the execution's ARN names, or the store's place.

The console has no documented link format; these are the addresses that its own pages show. Cost Explorer's page
counts its `endDate` in, while periods here (as in its API) end before `end`. Values come from outside (service names),
so every one is percent-encoded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from finopsguard.models.metrics import COST_METRICS, USAGE_RECORD_TYPES, MetricName
from finopsguard.models.run import Period, is_embedded
from finopsguard.ports import Place

# Cost management has one home Region in each partition (documented by AWS: endpoints of Cost Explorer).
_HOME_REGION = {"aws": "us-east-1", "aws-cn": "cn-northwest-1"}
_CONSOLE = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
_DIMENSION = {
    "LinkedAccount": "Linked account",
    "Service": "Service",
    "RecordType": "Charge type",
    "Region": "Region",
}
_LONGEST = 2_500
# A part more where the version or the alias that was started is named as well.
_EXECUTION = re.compile(
    r"arn:aws(-cn|-us-gov)?:states:[a-z0-9-]{1,32}:\d{12}:execution:[\w.-]{1,80}(:[\w.-]{1,80}){1,2}",
    re.ASCII,
)


@dataclass(frozen=True)
class Console:
    """The console of one partition; `execution` is an execution's ARN or empty (a run on a laptop)."""

    execution: str = ""

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`; `aws` when there is no ARN."""
        partition = self._part(1)
        return partition if partition in _CONSOLE else "aws"

    @property
    def has_cost_pages(self) -> bool:
        """GovCloud has no cost management console: its costs are seen in the standard account."""
        return self.partition in _HOME_REGION

    def cost_explorer(
        self,
        period: Period,
        *,
        metric: MetricName,
        accounts: Sequence[str] = (),
        services: Sequence[str] = (),
        region: str | None = None,
        group: str | None = None,
        usage_only: bool = False,
    ) -> str | None:
        """Cost Explorer by day over `period`, filtered to accounts, services and a Region, grouped by what is left.

        `group` is the dimension where it is another, `usage_only` leaves out taxes, fees, credits and refunds, as an
        anomaly does.
        """
        if not self.has_cost_pages:
            return None
        wanted = (
            ("LinkedAccount", accounts),
            ("Service", services),
            ("Region", (region,) if region else ()),
            ("RecordType", USAGE_RECORD_TYPES if usage_only else ()),
        )
        filters = {dimension: values for dimension, values in wanted if values}
        by = group or ("UsageType" if len(services) == 1 else "Service")
        query = {
            "chartStyle": "STACK",
            "costAggregate": COST_METRICS[metric].console,
            "endDate": (period.end - timedelta(days=1)).isoformat(),
            "filter": json.dumps(
                [_filter(*item) for item in filters.items()], separators=(",", ":"), ensure_ascii=False
            ),
            "granularity": "Daily",
            "groupBy": json.dumps([by]),
            "historicalRelativeRange": "CUSTOM",
            "reportMode": "STANDARD",
            "startDate": period.start.isoformat(),
        }
        link = f"{self._costs}#/cost-explorer?{_query(query)}"
        if len(link) <= _LONGEST or not (services or len(accounts) > 1):
            return link
        if len(accounts) > 1:
            accounts = ()
        else:  # too many services; the account alone shows them among its others
            services = ()
        return self.cost_explorer(
            period,
            metric=metric,
            accounts=accounts,
            services=services,
            region=region,
            group=group,
            usage_only=usage_only,
        )

    def anomalies(self) -> str | None:
        """AWS Cost Anomaly Detection, to compare with."""
        return f"{self._costs}#/anomaly-detection/overview" if self.has_cost_pages else None

    def execution_page(self) -> str | None:
        """The execution's page in Step Functions, where it can be redriven; None for a run on a laptop."""
        if not self._in_aws:
            return None
        return f"{self._home('states')}#/v2/executions/details/{quote(self.execution, safe=':-_.~')}"

    def logs(self, state: str | None = None) -> str | None:
        """The log group of a state's function, or all groups of the stack: template.yaml names them after the stack."""
        if not self._in_aws:
            return None
        # CloudWatch's page encodes its address twice and writes `$` for `%`.
        if state:
            group = quote(quote(f"/aws/lambda/{self._part(6)}/{state}", safe="")).replace("%", "$")
            return f"{self._home('cloudwatch')}#logsV2:log-groups/log-group/{group}"
        stack = quote(quote(f"/{self._part(6)}", safe="")).replace("%", "$")
        return f"{self._home('cloudwatch')}#logsV2:log-groups$3FlogGroupNameFilter$3D{stack}"

    @property
    def _in_aws(self) -> bool:
        return _EXECUTION.fullmatch(self.execution) is not None and not is_embedded(self.execution)

    def _home(self, page: str) -> str:
        region = self._part(3)
        return f"https://{region}.{_CONSOLE[self.partition]}/{page}/home?region={region}"

    @property
    def _costs(self) -> str:
        region = _HOME_REGION[self.partition]
        return f"https://{region}.{_CONSOLE[self.partition]}/costmanagement/home"

    def _part(self, index: int) -> str:
        parts = self.execution.split(":")
        return parts[index] if len(parts) > index else ""


def object_page(place: Place | None) -> str | None:
    """An object's own page in S3's console, where the reader signs in and opens it; None where there is no console."""
    if place is None or place.partition not in _CONSOLE:
        return None
    query = _query({"region": place.region, "bucketType": "general", "prefix": place.key})
    return (
        f"https://{place.region}.{_CONSOLE[place.partition]}/s3/object/{quote(place.bucket, safe='')}?{query}"
    )


def _filter(dimension: str, values: Sequence[str]) -> Mapping[str, object]:
    return {
        "dimension": {"id": dimension, "displayValue": _DIMENSION[dimension]},
        "operator": "INCLUDES",
        "values": [{"value": value, "displayValue": value} for value in values],
    }


def _query(values: Mapping[str, str]) -> str:
    return "&".join(f"{key}={quote(value, safe=':,-_.~')}" for key, value in values.items())
