"""Which verdict is the answer to what a link is about, and when there is room for another one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from finopsguard.incidents.giving import Book
from finopsguard.models.anomaly import Said
from finopsguard.models.incident import Incident, ToldWith
from finopsguard.models.verdict import Verdict
from finopsguard.store import verdicts
from finopsguard.store.memory import MemoryStore
from tests.unit.channels.links.worlds import INCIDENT, incident
from tests.unit.fakes import NOW

TODAY = NOW.date()


def answer_to(given: list[Verdict], incidents: list[Incident], today: date) -> Verdict | None:
    """What a book says in which these were given."""
    store = MemoryStore()
    for each in given:
        verdicts.give(store, "aws", each)
    return Book(store, "aws").answer_to(incidents, today)


def said(name: Any = "expected", mark: str = "20261123-one", at: datetime = NOW, **more: Any) -> Verdict:
    about = {"incident_id": INCIDENT} | more
    return Verdict(mark, name, "planned", at, "ana", "command", **about)


def test_the_newest_one_counts() -> None:
    first, second = said(), said("not_an_anomaly", "20261123-two", NOW + timedelta(hours=1))
    assert answer_to([second, first], [incident()], TODAY) == second
    assert answer_to([], [incident()], TODAY) is None
    assert answer_to([said(incident_id="another/2026-11-14/up")], [incident()], TODAY) is None
    assert answer_to([said("plan", incident_id=None)], [incident()], TODAY) is None


def test_one_that_was_taken_back_does_not() -> None:
    back = said("withdrawn", "20261124-back", incident_id=None, withdraws="20261123-one")
    assert answer_to([said(), back], [incident()], TODAY) is None


def test_a_mute_counts_until_its_last_day_and_until_it_was_told_in_spite_of_it() -> None:
    mute = said("mute", until=TODAY)
    assert answer_to([mute], [incident()], TODAY) == mute
    assert answer_to([mute], [incident()], TODAY + timedelta(days=1)) is None
    under = Said(mute.mark, "mute", NOW, "planned", TODAY)
    assert answer_to([mute], [incident(said=under)], TODAY) == mute
    assert answer_to([mute], [incident(said=replace(under, released="beyond"))], TODAY) is None


def test_what_was_told_again_later_can_be_answered_again() -> None:
    assert answer_to([said()], [incident(told_on=TODAY)], TODAY)
    assert (
        answer_to([said()], [incident(told_on=TODAY + timedelta(days=1))], TODAY + timedelta(days=1)) is None
    )


def test_a_line_is_answered_when_all_that_it_tells_is() -> None:
    line = ToldWith("organization/2026-11-14/up", "together")
    both = [
        incident(told_with=line),
        incident(id="444455556666/2026-11-15/up", told_with=line, start=date(2026, 11, 15)),
    ]
    assert answer_to([said()], both, TODAY) is None
    whole = said(mark="20261123-two", incident_id=line.id)
    assert answer_to([said(), whole], both, TODAY) == whole
