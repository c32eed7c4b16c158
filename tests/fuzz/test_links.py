"""Links into the console, of any names and ARN: an address of AWS's console that says what it was made of, or none."""

from __future__ import annotations

import json
from datetime import date, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from finopsguard.models.metrics import COST_METRICS, MetricName
from finopsguard.models.run import Period
from finopsguard.report.links import Console
from tests.fuzz.held import soon, tries
from tests.fuzz.shapes import odd_text

ARN = "arn:aws:states:eu-west-1:111111111111:execution:finops-guard:one"
_CONSOLES = ("console.aws.amazon.com", "console.amazonaws.cn", "console.amazonaws-us-gov.com")

storable = odd_text.map(lambda text: text.encode("utf-8", "replace").decode())


@st.composite
def executions(draw: st.DrawFn) -> str:
    """An ARN, one of its parts in the place of which anything stands, or anything."""
    parts = draw(
        st.sampled_from([ARN, ARN.replace("aws:", "aws-cn:", 1), ARN.replace("aws:", "aws-us-gov:", 1)])
    ).split(":")
    if draw(st.booleans()):
        parts[draw(st.integers(0, len(parts) - 1))] = draw(storable)
    return draw(st.one_of(st.just(":".join(parts)), storable))


@tries(12)
@given(
    execution=executions(),
    services=st.lists(storable, max_size=30),
    account=st.one_of(st.none(), st.just("111111111111"), storable),
    metric=st.sampled_from(sorted(COST_METRICS)),
    usage_only=st.booleans(),
    days=st.integers(1, 40),
    state=st.one_of(st.none(), storable),
)
def test_every_link_is_an_address_of_the_console(
    execution: str,
    services: list[str],
    account: str | None,
    metric: MetricName,
    usage_only: bool,
    days: int,
    state: str | None,
) -> None:
    console = Console(execution)
    period = Period(date(2026, 11, 23) - timedelta(days=days), date(2026, 11, 23))
    with soon():
        costs = console.cost_explorer(
            period,
            metric=metric,
            accounts=[account] if account else [],
            services=services,
            usage_only=usage_only,
        )
        for link in (
            costs,
            console.anomalies(),
            console.execution_page(),
            console.logs(state),
            console.logs(),
        ):
            if link is not None:
                parts = urlsplit(link)
                assert parts.scheme == "https"
                assert (parts.hostname or "").endswith(_CONSOLES)
                assert link.isascii()
                assert not set(link) & set(" \n\t\r<>\"'`()[]{}|\\^"), link
    if costs is not None and services and account:
        query = parse_qs(costs.partition("?")[2], keep_blank_values=True)
        (told,) = query["filter"]
        values = {
            each["dimension"]["id"]: [value["value"] for value in each["values"]] for each in json.loads(told)
        }
        assert values["LinkedAccount"] == [account]
        assert values.get("Service") in (services, None)
    page = console.execution_page()
    assert page is None or unquote(page).endswith(execution)
