"""Cost Explorer's answers by resource through botocore's own parser: all that was sent, or a named error."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from finopsguard.costs.sources.cost_explorer_usage import CostExplorerUsage
from finopsguard.errors import FinOpsGuardError
from finopsguard.incidents import causes
from finopsguard.models.costs import Resources, UsageQuestion
from tests.fuzz.held import outcome, tries
from tests.fuzz.shapes import odd_text, spoiled
from tests.fuzz.test_cost_explorer import PERIOD, RUN, Pages, amounts, money, units
from tests.fuzz.wire import Reply, answers, clients, said

ASKED = UsageQuestion("111111111111", ["x"], PERIOD, PERIOD.start + timedelta(days=1))


@st.composite
def pages(draw: st.DrawFn) -> Pages:
    """Days of resources, on one page or two."""
    told = []
    for day in PERIOD.dates():
        names = draw(
            st.lists(st.sampled_from(["i-1", "", "NoResourceId"]) | odd_text, max_size=3, unique=True)
        )
        groups = [{"Keys": [name], "Metrics": money(draw(amounts), draw(units))} for name in names]
        period = {"Start": str(day), "End": str(day + timedelta(days=1))}
        told.append({"TimePeriod": period, "Total": {}, "Groups": groups, "Estimated": True})
    cut = draw(st.integers(0, 2))
    made: Pages = [{"ResultsByTime": part} for part in (told[:cut], told[cut:]) if part]
    if len(made) > 1:
        made[0]["NextPageToken"] = "1"
    return made


def reads(told: Any) -> Resources | FinOpsGuardError:
    def reply(_: str, asked: Mapping[str, Any]) -> Reply:
        return said(told[min(int("NextPageToken" in asked), len(told) - 1)])

    source = CostExplorerUsage(lambda _: answers(clients().cost_explorer(), reply))
    return outcome(lambda: source.resources(RUN, ASKED, pages=2))


@tries(60)
@given(pages())
def test_what_is_told_is_summed_to_the_last_digit_or_refused(told: Pages) -> None:
    found = reads(told)
    if isinstance(found, Resources):
        each = [group for page in told for day in page["ResultsByTime"] for group in day["Groups"]]
        sent = sum((Decimal(group["Metrics"]["AmortizedCost"]["Amount"]) for group in each), Decimal(0))
        assert sum((line.amortized for line in found.lines), Decimal(0)) == sent
        days = [day for day in PERIOD.dates() if day >= ASKED.start]
        named = causes.largest(found.lines, ASKED.start, days, 1)
        assert {resource.id for resource in named} <= {line.resource_id for line in found.lines} - {""}


@tries(60)
@given(spoiled(pages()))
def test_spoiled_pages_are_refused_under_a_name_or_read(told: Any) -> None:
    if isinstance(told, list) and told:
        assert isinstance(reads(told), Resources | FinOpsGuardError)
