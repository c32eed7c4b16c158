"""Cost Explorer's answers through botocore's own parser: the sums of what was sent, or a named error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from finopsguard.costs.sources.cost_explorer import CostExplorer
from finopsguard.errors import FinOpsGuardError
from finopsguard.models.costs import Billed, BilledAccounts, Costs
from finopsguard.models.run import Batch, Period
from tests.fuzz.held import outcome, tries
from tests.fuzz.shapes import damaged, odd_text, spoiled
from tests.fuzz.wire import JSON, Reply, answers, clients, said
from tests.unit.fakes import make_run

ACCOUNTS = ("111111111111", "222222222222")
PERIOD = Period(date(2026, 11, 20), date(2026, 11, 23))
RUN = make_run(
    period=PERIOD, previous_period=Period(date(2026, 11, 13), date(2026, 11, 16)), history_start=PERIOD.start
)
BATCH = Batch("one", ACCOUNTS)
Pages = list[dict[str, Any]]

amounts = st.one_of(
    st.decimals("-1e6", "1e6", places=10).map(str),
    st.sampled_from(
        [
            "0",
            "-0",
            "1E-7",
            "1e14",
            "1E+2",
            "0.0000000001",
            "9" * 15,
            "9" * 16,
            " 1",
            "1_0",
            "١",
            "NaN",
            "",
            "-",
        ]
    ),
)
units = st.sampled_from(["USD", "USD", "USD", "USD", "EUR", "", "N/A"])
names = st.one_of(st.sampled_from(["Amazon EC2", "Usage", "Tax", "Credit"]), odd_text)


def money(amount: str, unit: str) -> dict[str, Any]:
    return {each: {"Amount": amount, "Unit": unit} for each in ("UnblendedCost", "AmortizedCost")}


@st.composite
def days(draw: st.DrawFn, groups: int) -> list[dict[str, Any]]:
    """Every day of the window, as Cost Explorer tells it; `groups`: the keys of each row, none: totals."""
    told = []
    for day in PERIOD.dates():
        result: dict[str, Any] = {
            "TimePeriod": {"Start": str(day), "End": str(day + timedelta(days=1))},
            "Total": {} if groups else money(draw(amounts), draw(units)),
            "Groups": [],
            "Estimated": draw(st.booleans()),
        }
        for account in ACCOUNTS if groups else ():
            for name in draw(st.lists(names, max_size=2, unique=True)):
                result["Groups"].append(
                    {"Keys": [account, name], "Metrics": money(draw(amounts), draw(units))}
                )
        told.append(result)
    return told


@st.composite
def pages(draw: st.DrawFn, groups: int = 2) -> Pages:
    """Days on one page or more; a page may end inside a day. Tokens mostly lead on, and sometimes in a circle."""
    told = draw(days(groups))
    cut = draw(st.integers(0, len(told)))
    parts = [part for part in (told[:cut], told[cut:]) if part]
    if groups and draw(st.booleans()) and parts[-1][-1]["Groups"]:
        last = parts[-1][-1]
        parts.append([{**last, "Groups": last["Groups"][1:]}])
        parts[-2] = [*parts[-2][:-1], {**last, "Groups": last["Groups"][:1]}]
    made: Pages = [{"ResultsByTime": part, "DimensionValueAttributes": []} for part in parts]
    for number, page in enumerate(made[:-1]):
        page["NextPageToken"] = str(number + 1)
    if draw(st.integers(0, 9)) == 0:
        made[-1]["NextPageToken"] = draw(st.one_of(st.just("0"), st.just("1"), odd_text))
    return made


def query_of(asked: Mapping[str, Any]) -> str:
    """Which of the source's questions it is."""
    keys = [group["Key"] for group in asked.get("GroupBy", ())]
    return {"SERVICE": "usage", "RECORD_TYPE": "charges", "LEGAL_ENTITY_NAME": "products"}.get(
        (keys or [""])[-1], "total"
    )


def reads(told: Mapping[str, Pages]) -> Costs | FinOpsGuardError:
    """What the source makes of these pages."""
    return outcome(lambda: source(told).fetch(RUN, BATCH, RUN.window))


def source(told: Mapping[str, Pages]) -> CostExplorer:
    """The source where Cost Explorer answers so; a token that is no page's number leads to the first."""

    def reply(_: str, asked: Mapping[str, Any]) -> Reply:
        found = told.get(query_of(asked), [])
        token = str(asked.get("NextPageToken", "0"))
        number = int(token) if token.isascii() and token.isdigit() else 0
        return said(found[min(number, len(found) - 1)] if found else {"ResultsByTime": []})

    return CostExplorer(lambda _: answers(clients().cost_explorer(), reply))


def sums(told: Pages) -> dict[tuple[str, str], Decimal]:
    """By day and account, of every group on every page."""
    found: dict[tuple[str, str], Decimal] = {}
    for page in told:
        for result in page["ResultsByTime"]:
            for group in result["Groups"] or [{"Keys": [""], "Metrics": result["Total"]}]:
                key = (result["TimePeriod"]["Start"], group["Keys"][0])
                amount = (group["Metrics"] or {}).get("UnblendedCost", {"Amount": "0"})["Amount"]
                found[key] = found.get(key, Decimal(0)) + Decimal(amount)
    return {key: amount for key, amount in found.items() if amount}


def adds_up(costs: Costs, told: Mapping[str, Pages]) -> None:
    """Every account that counts as read has all that was told of it, and no other has a row."""
    assert set(costs.incomplete) <= set(ACCOUNTS)
    for query in ("usage", "charges"):
        rows = [
            row
            for row in costs.rows
            if ((row.record_type is None) if query == "usage" else (row.service is None))
        ]
        mine: dict[tuple[str, str], Decimal] = {}
        for row in rows:
            key = (str(row.date), row.account_id)
            mine[key] = mine.get(key, Decimal(0)) + row.amount
        whole = [page for page in told[query] if {"ResultsByTime"} <= page.keys()]
        for (day, account), amount in sums_of_whole(whole, costs).items():
            assert mine.pop((day, account), Decimal(0)) == amount, (query, day, account)
        assert all(amount == 0 for amount in mine.values()), (query, mine)


def sums_of_whole(told: Pages, costs: Costs) -> dict[tuple[str, str], Decimal]:
    """The sums of the accounts that count as read: what was told of the others may be no number at all."""
    kept = []
    for page in told:
        results = [
            {
                **result,
                "Groups": [
                    each for each in result["Groups"] or [] if each["Keys"][0] not in costs.incomplete
                ],
            }
            for result in page["ResultsByTime"]
        ]
        kept.append({"ResultsByTime": [each for each in results if each["Groups"] or each.get("Total")]})
    return sums(kept)


@tries(8)
@given(usage=pages(), charges=pages())
def test_what_is_told_on_all_pages_is_summed_or_refused(usage: Pages, charges: Pages) -> None:
    told = {"usage": usage, "charges": charges}
    found = reads(told)
    if isinstance(found, Costs):
        adds_up(found, told)


@tries(5)
@given(total=pages(0))
def test_a_control_total_is_the_sum_of_its_pages_or_refused(total: Pages) -> None:
    found = outcome(lambda: source({"total": total}).billed(RUN))
    if isinstance(found, Billed):
        expected = {day: amount for (day, _), amount in sums(total).items()}
        assert {str(day): amount for day, amount in found.by_day.items()} == expected


@tries(9)
@given(usage=spoiled(pages()), which=st.sampled_from(["usage", "charges", "products", "total"]), good=pages())
def test_spoiled_pages_are_summed_as_they_stand_or_refused(usage: Any, which: str, good: Pages) -> None:
    assume(isinstance(usage, list))
    told = {"usage": good, "charges": good, "total": good, which: usage}
    if which == "total":
        outcome(lambda: source(told).billed(RUN))
        return
    found = reads(told)
    if isinstance(found, Costs) and which in ("usage", "charges"):
        adds_up(found, told)


@tries(6)
@given(
    data=damaged(json.dumps({"ResultsByTime": []}).encode()),
    status=st.sampled_from([200, 200, 200, 202, 301, 400, 403, 429, 500, 503]),
)
def test_bytes_of_any_kind_are_a_named_error(data: bytes, status: int) -> None:
    asked = CostExplorer(lambda _: answers(clients().cost_explorer(), lambda *_: (status, JSON, data)))
    assert isinstance(outcome(lambda: asked.fetch(RUN, BATCH, RUN.window)), FinOpsGuardError)


entries = st.fixed_dictionaries(
    {
        "Value": st.one_of(st.sampled_from(ACCOUNTS), odd_text),
        "Attributes": st.dictionaries(st.just("description"), odd_text),
    }
)


@tries(5)
@given(
    page=st.one_of(
        spoiled(st.fixed_dictionaries({"DimensionValues": st.lists(entries, max_size=4)})),
        st.fixed_dictionaries({"DimensionValues": st.lists(entries, max_size=4)}),
    )
)
def test_billed_accounts_are_those_that_were_told(page: Any) -> None:
    source = CostExplorer(lambda _: answers(clients().cost_explorer(), lambda *_: said(page)))
    found = outcome(lambda: source.billed_accounts(RUN))
    if isinstance(found, BilledAccounts):
        told = dict.fromkeys(
            entry.get("Value") for entry in page["DimensionValues"] if entry.get("Value") in ACCOUNTS
        )
        assert [each.id for each in found.accounts] == list(told)
        assert all(0 < len(each.name) <= 1024 for each in found.accounts)
