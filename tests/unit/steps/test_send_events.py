"""SendEvents: each incident and change is told to EventBridge once, whatever is retried, redriven or made again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from finopsguard import contracts
from finopsguard.channels import events
from finopsguard.errors import (
    EventBusRefused,
    EventBusUnavailable,
    FinOpsGuardError,
    InvalidInput,
    StoreUnavailable,
)
from finopsguard.models.anomaly import AnomalyLine, AnomalyStatus
from finopsguard.models.event import IncidentEvent, SentEvent
from finopsguard.models.messages import DeliveredReport, EventsSent
from finopsguard.ports import Place
from finopsguard.steps import send_events
from finopsguard.store import documents
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import NOW, FakeBus, FakePorts, call, make_run
from tests.unit.report.cases import CASES
from tests.unit.report.hostile import HOSTILE

REPORT = CASES["graded"]("en")
GIVEN = DeliveredReport(make_run(run_id=REPORT.run_id), "report")
LINE = REPORT.anomalies[0]


class InABucket(MemoryStore):
    """A store whose pages have a place in S3's console."""

    def place(self, key: str) -> Place | None:
        return Place("aws", "eu-west-1", "reports", key)


def store(lines: Sequence[AnomalyLine] = REPORT.anomalies) -> MemoryStore:
    made = InABucket()
    documents.write(made, "report", replace(REPORT, anomalies=tuple(lines)))
    return made


def send(kept: MemoryStore, bus: FakeBus | None, given: DeliveredReport = GIVEN) -> EventsSent:
    return call(send_events.run, given, FakePorts(store=kept, bus=bus))


def ledger(kept: MemoryStore) -> list[str]:
    return [key for key in kept.objects if key.startswith("events/")]


def test_what_is_news_is_sent_the_gravest_first_and_what_goes_on_is_not() -> None:
    bus, kept = FakeBus(), store()
    news = [line for line in REPORT.anomalies if line.status != "continuing"]

    assert send(kept, bus) == EventsSent("sent", len(news), 0)
    assert {each.incident_id for each in bus.events} == {line.id for line in news}
    assert bus.events[0].severity == "high"
    assert {each.change for each in bus.events} == {"new", "grown", "closed"}
    assert len(ledger(kept)) == len(news)


def test_what_an_event_says() -> None:
    bus = FakeBus()
    send(store([LINE]), bus)
    (event,) = bus.events
    detail = contracts.to_json(event)

    assert {
        name: detail[name] for name in ("incident_id", "change", "account_name", "owner", "severity")
    } == {
        "incident_id": LINE.id,
        "change": "new",
        "account_name": "ml-training",
        "owner": "team-training",
        "severity": "high",
    }
    assert detail["impact"] == "8324.06"
    assert Decimal(detail["run_rate_month"]) == LINE.run_rate_month
    assert detail["causes"][0] == {
        "dimension": "usage_type",
        "value": "BoxUsage:p5.48xlarge",
        "impact": contracts.decimal_string(LINE.causes[0].impact),
        "region": "us-east-1",
    }
    assert detail["page"].startswith("https://eu-west-1.console.aws.amazon.com/s3/object/reports?")
    assert "X-Amz" not in detail["page"]
    assert len(contracts.encode(detail)) < 4_096


def test_a_second_run_a_redrive_and_a_revision_send_nothing_again() -> None:
    bus, kept = FakeBus(), store()
    first = send(kept, bus)
    revised = replace(GIVEN, run=replace(GIVEN.run, run_id=f"{GIVEN.run.run_id}-r2", revision=2))

    assert send(kept, bus) == EventsSent("sent", 0, first.sent)
    assert send(kept, bus, revised) == EventsSent("sent", 0, first.sent)
    assert len(bus.events) == first.sent


def test_an_incident_begins_and_ends_once_and_grows_once_in_a_report() -> None:
    bus, kept = FakeBus(), MemoryStore()
    told: list[tuple[str, AnomalyStatus]] = [
        ("daily-2026-11-10", "new"),
        ("daily-2026-11-11", "growing"),
        ("daily-2026-11-12", "growing"),
        ("daily-2026-11-13", "resolved"),
        ("weekly-2026-11-09", "resolved"),
    ]
    for run_id, status in told:
        documents.write(
            kept, "report", replace(REPORT, run_id=run_id, anomalies=(replace(LINE, status=status),))
        )
        send(kept, bus, DeliveredReport(make_run(run_id=run_id), "report"))

    assert [each.change for each in bus.events] == ["new", "grown", "grown", "closed"]
    assert len({each.event_id for each in bus.events}) == 4


def test_no_call_has_more_entries_than_aws_takes() -> None:
    bus = FakeBus()
    lines = [replace(LINE, id=f"{number}/2026-11-13/up") for number in range(23)]

    assert send(store(lines), bus).sent == 23
    assert bus.calls == [10, 10, 3]


@pytest.mark.parametrize("trouble", [EventBusUnavailable("throttled"), EventBusRefused("denied")])
def test_what_was_not_taken_fails_the_step_and_is_all_that_is_sent_again(trouble: FinOpsGuardError) -> None:
    bus = FakeBus()
    lines = [replace(LINE, id=f"{number}/2026-11-13/up") for number in range(12)]
    kept = store(lines)
    bus.refused = (4, trouble)
    with pytest.raises(type(trouble)):
        send(kept, bus)
    assert len(ledger(kept)) == 9

    assert send(kept, bus) == EventsSent("sent", 3, 9)
    assert sorted(each.incident_id for each in bus.events) == sorted(line.id for line in lines)


def test_cut_off_before_it_is_recorded_it_is_sent_again_under_the_same_id() -> None:
    class Forgetful(MemoryStore):
        down = True

        def write(self, key: str, data: bytes) -> None:
            if key.startswith("events/") and self.down:
                raise StoreUnavailable("down")
            super().write(key, data)

    bus, kept = FakeBus(), Forgetful()
    documents.write(kept, "report", replace(REPORT, anomalies=(LINE,)))
    with pytest.raises(StoreUnavailable):
        send(kept, bus)
    kept.down = False
    send(kept, bus)

    assert len(bus.events) == 2
    assert len({each.event_id for each in bus.events}) == 1


def test_where_no_bus_is_set_nothing_is_read() -> None:
    assert send(MemoryStore(), None) == EventsSent("not_configured")


def test_a_report_that_is_no_report_is_said() -> None:
    kept = MemoryStore()
    kept.write("report", b"{}")
    with pytest.raises(InvalidInput):
        send(kept, FakeBus())


def test_the_record_is_the_event() -> None:
    bus, kept = FakeBus(), store([LINE])
    send(kept, bus)
    (key,) = ledger(kept)
    assert documents.read(kept, key, SentEvent) == SentEvent(NOW, bus.events[0])


@pytest.mark.parametrize("name", [*HOSTILE, "ana.lopez@example.com", "team payments <pay@example.com>"])
def test_names_are_data_without_addresses_of_people(name: str) -> None:
    line = replace(LINE, account_name=name, service=name, owner=name, region=name)
    made = events.event(line, "new", REPORT, GIVEN.run, None)
    text = contracts.encode(contracts.to_json(made))

    assert contracts.from_json(IncidentEvent, json.loads(text)) == made
    assert b"@example.com" not in text
    assert len(text) < 6_000
    assert made.page is None
