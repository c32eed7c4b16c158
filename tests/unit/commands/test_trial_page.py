"""The page of a trial: nothing leaves it, names are text, and cards are the product's own."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from finopsguard import cli
from finopsguard.commands import trial
from finopsguard.models.run import Language
from finopsguard.ports import Clock, CostSource, ListedAccount, Organization, Sleep
from finopsguard.wiring import Wiring
from tests.sweeps import sampled
from tests.unit.commands.test_trial import Bill, account, bill
from tests.unit.fakes import NOW, FakeOrganization
from tests.unit.report.page.test_render import read

HOSTILE = "<script>alert(1)</script> | **x**"


@sampled(every=2)
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_has_it_all_and_is_safe_to_open(
    language: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = [ListedAccount(account(number).id, HOSTILE, "ACTIVE", ()) for number in range(2)]
    given: dict[object, object] = {
        Organization: FakeOrganization(listed),
        CostSource: Bill(bill()),
        Clock: lambda: NOW,
        Sleep: lambda _: None,
    }
    monkeypatch.setattr(trial, "wiring_for", lambda _: Wiring({"FINOPSGUARD_LANGUAGE": language}, given))
    assert cli.main(["trial", "--yes", "--days", "12", "--out", str(tmp_path)]) == 0

    html = (tmp_path / "trial.html").read_text("utf-8")
    found = read(html)
    tags = [tag for tag, _ in found.found]
    assert tags.count("script") == 1
    assert "<script>alert" not in html
    assert tags.count("h1") == 1
    assert tags.count("table") == tags.count("caption") == 3
    assert tags.count("article") == 4, "two cards, light and dark"
    assert not any("style" in attributes for _, attributes in found.found)
    assert "default-src &#39;none&#39;" in html
    assert "FINOPSGUARD_ANOMALY_MIN_IMPACT=" in found.text
    assert "Amazon Redshift" in found.text

    data = json.loads((tmp_path / "trial.json").read_text("utf-8"))
    assert [each["status"] for each in data["events"]] == ["new", "continuing"]
    assert sum(week["messages"] for week in data["weeks"]) == len(data["messages"]) == 1
    assert data["weeks"][-1]["last"] == str(NOW.date())
    assert data["weeks"][0]["first"] == str(NOW.date() - timedelta(days=11))
    assert HOSTILE not in (tmp_path / "trial.md").read_text("utf-8")
