"""A monthly report after a row of daily ones, through the real steps: what it buys, tells and leaves alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

from finopsguard.models.ledger import OpinionScore, Told
from finopsguard.models.report import Report
from finopsguard.models.retrospective import Retrospective, Scoreboard
from finopsguard.models.run import Period
from finopsguard.models.verdict import Verdict
from finopsguard.store import documents, keys, verdicts
from tests.sweeps import quick
from tests.unit.store.mornings import Mornings, Restating

DAY = timedelta(days=1)
SPIKE = date(2026, 10, 22)
FIRST, LAST = date(2026, 10, 21), date(2026, 11, 3)
QUIET = Period(date(2026, 10, 31), date(2026, 11, 3))
"""Mornings that told nothing new, which `make test` does without."""
MONTHLY = "monthly-2026-10-01"


class Spiking(Restating):
    """A rise of three days in both accounts."""

    def cost(self, day: date) -> str:
        return "900" if SPIKE <= day < SPIKE + 3 * DAY else "500"


@cache
def told_before(first: date = FIRST, last: date = LAST) -> Mapping[str, bytes]:
    """What daily reports left, from that day until that day."""
    made = Mornings()
    made.source = Spiking()
    for day in Period(first, last + DAY).dates():
        if day not in QUIET or not quick():
            assert made.report(day) is None
    return made.store.objects


def stack(objects: Mapping[str, bytes] | None = None) -> Mornings:
    made = Mornings(dict(told_before() if objects is None else objects))
    made.source = Spiking()
    return made


def month(made: Mornings) -> Retrospective:
    assert made.report(LAST, report="monthly") is None
    looked = made.told(MONTHLY).retrospective
    assert looked
    return looked


def under(objects: Mapping[str, bytes], prefix: str) -> dict[str, bytes]:
    return {key: data for key, data in objects.items() if key.startswith(prefix)}


@cache
def looked_back_on() -> tuple[Mornings, Retrospective]:
    """The month after its daily reports, for what only reads it."""
    made = stack()
    return made, month(made)


def test_it_buys_nothing_where_the_month_is_held() -> None:
    made, _ = looked_back_on()
    assert made.made
    assert (made.made.batches, made.made.fewest, made.made.most) == ((), 0, 0)
    assert made.source.fetched == []
    assert under(made.store.objects, "paid/") == under(told_before(), "paid/")
    assert made.told(MONTHLY).cost_explorer.requests == 0


def test_only_days_that_are_not_held_are_read() -> None:
    made = stack(told_before(date(2026, 10, 29), date(2026, 10, 30)))
    looked = month(made)
    read = {day for batch in made.source.fetched for days in batch.slices for day in days.dates()}
    assert read == {date(2026, 10, 30), date(2026, 10, 31)}
    assert looked.since == date(2026, 10, 29), "and from when on incidents are known"


def test_it_tells_what_the_daily_reports_told() -> None:
    made, looked = looked_back_on()
    report = made.told(MONTHLY)
    assert (report.period.start, report.period.end) == (date(2026, 10, 1), date(2026, 11, 1))
    assert report.totals.period == 2 * (31 * 500 + 3 * 400)
    assert report.anomalies == ()
    assert (looked.since, looked.told, looked.going, looked.open) == (FIRST, 2, 0, 0)
    for line in looked.incidents:
        assert (line.start, line.last_day, line.ended) == (SPIKE, SPIKE + 2 * DAY, "back")
        assert line.told_at == datetime(2026, 10, 23, 8, tzinfo=UTC)
        assert abs(line.impact - 1200) < 24
    assert looked.detect_hours
    assert (looked.detect_hours.count, int(looked.detect_hours.longest)) == (2, 8)
    assert looked.requests == len(under(made.store.objects, "paid/aws/2026-10/")) > 0
    assert looked.usd == looked.requests * Decimal("0.01")


def test_causes_are_those_that_were_told() -> None:
    _, looked = looked_back_on()
    assert {line.cause for line in looked.incidents} == {"BoxUsage:m5.large"}


def test_it_leaves_the_life_of_incidents_alone() -> None:
    made, _ = looked_back_on()
    assert under(made.store.objects, "incidents/") == under(told_before(), "incidents/")


def test_it_is_delivered_once_and_covers_its_month() -> None:
    made = stack()
    month(made)
    month(made)
    assert len(made.channel.posts) == 1
    assert keys.COVERED.key(source="aws", report="monthly", end="2026-11-01") in made.store.objects
    assert made.told(MONTHLY).retrospective == looked_back_on()[1]


def test_what_somebody_said_and_what_cannot_be_read_is_said_too() -> None:
    made = stack()
    line = looked_back_on()[1].incidents[0]
    at = datetime(2026, 10, 24, 10, tzinfo=UTC)
    said = Verdict("mark-0001", "not_an_anomaly", "known", at, "role/ops", "command", line.id)
    verdicts.give(made.store, "aws", said)
    damaged = {keys.VERDICT.key(source="aws", mark="mark-0002"), *under(told_before(), "ledger/")}
    made.store.objects.update(dict.fromkeys(damaged, b"damaged"))
    looked = month(made)
    assert (looked.told, looked.answered, looked.false_alerts) == (2, 1, 1)
    assert looked.answer_hours
    assert looked.answer_hours.median == 26
    assert {"verdicts_unreadable", "ledger_unreadable"} <= set(made.told(MONTHLY).notes)


def test_a_forecast_of_the_month_and_a_day_told_otherwise_at_first() -> None:
    made = stack()
    key = keys.REPORT_DETECTED.key(run_id="daily-2026-10-22")
    report = documents.read(made.store, key, Report)
    assert report.forecast
    forecast = replace(
        report.forecast, month_end=Decimal(30000), low=Decimal(29000), high=Decimal(31000), reason=None
    )
    documents.write(made.store, key, replace(report, forecast=forecast))
    first = min(under(made.store.objects, "told/"))
    told = documents.read(made.store, first, Told)
    otherwise = tuple(
        replace(each, cost=each.cost - 60) if each.date == date(2026, 10, 10) else each
        for each in told.settled
    )
    documents.write(made.store, first, replace(told, settled=otherwise))
    looked = month(made)
    assert [(each.date, each.now - each.then) for each in looked.restated] == [
        (date(2026, 10, 10), Decimal(60))
    ]
    assert [(each.day, each.month_end) for each in looked.forecasts] == [(date(2026, 10, 22), Decimal(30000))]
    billed = made.told(MONTHLY).totals.period
    assert looked.forecasts[0].error_pct == ((30000 - billed) / billed * 100).quantize(Decimal("0.01"))


def test_what_aws_found_is_counted_once_each_over_the_month_s_reports() -> None:
    made = stack()
    scores = (
        OpinionScore("daily-a", "daily", date(2026, 10, 23), ("i-1",), ("i-2",), ("aws-1",)),
        OpinionScore("daily-b", "daily", date(2026, 10, 24), ("i-1", "i-2"), ("i-3",), ("aws-1", "aws-2")),
        OpinionScore("weekly", "weekly", date(2026, 11, 1), (), (), ("aws-2",)),
        OpinionScore("next", "daily", date(2026, 11, 2), ("i-9",), (), ("aws-9",)),
    )
    for each in scores:
        key = keys.OPINION.key(source="aws", end=str(each.end), run_id=each.run_id)
        documents.write(made.store, key, each)
    made.store.objects[keys.OPINION.key(source="aws", end="2026-10-25", run_id="x")] = b"damaged"
    assert month(made).second_opinion == Scoreboard(both=2, only_us=1, only_aws=2)
    assert "opinions_unreadable" in made.told(MONTHLY).notes
    assert looked_back_on()[1].second_opinion is None, "nobody asked"


def test_without_any_earlier_report_nothing_is_known_and_nothing_is_claimed() -> None:
    looked = month(stack({}))
    assert (looked.since, looked.told, looked.forecasts, looked.restated) == (None, 0, (), ())


def test_records_that_cannot_be_read_end_no_report() -> None:
    made = stack()
    for kind in (keys.COVERED, keys.INCIDENTS, keys.TOLD):
        made.store.objects.update(dict.fromkeys(under(told_before(), kind.prefix), b"damaged"))
    looked = month(made)
    assert (looked.since, looked.told) == (None, 0), "not that there was none"
    assert "incidents_unreadable" in made.told(MONTHLY).notes
