"""Pages that are promised are there, and decisions are dated."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from tests.docs.files import ours, pages
from tests.template.stack import ROOT

DECISIONS = sorted(ROOT.glob("docs/adr/*.md"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_are_decisions_numbered_without_a_gap() -> None:
    assert DECISIONS
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_decisions_are_dated() -> None:
    for decision in DECISIONS:
        top = "\n".join(decision.read_text("utf-8").splitlines()[:6])
        found = re.search(r"\b\d{4}-\d{2}-\d{2}\b", top)
        assert found, f"{name(decision)}: write the day of the decision below its title"
        date.fromisoformat(found[0])


def test_links_lead_somewhere() -> None:
    broken = {
        f"{name(page)}: {target}"
        for page in pages()
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
        if not re.match(r"[a-z]+:|#", target) and not (page.parent / target.partition("#")[0]).exists()
    }
    assert not broken


def test_pages_that_the_code_names_are_there() -> None:
    missing = {
        f"{name(path)}: {page}"
        for path in [*ours(".py", ".json", ".toml", ".yaml"), ROOT / "Makefile", ROOT / ".env.example"]
        for page in re.findall(r"\bdocs/[\w/-]+\.md\b", path.read_text("utf-8"))
        if not (ROOT / page).is_file()
    }
    assert not missing


def test_the_changelog_says_what_is_unreleased() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text("utf-8").splitlines()
    assert "## Unreleased" in lines
    after = lines[lines.index("## Unreleased") + 1 :]
    assert any(line.startswith("- ") for line in after)


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is set on the machine that installs them."""
    hosts = [b".".join(parts) for parts in ((b"pypi", b"org"), (b"pythonhosted", b"org"), (b"npmjs", b"org"))]
    naming = {
        name(path)
        for path in ours("")
        for host in hosts
        if not path.is_symlink() and host in path.read_bytes()
    }
    assert not naming
