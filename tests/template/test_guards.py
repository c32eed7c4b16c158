"""The guards are guarded: what an earlier version let through, and refused, is tried again.

A module that writes where its step's role may not, and a helper that reads a setting and calls a service, passed 1,970
tests when these searched source text; and when the right permission and variable were added, four of them refused.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from finopsguard import runtime
from finopsguard.errors import FinOpsGuardError, TeamsThrottled
from finopsguard.models.messages import Delivery, RunRequest
from finopsguard.ports import Executions, Store
from finopsguard.store import keys
from tests.recorder import Judge, Recorder
from tests.standins import StandIns
from tests.template import granted, stack

REQUEST = {"report": "weekly", "scheduled_time": "2026-11-16T08:00:00Z"}
ARN = "arn:aws:states:us-east-1:111100000000:execution:finops-guard:one"
DONE = Delivery("not_configured", 1, "teams")

Watch = Callable[[Callable[..., Delivery]], list[str]]


@pytest.fixture
def watch(watched: Recorder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Watch]:
    """Runs a function as BuildCard and returns what the guard objects to."""
    judge = Judge()
    monkeypatch.setattr(watched, "_on_seen", judge)
    with StandIns() as standins:
        standins.step_functions.redrives = {ARN: 0}
        for name, value in standins.environ().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("FINOPSGUARD_STATE_DIR", str(tmp_path))

        def run(step: Callable[..., Delivery]) -> list[str]:
            step.__module__ = "finopsguard.steps.build_card"
            with suppress(FinOpsGuardError):
                runtime.step(step)(dict(REQUEST), None)
            return judge.objections

        yield run


@pytest.fixture
def template(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A copy of template.yaml that a test may change."""
    changed = copy.deepcopy(stack.template())
    monkeypatch.setattr(stack, "template", lambda: changed)
    for cached in (granted.s3_actions, granted.actions):
        cached.cache_clear()
        monkeypatch.setattr(granted, cached.__name__, cached.__wrapped__)
    return changed


def statements(template: dict[str, Any], role: str) -> list[Any]:
    found: list[Any] = template["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    return found


# ---- (a) a new module that writes a new prefix -----------------------------------------------------------------------


def note_down(store: Store) -> None:
    """A new module, called from a step and known to no table."""
    store.write("surprises/weekly.json", b"{}")


def test_a_new_prefix_is_refused_until_the_table_and_the_role_have_it(
    watch: Watch, template: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(request: RunRequest, *, store: Store) -> Delivery:
        note_down(store)
        return DONE

    objections = watch(run)
    assert objections == ["BuildCard does write surprises/weekly.json, which is in no row of store/keys.py"]
    row = keys.Kind("surprises/{name}.json", "a surprise", "written anew", writers=("BuildCard",))
    monkeypatch.setattr(keys, "TABLE", (*keys.TABLE, row))
    objections.clear()
    (objection,) = watch(run)
    assert objection == (
        "BuildCard does write surprises/weekly.json:"
        " template.yaml's BuildCardRole lacks s3:PutObject on surprises/*.json"
    )
    statements(template, "BuildCardRole").append(
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": {"Fn::Sub": f"{stack.STORE}/surprises/*"}}
    )
    objections.clear()
    assert watch(run) == []


def test_a_key_of_another_step_is_refused(watch: Watch) -> None:
    def run(request: RunRequest, *, store: Store) -> Delivery:
        store.exists(keys.ACCOUNTS.key(run_id="weekly-2026-11-09"))
        return DONE

    (objection,) = watch(run)
    assert (
        "BuildCard does exists runs/weekly-2026-11-09/accounts.json: it is not among the readers" in objection
    )


# ---- (b) a helper that reads a setting and calls a service -----------------------------------------------------------


def look_up(executions: Executions) -> None:
    """A helper that no test of its step knows."""
    os.environ.get("FINOPSGUARD_TIMEZONE")
    executions.redrive_count(ARN)


look_up.__code__ = look_up.__code__.replace(co_filename=str(stack.PACKAGE / "report" / "helper.py"))


def test_a_call_and_a_variable_are_refused_until_the_template_has_them(
    watch: Watch, template: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINOPSGUARD_TIMEZONE", "UTC")

    def run(request: RunRequest, *, executions: Executions) -> Delivery:
        look_up(executions)
        return DONE

    objections = watch(run)
    assert objections == [
        "BuildCard reads FINOPSGUARD_TIMEZONE: template.yaml does not give it to BuildCardFunction",
        "BuildCard calls states:DescribeExecution: template.yaml's BuildCardRole does not allow it",
    ]
    function = template["Resources"]["BuildCardFunction"]["Properties"]
    function["Environment"]["Variables"]["FINOPSGUARD_TIMEZONE"] = {"Ref": "TimeZone"}
    statements(template, "BuildCardRole").append(
        {"Effect": "Allow", "Action": "states:DescribeExecution", "Resource": "*"}
    )
    objections.clear()
    assert watch(run) == []


# ---- errors ----------------------------------------------------------------------------------------------------------


def test_an_error_that_nobody_declared_is_refused(watch: Watch) -> None:
    """BuildCard's own declarations stand: those of its module and of the ports in its signature."""

    def run(request: RunRequest) -> Delivery:
        raise TeamsThrottled("Teams asks to slow down.")

    assert watch(run) == [
        "BuildCard raises TeamsThrottled, which neither it nor a port of its signature declares (@raises)"
    ]
