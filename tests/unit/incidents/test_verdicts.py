"""What people say of incidents, in the life of daily reports: what ends, what is held back, what comes through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial

import numpy as np

from finopsguard.config import HISTORY_DAYS
from finopsguard.costs.series import DailySeries
from finopsguard.detection import DetectionConfig, Memory, detect
from finopsguard.incidents.known import memory_of
from finopsguard.incidents.replay import ReplayedRun, mornings, replay
from finopsguard.incidents.verdicts import with_plans
from finopsguard.models.incident import Incident, IncidentDay, Member
from finopsguard.models.verdict import Verdict, VerdictName
from tests.unit.incidents.reports import ACCOUNT, END, Costs, steady

EC2, RDS, LAMBDA = "Amazon EC2", "Amazon RDS", "AWS Lambda"
DAYS = 130


def day(back: int) -> date:
    """The morning so many days before the last one."""
    return END - timedelta(days=back)


def at(morning: date, hour: int = 15) -> datetime:
    """That afternoon: after the morning's report, before the next one's."""
    return datetime.combine(morning, time(hour), UTC)


def verdict(name: VerdictName, given: date, incident: str | None = None, **more: object) -> Verdict:
    mark = f"{name}-{given}-{more.pop('number', 0)}"
    made = Verdict(mark, name, "because of a migration", at(given), "julia", "command", incident_id=incident)
    return replace(made, **more)  # type: ignore[arg-type]


def series_of(costs: Costs) -> DailySeries:
    services = list(costs)
    return DailySeries(
        [ACCOUNT] * len(services),
        services,
        END - timedelta(days=DAYS),
        np.array([costs[service] for service in services]),
    )


def runs(costs: Costs, days: int, *verdicts: Verdict) -> list[ReplayedRun]:
    """The daily reports of the newest `days` mornings, the last one that of END."""
    made = mornings(series_of(costs), days, history_days=HISTORY_DAYS)
    return list(replay(made, DetectionConfig(), verdicts))


def risen(back: int, usd: float, *, service: str = EC2, until: int = 0) -> dict[str, list[float]]:
    """A service that costs so much more from `back` days before the end on, beside one that does not."""
    costs = {service: steady(days=DAYS), "Amazon S3": steady(60, DAYS)}
    for each in range(until + 1, back + 1):
        costs[service][-each] += usd
    return costs


def told(made: Sequence[ReplayedRun]) -> list[str]:
    """Which morning told what: `2026-11-20 new Amazon EC2`, of what a message would be sent for."""
    return [
        f"{run.day} {line.status} {', '.join(line.shares)}"
        for run in made
        for line in run.lines
        if line.notify
    ]


def first_id(made: Sequence[ReplayedRun]) -> str:
    return next(line.id for run in made for line in run.lines)


def shown(run: ReplayedRun) -> list[str]:
    """The lines of a report that are not held back, with how they stand."""
    return [f"{line.status} {line.ended}" for line in run.lines if not (line.said and line.said.quiet)]


# ---- expected --------------------------------------------------------------------------------------------------------


def test_what_is_expected_is_over_in_the_next_report_and_its_level_is_told_no_more() -> None:
    costs = risen(12, 80)
    plain = runs(costs, 14)
    name = first_id(plain)
    made = runs(costs, 14, verdict("expected", day(10), name))
    assert told(made) == told(plain) == [f"{day(11)} new {EC2}"]
    after = {run.day: shown(run) for run in made}
    assert after[day(9)] == ["resolved accepted"]
    assert [after[day(back)] for back in range(7, -1, -1)] == [[]] * 8, (
        "one day of a report's window, then nothing"
    )
    assert [line.ended for line in plain[-1].lines] == [None], "without it the incident still goes on"


def test_what_rises_above_the_accepted_level_is_told() -> None:
    costs = risen(12, 80)
    for back in (2, 1):
        costs[EC2][-back] += 400
    made = runs(costs, 14, verdict("expected", day(10), first_id(runs(costs, 14))))
    assert told(made) == [f"{day(11)} new {EC2}", f"{day(1)} new {EC2}"]


def test_a_fall_that_is_expected_is_not_told_again_the_next_day() -> None:
    costs = risen(12, -96)
    plain = runs(costs, 14)
    (first,) = told(plain)
    given = date.fromisoformat(first[:10])
    made = runs(costs, 14, verdict("expected", given, first_id(plain)))
    assert told(made) == [first]
    assert all(not run.lines for run in made[-6:])


def test_a_level_that_was_accepted_on_a_sunday_is_no_news_on_monday() -> None:
    """All of it costs twice as much since a Sunday, the working days too; somebody says so before Monday is judged."""
    costs = risen(0, 0)
    costs[EC2][-8:] = [2 * usd for usd in costs[EC2][-8:]]
    plain = runs(costs, 9)
    (first,) = told(plain)
    assert (first, day(8).strftime("%A")) == (f"{day(7)} new {EC2}", "Sunday")
    assert told(runs(costs, 9, verdict("expected", day(7), first_id(plain)))) == [first]


def test_an_expected_level_that_is_taken_back_goes_on_under_its_id() -> None:
    costs = risen(12, 80)
    name = first_id(runs(costs, 14))
    said = verdict("expected", day(10), name)
    back = verdict("withdrawn", day(7), withdraws=said.mark)
    made = runs(costs, 14, said, back)
    assert shown(made[-8]) == []
    assert [(line.id, line.status) for line in made[-7].lines] == [(name, "continuing")]
    assert told(made) == [f"{day(11)} new {EC2}"], "it is no second message"


# ---- not an anomaly --------------------------------------------------------------------------------------------------


def two_spikes(later: float) -> Costs:
    """On a Wednesday, and two weeks later on a Wednesday again."""
    costs = risen(19, 60, until=18)
    costs[EC2][-5] += later
    return costs


def test_what_was_no_anomaly_is_not_told_when_it_comes_again_up_to_its_cost() -> None:
    assert len(told(runs(two_spikes(60), 21))) == 2
    name = first_id(runs(two_spikes(60), 21))
    said = verdict("not_an_anomaly", day(17), name)
    assert told(runs(two_spikes(60), 21, said)) == [f"{day(18)} new {EC2}"]
    assert told(runs(two_spikes(300), 21, said)) == [f"{day(18)} new {EC2}", f"{day(4)} new {EC2}"]


def test_it_can_be_said_of_what_is_over_and_taken_back() -> None:
    name = first_id(runs(two_spikes(60), 21))
    said = verdict("not_an_anomaly", day(12), name)
    assert len(told(runs(two_spikes(60), 21, said))) == 1
    back = verdict("withdrawn", day(10), withdraws=said.mark)
    assert len(told(runs(two_spikes(60), 21, said, back))) == 2


# ---- mute ------------------------------------------------------------------------------------------------------------


def test_what_is_muted_is_in_no_list_until_the_day_and_then_goes_on() -> None:
    costs = risen(21, 80)
    name = first_id(runs(costs, 22)[:3])
    made = runs(costs, 22, verdict("mute", day(19), name, until=day(3)))
    assert told(made) == [f"{day(20)} new {EC2}"]
    quiet = [run.day for run in made if any(line.said and line.said.quiet for line in run.lines)]
    assert quiet == [day(back) for back in range(18, 2, -1)], "it does not become the new level meanwhile"
    assert shown(made[-4]) == []
    assert [(line.id, line.status) for line in made[-3].lines] == [(name, "continuing")]


def test_what_goes_beyond_what_was_muted_comes_through_and_stays() -> None:
    costs = risen(12, 80)
    for back in (5, 4, 3, 2, 1):
        costs[EC2][-back] += 200
    name = first_id(runs(costs, 14))
    made = runs(costs, 14, verdict("mute", day(10), name, until=day(-20)))
    assert told(made) == [f"{day(11)} new {EC2}", f"{day(4)} growing {EC2}"]
    assert [line.said and line.said.released for line in made[-1].lines] == ["beyond"]
    assert told(runs(costs, 14)) == [f"{day(11)} new {EC2}"], "unmuted it is seen, and not told again"


def test_a_mute_that_is_taken_back_tells_it_again_in_the_card() -> None:
    costs = risen(12, 80)
    said = verdict("mute", day(10), first_id(runs(costs, 14)), until=day(-20))
    made = runs(costs, 14, said, verdict("withdrawn", day(7), withdraws=said.mark))
    assert shown(made[-8]) == []
    assert shown(made[-7]) == ["continuing None"]


def test_a_service_is_muted_before_anything_is_unusual_as_far_as_it_usually_costs() -> None:
    said = verdict("mute", day(20), account_id=ACCOUNT, service=EC2, until=day(-20))
    assert told(runs(risen(12, 200), 14, said)) == []
    assert told(runs(risen(12, 400), 14, said)) == [f"{day(11)} new {EC2}"]
    assert told(runs(risen(12, 200, service=RDS), 14, said)) == [f"{day(11)} new {RDS}"]


def test_what_comes_back_under_another_id_is_muted_too() -> None:
    costs = risen(20, 80, until=17)
    for back in (5, 4, 3, 2, 1):
        costs[EC2][-back] += 80
    plain = runs(costs, 22)
    assert len(told(plain)) == 2
    made = runs(costs, 22, verdict("mute", day(18), first_id(plain), until=day(-20)))
    assert told(made) == [f"{day(19)} new {EC2}"]
    assert made[-1].lines[0].id != first_id(plain)


def test_what_joins_a_muted_incident_with_a_quarter_of_its_dollars_is_told() -> None:
    costs = risen(12, 80)
    costs[RDS] = steady(days=DAYS)
    for back in range(1, 12):
        costs[RDS][-back] += 70
    made = runs(costs, 14, verdict("mute", day(20), account_id=ACCOUNT, service=EC2, until=day(-20)))
    assert len(told(made)) == 1
    assert RDS in told(made)[0]


# ---- plan ------------------------------------------------------------------------------------------------------------


def plan(first: int, last: int, service: str = EC2) -> Verdict:
    return verdict("plan", day(40), account_id=ACCOUNT, service=service, since=day(first), until=day(last))


def test_a_rise_within_a_plan_is_told_as_planned_and_as_nothing_else() -> None:
    costs = risen(12, 300, until=6)
    assert len(told(runs(costs, 14))) == 1
    for service in (EC2, ""):
        made = runs(costs, 14, plan(13, 6, service))
        assert told(made) == []
        assert [line.said.verdict for line in made[4].lines if line.said] == ["plan"]
    assert len(told(runs(costs, 14, plan(13, 6, RDS)))) == 1, "a plan of another service plans nothing"


def test_what_goes_on_after_a_plan_is_new_then() -> None:
    made = runs(risen(12, 300), 14, plan(13, 6))
    assert told(made) == [f"{day(4)} new {EC2}"]
    assert shown(made[-1]) == ["continuing None"]


def test_what_began_before_a_plan_is_told() -> None:
    assert len(told(runs(risen(12, 300), 14, plan(9, 6)))) == 1


def test_days_of_a_plan_are_not_learned_from() -> None:
    """As those of an incident that was told: `detection/memory.py` says what becomes of them."""
    series, one, all_of_it = series_of(risen(12, 300)), plan(13, 6), plan(30, 28, "")
    known = {(ACCOUNT, EC2): Memory(told=((day(20), day(19)),), ordinary=(90.0,))}
    found = with_plans(known, [one, all_of_it], series)
    spans = {name: memory.told for (_, name), memory in found.items()}
    assert spans == {
        EC2: ((day(30), day(28)), (day(20), day(19)), (day(13), day(6))),
        "Amazon S3": ((day(30), day(28)),),
    }
    assert found[ACCOUNT, EC2].ordinary == (90.0,)
    back = verdict("withdrawn", day(30), withdraws=one.mark)
    assert with_plans(known, [one, back], series) == known


# ---- several ---------------------------------------------------------------------------------------------------------


def test_of_two_at_the_same_moment_the_one_with_the_larger_mark_counts() -> None:
    costs = risen(12, 80)
    name = first_id(runs(costs, 14))
    mute = verdict("mute", day(10), name, until=day(-20))
    expected = verdict("expected", day(10), name)
    for marks, ended in ((("a-mark-01", "a-mark-02"), "accepted"), (("a-mark-02", "a-mark-01"), None)):
        both = replace(mute, mark=marks[0]), replace(expected, mark=marks[1])
        made = runs(costs, 14, *both)
        assert made[-10].lines[0].ended == ended


def test_a_verdict_that_comes_during_a_report_counts_from_the_next_one() -> None:
    costs = risen(12, 80)
    name = first_id(runs(costs, 14))
    early = replace(verdict("expected", day(10), name), at=at(day(10), 9))
    made = runs(costs, 14, early)
    assert shown(made[-11]) == ["continuing None"]
    assert shown(made[-10]) == ["resolved accepted"]


def test_a_verdict_of_an_unknown_incident_changes_nothing() -> None:
    costs = risen(12, 80)
    assert runs(costs, 14, verdict("expected", day(10), "999999999999/2026-01-01/up")) == runs(costs, 14)


def test_what_is_said_of_one_service_leaves_all_others_as_they_were() -> None:
    """Of 60 services in 12 accounts, each with a spike of its own size, the others' anomalies stay to the digit."""
    rng = np.random.default_rng(7)
    costs = rng.uniform(40, 400, (60, 1)) * np.exp(0.03 * rng.normal(size=(60, 98)))
    costs[:, -2] *= rng.uniform(1.1, 3, 60)
    labels = [(f"{row // 5:012d}", f"Service {row % 5}") for row in range(60)]
    accounts, services = zip(*labels, strict=True)
    judge = partial(detect, costs, END - timedelta(days=98), accounts=accounts, services=services)
    plain = judge()
    first = plain[0]
    days = {
        first.day: IncidentDay(
            Decimal(first.actual), Decimal(first.expected), None, None, Decimal(first.impact)
        )
    }
    marked = Incident(
        id="1",
        account_id=first.account_id,
        direction=1,
        kind=first.kind,
        start=first.day,
        last_seen=first.day,
        members=(Member(first.service, first.day, days),),
        status="resolved",
        told_on=END,
        told_rate=Decimal(1),
        closed_on=END,
        ended="not_an_anomaly",
    )
    taught = judge(memory=memory_of([marked]))
    assert len(plain) > 30
    assert [each for each in plain if each.series != first.series] == taught
