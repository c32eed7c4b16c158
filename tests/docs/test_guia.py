"""docs/guia.md and docs/runbook.md, which customers follow to the letter, say what the product is and does."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from finopsguard import errors
from finopsguard.channels import deliveries
from finopsguard.commands.run import _OUTCOMES
from finopsguard.config import Settings
from finopsguard.costs.paid import PRICE_OF_A_REQUEST
from finopsguard.models.messages import Message, TeamsMessage
from finopsguard.models.metrics import COST_METRICS
from finopsguard.store.directory import DirectoryStore
from tests.docs import markdown
from tests.docs.test_settings import example
from tests.leaf_errors import leaves
from tests.template import stack
from tests.unit.fakes import make_run

ROOT = stack.ROOT
GUIDE, RUNBOOK = (ROOT / "docs" / name for name in ("guia.md", "runbook.md"))
PAGES = {page.name: page.read_text("utf-8") for page in (GUIDE, RUNBOOK)}
guide, runbook = PAGES.values()

CHAPTERS = [
    "1. Modelo de despliegue recomendado",
    "2. Prerrequisitos",
    "3. Preparación del código",
    "4. Crear webhook de Teams del cliente",
    "5. Imagen de ejecución (Lambda o contenedor)",
    "6. IAM de producción (mínimo)",
    "7. Variables de entorno en runtime",
    "8. Ejecución programada",
    "9. Prueba de humo (go-live)",
    "10. Hardening y operación",
    "11. Checklist final de entrega al cliente",
    "12. Comandos útiles de troubleshooting",
]
GROUPS = [
    "Redrive desde la consola",
    "Cost Explorer",
    "Organizations",
    "Cuentas que faltan",
    "Webhook de Teams",
    "Entrega incierta",
    "Tiempo agotado",
]
# Names of AWS's and the customer's own.
FOREIGN = {
    "ApproximateNumberOfMessagesVisible",
    "ExecutionsTimedOut",
    "FinOpsGuard",
    "FinOpsGuardExecutionRole",
    "StopExecution",
    "UrlRequestCount",
}


def parameters() -> Mapping[str, Any]:
    found: Mapping[str, Any] = stack.template()["Parameters"]
    return found


def names_of_states() -> set[str]:
    """Steps, and error names that the state machine itself matches."""
    text = json.dumps(stack.definition())
    return set(re.findall(r'"([A-Z]\w+)": \{"Type"', text)) | set(
        re.findall(r'"((?:States|Sandbox|Lambda)\.\w+)"', text)
    )


# ---- the guide as a whole --------------------------------------------------------------------------------------------


def test_the_guide_has_the_chapters_that_consultants_know() -> None:
    assert markdown.headings(guide, 2) == CHAPTERS


def test_the_handover_list_can_be_ticked() -> None:
    chapter = markdown.sections(guide, 2)[CHAPTERS[10]]
    lines = [line for line in chapter.splitlines() if line.startswith("- ")]
    assert len(lines) >= 7
    assert all(line.startswith("- [ ] ") for line in lines)
    # Each box has the command that proves it, or says that it is done by hand.
    boxes = re.split(r"^- \[ \] ", chapter, flags=re.MULTILINE)[1:]
    proof = re.compile(r"`(?:make|finopsguard|aws) |: a mano, ")
    assert [box for box in boxes if not proof.search(box)] == []


@pytest.mark.parametrize("page", [GUIDE, RUNBOOK], ids=lambda page: page.name)
def test_links_lead_to_a_page_and_to_a_heading(page: Path) -> None:
    broken = []
    for file, anchor in markdown.links(PAGES[page.name]):
        target = page.parent / file if file else page
        if not target.is_file() or (anchor and anchor not in markdown.anchors(target.read_text("utf-8"))):
            broken.append(f"{file}#{anchor}")
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_a_name_in_code_type_exists(page: str) -> None:
    """Parameters, outputs, resources, steps, errors, metrics: `AccountsPerFetch`, `AccountsPerFetch=1`."""
    metrics = (ROOT / "src" / "finopsguard" / "telemetry.py").read_text("utf-8")
    known = {
        *(
            name
            for file in (ROOT / "template.yaml", *(ROOT / "deploy").glob("*.yaml"))
            for part in ("Parameters", "Outputs", "Resources")
            for name in stack.loaded(file).get(part, {})
        ),
        *names_of_states(),
        *(name.replace(".", "") for name in names_of_states()),  # as the gate raises AWS's own
        *leaves(),
        *re.findall(r'"(\w+)", MetricUnit', metrics),
        *COST_METRICS,
        "BatchLost",
        *FOREIGN,
    }
    named = re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]*)+)(?:=[^`]*)?`", markdown.prose(PAGES[page]))
    assert named
    assert set(named) - known == set()


def test_every_parameter_of_the_template_is_explained() -> None:
    undocumented = [name for name in parameters() if not re.search(rf"\b{name}\b", guide)]
    assert undocumented == []


# ---- chapter 1: what it costs ----------------------------------------------------------------------------------------


def test_the_prices_are_the_products() -> None:
    batch = Settings.from_env({}).accounts_per_fetch
    rows = markdown.table(guide, "| Cuentas | Lotes | Páginas, como mínimo | USD por informe, como mínimo |")
    assert rows
    for accounts, batches, pages, usd in rows:
        assert int(batches) == -(-int(accounts) // batch)
        assert int(pages) == 2 * int(batches) + 2
        assert Decimal(usd.replace(",", ".")) == int(pages) * PRICE_OF_A_REQUEST


# ---- chapter 6: permissions ------------------------------------------------------------------------------------------


def test_the_containers_role_may_no_more_than_the_stacks_roles() -> None:
    [policy] = [json.loads(block) for block in markdown.blocks(guide, "json")]
    granted = {action for each in policy["Statement"] for action in stack.as_list(each["Action"])}
    roles = stack.resources("AWS::IAM::Role")
    allowed = {
        action
        for role in roles
        for each in stack.statements(role)
        for action in stack.as_list(each["Action"])
    }
    assert granted
    assert granted <= allowed


# ---- chapter 7: settings ---------------------------------------------------------------------------------------------


def variables() -> dict[str, list[str]]:
    """Variable to the rest of its row: parameter, default, meaning."""
    rows = markdown.table(guide, "| Variable | Parámetro | Predeterminado | Significado |")
    return {row[0]: row[1:] for row in rows}


def test_every_variable_is_in_the_guide() -> None:
    undocumented = example().keys() - variables().keys()
    assert undocumented == set(), "explain them in docs/guia.md, chapter 7"
    assert variables().keys() - example().keys() == set()
    assert all(meaning.endswith(".") for _, _, meaning in variables().values())


def test_the_guides_defaults_are_the_real_ones() -> None:
    assert {name: row[1] for name, row in variables().items()} == {
        name: value or "—" for name, value in example().items()
    }


def test_the_guides_parameters_set_the_variables_beside_them() -> None:
    given = dict(stack.template()["Globals"]["Function"]["Environment"]["Variables"])
    for step in stack.functions():
        given |= stack.variables(step)
    # One that is given only where another parameter is set, too.
    whole = {name: value["Fn::If"][1] if "Fn::If" in value else value for name, value in given.items()}
    refs = {name: value["Ref"] for name, value in whole.items() if value.get("Ref") in parameters()}
    assert {name: row[0] for name, row in variables().items()} == {
        name: refs.get(name, "—") for name in variables()
    }


# ---- chapters 8 and 9: schedules, what a run says --------------------------------------------------------------------


def test_the_schedules_are_those_of_the_template() -> None:
    rows = markdown.table(guide, "| Parámetro | Predeterminado | Significado |")
    assert {row[0]: row[1] for row in rows} == {
        name: str(properties["Default"])
        for name, properties in parameters().items()
        if re.match("(Weekly|Daily|Monthly)", name)
    }


def test_what_became_of_the_card_is_quoted_word_for_word() -> None:
    rows = markdown.table(guide, "| `delivery` | Frase | Significado |")
    assert {row[0]: row[1] for row in rows} == dict(_OUTCOMES)
    [line] = [block for block in markdown.blocks(guide, "text") if "webhook" in block]
    assert line == f"{_OUTCOMES['not_configured']} Files: out/\n"


# ---- the runbook -----------------------------------------------------------------------------------------------------


def told() -> dict[str, str]:
    """Error name to its section. The failure card sends people to the section of its error."""
    return {
        title.strip("`"): body
        for title, body in markdown.sections(runbook, 3).items()
        if title.startswith("`")
    }


def test_the_runbook_has_the_groups() -> None:
    found = markdown.headings(runbook, 2)
    assert [group for group in GROUPS if group not in found] == []


def test_every_error_has_its_section_and_no_section_is_of_an_unknown_error() -> None:
    [rule] = stack.resources("AWS::Events::Rule").values()
    statuses = set(rule["EventPattern"]["detail"]["status"])
    assert (leaves().keys() | statuses) - told().keys() == set(), "explain them in docs/runbook.md"
    # States.Timeout is what Step Functions raises for TimeoutSeconds; BatchLost is a reason of a missing account.
    others = names_of_states() | statuses | {"States.Timeout", "BatchLost"}
    assert told().keys() - leaves().keys() - others == set()


def test_every_section_says_the_kind_of_its_error() -> None:
    for name, kind in leaves().items():
        word = "Permanente"
        if issubclass(kind, errors.Transient):
            word = "Transitorio"
        elif issubclass(kind, errors.BadInput):
            word = "Entrada o configuración"
        assert told()[name].strip().startswith(f"*{word}.* "), name


def test_every_section_says_what_to_do_in_numbered_steps() -> None:
    for name, body in told().items():
        numbers = [int(number) for number in re.findall(r"^(\d+)\. ", markdown.prose(body), re.MULTILINE)]
        assert numbers, name
        assert numbers == list(range(1, len(numbers) + 1)), name


def test_the_attempt_to_answer_for_is_the_ledgers(tmp_path: Path) -> None:
    given = TeamsMessage(make_run(), Message("teams", "body", 2))
    attempt = deliveries.begin(DirectoryStore(tmp_path), given, datetime.now(UTC))
    assert isinstance(attempt, deliveries.Attempt)
    section = markdown.sections(runbook, 2)["Entrega incierta"]
    assert f"`{attempt.id}`" in section
    form = "/".join(("<INFORME>", "<CANAL>", "<INTENTO>"))
    assert attempt.key == f"deliveries/{attempt.id}.json"
    assert f"`deliveries/{form}.json`" in section
    for outcome in ("posted", "not-posted"):
        assert f"finopsguard deliveries resolve {form} {outcome} --reason" in section
