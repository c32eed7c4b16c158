"""The parts of a report: they add up to it to the cent, and none has a name, a number or a link of another."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Cause
from finopsguard.models.costs import CostRow
from finopsguard.models.report import Report
from finopsguard.models.route import Route
from finopsguard.owners import told
from finopsguard.report import anomaly_text
from finopsguard.report.story import Story
from tests.sweeps import examples, sampled
from tests.unit.fakes import both_kinds
from tests.unit.incidents.reports import END
from tests.unit.owners.owned import EC2, NAMES, S3, TWO, A, B, C, D, Made, as_json, more, reported, steady

amounts = st.decimals("-50", "900", places=10, allow_nan=False)
rows = st.lists(
    st.tuples(
        st.sampled_from([A, B, C, D]),
        st.integers(1, 40),
        st.sampled_from([EC2, S3, "AWS Lambda"]),
        st.sampled_from(["Usage", "Usage", "Tax", "Credit", "SavingsPlanCoveredUsage"]),
        amounts,
    ),
    max_size=40,
)
LINES = {
    "services": ("cost", "previous", "compared", "compared_previous"),
    "charge_lines": ("amount", "previous"),
}
routed = st.lists(st.sampled_from(["zoo", "sea", "rest"]), min_size=4, max_size=4)


def same(of: Decimal | None, parts: list[Decimal | None]) -> None:
    """The parts are the whole, and known where it is."""
    if of is None:
        assert not any(parts)
    else:
        assert abs(of - sum((each or Decimal(0) for each in parts), Decimal(0))) < Decimal("0.000001")


def adds_up(made: Made) -> None:
    """Every sum of the Organization's report is the sum of its parts, to the last digit that it is told in."""
    whole, parts = made.whole, list(made.parts.values())
    for name in ("period", "month_to_date", "usage", "usage_previous", "previous", "change"):
        same(getattr(whole.totals, name), [getattr(part.totals, name) for part in parts])
    for place, day in enumerate(whole.daily):
        same(day.cost, [part.daily[place].cost for part in parts])
        same(day.usage, [part.daily[place].usage for part in parts])
    for name in ("current", "previous", "change", "amortized_change"):
        same(getattr(whole.comparison, name), [getattr(part.comparison, name) for part in parts])
    for kind in {kind for report in (whole, *parts) for kind in report.charges}:
        same(whole.charges.get(kind, Decimal(0)), [part.charges.get(kind) for part in parts])
    for of, fields in LINES.items():
        for name in {each.name for report in (whole, *parts) for each in getattr(report, of)}:
            for field in fields:
                same(line_of(whole, of, name, field), [line_of(part, of, name, field) for part in parts])
    ids = [account.id for part in parts for account in part.accounts]
    assert sorted(ids) == sorted(account.id for account in whole.accounts)


def line_of(report: Report, of: str, name: str, field: str) -> Decimal:
    return sum(
        (getattr(each, field) or Decimal(0) for each in getattr(report, of) if each.name == name), Decimal(0)
    )


@settings(
    max_examples=examples(4),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],  # an example takes a second: it is not made smaller
)
@given(extra=rows, of=routed)
def test_the_parts_add_up_to_the_whole_whatever_the_costs_and_whoever_has_them(
    extra: list[tuple[str, int, str, str, Decimal]], of: list[str]
) -> None:
    made: list[CostRow] = steady()
    made += [
        CostRow(END - timedelta(days=back), account, None, "Credit", Decimal(f"-{back}.07"), "USD")
        for account in NAMES
        for back in (2, 3, 9, 16)
    ]
    for account, back, service, record_type, amount in extra:
        day = END - timedelta(days=back)
        if record_type in ("Usage", "SavingsPlanCoveredUsage"):
            made.append(CostRow(day, account, service, None, amount, "USD", amortized=amount / 2))
        made.append(CostRow(day, account, None, record_type, amount, "USD", amortized=amount / 2))
    adds_up(reported(made, owners=dict(zip(NAMES, of, strict=True))))


@sampled("daily")
@pytest.mark.parametrize("report", ["daily", "weekly"])
def test_no_part_has_anything_of_another(report: str) -> None:
    """Names, ids, owners: in the part, in the message, on the page; with anomalies, missing accounts and charges."""
    costs = [*steady([A, B, C]), *more(A, EC2, "900"), *more(B, EC2, "777"), *more(C, S3, "500")]
    fee = [CostRow(END - timedelta(days=back), B, None, "Fee", Decimal(9000), "USD") for back in (2, 3)]
    made = reported([*costs, *fee], report=report, missing=[D])  # type: ignore[arg-type]
    assert {line.account_id for line in made.whole.anomalies} >= {A, B, C}
    of = {part.channel: set(part.accounts) for part in made.routed.parts}
    assert of == {"zoo": {A, C}, "sea": {B}, "rest": {D}}
    for channel, mine in of.items():
        bodies = [as_json(made.parts[channel]), *made.bodies(channel)]
        assert len(bodies) == 3
        for account, name in NAMES.items():
            for body in bodies:
                found = re.search(rf"\b({account}|{name})\b", body)
                assert bool(found) == (account in mine) or (found is None and account == D)
    assert not any("777" in body for body in made.bodies("zoo"))
    adds_up(reported(costs, report=report, missing=[]))  # type: ignore[arg-type]


def test_an_account_that_cannot_be_read_is_missing_in_its_owner_s_card_alone() -> None:
    made = reported(steady([A, B, D]), missing=[C])
    assert [each.id for each in made.parts["zoo"].coverage.missing] == [C]
    assert made.parts["zoo"].coverage.missing[0].reason == "CostExplorerAccessDenied"
    assert "1 of 2 accounts" in made.card("zoo")
    assert made.parts["sea"].coverage.missing == ()


def test_links_show_the_owner_s_accounts_alone() -> None:
    made = reported([*steady(), *more(A, EC2, "900")])
    for channel, part in made.parts.items():
        links = {link for body in made.bodies(channel) for link in re.findall(r"https://[^\"<> ]+", body)}
        assert links
        for link in links - {each for each in links if "anomaly-detection" in each}:
            ids = set(re.findall(r"\d{12}", unquote(link)))
            assert ids and ids <= {account.id for account in part.accounts}, link


def test_what_all_accounts_are_sure_of_is_said_without_their_numbers() -> None:
    """Usage and charges differ in one account: every owner hears that, and only the Organization by how much."""
    apart = CostRow(END - timedelta(days=9), B, EC2, None, Decimal("6.66"), "USD")
    made = reported([*steady(), apart])
    assert "6.66 USD" in as_json(made.whole)
    for channel in ("zoo", "sea"):
        assert [each.name for each in made.parts[channel].coverage.checks][-1] == "organization"
        assert "not proven" in made.card(channel)
    assert "6.66" not in made.card("zoo")


def test_of_routes_alone_the_first_one_s_card_is_the_first() -> None:
    made = reported(steady(), organization=False)
    assert [message.channel for message in made.built.messages] == ["zoo", "sea", "rest"]
    assert all(message.routed for message in made.built.messages)


def test_a_report_is_never_in_no_channel() -> None:
    quiet = [Route("quiet", remainder=True, only_when_something=True)]
    made = reported(steady(), quiet, organization=False)
    assert [(message.channel, message.routed) for message in made.built.messages] == [("teams", False)]


def test_a_card_that_has_nothing_to_say_is_posted_only_where_it_is_wanted() -> None:
    quiet = [Route("zoo", owners=("zoo",), only_when_something=True), *TWO[1:]]
    assert [each.channel for each in reported(steady(), quiet).built.messages] == ["teams", "sea", "rest"]
    loud = reported([*steady(), *more(A, EC2, "900")], quiet)
    assert [each.channel for each in loud.built.messages] == ["teams", "zoo", "sea", "rest"]


def test_a_channel_has_its_own_language_reports_and_gate() -> None:
    file = [
        Route("zoo", owners=("zoo",), language="es", least_usd=Decimal(2000)),
        Route("sea", owners=("sea",), reports=("daily",)),
    ]
    made = reported([*steady(), *more(A, EC2, "900"), *more(C, EC2, "90")], file)
    assert [each.channel for each in made.built.messages] == ["teams", "zoo"]
    card = made.card("zoo")
    assert "Coste semanal de AWS · zoo" in card
    assert "1 anomalía de menos de 2.000" in card
    assert {line.account_id for line in made.parts["zoo"].anomalies} == {A}
    assert len(made.whole.anomalies) == 2


def test_a_tag_that_changes_its_owner_takes_the_whole_period_along_and_is_said() -> None:
    first = reported(steady(end=END), report="daily")
    moved = {A: "sea", B: "sea", C: "zoo", D: None}
    later = END + timedelta(days=1)
    rows = [*steady(end=END), *(row for each in NAMES for row in both_kinds(END, each, EC2, "100"))]
    second = reported(rows, report="daily", end=later, owners=moved, store=first.store)
    week = reported(rows, owners=moved, store=first.store)
    assert {account.id for account in week.parts["sea"].accounts} == {A, B}
    assert week.parts["sea"].totals.period == sum(
        account.cost for account in week.whole.accounts if account.id in (A, B)
    )
    adds_up(second)
    assert second.parts["sea"].part and second.parts["sea"].part.joined == (A,)
    assert "1 account was another channel's in the last report" in second.card("sea")
    assert "1 account is another channel's since the last report" in second.card("zoo")
    assert "zebra-prod" not in "".join(second.bodies("zoo"))
    again = reported(rows, report="daily", end=later, owners=moved, store=first.store)
    assert again.card("sea") == second.card("sea"), "a run that is made again says the same"


def test_of_a_story_over_several_owners_each_is_told_its_own_incidents() -> None:
    """What rose alike in three accounts is one line for the Organization, and each owner's own numbers for it."""
    usd = {account: Decimal(100 * place + 7) for place, account in enumerate(NAMES, start=1)}
    rise = [row for account in (A, B, C) for row in more(account, EC2, str(usd[account]), days=4)]
    made = reported([*steady(), *rise])
    stories = [line for line in made.whole.anomalies if not line.account_id]
    assert stories, "it is told together"
    for channel, mine in (("zoo", {A, C}), ("sea", {B})):
        lines = made.parts[channel].anomalies
        named = {line.account_id for line in lines} | {
            cause.value for line in lines for cause in line.causes if cause.dimension == "account"
        }
        assert named - {""} == mine
        assert abs(sum((line.impact for line in lines), Decimal(0)) - sum(4 * usd[each] for each in mine)) < 1
        for body in (as_json(made.parts[channel]), *made.bodies(channel)):
            assert not any(other in body for other in set(NAMES) - mine)


def test_of_a_sum_over_several_owners_each_is_told_the_dollars_of_its_accounts() -> None:
    """A Region that was never used before: its owner hears of it, with the security mark."""
    made = reported(steady())
    parts = (
        Cause("account", A, Decimal(70)),
        Cause("account", B, Decimal(40)),
        Cause("other_accounts", "2", Decimal(9)),
    )
    region = AnomalyLine(
        "region/ap-south-1", "", "", EC2, "new", END, END, Decimal(119), Decimal(0), Decimal(119), 1,
        causes=parts, region="ap-south-1", scope="service_region", accounts=4, new="region", security=True,
    )  # fmt: skip
    whole = replace(made.whole, anomalies=(region,))
    lines = told.own_parts(whole, {A, C}, set())
    assert [(line.account_id, line.impact, line.part, line.security) for line in lines] == [
        (A, Decimal(70), True, True)
    ]
    story = Story(replace(made.parts["zoo"], anomalies=tuple(lines)))
    assert anomaly_text.describe(story, lines[0]).sentence.startswith("+$70")
    assert told.own_parts(whole, {A}, {region.id}) == [], "what is told already is not told again"
