"""The one table of cost metrics, and every place that must name each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import get_args

import pytest

from finopsguard import contracts
from finopsguard.config import Settings
from finopsguard.errors import InvalidConfiguration
from finopsguard.models.metrics import COST_METRICS, MetricName
from finopsguard.models.run import Language, Period
from finopsguard.report.links import Console
from finopsguard.report.messages import catalogue
from tests.template import stack

WEEK = Period(date(2026, 11, 9), date(2026, 11, 16))


def named() -> Mapping[str, set[str]]:
    """The metrics in every place that lists them."""
    messages = {
        f"report/messages/{language}.json": {
            key.removeprefix("metric.") for key in catalogue(language).texts if key.startswith("metric.")
        }
        for language in get_args(Language)
    }
    example = (stack.ROOT / ".env.example").read_text("utf-8")
    return {
        "models.metrics.MetricName": set(get_args(MetricName)),
        "template.yaml, parameter CostMetric": set(
            stack.template()["Parameters"]["CostMetric"]["AllowedValues"]
        ),
        "schemas/common, cost_metric": set(
            contracts.load_schema("common")["definitions"]["cost_metric"]["enum"]
        ),
        ".env.example": {name for name in COST_METRICS if name in example},
        **messages,
    }


def missing(metrics: Iterable[str]) -> list[str]:
    """What lacks a metric of the table, and what names one that is not in it."""
    known = set(metrics)
    return [
        f"{place} {word} {name}"
        for place, names in named().items()
        for word, some in (("lacks", known - names), ("knows of no row for", names - known))
        for name in sorted(some)
    ]


def test_every_place_names_every_metric() -> None:
    assert missing(COST_METRICS) == []


def test_a_new_metric_is_asked_for_in_every_place() -> None:
    assert missing([*COST_METRICS, "NetCash"]) == [f"{place} lacks NetCash" for place in named()]
    assert "template.yaml, parameter CostMetric knows of no row for BlendedCost" in missing(
        set(COST_METRICS) - {"BlendedCost"}
    )


@pytest.mark.parametrize("metric", COST_METRICS)
def test_a_metric_is_a_setting_has_words_and_a_link_of_its_own(metric: MetricName) -> None:
    row = COST_METRICS[metric]
    assert Settings.from_env({"FINOPSGUARD_COST_METRIC": metric}).cost_metric == metric
    assert all(catalogue(language)(row.words) for language in get_args(Language))
    assert f"costAggregate={row.console}&" in str(Console().cost_explorer(WEEK, metric=metric))
    assert [other.console for other in COST_METRICS.values()].count(row.console) == 1


def test_an_unknown_metric_is_refused_where_it_is_set() -> None:
    with pytest.raises(InvalidConfiguration, match="use UnblendedCost, AmortizedCost"):
        Settings.from_env({"FINOPSGUARD_COST_METRIC": "NetCash"})
