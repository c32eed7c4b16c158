"""One good report through the handlers, with stand-ins in memory: what each step was given, and the store before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cache
from importlib import import_module
from typing import Any
from unittest.mock import patch

from finopsguard import wiring
from finopsguard.runtime import step
from tests.contracts import chain
from tests.unit.fakes import FakePorts
from tests.unit.store import stored_states
from tests.unit.store.mornings import WEDNESDAY, Mornings

EXECUTION = "arn:aws:states:eu-west-1:111111111111:execution:finops-guard:fuzz"
REQUEST = {
    "report": "daily",
    "scheduled_time": datetime.combine(WEDNESDAY, time(8), UTC).isoformat(),
    "execution": EXECUTION,
}


@dataclass(frozen=True)
class Golden:
    """The input of every step, and the store as it was before that step."""

    events: Mapping[str, Any]
    before: Mapping[str, Mapping[str, bytes]]


@cache
def golden() -> Golden:
    """Made once; a store of an earlier morning lies under it, so that there is something to go on from."""
    return _made()


def _made() -> Golden:
    stack = Mornings(stored_states.load(stored_states.NAMES[-1]))
    stack.source.today = WEDNESDAY
    ports = stack.ports(WEDNESDAY)
    events: dict[str, Any] = {}
    before: dict[str, Mapping[str, bytes]] = {}

    def through(name: str, event: Any) -> Any:
        events.setdefault(name, json.loads(json.dumps(event)))
        before.setdefault(name, dict(stack.store.objects))
        return invoke(name, event, ports)

    plan = through("resolve_accounts", REQUEST)
    common = {"run": plan["run"], "accounts_key": plan["accounts_key"]}
    batches = [through("fetch_costs", {**common, "batch": batch}) for batch in plan["batches"]]
    fetched = {**common, "batches": batches, "notes": plan["notes"]}
    judged = through("detect_anomalies", through("aggregate_costs", fetched))
    asked = {"run": plan["run"], "report_key": judged["report_key"]}
    explained = [through("explain_anomalies", {**asked, "incident": each}) for each in judged["explain"]]
    judged = {**asked, "explain": judged["explain"], "explanations": explained}
    built = through("build_card", judged)
    posted = through("post_to_teams", {"run": plan["run"], "message": built["messages"][0]})
    delivered = {"run": plan["run"], "report_key": built["report_key"], "deliveries": [posted]}
    through("send_events", delivered)
    detail = {
        "state": "BuildCard",
        "error": "ObjectMissing",
        "cause": '{"errorMessage":"gone"}',
        "redriveCount": 0,
    }
    failure = {"input": judged, "failure": detail, "execution": EXECUTION}
    through("notify_failure", failure)
    through("hold_for_redrive", {**failure, "redrive_count": 1})
    through("check_heartbeat", {"at": REQUEST["scheduled_time"]})
    through("take_verdict", chain.VISIT)
    return Golden(events, before)


def invoke(name: str, event: Any, ports: FakePorts) -> Any:
    """What a step's handler makes of an event, with these ports in the place of AWS and Teams."""
    run = import_module(f"finopsguard.steps.{name}").run
    with patch.object(wiring, "wiring_for", lambda _: ports.wiring):
        return step(run)(event, None)


def ports_over(objects: Mapping[str, bytes]) -> FakePorts:
    """What surrounds a step on that morning, on a store of its own."""
    return Mornings(dict(objects)).ports(WEDNESDAY)
