"""One life of all incidents: daily and weekly reports follow each other in it, whatever runs when."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import pytest

from finopsguard import contracts
from finopsguard.errors import InvalidInput, StoreUnavailable
from finopsguard.incidents import ledger
from finopsguard.incidents.ledger import LOOK_DAYS, place_of
from finopsguard.incidents.versions import decode_life
from finopsguard.models.incident import IncidentLife
from finopsguard.models.report import Report
from finopsguard.models.run import ReportName
from finopsguard.store import keys, seal
from finopsguard.store.memory import MemoryStore
from tests.sweeps import sampled, share
from tests.unit.incidents.reports import END, Costs, report_of, run_of, steady

LENGTH = 120
WEEK = [END - timedelta(days=back) for back in range(6, -1, -1)]
"""Ends of the daily reports of Monday to Sunday; on the last one, a Monday, the weekly report is made too."""


def world() -> Costs:
    """A spike that is over by Saturday, a new level since Thursday, and something on Sunday, the newest day."""
    spiking, shifted, late = steady(days=LENGTH), steady(300, LENGTH), steady(50, LENGTH)
    spiking[-7] += 400
    spiking[-6] += 380
    for day in range(1, 5):
        shifted[-day] += 250
    late[-1] += 500
    return {"Amazon EC2": spiking, "Amazon RDS": shifted, "AWS Lambda": late}


def told(report: Report) -> dict[str, str]:
    """Status by service."""
    return {line.service: line.status for line in report.anomalies}


def dailies(store: MemoryStore, ends: Sequence[date]) -> list[Report]:
    """The daily reports of these mornings; the first ones of the week are made once for all tests."""
    if store.objects or ends != WEEK[: len(ends)]:
        return [report_of("daily", world(), store, end=end) for end in ends]
    objects, made = begun(len(ends))
    store.objects.update(objects)
    return list(made)


@cache
def begun(days: int) -> tuple[Mapping[str, bytes], Sequence[Report]]:
    """What a store has after the first days of the week, and their reports."""
    store = MemoryStore()
    if not days:
        return store.objects, ()
    objects, before = begun(days - 1)
    store.objects.update(objects)
    return store.objects, (*before, report_of("daily", world(), store, end=WEEK[days - 1]))


def weekly(store: MemoryStore) -> Report:
    return report_of("weekly", world(), store)


def new_ids(reports: Sequence[Report]) -> Counter[str]:
    return Counter(line.id for report in reports for line in report.anomalies if line.status == "new")


def looks(store: MemoryStore) -> list[str]:
    return list(store.list("incidents/"))


class Between(MemoryStore):
    """Lets another report run to its end after the keys were listed, the first `times` times."""

    def __init__(self, other: Callable[[], object], times: int = 1) -> None:
        super().__init__()
        self.other, self.left, self.armed = other, times, False

    def list(self, prefix: str) -> Sequence[str]:
        found = super().list(prefix)
        if self.armed and self.left:
            self.left -= 1
            self.armed = False
            self.other()
            self.armed = True
        return found


# ---- daily and weekly ----


def test_a_weekly_report_after_the_daily_ones_tells_nothing_as_new_again() -> None:
    store = MemoryStore()
    daily = dailies(store, WEEK)
    assert told(daily[-1]) == {"Amazon RDS": "continuing", "AWS Lambda": "new"}
    report = weekly(store)
    assert told(report) == {"Amazon EC2": "resolved", "Amazon RDS": "continuing", "AWS Lambda": "continuing"}
    assert set(new_ids([*daily, report]).values()) == {1}
    assert len(new_ids([*daily, report])) == 3


def test_a_daily_report_after_the_weekly_one_of_its_morning_tells_nothing_as_new_again() -> None:
    store = MemoryStore()
    before = dailies(store, WEEK[:-1])
    report = weekly(store)
    assert told(report) == {"Amazon EC2": "resolved", "Amazon RDS": "continuing", "AWS Lambda": "new"}
    last = dailies(store, WEEK[-1:])
    assert told(last[0]) == {"Amazon RDS": "continuing", "AWS Lambda": "continuing"}
    assert set(new_ids([*before, report, *last]).values()) == {1}
    assert len(new_ids([*before, report, *last])) == 3


@sampled("daily-weekly")
@pytest.mark.parametrize(("first", "second"), [("daily", "weekly"), ("weekly", "daily")])
def test_of_two_reports_at_once_the_second_follows_the_first(first: ReportName, second: ReportName) -> None:
    quick: list[Report] = []
    store = Between(lambda: quick.append(report_of(first, world(), store)))
    dailies(store, WEEK[:-1])
    store.armed = True
    slow = report_of(second, world(), store)
    assert told(quick[0])["AWS Lambda"] == "new"
    assert told(slow)["AWS Lambda"] == "continuing"
    assert looks(store)[-2:] == ["incidents/aws/2026-11-23/001.json", "incidents/aws/2026-11-23/002.json"]
    life = contracts.decode(IncidentLife, store.read(looks(store)[-1]))
    assert (life.run_id, life.before) == (run_of(second).run_id, looks(store)[-2])


def test_the_same_report_twice_at_once_is_one_look() -> None:
    store = Between(lambda: report_of("daily", world(), store))
    store.armed = True
    assert told(report_of("daily", world(), store))["AWS Lambda"] == "new"
    assert looks(store) == ["incidents/aws/2026-11-23/001.json"]


def test_a_spike_that_is_over_is_resolved_in_the_weekly_report_and_never_new() -> None:
    store = MemoryStore()
    daily = dailies(store, WEEK)
    statuses = [told(report).get("Amazon EC2") for report in [*daily, weekly(store)]]
    assert statuses == ["new", "continuing", "continuing", "continuing", "resolved", None, None, "resolved"]


def test_a_week_later_nothing_of_it_is_told_again() -> None:
    store = MemoryStore()
    dailies(store, WEEK)
    weekly(store)
    longer = {service: [*costs, *costs[-14:-7]] for service, costs in world().items()}
    after = END + timedelta(days=7)
    report = report_of("weekly", longer, store, end=after, last_day=after - timedelta(days=1))
    assert "Amazon EC2" not in told(report)


# ---- a report that is run again ----


def test_a_re_run_of_each_report_is_byte_identical_whatever_ran_in_between() -> None:
    store = MemoryStore()
    dailies(store, WEEK)
    weekly(store)
    results = {key: value for key, value in store.objects.items() if key.endswith("report.detected.json")}
    life = {key: store.read(key) for key in looks(store)}
    assert len(results) == 8
    for end in share(WEEK[::-1], every=3):
        report_of("daily", world(), store, end=end)
    weekly(store)
    assert {key: store.read(key) for key in results} == results
    assert {key: store.read(key) for key in looks(store)} == life, (
        "a re-run appends nothing and changes nothing"
    )


def test_a_revision_follows_what_the_first_report_followed_and_appends_nothing() -> None:
    """What was new in the report is new in its revision, not continuing."""
    store = MemoryStore()
    dailies(store, WEEK)
    report_of("weekly", world(), store)
    life, run = looks(store), run_of("weekly")
    followed: list[ledger.Life] = []
    for each in (run, replace(run, run_id=f"{run.run_id}-r2", revision=2)):
        ledger.record(store, each, seeing(followed))
    assert followed[0] == followed[1]
    assert looks(store) == life


def test_ids_are_unique_in_every_look() -> None:
    store = MemoryStore()
    dailies(store, WEEK)
    weekly(store)
    for key in looks(store):
        ids = [each.id for each in contracts.decode(IncidentLife, store.read(key)).incidents]
        assert len(ids) == len(set(ids))


def test_what_is_kept_is_what_its_schema_says() -> None:
    store = MemoryStore()
    report = weekly(store)
    (key,) = looks(store)
    assert key == "incidents/aws/2026-11-23/001.json"
    data = json.loads(seal.opened(store.read(key), "incident_life").document)
    assert (data["version"], data["run_id"], data["before"], data["end"]) == (
        4,
        "weekly-2026-11-16",
        None,
        "2026-11-23",
    )
    assert {each["id"] for each in data["incidents"]} == {line.id for line in report.anomalies}
    assert contracts.to_json(contracts.from_json(IncidentLife, data)) == data


# ---- where a look is found ----


def seeing(seen: list[ledger.Life]) -> ledger.Judge:
    """Judges nothing, and remembers what it was given."""

    def judge(before: ledger.Life) -> ledger.Judged:
        seen.append(before)
        return judge_nothing(before)

    return judge


def judge_nothing(before: ledger.Life) -> ledger.Judged:
    return ledger.Judged(before, before.incidents)


@cache
def newest_look() -> IncidentLife:
    store = MemoryStore()
    report_of("daily", world(), store)
    (key,) = looks(store)
    return contracts.decode(IncidentLife, store.read(key))


def kept(store: MemoryStore, end: date, *, source: str = "aws") -> str:
    """Puts the newest look of a store aside, as that of a report whose period ended on `end`."""
    data = {**contracts.to_json(newest_look()), "end": str(end), "run_id": f"daily-{end - timedelta(days=1)}"}
    store.write(f"incidents/{source}/{end}/001.json", contracts.encode(data))
    return f"incidents/{source}/{end}/001.json"


def test_what_no_report_judged_goes_on_with_the_life() -> None:
    store = MemoryStore()
    unread = {"111111111111": date(2026, 11, 20)}
    earlier = replace(newest_look(), end=END - timedelta(days=1), unread=unread)
    store.write(f"incidents/aws/{earlier.end}/001.json", contracts.encode(contracts.to_json(earlier)))
    seen: list[ledger.Life] = []
    ledger.record(store, run_of("daily"), seeing(seen))
    assert [each.unread for each in seen] == [unread]
    (_, own) = looks(store)
    assert decode_life(store.read(own)).unread == unread


def test_an_old_look_says_nothing_any_more() -> None:
    store = MemoryStore()
    kept(store, END - timedelta(days=LOOK_DAYS + 1))
    assert ledger.record(store, run_of("daily"), judge_nothing).judged.told == ()
    store = MemoryStore()
    kept(store, END - timedelta(days=LOOK_DAYS))
    assert len(ledger.record(store, run_of("daily"), judge_nothing).judged.told) == 2


def test_a_later_look_another_source_and_what_is_no_look_are_left_alone() -> None:
    store = MemoryStore()
    kept(store, END + timedelta(days=1))
    kept(store, END - timedelta(days=1), source="mock")
    for stray in ("notes.txt", "2026-11-22/copy.json", "2026-13-45/001.json", "2026-11-22/001.json.bak"):
        store.write(f"incidents/aws/{stray}", b"mine")
    assert ledger.record(store, run_of("daily"), judge_nothing).judged.told == ()


def test_keys_and_places_are_each_other_s_inverse() -> None:
    assert place_of("incidents/mock/2026-11-23/007.json") == (END, 7)
    assert place_of(keys.INCIDENTS.key(source="aws", end=str(END), number="1234")) == (END, 1234)
    assert place_of("incidents/aws/2026-11-23/copy.json") is None


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (b"{", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b'{"version":1}', "'run_id' is a required property"),
        (b"[]", "is not of type 'object'"),
        (
            b'{"version":5,"run_id":"x","before":null,"end":"2026-11-22","incidents":[]}',
            r"version: 5 is not one of",
        ),
        (b'{"version":1,"run_id":"x","before":null,"end":"2026-02-30","incidents":[]}', "out of range"),
    ],
)
@pytest.mark.parametrize("back", [0, 1])
def test_a_look_that_cannot_be_read_is_passed_over_and_named(damage: bytes, said: str, back: int) -> None:
    store = MemoryStore()
    older = kept(store, END - timedelta(days=2))
    key = keys.INCIDENTS.key(source="aws", end=str(END - timedelta(days=back)), number="001")
    store.write(key, damage)
    with pytest.raises(InvalidInput, match=said):
        decode_life(damage)

    seen: list[ledger.Life] = []
    recorded = ledger.record(store, run_of("daily"), seeing(seen))
    assert recorded.unreadable == (key,)
    assert [each.incidents for each in seen] == [decode_life(store.read(older)).incidents]
    assert store.read(key) == damage, "it stays for whoever looks into it"
    assert ledger.record(store, run_of("daily"), seeing(seen)).unreadable == recorded.unreadable[: 1 - back]
    assert seen[1] == seen[0], "run again, it follows the same"


@pytest.mark.parametrize("damage", [None, b"{"])
def test_a_re_run_whose_predecessor_is_gone_follows_the_one_before_it(damage: bytes | None) -> None:
    store = MemoryStore()
    older = kept(store, END - timedelta(days=2))
    gone = kept(store, END - timedelta(days=1))
    ledger.record(store, run_of("daily"), judge_nothing)
    del store.objects[gone]
    if damage:
        store.write(gone, damage)
    seen: list[ledger.Life] = []
    assert ledger.record(store, run_of("daily"), seeing(seen)).unreadable == (gone,)
    assert [each.incidents for each in seen] == [decode_life(store.read(older)).incidents]


def test_writers_that_go_on_being_quicker_are_transient() -> None:
    runs = iter(range(100))

    def another() -> None:
        run = run_of("weekly")
        object.__setattr__(run, "run_id", f"other-{next(runs)}")
        ledger.record(store, run, judge_nothing)

    store = Between(another, times=100)
    store.armed = True
    with pytest.raises(StoreUnavailable, match=r"at the same time, 5 times\. Run again"):
        ledger.record(store, run_of("daily"), judge_nothing)
