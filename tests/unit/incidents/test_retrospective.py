from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import median

import pytest

from finopsguard.incidents.cases import Case
from finopsguard.incidents.retrospective import HORIZON_DAYS, figures
from finopsguard.models.report import AccountCost
from finopsguard.models.retrospective import CausePart, Figures, Spread
from finopsguard.models.run import Period
from finopsguard.models.verdict import Verdict
from tests.unit.incidents.sixty_days import SIXTY, TABLE, Happened, lived, usd

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
TOLD = [each for each in TABLE if each.told]
A = "000000000001"


def of(period: Period) -> Figures:
    known, said = lived()
    return figures(known.cases, said, period, ())


def close(found: Decimal, truth: float) -> bool:
    """Within 2 %."""
    return abs(float(found) - truth) <= 0.02 * abs(truth)


def test_sixty_days_have_the_incidents_that_happened_and_one_message_for_each() -> None:
    known, _ = lived()
    found = of(SIXTY)
    assert (found.told, found.going) == (len(TOLD), 0)
    assert [(each.account_id, each.start) for each in sorted(found.incidents, key=lambda it: it.start)] == [
        (each.place[0], each.start) for each in TOLD
    ]
    assert len(known.messages) <= 1.1 * len(TOLD)
    assert sorted(known.messages) == [each.told for each in TOLD]


def test_sixty_days_have_the_dollars_that_happened() -> None:
    found = of(SIXTY)
    assert close(found.above, float(sum(usd(each, SIXTY) for each in TOLD)))
    assert found.below == 0
    for each in TOLD:
        (line,) = [it for it in found.incidents if (it.account_id, it.start) == (each.place[0], each.start)]
        assert close(line.impact, float(usd(each, SIXTY))), each


def test_times_are_those_that_happened() -> None:
    found = of(SIXTY)
    assert found.detect_hours and found.answer_hours and found.resolve_days
    assert found.detect_hours == Spread(len(TOLD), Decimal(9), Decimal(9))
    answers = [each.hours for each in TOLD if each.said]
    assert found.answered == len(answers)
    assert found.answer_hours == Spread(len(answers), Decimal(median(answers)), Decimal(max(answers)))
    # What somebody said ends an incident without its cost being back; the newest one still goes on.
    back = [
        (each.back - each.told.date()).days
        for each in TOLD
        if each.told and each.said in (None, "mute") and each.start < date(2026, 11, 15)
    ]
    assert found.resolve_days.count == len(back)
    assert abs(found.resolve_days.median - Decimal(median(back))) <= 1
    assert abs(found.resolve_days.longest - max(back)) <= 1


def test_false_alerts_are_those_that_somebody_called_none() -> None:
    assert of(SIXTY).false_alerts == 2
    assert of(OCTOBER).false_alerts == 1


def test_what_is_avoided_is_of_ended_incidents_alone_and_within_the_horizon() -> None:
    found = of(SIXTY)

    def avoided(each: Happened) -> float:
        return each.usd * (HORIZON_DAYS - each.days)

    counted = [
        each
        for each in TOLD
        if each.said in (None, "mute") and each.days > 1 and each.start < date(2026, 11, 15)
    ]
    assert found.avoided_of == len(counted)
    assert close(found.avoided, sum(map(avoided, counted)))
    assert found.avoided <= sum(map(avoided, counted)), "above the band, so never more"


def test_a_month_has_its_own_days_and_what_went_on_into_it() -> None:
    found = of(OCTOBER)
    mine = [each for each in TOLD if each.start < date(2026, 10, 31)]
    assert (found.told, found.going) == (len(mine) - 1, 1), "one was told in September"
    assert found.open == 1, "that of 27 October was not over"
    assert found.ended == len(mine) - 1
    assert close(found.above, float(sum(usd(each, OCTOBER) for each in mine)))


def test_mutes_and_plans_are_named_with_what_they_held_back() -> None:
    muted = {line.verdict: line for line in of(OCTOBER).muted}
    assert muted["plan"].reason == "a load test"
    planned = next(each for each in TABLE if each.said == "plan")
    assert close(muted["plan"].impact, float(usd(planned, OCTOBER)))
    assert (muted["mute"].until, len(muted)) == (date(2026, 10, 20), 2)


# ---- each rule by itself ---------------------------------------------------------------------------------------------


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 10, day, hour, tzinfo=UTC)


def case(start: int = 5, days: int = 4, told: datetime | None = None, **more: object) -> Case:
    spent = {date(2026, 10, start) + timedelta(n): Decimal(100) for n in range(days)}
    made: dict[str, object] = {
        "id": "one",
        "ids": frozenset({"one"}),
        "account_id": A,
        "services": ("Amazon EC2",),
        "direction": 1,
        "start": min(spent),
        "last_day": max(spent),
        "days": spent,
        "beyond": spent,
        "told_at": told or at(start + 1),
        "closed_on": date(2026, 10, start) + timedelta(days + 3),
        "ended": "back",
    }
    return Case(**{**made, **more})  # type: ignore[arg-type]


def verdict(name: str, day: int, **more: object) -> Verdict:
    made: dict[str, object] = {"incident_id": "one", **more}
    return Verdict(f"mark-{name}-{day}", name, "so", at(day), "role/ops", "command", **made)  # type: ignore[arg-type]


def one(given: Case, *said: Verdict) -> Figures:
    return figures([given], said, OCTOBER, [])


def test_avoided_is_a_day_s_dollars_for_the_days_that_are_left_of_the_horizon() -> None:
    assert one(case()).avoided == 100 * (HORIZON_DAYS - 4)
    assert one(case(start=1, days=30, closed_on=date(2026, 10, 31))).avoided == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (case(ended=None, closed_on=None), ()),
        (case(closed_on=date(2026, 11, 2)), ()),
        (case(ended="new_level"), ()),
        (case(direction=-1), ()),
        (case(days=1), ()),
        (case(), (verdict("expected", 7),)),
        (case(), (verdict("not_an_anomaly", 7),)),
    ],
    ids=["open", "ended after the month", "new level", "a fall", "over when it was told", "expected", "none"],
)
def test_nothing_is_avoided_where_nothing_can_be_said(given: Case, said: tuple[Verdict, ...]) -> None:
    found = one(given, *said)
    assert (found.avoided, found.avoided_of, found.told) == (Decimal(0), 0, 1)


def test_a_verdict_taken_back_was_an_answer_and_counts_no_more() -> None:
    back = verdict("withdrawn", 8, incident_id=None, withdraws="mark-not_an_anomaly-7")
    found = one(case(), verdict("not_an_anomaly", 7), back)
    assert (found.answered, found.false_alerts) == (1, 0)


def test_nobody_answered_and_nothing_was_told_have_no_times() -> None:
    found = one(case())
    assert (found.answered, found.answer_hours) == (0, None)
    empty = figures([], [], OCTOBER, [])
    assert (empty.told, empty.detect_hours, empty.resolve_days) == (0, None, None)
    assert empty.avoided == 0


def test_causes_go_to_the_owner_of_the_account() -> None:
    owned = AccountCost(A, "shop-prod", Decimal(1), None, owner="shop")
    other = case(id="two", ids=frozenset({"two"}), account_id="000000000002", services=("Amazon S3",))
    found = figures([case(), other], [], OCTOBER, [owned])
    assert {(part.owner, part.causes) for part in found.owners} == {
        ("shop", (CausePart("Amazon EC2", Decimal(400)),)),
        (None, (CausePart("Amazon S3", Decimal(400)),)),
    }
    assert {line.account_name for line in found.incidents} == {"shop-prod", "000000000002"}


def test_what_was_told_after_the_month_or_over_before_it_is_of_another_month() -> None:
    assert (
        figures(
            [case(start=28, told=datetime(2026, 11, 2, tzinfo=UTC), closed_on=None)], [], OCTOBER, []
        ).told
        == 0
    )
    before = Period(date(2026, 11, 1), date(2026, 12, 1))
    assert figures([case()], [], before, []).incidents == ()
