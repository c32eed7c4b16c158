"""A report's incidents beside AWS's findings: the same by account, service and days; and how it is asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest

from finopsguard import contracts
from finopsguard.config import PlanSettings
from finopsguard.costs import opinions as asking
from finopsguard.errors import CostExplorerAccessDenied, CostExplorerThrottled, StoreUnavailable
from finopsguard.incidents import opinions
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Cause
from finopsguard.models.ledger import OpinionScore
from finopsguard.models.opinion import AwsFinding, AwsPlace, OpinionState, SecondOpinion
from finopsguard.models.report import Report
from finopsguard.models.run import Account, Accounts, Language
from finopsguard.report.story import Story
from finopsguard.store import documents, keys
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import FakeOpinion, make_run
from tests.unit.report.sample import account_id, weekly
from tests.unit.report.test_everywhere import spoken

REPORT = weekly()
LINE = REPORT.anomalies[0]
FIRST, LAST = LINE.start, LINE.last_day or LINE.day
GATE = Decimal(10)
ACCOUNTS = Accounts((Account("111111111111", "shop", "ACTIVE", None, None),))


def finding(**changes: Any) -> AwsFinding:
    """The first incident of the report, as AWS would find it."""
    made = AwsFinding("aws-1", FIRST, LAST, Decimal(8_000), (AwsPlace(LINE.account_id, LINE.service),))
    return replace(made, **changes)


def compared(*found: AwsFinding, more: bool = False, lines: tuple[AnomalyLine, ...] = (LINE,)) -> Report:
    asked = replace(REPORT, anomalies=lines, second_opinion=SecondOpinion("read", found, more))
    return opinions.compared(asked, GATE)


ONE_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"start": LAST + ONE_DAY, "end": LAST + 2 * ONE_DAY}, True),
        ({"start": LAST + 2 * ONE_DAY, "end": LAST + 3 * ONE_DAY}, False),
        ({"start": FIRST - 4 * ONE_DAY, "end": FIRST - ONE_DAY}, True),
        ({"start": FIRST - 4 * ONE_DAY, "end": FIRST - 2 * ONE_DAY}, False),
        ({"impact": Decimal(-5)}, False),
        ({"places": (AwsPlace(account_id(9), LINE.service),)}, False),
        ({"places": (AwsPlace(LINE.account_id, "AWS Lambda"),)}, False),
        ({"places": (AwsPlace(account_id(9), "x"), AwsPlace(LINE.account_id, LINE.service))}, True),
        ({"places": (AwsPlace(None, LINE.service),)}, True),
        ({"places": (AwsPlace(LINE.account_id, None),)}, True),
        ({"places": (AwsPlace(None, None),)}, False),
        ({"places": ()}, False),
    ],
)
def test_the_same_by_account_service_and_days(changes: dict[str, Any], same: bool) -> None:
    report = compared(finding(**changes))
    assert report.anomalies[0].second_opinion == ("both" if same else "only_us")
    assert contracts.from_json(Report, contracts.to_json(report)) == report


def test_a_line_of_several_services_or_accounts_is_any_of_them() -> None:
    parts = (Cause("service", "AWS Lambda", Decimal(5)), Cause("service", LINE.service, Decimal(3)))
    several = replace(LINE, causes=parts, service="AWS Lambda")
    assert compared(finding(), lines=(several,)).anomalies[0].second_opinion == "both"
    of_accounts = replace(
        LINE, scope="service", account_id="", causes=(Cause("account", LINE.account_id, Decimal(5)),)
    )
    assert compared(finding(), lines=(of_accounts,)).anomalies[0].second_opinion == "both"
    other = finding(places=(AwsPlace(account_id(9), LINE.service),))
    assert compared(other, lines=(of_accounts,)).anomalies[0].second_opinion == "only_us"


def test_nothing_is_said_of_a_fall_nor_where_aws_has_more_than_a_page() -> None:
    fall = replace(LINE, direction=-1, impact=-LINE.impact)
    assert compared(lines=(fall,)).anomalies[0].second_opinion is None
    assert compared(more=True).anomalies[0].second_opinion is None
    assert compared(finding(), more=True).anomalies[0].second_opinion == "both"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, True),
        ({"impact": Decimal("29.99")}, False),
        ({"impact": Decimal(30)}, True),
        ({"start": date(2026, 11, 1), "end": date(2026, 11, 8)}, False),
        ({"places": (AwsPlace("999999999999", "Amazon S3"),)}, False),
        ({"places": ()}, False),
    ],
)
def test_what_aws_alone_found_is_told_above_the_gate(changes: dict[str, Any], told: bool) -> None:
    days = {"start": date(2026, 11, 10), "end": date(2026, 11, 12), "impact": Decimal(300)}
    alone = finding(places=(AwsPlace(account_id(0), "Amazon S3"),), **days)
    report = compared(finding(), replace(alone, id="aws-2", **changes))
    assert report.second_opinion is not None
    assert report.second_opinion.only_aws == (("aws-2",) if told else ())


def test_it_is_said_on_card_page_and_terminal() -> None:
    alone = finding(id="aws-2", places=(AwsPlace(account_id(0), "Amazon Simple Storage Service"),))
    report = compared(finding(), alone, lines=REPORT.anomalies)
    for surface, shown in spoken(report).items():
        assert "AWS found it too" in shown, surface
        assert "not found by AWS so far" in shown, surface
        assert "AWS Cost Anomaly Detection alone found: Amazon S3 · prod-payments (+$8,000)." in shown, (
            surface
        )


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("state", sorted(set(get_args(OpinionState)) - {"read"}))
def test_what_was_not_read_is_one_line_and_changes_nothing_else(
    state: OpinionState, language: Language
) -> None:
    base = weekly(language)
    report = opinions.compared(replace(base, second_opinion=SecondOpinion(state)), GATE)
    before, after = Story(base).notes, Story(report).notes
    assert report.anomalies == base.anomalies
    assert [*before, *after[len(before) :]] == after
    assert len(after) == len(before) + 1


def test_where_nobody_asked_nothing_is_said_and_nothing_kept() -> None:
    store = MemoryStore()
    report = opinions.compared(REPORT, GATE)
    opinions.keep(store, make_run(), report)
    assert (report, store.objects) == (REPORT, {})


def test_the_score_has_the_ids_of_both_sides() -> None:
    store, run = MemoryStore(), make_run(run_id=REPORT.run_id)
    alone = finding(id="aws-2", places=(AwsPlace(account_id(0), "Amazon S3"),))
    other = replace(LINE, id="ours/2026-11-13/up", service="Amazon Redshift")
    opinions.keep(store, run, compared(finding(), alone, lines=(LINE, other)))
    (key,) = store.objects
    assert documents.read(store, key, OpinionScore) == OpinionScore(
        REPORT.run_id, "weekly", REPORT.period.end, (LINE.id,), (other.id,), ("aws-2",)
    )


# ---- asking ----------------------------------------------------------------------------------------------------------


def ask(source: FakeOpinion | None, store: MemoryStore, **env: str) -> SecondOpinion | None:
    settings = PlanSettings.from_env(env)
    return asking.beside(ACCOUNTS, source, make_run(), store, settings).second_opinion


def test_it_is_asked_once_within_the_days_and_the_page_is_counted() -> None:
    source, store, run = FakeOpinion(finding()), MemoryStore(), make_run()
    found = ask(source, store)
    assert found == SecondOpinion("read", (finding(),))
    assert [key for key in store.objects if key.startswith("paid/")] == [
        keys.PAID.key(source="aws", month="2026-11", run_id=run.run_id, page="anomalies-000001")
    ]
    (days,) = source.asked
    assert (days.start, days.end) == (run.period.start - timedelta(days=3), run.window.end)

    documents.write(store, keys.ACCOUNTS.key(run_id=run.run_id), replace(ACCOUNTS, second_opinion=found))
    assert ask(source, store) == found
    assert len(source.asked) == 1


def test_a_page_whose_findings_are_lost_is_not_paid_again() -> None:
    source, store = FakeOpinion(finding()), MemoryStore()
    ask(source, store)
    assert ask(source, store) == SecondOpinion("unavailable")
    assert len(source.asked) == 1


@pytest.mark.parametrize("env", [{"FINOPSGUARD_MAX_CE_REQUESTS": "1"}, {"FINOPSGUARD_MAX_CE_USD_MONTH": "0"}])
def test_over_a_limit_it_is_not_asked(env: dict[str, str]) -> None:
    source, store = FakeOpinion(), MemoryStore()
    store.write(keys.PAID.key(source="aws", month="2026-11", run_id=make_run().run_id, page="000001"), b"")
    assert ask(source, store, **env) == SecondOpinion("limit")
    assert source.asked == []


@pytest.mark.parametrize(
    ("error", "state"),
    [(CostExplorerAccessDenied("x"), "denied"), (CostExplorerThrottled("x"), "unavailable")],
)
def test_what_aws_refuses_ends_no_report(error: Exception, state: OpinionState) -> None:
    assert ask(FakeOpinion(error=error), MemoryStore()) == SecondOpinion(state)


def test_what_the_store_refuses_is_no_opinion_of_aws() -> None:
    class Down(MemoryStore):
        def create(self, key: str, data: bytes) -> bool:
            raise StoreUnavailable("down")

    with pytest.raises(StoreUnavailable):
        ask(FakeOpinion(), Down())


def test_where_nobody_asks_nothing_is_asked() -> None:
    assert ask(None, MemoryStore()) is None
