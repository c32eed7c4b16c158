from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from urllib.parse import quote

from finopsguard import contracts
from finopsguard.models.messages import ExplainedReport, Message
from finopsguard.models.report import Report
from finopsguard.models.severity import LIMITS, GradedWith
from finopsguard.ports import Place
from finopsguard.report import severity
from finopsguard.steps import build_card
from finopsguard.store import documents, files, keys
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import FakePorts, call, make_run
from tests.unit.report import cases

LINK = "https://bucket.s3.amazonaws.com/report.html?X-Amz-Signature=abc"


class LinkingStore(MemoryStore):
    """A store whose pages have URLs."""

    def __init__(self) -> None:
        super().__init__()
        self.lifetimes: list[timedelta] = []
        self.placed: list[str] = []

    def page_link(self, key: str, lifetime: timedelta) -> str | None:
        self.lifetimes.append(lifetime)
        return LINK

    def place(self, key: str) -> Place | None:
        self.placed.append(key)
        return Place("aws-cn", "cn-north-1", "reports", key)


def build(store: MemoryStore, **env: str) -> str:
    """Builds the card of the weekly case; returns the body that would be posted."""
    report: Report = cases.daily()
    documents.write(store, "detected", report)
    run = make_run(run_id=report.run_id)
    built = call(build_card.run, ExplainedReport(run, "detected"), FakePorts(env, store=store))
    (message,) = built.messages
    body = store.objects[message.key]
    name = keys.execution_name(run.execution)
    key = keys.MESSAGE.key(run_id=report.run_id, execution=name, channel="teams")
    assert message == files.message_of("teams", key, body)
    kept = contracts.decode(Report, store.objects[built.report_key])
    assert kept == severity.graded(report, LIMITS, ())
    assert kept.anomalies[0].severity == "high"
    assert store.objects[keys.PAGE.key(run_id=report.run_id)].startswith(b"<!doctype html>")
    return body.decode()


def test_the_settings_grade_and_call() -> None:
    user = "49c4641c-ab91-4248-aebb-6a7de286397b"
    env = {"FINOPSGUARD_SEVERITY_LIMITS": "1,2", "FINOPSGUARD_SEVERITY_WORDS": "P3,P2,P1"}
    store, run = MemoryStore(), make_run(run_id=cases.daily().run_id)
    documents.write(store, "detected", cases.daily())
    ports = FakePorts({**env, "FINOPSGUARD_MENTION": f"user:{user}:FinOps"}, store=store)
    built = call(build_card.run, ExplainedReport(run, "detected"), ports)
    kept = contracts.decode(Report, store.objects[built.report_key])
    assert kept.graded_with == GradedWith(Decimal(1), Decimal(2), ("P3", "P2", "P1"))
    body = store.objects[built.messages[0].key].decode()
    assert "<at>FinOps</at>" in body
    assert user in body
    assert "severity P1: +" in body


def test_report_page_and_card_are_in_the_store_and_agree() -> None:
    body = build(MemoryStore())
    assert json.loads(body)["type"] == "message"
    assert LINK not in body


def test_a_presigned_link_works_for_as_long_as_it_is_set() -> None:
    store = LinkingStore()
    assert LINK in build(store, FINOPSGUARD_PAGE_LINK="presigned", FINOPSGUARD_PAGE_LINK_HOURS="3")
    assert store.lifetimes == [timedelta(hours=3)]


def test_nothing_is_signed_unless_it_is_asked_for() -> None:
    store = LinkingStore()
    body = build(store)
    assert store.lifetimes == []
    (key,) = store.placed
    assert "X-Amz" not in body
    page = "https://cn-north-1.console.amazonaws.cn/s3/object/reports?region=cn-north-1&bucketType=general"
    assert f"{page}&prefix={quote(key, safe='')}" in body


def test_the_link_can_be_off() -> None:
    store = LinkingStore()
    body = build(store, FINOPSGUARD_PAGE_LINK="none")
    assert (store.lifetimes, store.placed) == ([], [])
    assert "/s3/object/" not in body
    assert LINK not in body


def test_of_two_executions_of_a_report_neither_overwrites_the_other_s_message() -> None:
    report, store = cases.daily(), MemoryStore()
    documents.write(store, "detected", report)
    messages: list[Message] = []
    for execution in ("arn:one", "arn:two"):
        judged = ExplainedReport(make_run(run_id=report.run_id, execution=execution), "detected")
        messages += call(build_card.run, judged, FakePorts(store=store)).messages
    assert len({message.key for message in messages}) == 2
    for message in messages:
        assert files.read_message(store, message) == store.objects[message.key]
