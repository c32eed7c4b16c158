"""Which of the guide's commands are run, what stands for its placeholders, and why the others cannot be shown here."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tests.docs import markdown
from tests.e2e.prepared import ROOT

GUIDE = ROOT / "docs" / "guia.md"
STACK = "finops-guard-staging"

# The beginning of a command, and why it is not run. The first that fits counts.
NOT_HERE: Mapping[str, str] = {
    "docker ": "no Docker here; the image's rules are held by `make checkov` and tests/docs",
    "aws ecr get-login-password": "no registry of images here",
    "make deploy": "it builds for arm64; `make e2e` deploys the same template, changed as [it says](e2e.md)",
    "make redrive": "the emulator has no redrive; tests/unit/commands and the drill in staging",
    "finopsguard run --report weekly --engine aws": "`make smoke` runs it, above",
    "finopsguard doctor --stack finops-guard --post": "it posts a card, and none of Teams is here",
    "finopsguard deliveries resolve": "there is no uncertain delivery to resolve; tests/unit/commands",
    "aws cloudformation create-stack": "the emulator has no StackSets; tests/template reads the template",
    "aws cloudformation deploy --template-file deploy/fargate.yaml": "it needs an image by its digest and subnets",
    "aws cloudformation describe-stacks --stack-name finops-guard-task": "fargate.yaml was not deployed, above",
    "aws iam simulate-principal-policy": "the emulator does not simulate; tests/template tries each role",
    "aws scheduler": "awscli of the package index is version 1 and not asked for it; `make e2e` reads both schedules",
    "aws logs tail": "a command of the AWS CLI version 2; `make logs` is run instead",
    "finopsguard preview out/card.json --open": "it opens a browser",
    "export": "",
    "cd ": "",
    "source ": "",
    "echo ": "",
    "true": "",
    "cp ": "",
}
# In place of a webhook's URL: Microsoft's form, and of nobody.
_SECRET = "https://prod-00.westeurope.logic.azure.com/workflows/x/triggers/manual/paths/invoke?sig=x"


class Command(NamedTuple):
    """A command of a chapter, with the variables that stand before it."""

    chapter: str
    words: tuple[str, ...]
    variables: Mapping[str, str]
    stdin: str = ""

    @property
    def text(self) -> str:
        """On one line, as the guide has it but for line breaks."""
        return shlex.join(self.words)


def commands() -> Iterator[Command]:
    """All commands of the guide in their order, each once in its chapter; a pipe's parts are one each."""
    seen = set[tuple[str, tuple[str, ...]]]()
    for chapter, body in markdown.sections(GUIDE.read_text("utf-8"), 2).items():
        snippets = iter(markdown.scripts(body))
        for words in markdown.commands(body):
            stdin = next(snippets, "") if words[:2] == ["python", "-"] else ""
            key = chapter, (*words, stdin)
            if key not in seen:
                seen.add(key)
                yield Command(chapter, tuple(words), _variables(body, words), stdin)


def _variables(body: str, words: list[str]) -> Mapping[str, str]:
    """`FINOPSGUARD_USE_MOCK_DATA=true python ...`: the variables of the line."""
    line = re.search(rf"^((?:[A-Z_]+=\S+ )+){re.escape(shlex.join(words))}$", body, re.MULTILINE)
    return dict(each.split("=", 1) for each in line[1].split()) if line else {}


def reason(command: Command) -> str | None:
    """Why it is not run; None if it is, and empty for one that does nothing to note."""
    text = " ".join(command.words)
    return next((why for start, why in NOT_HERE.items() if f"{text} ".startswith(start)), None)


def filled(words: tuple[str, ...], outputs: Mapping[str, str], account: str) -> list[str]:
    """The command with what the stack in the emulator has in place of the guide's placeholders."""
    places = {
        "<ACCOUNT_ID>": account,
        "<EXTERNAL_ID>": "customer-17-x",
        "<BUCKET>": outputs["BucketName"],
        "finops-guard ": f"{STACK} ",
        "ENV=production": "ENV=staging",
        "https://...": _SECRET,
        **{f"<{name}>": value for name, value in outputs.items()},
    }
    made = []
    for word in words:
        padded = f"{word} "
        for place, value in places.items():
            padded = padded.replace(place, value)
        made.append(padded.strip())
    return made


# The customer's own boxes (their guide, chapter 11), and the commands whose results show them.
CHECKLIST: tuple[tuple[str, str, str], ...] = (
    (
        "Repositorio y versión entregada",
        "make build",
        "`make release VERSION=` makes tag, archive, sums, SBOM",
    ),
    (
        "Rol IAM con mínimo privilegio validado",
        "finopsguard doctor --stack finops-guard",
        "tests/template tries every call under every role; `make e2e` runs under them",
    ),
    (
        "Secreto Teams cargado en Secrets Manager",
        "aws secretsmanager describe-secret",
        "`doctor` reads it and shows its host",
    ),
    (
        "Scheduler activo y probado",
        "finopsguard doctor --stack finops-guard",
        "`make e2e` sends each schedule's own input",
    ),
    (
        "Dashboard/logs y alarmas configuradas",
        "make logs STEP=PostToTeams",
        "`doctor` names alarms; `make e2e` counts them",
    ),
    ("Evidencia de prueba de humo compartida", "make smoke ENV=staging", "its output is the evidence"),
    (
        "Plan de soporte y mantenimiento acordado",
        "",
        "an agreement between people; [the runbook](runbook.md) is its text",
    ),
)
