"""An incident by the ledger: told is what was delivered, and each row of it is found again in its record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from finopsguard.incidents.records import records
from finopsguard.models.anomaly import Said
from finopsguard.models.incident import Incident, IncidentDay, Member, ToldWith
from finopsguard.models.telling import IncidentRecord, IncidentsTold, IncidentTold, ToldCause
from finopsguard.models.verdict import Verdict

A, B = "111111111111/2026-11-20/up", "222222222222/2026-11-21/up"
ROW = IncidentTold(
    id=A,
    scope="account_service",
    account_id="111111111111",
    account_name="shop",
    services=("Amazon EC2",),
    region=None,
    owner="team-a",
    kind="shift",
    direction=1,
    status="new",
    first_day=date(2026, 11, 20),
    last_day=date(2026, 11, 21),
    impact=Decimal(100),
    run_rate_month=Decimal(1500),
    severity="medium",
    causes=(ToldCause("usage_type", "BoxUsage:m5.large", Decimal(90)),),
)


def told(day: int, row: IncidentTold, channel: str = "teams") -> IncidentsTold:
    """A daily report of that day of November, delivered in the morning of the next."""
    at = datetime(2026, 11, day + 1, 9, tzinfo=UTC)
    return IncidentsTold(f"daily-2026-11-{day}", "daily", date(2026, 11, day + 1), channel, (row,), at=at)


def running(name: str = A, **more: object) -> Incident:
    day = IncidentDay(Decimal(180), Decimal(100), Decimal(90), Decimal(110), Decimal(80))
    member = Member("Amazon EC2", date(2026, 11, 18), {date(2026, 11, 24): day})
    made = Incident(
        name,
        name[:12],
        1,
        "shift",
        date(2026, 11, 20),
        date(2026, 11, 24),
        (member,),
        "continuing",
        date(2026, 11, 21),
        Decimal(80),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def one(
    *given: IncidentsTold, life: tuple[Incident, ...] = (), said: tuple[Verdict, ...] = ()
) -> IncidentRecord:
    (record,) = records(given, life, said)
    return record


def test_it_has_when_it_was_told_first_in_which_channels_and_each_time_that_it_had_grown() -> None:
    grown = replace(ROW, status="growing", impact=Decimal(900))
    over = replace(
        ROW, status="resolved", ended="back", impact=Decimal(950), last_day=date(2026, 11, 24), causes=()
    )
    record = one(told(23, grown), told(21, ROW), told(21, ROW, "ops"), told(26, over))
    assert record.first_told is not None
    assert (record.first_told.run_id, record.first_told.channels) == ("daily-2026-11-21", ("ops", "teams"))
    assert [each.impact for each in record.grown] == [Decimal(900)]
    assert [each.status for each in record.tellings] == ["new", "growing", "resolved"]
    assert (record.state, record.ended, record.ended_on) == ("closed", "back", date(2026, 11, 27))
    assert (record.impact, record.last_day, record.owner) == (Decimal(950), date(2026, 11, 24), "team-a")
    assert record.causes == ROW.causes, "the last that were told"


def test_what_goes_on_has_the_dollars_of_the_newest_look_and_the_names_of_the_newest_report() -> None:
    record = one(told(21, ROW), life=(running(),))
    assert (record.state, record.impact, record.run_rate_month) == ("open", Decimal(80), Decimal(2400))
    assert (record.account_name, record.severity) == ("shop", "medium")


def test_what_was_delivered_nowhere_was_not_told() -> None:
    record = one(life=(running(),))
    assert (record.first_told, record.tellings, record.state) == (None, (), "open")
    ended = one(life=(running(closed_on=date(2026, 11, 26), ended="back", status="resolved"),))
    assert (ended.state, ended.ended, ended.ended_on) == ("closed", "back", date(2026, 11, 26))


def test_what_is_told_with_others_since_is_closed_and_says_where_it_went() -> None:
    line = replace(ROW, id=B, incidents=(B, A))
    together = ToldWith(B, "together")
    life = (running(A, told_with=together), running(B, told_with=together))
    of_line, joined = records([told(21, ROW), told(22, line)], life, ())
    assert (of_line.id, of_line.state) == (B, "open")
    assert (joined.id, joined.state, joined.ended, joined.joined) == (A, "closed", "joined", B)
    assert joined.ended_on == date(2026, 11, 23)


def test_an_owners_part_of_a_story_goes_on_under_its_own_id() -> None:
    together = ToldWith("333333333333/2026-11-20/up", "together")
    life = (running(A, told_with=together), running(B, told_with=together))
    part = replace(ROW, id="owner/team-a/1", incidents=(A, B))
    found = {each.id: each for each in records([told(21, part, "team-a")], life, ())}
    assert found["owner/team-a/1"].state == "open"
    assert found["owner/team-a/1"].impact == Decimal(160)
    assert found["owner/team-a/1"].account_name == "shop"


def test_what_no_report_ended_and_nobody_knows_any_more_says_so() -> None:
    record = one(told(21, ROW))
    assert (record.state, record.ended, record.ended_on) == ("closed", "unknown", None)


@pytest.mark.parametrize(("name", "state"), [("mute", "muted"), ("plan", "planned")])
def test_what_is_held_back_was_not_told_by_it(name: str, state: str) -> None:
    said = Said("a-mark-0001", name, datetime(2026, 11, 22, tzinfo=UTC), "why", date(2026, 12, 1))  # type: ignore[arg-type]
    quiet = replace(ROW, quiet=True, mark="a-mark-0001", verdict=said.verdict, status="continuing")
    record = one(told(21, quiet), life=(running(said=said),))
    assert (record.first_told, record.state, len(record.tellings)) == (None, state, 1)


def test_it_has_the_verdicts_on_it_on_its_line_and_those_that_held_it_back_or_took_one_back() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    on_it = Verdict("a-mark-0001", "mute", "why", at, "julia", "command", A)
    service = Verdict("a-mark-0002", "mute", "why", at, "julia", "command", None, "111111111111")
    back = Verdict("a-mark-0003", "withdrawn", "why", at, "julia", "command", withdraws=service.mark)
    other = Verdict("a-mark-0004", "mute", "why", at, "julia", "command", B)
    held = told(22, replace(ROW, mark=service.mark, verdict="mute", quiet=True))
    record = one(told(21, ROW), held, said=(on_it, service, back, other))
    assert record.verdicts == (on_it, service, back)
