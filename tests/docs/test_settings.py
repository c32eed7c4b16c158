"""A setting that is read is explained in .env.example, deployed by template.yaml, and has one default."""

from __future__ import annotations

import re
from dataclasses import asdict
from decimal import Decimal
from io import StringIO

import pytest
from dotenv import dotenv_values

from finopsguard.config import Settings
from tests.docs.settings import fields_by_variable
from tests.template import stack

ROOT = stack.ROOT
EXAMPLE = ROOT / ".env.example"

# Read elsewhere: by the command line, and by Powertools.
OTHERS = {
    "AWS_DEFAULT_REGION",
    "FINOPSGUARD_WAIT_SCALE",
    "POWERTOOLS_LOG_LEVEL",
    "POWERTOOLS_METRICS_DISABLED",
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_TRACE_DISABLED",
}

# For a laptop only; the Lambda runtime itself sets AWS_REGION.
NOT_DEPLOYED = {
    "AWS_REGION",
    "FINOPSGUARD_STATE_DIR",
    "FINOPSGUARD_STATE_MACHINE_ARN",
    "TEAMS_WEBHOOK_URL",
    "TEAMS_WEBHOOK_URLS",
}


def example() -> dict[str, str]:
    """The variables of .env.example as a shell gets them when every line is taken in."""
    text = re.sub(r"^#(?=[A-Z_]+=)", "", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)
    return {name: value or "" for name, value in dotenv_values(stream=StringIO(text)).items()}


def test_every_variable_is_explained_and_every_explained_one_is_read() -> None:
    assert set(example()) == fields_by_variable().keys() | OTHERS


def test_the_example_changes_nothing_until_it_is_edited() -> None:
    """Every line is commented out, and even with all of them taken in each setting has its default."""
    set_by_it = dotenv_values(EXAMPLE)
    assert set_by_it == {}
    assert asdict(Settings.from_env(example())) == asdict(Settings.from_env({}))


def test_each_variable_has_words_above_it() -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if re.match(r"#[A-Z_]+=", line):
            above = lines[number - 1]
            assert above.startswith("# ") or re.match(r"#[A-Z_]+=", above), f"{line} is not explained"


def test_every_variable_that_our_code_names_exists() -> None:
    """An error message or a docstring that names a variable names a real one (`FINOPSGUARD_INCLUDE_*`: some)."""
    known = fields_by_variable().keys() | OTHERS
    files = [*ROOT.glob("src/**/*.py"), *ROOT.glob("scripts/*.py"), ROOT / "template.yaml", ROOT / "Makefile"]
    for path in files:
        for name, star in re.findall(
            r"\b((?:FINOPSGUARD|TEAMS)_[A-Z_]*[A-Z])(_\*)?", path.read_text("utf-8")
        ):
            if star:
                assert any(variable.startswith(f"{name}_") for variable in known), f"{path.name}: {name}_*"
            else:
                assert name in known, f"{path.name} names {name}"


def test_every_setting_can_be_deployed() -> None:
    deployed = {variable for step in stack.functions() for variable in stack.variables(step)}
    assert deployed == fields_by_variable().keys() - NOT_DEPLOYED


def test_template_and_code_have_the_same_defaults() -> None:
    parameters = stack.template()["Parameters"]
    given = {
        variable: str(parameters[value["Ref"]]["Default"])
        for step in stack.functions()
        for variable, value in stack.variables(step).items()
        if value.get("Ref") in parameters
    }
    assert asdict(Settings.from_env(given)) == asdict(Settings.from_env({}))


@pytest.mark.parametrize(
    ("parameter", "variable"),
    [
        ("HistoryDays", "FINOPSGUARD_HISTORY_DAYS"),
        ("AccountsPerFetch", "FINOPSGUARD_ACCOUNTS_PER_FETCH"),
        ("MaxConcurrency", "FINOPSGUARD_MAX_CONCURRENCY"),
        ("MaxMissingPercent", "FINOPSGUARD_MAX_MISSING_PERCENT"),
        ("AnomalyMinImpact", "FINOPSGUARD_ANOMALY_MIN_IMPACT"),
        ("AnomalyMinPercent", "FINOPSGUARD_ANOMALY_MIN_PERCENT"),
        ("Sensitivity", "FINOPSGUARD_SENSITIVITY"),
        ("QuietDays", "FINOPSGUARD_QUIET_DAYS"),
        ("PageLinkHours", "FINOPSGUARD_PAGE_LINK_HOURS"),
    ],
)
def test_a_number_that_the_template_takes_the_code_takes_too(parameter: str, variable: str) -> None:
    limits = stack.template()["Parameters"][parameter]
    field = fields_by_variable()[variable]
    for limit in (limits["MinValue"], limits["MaxValue"]):
        assert getattr(Settings.from_env({variable: str(limit)}), field) == Decimal(str(limit))


@pytest.mark.parametrize(
    ("parameter", "variable"),
    [
        ("Language", "FINOPSGUARD_LANGUAGE"),
        ("CostMetric", "FINOPSGUARD_COST_METRIC"),
        ("UseMockData", "FINOPSGUARD_USE_MOCK_DATA"),
        ("PageLink", "FINOPSGUARD_PAGE_LINK"),
    ],
)
def test_a_value_that_the_template_offers_the_code_takes(parameter: str, variable: str) -> None:
    for value in stack.template()["Parameters"][parameter]["AllowedValues"]:
        Settings.from_env({variable: value})
