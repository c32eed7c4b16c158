"""Names hold the system together: state `FooBar` = `functions/foo_bar` = `steps/foo_bar.py` = `FooBarFunction`.

And errors hold it together too: every Transient error that a step can raise is retried, no other is, and nothing that a
Catch took ends green. tests/template/ says the same of template.yaml's other names and of its timeouts.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

from finopsguard import errors, machine, resources
from finopsguard.channels import deliveries
from finopsguard.contracts import load_schema
from finopsguard.errors import Permanent, Transient
from tests.leaf_errors import leaves
from tests.template import stack
from tests.workflow.machine import MACHINE, PATH, TASKS, all_states, function_of, retried, snake

STEPS = sorted({function_of(state) for state in TASKS})
# What AWS tells Step Functions users to retry, for faults of Lambda itself (AWS: Handling errors, "Handle transient
# Lambda service exceptions"); Sandbox.Timedout is a function's own time-out.
OF_LAMBDA = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
    "Sandbox.Timedout",
}
FAILURE_BRANCH = {"NotifyFailure", "HoldForRedrive", "ResumeFailedStep"}


TRANSIENT, PERMANENT = set(leaves(Transient)), set(leaves(Permanent))


# ---- states, functions, steps ----------------------------------------------------------------------------------------


def test_a_step_has_one_name_everywhere() -> None:
    in_functions = {path.parent.name for path in resources.folder("functions").glob("*/app.py")}
    in_steps = {path.stem for path in (stack.PACKAGE / "steps").glob("[!_]*.py")}
    in_template = {snake(step) for step in stack.functions()}
    expected = {*STEPS, *map(snake, stack.scheduled())}
    assert expected == in_functions == in_steps == in_template


@pytest.mark.parametrize("state", TASKS)
def test_a_task_has_the_name_of_its_step(state: str) -> None:
    """In a Map the task for one batch, incident or channel has a name of its own."""
    expected = {
        "FetchBatchCosts": "fetch_costs",
        "ExplainAnomaly": "explain_anomalies",
        "PostToChannel": "post_to_teams",
    }.get(state, snake(state))
    assert function_of(state) == expected


@pytest.mark.parametrize("step", STEPS)
def test_a_function_is_its_step_and_nothing_else(step: str) -> None:
    text = (resources.folder("functions") / step / "app.py").read_text("utf-8")
    code = [ast.unparse(node) for node in ast.parse(text).body[1:]]
    assert code == [
        "from finopsguard.runtime import step",
        f"from finopsguard.steps import {step}",
        f"handler = step({step}.run)",
    ]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_has_a_golden_event_and_tests_of_its_own(step: str) -> None:
    assert (resources.folder("events") / f"{step}.json").is_file()
    assert (stack.ROOT / "tests" / "unit" / "steps" / f"test_{step}.py").is_file()


# ---- errors and retriers ---------------------------------------------------------------------------------------------


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    told = set(
        re.findall(
            r"\b[A-Z]\w+\b", (errors.__doc__ or "").partition("\n\n    ")[2].partition("\n\nLambda")[0]
        )
    )
    classes = {name for name, value in vars(errors).items() if inspect.isclass(value)}
    assert classes <= told


def test_every_transient_error_is_retried_somewhere_and_no_permanent_one_anywhere() -> None:
    named = {name for state in TASKS for name in retried(state)}
    assert TRANSIENT - named == set()
    assert named - TRANSIENT - OF_LAMBDA == set()
    assert named & PERMANENT == set()


def test_only_names_that_lambda_reports_are_matched() -> None:
    """A base class never is: Lambda reports `type(error).__name__`, and Step Functions compares names."""
    bases = {
        name for name, value in vars(errors).items() if inspect.isclass(value) and value.__subclasses__()
    }
    matched = set(re.findall(r'"(\w+)"', " ".join(str(names) for names in _error_equals())))
    assert bases == {"FinOpsGuardError", "Transient", "Permanent", "BadInput"}
    assert matched & bases == set()


def _error_equals() -> Iterator[list[str]]:
    for _, state in all_states():
        for rule in [*state.get("Retry", []), *state.get("Catch", [])]:
            yield rule["ErrorEquals"]


@pytest.mark.parametrize("state", TASKS)
def test_a_task_retries_exactly_what_its_step_may_raise_for_a_time(state: str) -> None:
    """As the step and its ports declare with `raises`; tests/recorder.py sees that nothing else is raised."""
    step = "".join(word.title() for word in function_of(state).split("_"))
    expected = stack.errors_declared_by(step) & TRANSIENT
    if state == "HoldForRedrive":
        # It raises the original error, StoreUnavailable perhaps, and must not retry that.
        expected -= {"StoreUnavailable"}
    named = set(retried(state)) - OF_LAMBDA
    assert expected - named == set(), f"{state} does not retry what {step} may raise for a time"
    assert named - expected == set(), f"{state} retries what {step} does not raise"


@pytest.mark.parametrize("state", TASKS)
def test_a_retrier_spreads_its_attempts_and_ends(state: str) -> None:
    assert set(TASKS[state]["Retry"][0]["ErrorEquals"]) == OF_LAMBDA
    for retrier in TASKS[state]["Retry"]:
        waits_for_a_lock = retrier["ErrorEquals"] == ["DeliveryInProgress"]
        assert retrier["JitterStrategy"] == ("NONE" if waits_for_a_lock else "FULL")
        assert retrier["IntervalSeconds"] < retrier["MaxDelaySeconds"] <= 300
        assert 1 <= retrier["MaxAttempts"] <= 6
        assert retrier["BackoffRate"] == 2.0
    assert len(retried(state)) == len(set(retried(state)))


def least_wait(retrier: dict[str, Any]) -> float:
    """Seconds that a retrier's waits last together at least: with full jitter each can be none at all."""
    if retrier["JitterStrategy"] == "FULL":
        return 0
    waits = (
        retrier["IntervalSeconds"] * retrier["BackoffRate"] ** nth for nth in range(retrier["MaxAttempts"])
    )
    return float(sum(min(wait, retrier["MaxDelaySeconds"]) for wait in waits))


def test_who_waits_for_another_s_post_waits_until_its_outcome_is_known_or_asked_for() -> None:
    """Else an execution ends as "in progress" although the attempt was cut off and somebody has to look."""
    (retrier,) = (
        each for each in TASKS["PostToChannel"]["Retry"] if "DeliveryInProgress" in each["ErrorEquals"]
    )
    assert least_wait(retrier) > deliveries.LONGEST_ATTEMPT.total_seconds()
    assert least_wait({**retrier, "JitterStrategy": "FULL"}) == 0


def test_an_attempt_that_counts_as_cut_off_was_cut_off() -> None:
    """Neither Lambda nor the state machine lets PostToTeams post for longer."""
    longest = deliveries.LONGEST_ATTEMPT.total_seconds()
    assert stack.functions()["PostToTeams"]["Timeout"] < longest
    assert TASKS["PostToChannel"]["TimeoutSeconds"] < longest


# ---- catchers --------------------------------------------------------------------------------------------------------

CATCHING = {
    name: state
    for name, state in all_states()
    if state["Type"] in ("Task", "Map") and name != "HoldForRedrive"
}


@pytest.mark.parametrize("state", CATCHING)
def test_a_state_catches_everything_that_can_be_caught(state: str) -> None:
    """States.ALL does not match States.DataLimitExceeded (AWS: Handling errors), so that has a catcher of its own."""
    first, last = CATCHING[state]["Catch"]
    assert (first["ErrorEquals"], last["ErrorEquals"]) == (["States.DataLimitExceeded"], ["States.ALL"])
    assert {**first, "ErrorEquals": None} == {**last, "ErrorEquals": None}
    expected = {
        "NotifyFailure": "HoldForRedrive",
        "FetchBatchCosts": "BatchUnavailable",
        "ExplainAnomaly": "ExplanationUnavailable",
        # Best effort: the report goes out without.
        "ExplainAnomalies": "BuildCard",
        "PostToChannel": "ChannelFailed",
    }
    assert last["Next"] == expected.get(state, "NotifyFailure")


def test_the_gate_catches_nothing() -> None:
    """A state whose error was caught has been exited, and a redrive does not enter it again."""
    assert "Catch" not in TASKS["HoldForRedrive"]


def test_no_path_from_a_catch_ends_green() -> None:
    """From NotifyFailure the only way on is through the gate, which fails unless there was a redrive."""
    states: dict[str, Any] = MACHINE["States"]
    for name in FAILURE_BRANCH:
        assert "End" not in states[name]
        assert states[name]["Type"] not in ("Succeed", "Pass")
    assert states["NotifyFailure"]["Next"] == "HoldForRedrive"
    assert states["HoldForRedrive"]["Next"] == "ResumeFailedStep"
    assert "Default" not in states["ResumeFailedStep"]


def test_the_failure_branch_is_entered_by_catchers_and_where_a_channel_failed() -> None:
    states: dict[str, Any] = MACHINE["States"]
    good_ways = {name: state.get("Next") for name, state in states.items() if name not in FAILURE_BRANCH}
    assert set(good_ways.values()) & FAILURE_BRANCH == set()
    assert [name for name, following in good_ways.items() if following is None] == [
        "CheckDeliveries",
        "Delivered",
    ]
    (failed,) = states["CheckDeliveries"]["Choices"]
    assert (failed["Next"], states["CheckDeliveries"]["Default"]) == ("NotifyFailure", "SendEvents")
    assert failed["Output"].keys() == states["PostToTeams"]["Catch"][0]["Output"].keys()
    caught = states["PostToTeams"]["Catch"][0]["Output"]["failure"]
    of_messages = {"corrects", "channels", "reached"}
    assert failed["Output"]["failure"].keys() == {*caught, *of_messages}, "only a message has a channel"
    assert failed["Output"]["failure"]["state"] == "PostToTeams"


def test_every_step_can_be_resumed() -> None:
    resumed = dict[str, str]()
    for choice in MACHINE["States"]["ResumeFailedStep"]["Choices"][1:]:
        found = re.fullmatch(r"\{% \$states\.input\.failure\.state = '(\w+)' %\}", choice["Condition"])
        assert found
        assert choice["Output"] == "{% $states.input.input %}"
        resumed[found[1]] = choice["Next"]
    assert resumed == {name: name for name in machine.deployed().steps if name != "ExplainAnomalies"}


# ---- the rest of the file --------------------------------------------------------------------------------------------


def test_every_task_has_a_timeout_that_the_execution_s_covers() -> None:
    """Even if every step fails for a while with its most patient retrier, each attempt taking half a minute."""
    assert all(task["TimeoutSeconds"] <= 310 for task in TASKS.values())
    assert MACHINE["TimeoutSeconds"] > sum(_patience(task) for task in TASKS.values())


def test_incidents_that_are_explained_one_by_one_leave_time_for_the_card() -> None:
    """Even if each of the most that can be set waits for Cost Explorer until it is cut off, every time."""
    task = TASKS["ExplainAnomaly"]
    most = load_schema("anomaly_report")["properties"]["explain"]["maxItems"]
    attempts = 1 + max(rule["MaxAttempts"] for rule in task["Retry"])
    assert most * (attempts * task["TimeoutSeconds"] + _patience(task)) < MACHINE["TimeoutSeconds"]


def _patience(task: dict[str, Any]) -> float:
    """Seconds that a task's most patient retrier can take."""
    patience = 0.0
    for rule in task["Retry"]:
        waits = (
            min(rule["IntervalSeconds"] * 2**n, rule["MaxDelaySeconds"]) for n in range(rule["MaxAttempts"])
        )
        patience = max(patience, sum(wait + 30 for wait in waits))
    return patience


def test_every_task_calls_lambda_and_nothing_else() -> None:
    assert {task["Resource"] for task in TASKS.values()} == {"arn:${Partition}:states:::lambda:invoke"}
    assert {state["Type"] for _, state in all_states()} == {"Task", "Map", "Pass", "Choice", "Succeed"}


def test_no_variable_is_assigned() -> None:
    """Whether `Assign` survives a redrive is not documented (DESIGN, section 4)."""
    assert "Assign" not in PATH.read_text("utf-8")
