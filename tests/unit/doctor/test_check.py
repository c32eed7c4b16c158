"""How checks are run together, and that each has its words."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import get_args

import pytest

from finopsguard import doctor
from finopsguard.doctor.around import Around, Options
from finopsguard.doctor.check import Check, failing, passed, run_all, skipped
from finopsguard.doctor.checks import CHECKS
from finopsguard.errors import CostExplorerAccessDenied, InvalidConfiguration
from finopsguard.models.checkup import CheckName, Finding
from finopsguard.report.messages import catalogue

TEXTS = catalogue("en").texts
AROUND = Around({}, Options("1.2.3"))
# Sentences of an error of ours, whose message is the remedy.
_BY_ERROR = {
    "error",
    "not_shown",
    "setting_wrong",
    "stack_settings",
    "organizations_denied",
    "bucket_unasked",
}


def _raise(_: Around) -> list[Finding]:
    raise InvalidConfiguration("AWS_REGION is wrong. Correct it.\nAnd more.")


def test_a_check_that_raises_ends_no_other() -> None:
    checks = [Check("region", _raise), Check("network", lambda _: passed("network_direct"))]
    region, network = run_all(checks, AROUND)
    assert region == (
        "region",
        Finding("fail", "error", {"error": "InvalidConfiguration"}, "AWS_REGION is wrong. Correct it."),
    )
    assert network[1].state == "pass"


def test_what_needs_a_check_that_failed_is_not_looked_at_nor_what_needs_that() -> None:
    checks = [
        Check("identity", lambda _: failing("identity")),
        Check("clock", lambda _: skipped("invented"), after=()),
        Check("cost_explorer", _raise, after=("clock", "identity")),
        Check("freshness", _raise, after=("cost_explorer",)),
        Check("network", lambda _: passed("network_direct"), after=("clock",)),
    ]
    states = {name: (finding.state, finding.values.get("check")) for name, finding in run_all(checks, AROUND)}
    assert states["cost_explorer"] == ("skip", "identity")
    assert states["freshness"] == ("skip", "cost_explorer")
    assert states["network"] == ("pass", None)


def test_what_these_rights_do_not_show_ends_what_needs_it_too() -> None:
    def denied(_: Around) -> list[Finding]:
        raise CostExplorerAccessDenied("Allow ce:GetCostAndUsage.")

    checks = [
        Check("cost_explorer", denied),
        Check("freshness", lambda _: passed("freshness"), after=("cost_explorer",)),
    ]
    for stack, state in ((None, "fail"), ("finops-guard", "warn")):
        looked = list(run_all(checks, Around({}, Options("1.2.3", stack))))
        assert [finding.state for _, finding in looked] == [state, "skip"]


def test_an_exception_that_is_not_ours_is_a_bug_and_is_seen() -> None:
    with pytest.raises(ZeroDivisionError):
        list(run_all([Check("network", lambda _: passed("x", n=1 // 0))], AROUND))


def test_every_check_has_a_name_of_its_own_and_comes_after_what_it_needs() -> None:
    names = [each.name for each in CHECKS]
    assert sorted(names) == sorted(get_args(CheckName))
    for number, check in enumerate(CHECKS):
        assert set(check.after) <= set(names[:number])


def test_every_sentence_is_used_and_every_sentence_that_is_used_is_there() -> None:
    said = {key.removeprefix("doctor.found.") for key in TEXTS if key.startswith("doctor.found.")}
    written = {
        node.value
        for path in Path(doctor.__file__ or "").parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert said - written == set()
    called = {
        str(constant.value)
        for path in Path(doctor.__file__ or "").parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("passed", "warned", "failing", "skipped")
        for constant in node.args[:1]
        if isinstance(constant, ast.Constant)
    }
    assert called - said == set()
    remedies = {key.removeprefix("doctor.remedy.") for key in TEXTS if key.startswith("doctor.remedy.")}
    assert remedies <= said
    assert not remedies & _BY_ERROR
