"""Monthly reports for tests: an ordinary month, and the worlds in which its first lines must be true."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from finopsguard.models.anomaly import Ending
from finopsguard.models.report import Comparison, Coverage, Report
from finopsguard.models.retrospective import (
    CausePart,
    DayThen,
    ForecastMade,
    LookedBack,
    MutedLine,
    OwnerPart,
    Retrospective,
    Scoreboard,
    Spread,
)
from finopsguard.models.run import Language, Period
from finopsguard.models.verdict import VerdictName
from tests.unit.report.sample import account_id, days_of, totals_of, weekly

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
SEPTEMBER = Period(date(2026, 9, 1), date(2026, 10, 1))
DAY = timedelta(days=1)


def line(
    number: int = 0,
    usd: str = "840",
    ended: Ending | None = "back",
    verdict: VerdictName | None = None,
    **more: Any,
) -> LookedBack:
    """An incident from 5 October on."""
    start = date(2026, 10, 5)
    made = LookedBack(
        id=f"2026-10-05-{number}",
        account_id=account_id(number),
        account_name=f"prod-payments-{number}",
        services=("AWS Lambda",),
        start=start,
        last_day=start + 3 * DAY,
        told_at=datetime(2026, 10, 6, 9, tzinfo=UTC),
        answered_at=None,
        closed_on=start + 6 * DAY if ended else None,
        ended=ended,
        impact=Decimal(usd),
        verdict=verdict,
        owner="payments",
        cause="AWS Lambda",
        avoided=Decimal(5000) if ended == "back" else None,
    )
    return replace(made, **more)


def retrospective(*incidents: LookedBack, **more: Any) -> Retrospective:
    """What these incidents make of October, as far as the words need it."""
    above = sum((each.impact for each in incidents if each.impact > 0), Decimal(0))
    avoided = [each.avoided for each in incidents if each.avoided is not None]
    times = Spread(len(incidents), Decimal(9), Decimal(33)) if incidents else None
    made = Retrospective(
        since=date(2026, 9, 1),
        told=len(incidents),
        going=0,
        ended=sum(each.ended is not None for each in incidents),
        open=sum(each.ended is None for each in incidents),
        above=above,
        below=sum((each.impact for each in incidents if each.impact < 0), Decimal(0)),
        messages=len(incidents),
        detect_hours=times,
        answer_hours=None,
        resolve_days=replace(times, median=Decimal("2.5"), longest=Decimal(8)) if times else None,
        answered=sum(each.verdict is not None for each in incidents),
        false_alerts=sum(each.verdict == "not_an_anomaly" for each in incidents),
        avoided=sum(avoided, Decimal(0)),
        avoided_of=len(avoided),
        horizon_days=30,
        incidents=incidents,
        owners=(OwnerPart("payments", len(incidents), above, (CausePart("AWS Lambda", above),)),)
        if incidents
        else (),
        muted=(),
        restated=(),
        forecasts=(),
        requests=62,
        usd=Decimal("0.62"),
    )
    return replace(made, **more)


def everything() -> Retrospective:
    """A month in which there is something of each."""
    return retrospective(
        line(0),
        line(1, "-310", "new_level"),
        line(2, "1250", None, "mute"),
        line(3, "95", "not_an_anomaly", "not_an_anomaly"),
        line(4, "120", "accepted", "expected", account_id="", services=()),
        going=1,
        told=4,
        second_opinion=Scoreboard(both=3, only_us=1, only_aws=2),
        answer_hours=Spread(3, Decimal(5), Decimal(120)),
        muted=(
            MutedLine(
                "mute", "", "", "2026-10-05-2", date(2026, 10, 6), date(2026, 10, 20), "known", Decimal(1250)
            ),
            MutedLine(
                "plan", account_id(6), "Amazon EC2", None, date(2026, 10, 9), None, "load test", Decimal(70)
            ),
        ),
        restated=(DayThen(date(2026, 10, 3), Decimal(100), Decimal(112)),),
        forecasts=(
            ForecastMade(
                date(2026, 10, 8), Decimal(98000), Decimal(90000), Decimal(106000), Decimal("-2.00")
            ),
            ForecastMade(date(2026, 10, 15), Decimal(120000), Decimal(112000), Decimal(128000), None),
        ),
    )


def monthly(looked: Retrospective, language: Language = "en", **more: Any) -> Report:
    """The report of October; credits and tax are in what is billed, the headline is usage."""
    base = weekly(language)
    usage, before = Decimal("100000"), Decimal("90000")
    billed = sum(base.charges.values(), Decimal(0)) - base.charges["usage"] + usage
    made = replace(
        base,
        run_id="monthly-2026-10-01",
        report="monthly",
        period=OCTOBER,
        previous_period=SEPTEMBER,
        scheduled_time=datetime(2026, 11, 3, 9, tzinfo=UTC),
        totals=totals_of(billed, before, usage, before),
        daily=days_of(OCTOBER, usage, before, bumps={}),
        coverage=Coverage(25, 25),
        anomalies=(),
        forecast=None,
        comparison=Comparison(
            "usage",
            tuple(OCTOBER.dates()),
            tuple(SEPTEMBER.dates()),
            usage,
            before,
            None,
            usage - before,
            Decimal("11.11"),
        ),
        retrospective=looked,
    )
    return replace(made, **more)
