"""Which incidents are explained, what the report takes of it, and what it says of those that could not be."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from finopsguard.costs.paid import PageMeter
from finopsguard.incidents import explaining
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Cause, Explained, ResourceCost, Unread
from finopsguard.models.costs import Usage, UsageLine
from finopsguard.models.messages import ExplainedReport, Explanation, PlannedExplanation
from finopsguard.models.report import CostExplorerUse, Report
from finopsguard.report.story import Story
from finopsguard.store import documents
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import make_run
from tests.unit.report.sample import weekly

RUN = make_run()
START = date(2026, 11, 20)
SERVICE = Cause("service", "Amazon S3", Decimal(5))
FOUND = Cause("usage_type", "BoxUsage:m5.large", Decimal(90), "changed", "eu-west-1")


def line(name: str, impact: int, **changes: object) -> AnomalyLine:
    made = AnomalyLine(
        name,
        "111111111111",
        name,
        "Amazon S3",
        "spike",
        START,
        START,
        Decimal(9),
        Decimal(1),
        Decimal(impact),
        1,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def report(*lines: AnomalyLine) -> Report:
    return replace(
        weekly("en"),
        anomalies=lines,
        notes=("history_short",),
        cost_explorer=CostExplorerUse(2, Decimal("0.02")),
    )


THREE = report(
    line("a", 10),
    line("b", -300, direction=-1, status="continuing"),
    line("c", 20, status="growing", causes=(SERVICE,)),
    line("d", 999, status="resolved"),
)


@pytest.mark.parametrize(("limit", "names"), [(10, ["b", "c", "a"]), (2, ["b", "c"]), (0, [])])
def test_those_that_go_on_are_explained_the_largest_first(limit: int, names: list[str]) -> None:
    assert [each.id for each in explaining.planned(THREE, limit)] == names


def test_a_service_under_another_name_is_explained_as_that() -> None:
    """All usage types of its new name would be called new."""
    renamed = Cause("service", "Amazon S3 v2", Decimal(5), "now_billed_as", from_value="Amazon S3")
    of = report(line("a", 10), line("b", 300, causes=(renamed,)))
    assert [each.id for each in explaining.planned(of, 10)] == ["a"]
    assert explaining.with_causes(of, explaining.read(given(asked="a"), MemoryStore())).notes == (
        "history_short",
        "causes_missing:Unknown:a",
    )


def test_a_roll_up_is_not_asked_about_and_named_by_no_note() -> None:
    rollup = line("s3", 900, scope="service", account_id="", causes=(Cause("account", "1", Decimal(900)),))
    moved = line("m", 800, scope="service", account_id="", story="moved")
    of = report(line("a", 10), rollup, moved, line("r", 5, scope="service_region", region="ap-south-1"))
    assert [each.id for each in explaining.planned(of, 10)] == ["a", "r"]
    told = explaining.with_causes(of, explaining.read(given(asked="ar"), MemoryStore()))
    assert told.notes[-1] == "causes_missing:Unknown:a,r", "and none is counted as beyond the limit"


def ok(name: str, *causes: Cause, store: MemoryStore, unread: tuple[str, ...] = ()) -> Explanation:
    key = f"runs/{RUN.run_id}/causes/{name}.json"
    documents.write(store, key, Explained(name, causes, 3, unread))  # type: ignore[arg-type]
    return Explanation(name, "ok", key, 3)


def given(*explanations: Explanation, asked: str = "abc", **more: str) -> ExplainedReport:
    return ExplainedReport(RUN, "detected", tuple(map(PlannedExplanation, asked)), explanations, **more)


def test_causes_stand_behind_the_services_and_the_price_counts_their_pages() -> None:
    store = MemoryStore()
    meter = PageMeter(store, RUN)
    for _ in range(8):
        meter()
    each = [ok(name, FOUND, store=store) for name in "abc"]
    told = explaining.with_causes(THREE, explaining.read(given(*each), store))
    assert [anomaly.causes for anomaly in told.anomalies] == [(FOUND,), (FOUND,), (SERVICE, FOUND), ()]
    assert told.notes == ("history_short",)
    assert told.cost_explorer == CostExplorerUse(8, Decimal("0.08"))


def test_an_execution_of_an_earlier_release_is_carried_on_as_it_is() -> None:
    assert (
        explaining.with_causes(THREE, explaining.read(ExplainedReport(RUN, "detected"), MemoryStore()))
        == THREE
    )


def test_those_without_causes_are_named_by_what_kept_them_from_it() -> None:
    store = MemoryStore()
    lost = ok("c", FOUND, store=store)
    store.objects.clear()
    no = [Explanation(name, "unavailable", error="CostExplorerThrottled", cause="slow") for name in "ab"]
    told = explaining.with_causes(THREE, explaining.read(given(*no, lost), store))
    assert told.notes == (
        "history_short",
        "causes_missing:CostExplorerThrottled:a,b",
        "causes_missing:ObjectMissing:c",
    )
    assert told.anomalies == THREE.anomalies


def test_a_map_that_failed_as_a_whole_is_said_of_each() -> None:
    told = explaining.with_causes(
        THREE, explaining.read(given(error="States.DataLimitExceeded", cause="x"), MemoryStore())
    )
    assert told.notes[1:] == ("causes_missing:States.DataLimitExceeded:a,b,c",)


def test_those_beyond_the_limit_are_counted() -> None:
    store = MemoryStore()
    told = explaining.with_causes(THREE, explaining.read(given(ok("b", store=store), asked="b"), store))
    assert told.notes[1:] == ("causes_not_asked:2",)


def test_a_part_that_was_not_read_is_said_once() -> None:
    store = MemoryStore()
    each = [ok(name, FOUND, store=store, unread=("weeks", "commitments")) for name in "abc"]
    assert explaining.with_causes(THREE, explaining.read(given(*each), store)).notes[1:] == (
        "causes_shortened",
    )


def test_resources_stand_beside_the_causes_and_those_that_lack_them_are_named_with_what_kept_them() -> None:
    store = MemoryStore()
    found = Explained("a", (FOUND,), 3, resources=(ResourceCost("i-1", Decimal(9), Decimal(5)),))
    kept: dict[Unread, str] = {"resources": "ResourcesNotEnabled"}
    each = []
    for name, explained in (
        ("a", found),
        ("b", Explained("b", (FOUND,), 3, ("resources",), kept_from=kept)),
        ("c", Explained("c", (FOUND,), 3, ("resources",))),
    ):
        documents.write(store, name, explained)
        each.append(Explanation(name, "ok", name, 3))
    told = explaining.with_causes(THREE, explaining.read(given(*each), store))
    assert [line.resources for line in told.anomalies] == [found.resources, (), (), ()]
    assert told.notes[1:] == ("resources_missing:ResourcesNotEnabled:b", "resources_missing:unfinished:c")


@pytest.mark.parametrize(
    ("note", "en", "es"),
    [
        (
            "resources_missing:ResourcesNotEnabled:a",
            "The resources behind an anomaly are missing (Amazon S3 · a). Cost Explorer keeps no costs by resource:"
            " switch them on in its preferences, at daily granularity.",
            "Faltan los recursos de una anomalía (Amazon S3 · a). Cost Explorer no guarda los costes por recurso:"
            " actívelos en sus preferencias, con granularidad diaria.",
        ),
        (
            "resources_missing:CostExplorerAccessDenied:a,b",
            "The resources behind 2 anomalies are missing (Amazon S3 · a, Amazon S3 · b). Allow"
            " ce:GetCostAndUsageWithResources to the role.",
            "Faltan los recursos de 2 anomalías (Amazon S3 · a, Amazon S3 · b). Permita"
            " ce:GetCostAndUsageWithResources al rol.",
        ),
        (
            "resources_missing:CredentialsMissing:a",
            "The resources behind an anomaly are missing (Amazon S3 · a). There are no valid AWS credentials.",
            "Faltan los recursos de una anomalía (Amazon S3 · a). No hay credenciales de AWS válidas.",
        ),
        (
            "causes_missing:CostExplorerThrottled:a",
            "The causes of an anomaly are missing (Amazon S3 · a). Cost Explorer got too many requests.",
            "Faltan las causas de una anomalía (Amazon S3 · a). Cost Explorer recibió demasiadas peticiones.",
        ),
        (
            "causes_missing:States.Timeout:a,b,c,d",
            "The causes of 4 anomalies are missing (Amazon S3 · a, Amazon S3 · b, Amazon S3 · c and 1 more)."
            " States.Timeout",
            "Faltan las causas de 4 anomalías (Amazon S3 · a, Amazon S3 · b, Amazon S3 · c y 1 más). States.Timeout",
        ),
        (
            "causes_not_asked:2",
            "Of 2 smaller anomalies the causes were not looked for.",
            "No se buscaron las causas de 2 anomalías menores.",
        ),
    ],
)
def test_the_notes_in_words(note: str, en: str, es: str) -> None:
    told = replace(THREE, notes=(note,))
    assert Story(told).notes == [en]
    assert Story(replace(told, language="es")).notes == [es]


@pytest.mark.parametrize(
    "note", ["causes_missing:X", "causes_missing", "causes_not_asked:x", "causes_not_asked:²"]
)
def test_a_note_of_another_form_is_shown_as_it_is(note: str) -> None:
    assert Story(replace(THREE, notes=(note,))).notes == [note]


@pytest.mark.parametrize("weeks", [1, 2])
def test_fewer_weeks_of_a_baseline_explain_the_same(weeks: int) -> None:
    """The same usage on working days and on weekends explains the same, however many weeks of it were read."""

    def usage(since: date) -> Usage:
        lines = [
            UsageLine(day, "BoxUsage:m5.large", usd, usd, usd, "Hrs", region="eu-west-1")
            for back in range((START - since).days, -2, -1)
            for day in [START - timedelta(days=back)]
            for usd in [Decimal(90 if day >= START else 4 if day.weekday() >= 5 else 10)]
        ]
        return Usage(lines, None, None, 1, None if (START - since).days == 28 else since)

    anomaly = line("a", 10, last_day=START + timedelta(days=1))
    whole, part = (explaining.explained(anomaly, usage(START - timedelta(weeks=each))) for each in (4, weeks))
    assert part.causes == whole.causes
    assert whole.causes[0].impact == Decimal(180 - 10 - 4)
    assert (whole.unread, part.unread) == (
        ("commitments", "operations"),
        ("weeks", "commitments", "operations"),
    )
