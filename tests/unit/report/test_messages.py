"""The catalogues: both languages have every key, the code uses every key, and every key that the code uses is there."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import finopsguard
from finopsguard import machine
from finopsguard.channels.links.token import Choice
from finopsguard.models.anomaly import AnomalyKind, AnomalyStatus, Ending, SaidName
from finopsguard.models.cause import CauseKind
from finopsguard.models.checkup import CheckName, CheckState
from finopsguard.models.forecast import ForecastReason
from finopsguard.models.metrics import COST_METRICS
from finopsguard.models.opinion import Agreement, OpinionState
from finopsguard.models.report import ChargeKind, ChargeState, UntoldReason
from finopsguard.models.run import Basis, Language
from finopsguard.models.severity import Severity
from finopsguard.models.telling import RecordState
from finopsguard.models.verdict import VerdictName
from finopsguard.report.cause_text import NOUNS, UNITS
from finopsguard.report.messages import catalogue
from finopsguard.report.month import Verdict
from finopsguard.report.page.reply import ReplyState
from tests.leaf_errors import leaves

PACKAGE = Path(finopsguard.__file__ or "").parent
SOURCES = (PACKAGE / "report", PACKAGE / "channels")
ES, EN = catalogue("es").texts, catalogue("en").texts
LISTS = {"months": 12, "months_short": 12, "weekdays": 7, "weekdays_short": 7, "weekdays_plural": 7}

# Keys that the code puts together, with all that can stand in the gap.
FAMILIES = {
    "charge.": get_args(ChargeKind),
    "kind.": get_args(AnomalyKind),
    "status.": (*get_args(AnomalyStatus), *(set(get_args(Ending)) - {"back"})),
    "severity.": get_args(Severity),
    "opinion.": (*get_args(Agreement), *(set(get_args(OpinionState)) - {"read"})),
    "status_count.": set(get_args(AnomalyStatus)) - {"resolved"},
    "metric.": COST_METRICS.keys(),
    "failure.state.": (*machine.deployed().steps, "execution"),
    "error.": list(leaves()),
    # The names of docs/trust.md; a check that refuses has no warning.
    "check.": [key.removeprefix("check.") for key in EN if key.startswith("check.")],
    "failure.cause_": ("timed_out", "aborted", "failed"),
    "anomaly.": ["spike", "new", "drop", "sparse", "shift_up", "shift_down", "drift_up", "drift_down"],
    "basis.": get_args(Basis),
    "change.": ("up", "down", "amount_up", "amount_down"),
    "why.rise": (
        "_account_service",
        "_account",
        "_account_alone",
        "_service",
        "_most",
        "_alike_accounts",
        "_alike_services",
    ),
    "why.fall": (
        "_account_service",
        "_account",
        "_account_alone",
        "_service",
        "_most",
        "_alike_accounts",
        "_alike_services",
    ),
    "why.": ("rose", "fell", "rose_service", "fell_service", "first_amount", "first_service_amount"),
    "why.others_accounts_": ("rose", "fell", "same"),
    "why.others_services_": ("rose", "fell", "same"),
    "why.steady_": ("accounts", "services"),
    "why.unchanged_": ("accounts", "services"),
    "why.spread_": ("accounts", "services"),
    "charges.": [f"{part}{state}" for part in ("", "state_", "headline_") for state in get_args(ChargeState)],
    "untold.": get_args(UntoldReason),
    "quiet.": ("mute", "plan"),
    "incidents.": (
        *get_args(RecordState)[:3],
        *(f"column_{name}" for name in ("id", "what", "since", "told", "amount", "rate", "state")),
        *(f"ended_{name}" for name in (*get_args(Ending), "joined", "unknown")),
        *(f"told_{name}" for name in (*get_args(AnomalyStatus), "quiet")),
        *(f"said_{name}" for name in get_args(VerdictName)),
    ),
    "answer.": get_args(SaidName),
    "said.": (
        *get_args(SaidName),
        *(f"{name}_over" for name in ("mute", "plan")),
        "mute_beyond",
        "plan_ahead",
    ),
    "retro.said_": get_args(SaidName),
    "retro.held_": ("mute", "plan"),
    "retro.head_": ("incident", "start", "told", "answered", "end", "owner", "impact", "avoided"),
    "forecast.": get_args(ForecastReason),
    "budget.": get_args(Verdict),
    "reply.title.": get_args(ReplyState),
    "reply.text.": get_args(ReplyState),
    "reply.button.": get_args(Choice),
    "reply.effect.": get_args(Choice),
    "move.accounts_": ("more", "less", "more_all", "less_all"),
    # Codes that come from other steps; an unknown one is shown as it is.
    "note.": [key.removeprefix("note.") for key in EN if key.startswith("note.")],
    "resources.why.": [key.removeprefix("resources.why.") for key in EN if key.startswith("resources.why.")],
    "cause.": set(get_args(CauseKind)) - {"changed"},
    "cause.check_": ("new_region", "new_family"),
    "use.": [
        *(f"{form}_{noun}" for form in ("times", "more", "less") for noun in {*NOUNS.values(), "quantity"}),
    ],
    "unit.": UNITS.values(),
    # tests/unit/doctor holds these two to what the checks say.
    "doctor.found.": [key.removeprefix("doctor.found.") for key in EN if key.startswith("doctor.found.")],
    "doctor.remedy.": [key.removeprefix("doctor.remedy.") for key in EN if key.startswith("doctor.remedy.")],
    "doctor.check.": get_args(CheckName),
    "doctor.state.": get_args(CheckState),
    "doctor.column_": ("state", "check", "found", "remedy"),
    "dimension.": [key.removeprefix("dimension.") for key in EN if key.startswith("dimension.")],
}


def used() -> set[str]:
    """Every string in the code and the templates that looks like a key, and the families."""
    keys = {f"{stem}{rest}" for stem, names in FAMILIES.items() for rest in names}
    for source in SOURCES:
        for file in source.rglob("*.py"):
            keys |= {text for text in _strings(file) if re.fullmatch(r"[a-z]+(\.[A-Za-z_]+)+|fallback", text)}
        for file in source.rglob("*.j2"):
            keys |= set(re.findall(r"""t\(["']([^"']+)["']""", file.read_text("utf-8")))
    return keys


def _strings(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_both_languages_have_the_same_keys() -> None:
    assert set(ES) == set(EN)


def test_no_key_is_unused() -> None:
    assert set(EN) - set(LISTS) - used() == set()


def test_no_key_is_missing() -> None:
    sections = {key.split(".")[0] for key in EN}
    looks_like_one = {
        key
        for key in used()
        if key.split(".")[0] in sections and not key.endswith((".", "_", ".j2", ".css", ".js"))
    }

    assert looks_like_one - set(EN) == set()


def test_both_languages_take_the_same_values() -> None:
    """A plural's `one` may leave the count out. One test for all: a thousand of them take pytest three seconds."""
    keys = sorted(set(EN) - set(LISTS))
    assert keys
    assert [key for key in keys if _fields(ES[key]) != _fields(EN[key])] == []
    assert [key for key in keys if type(ES[key]) is not type(EN[key])] == []


def _fields(text: Any) -> set[str]:
    forms = text.values() if isinstance(text, dict) else [text]
    return {name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name}


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("name", LISTS)
def test_names_of_months_and_days(name: str, language: Language) -> None:
    names = catalogue(language).texts[name]

    assert len(names) == len(set(names)) == LISTS[name]


@pytest.mark.parametrize("language", get_args(Language))
def test_plurals(language: Language) -> None:
    t = catalogue(language)

    assert t("page.resolved", n=1, count="1") != t("page.resolved", n=2, count="2")
    assert "2" in t("page.resolved", n=2, count="2")


def test_spanish_is_spanish() -> None:
    """A message that is the same in both languages was not translated, but for these words that are."""
    alike = {
        key for key in EN if EN[key] == ES[key] and re.search("[a-z]{4}", re.sub(r"{\w+}", "", str(EN[key])))
    }

    assert alike == {
        "button.cost_explorer",
        "column.total",
        "failure.button_runbook",
        "failure.error",
        "trend.provisional",
    }
