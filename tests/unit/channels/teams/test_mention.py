"""Whom a card calls: nobody, unless the settings name somebody and an anomaly of the highest severity is new."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from finopsguard import contracts
from finopsguard.channels.teams import card, ladder, limits, phone, preview
from finopsguard.config import Settings
from finopsguard.errors import InvalidConfiguration
from finopsguard.models.report import Report
from finopsguard.models.run import Language
from finopsguard.models.severity import Mention
from tests.sweeps import sampled, share
from tests.unit.channels.teams.cards import content, problems, schema_problems, walk
from tests.unit.report.cases import CASES
from tests.unit.report.hostile import HOSTILE

USER = "49c4641c-ab91-4248-aebb-6a7de286397b"
ON_CALL = Mention("user", USER, "FinOps on call")


def grave(report: Report) -> Report:
    """All that it tells is new, and of the highest severity."""
    lines = (replace(line, severity="high", status="new") for line in report.anomalies)
    return replace(report, anomalies=tuple(lines))


def called(made: dict[str, Any]) -> list[str]:
    return [node["text"] for node in walk(made) if node.get("type") == "TextBlock"]


def test_the_line_and_the_entity_are_as_microsoft_documents_them() -> None:
    made = content(card.message(CASES["graded"]("en"), mention=ON_CALL))

    assert called(made) == ["<at>FinOps on call</at> 1 anomaly of severity high, new or larger."]
    assert made["msteams"] == {
        "width": "Full",
        "entities": [
            {
                "type": "mention",
                "text": "<at>FinOps on call</at>",
                "mentioned": {"id": USER, "name": "FinOps on call"},
            }
        ],
    }
    assert problems(made) == schema_problems(made) == []


def test_a_tag_says_that_it_is_one() -> None:
    made = content(card.message(CASES["graded"]("es"), mention=Mention("tag", "MjQzMmI1", "FinOps")))

    assert called(made) == ["<at>FinOps</at> 1 anomalía de gravedad alta, nueva o en aumento."]
    assert made["msteams"]["entities"][0]["mentioned"] == {"id": "MjQzMmI1", "name": "FinOps", "type": "tag"}


@pytest.mark.parametrize("status", ["continuing", "resolved"])
def test_nobody_is_called_twice_for_one_anomaly(status: Any) -> None:
    report = CASES["graded"]("en")
    report = replace(report, anomalies=tuple(replace(line, status=status) for line in report.anomalies))
    made = content(card.message(report, mention=ON_CALL))

    assert called(made) == []
    assert made["msteams"] == {"width": "Full"}


def test_without_the_setting_nobody_is_called() -> None:
    assert called(content(card.message(CASES["graded"]("en")))) == []


@pytest.mark.parametrize("rung", range(len(ladder.LADDER)))
def test_no_rung_of_the_ladder_drops_it(rung: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "LADDER", ladder.LADDER[rung : rung + 1])
    monkeypatch.setattr(limits, "MAX_MESSAGE_BYTES", 10**6)

    assert called(content(card.message(CASES["graded"]("en"), mention=ON_CALL)))


@sampled("en")
@pytest.mark.parametrize("language", get_args(Language))
def test_it_counts_for_the_size_and_the_height(language: Language) -> None:
    long = Mention("tag", "x" * 400, "n" * 48)
    for case in share([*CASES.values()], every=3):
        message = card.message(grave(case(language)), mention=long)
        made = content(message)
        assert len(contracts.encode(message)) <= limits.MAX_MESSAGE_BYTES
        assert phone.height(made) <= limits.MAX_CARD_HEIGHT
        assert called(made) == [f"<at>{'n' * 48}</at>" + text.split("</at>")[1] for text in called(made)]
        assert "n" * 48 in preview.page(message) or not called(made)
    assert phone.height({"body": [{"type": "TextBlock", "text": "x " * 400}]}) > 100


def test_what_is_called_has_no_text_from_outside() -> None:
    report = grave(CASES["hostile"]("en"))
    (text,) = called(content(card.message(report, mention=ON_CALL)))

    assert (
        text == f"<at>FinOps on call</at> {len(report.anomalies)} anomalies of severity high, new or larger."
    )


@pytest.mark.parametrize(
    "value",
    [
        "ana@example.com",
        f"user:{USER}",
        f"user:{USER}:",
        "user:ana@example.com:Ana",
        f"tag:{USER}:a</at>",
        f"team:{USER}:All",
        f"user:{USER}:**Ana**",
        *(f"user:{USER}:{name}" for name in HOSTILE),
    ],
)
def test_a_mention_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(InvalidConfiguration, match=r"FINOPSGUARD_MENTION is no mention") as raised:
        Settings.from_env({"FINOPSGUARD_MENTION": value})
    assert "ana@" not in str(raised.value)


def test_settings_of_severity() -> None:
    found = Settings.from_env(
        {
            "FINOPSGUARD_MENTION": f"user:{USER}:FinOps on call",
            "FINOPSGUARD_SEVERITY_LIMITS": "500, 2500.50",
            "FINOPSGUARD_SEVERITY_WORDS": "P3, P2,Crítica",
        }
    )

    assert found.mention == ON_CALL
    assert [str(each) for each in found.severity_limits] == ["500", "2500.50"]
    assert found.severity_words == ("P3", "P2", "Crítica")
    assert Settings.from_env({}).mention is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("LIMITS", value) for value in ("10", "10,5", "0,5", "5,5", "a,b", "1,2,3", "NaN,1", "1,Infinity")),
        *(
            ("WORDS", value)
            for value in ("P1", "a,b", "a,a,b", "a,b,<b>", "a,b,*c*", "a,b,", f"a,b,{'x' * 25}")
        ),
    ],
)
def test_wrong_limits_and_words_are_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidConfiguration, match=f"FINOPSGUARD_SEVERITY_{name} is"):
        Settings.from_env({f"FINOPSGUARD_SEVERITY_{name}": value})
