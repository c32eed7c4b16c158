"""The key figures: against what was to be expected, the month, the anomalies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from finopsguard.report import facts, month, verdict
from finopsguard.report.facts import percent_of
from finopsguard.report.words import Tone, Words


@dataclass(frozen=True)
class Tile:
    """One key figure."""

    label: str
    value: str
    detail: str
    tone: Tone = "plain"


def tiles(words: Words) -> list[Tile]:
    """All key figures, in their order."""
    return [_expected_tile(words), _month_tile(words), _anomalies_tile(words)]


def _expected_tile(words: Words) -> Tile:
    """Red only above the sum of the days' bands, as a bar is."""
    compared, label = facts.comparison(words.report), words.t("tile.expected")
    if compared.current is None:
        return Tile(label, words.t("tile.expected_unknown"), words.t("tile.expected_unsettled_detail"))
    if compared.expected is None:
        return Tile(label, words.t("tile.expected_unknown"), words.t("tile.expected_unknown_detail"))
    over = compared.current - compared.expected
    percent = percent_of(over, compared.expected)
    amount = words.t("tile.expected_detail", amount=words.n.money(compared.expected, compact=True))
    detail = amount if percent is None else f"{words.n.percent(percent, signed=True)} {amount}"
    tone: Tone = "bad" if verdict.above_band(words.report) else "plain"
    return Tile(label, words.n.money(over, signed=True, compact=True), detail, tone)


def _month_tile(words: Words) -> Tile:
    """The month's end with its band; what is billed, where there is no forecast or the month is over."""
    totals, forecast = words.report.totals, month.of_report(words)
    last = words.report.period.end - timedelta(days=1)
    so_far = words.n.money(totals.month_to_date, compact=True)
    if forecast is None or forecast.month_end is None:
        detail = words.t("tile.month_detail", day=words.n.day(last))
        why_not = month.no_forecast(words, forecast) if forecast else ""
        label = words.t("tile.month", month=words.n.month(last))
        return Tile(label, so_far, "; ".join(filter(None, (detail, why_not))))
    label = words.t("tile.forecast", month=words.n.month_short(last))
    value = words.n.money(forecast.month_end, compact=True)
    said = (month.band(words, forecast), words.t("tile.forecast_detail", amount=so_far))
    over = forecast.budget is not None and forecast.month_end > forecast.budget
    return Tile(label, value, "; ".join(filter(None, said)), "bad" if over else "plain")


def _anomalies_tile(words: Words) -> Tile:
    lines = facts.open_anomalies(words.report)
    label = words.t("section.anomalies_short")
    if not lines and facts.judged(words.report):
        return Tile(label, words.t("tile.anomalies_none"), *_beside_none(words))
    if not lines:
        return Tile(label, words.t("tile.anomalies_unjudged"), words.t("tile.expected_unknown_detail"))
    label = words.t("tile.anomalies", n=len(lines), count=words.n.count(len(lines)))
    above, below = facts.above_and_below(lines)
    counts = {status: sum(line.status == status for line in lines) for status in facts.STATUS_ORDER}
    detail = ", ".join(
        words.t(f"status_count.{status}", n=number, count=words.n.count(number))
        for status, number in counts.items()
        if number and (status != "continuing" or number == len(lines))
    )
    value = words.n.money(above or below, signed=True, compact=True)
    return Tile(label, value, detail, "bad" if above else "plain")


def _beside_none(words: Words) -> tuple[str, Tone]:
    """(what is said where there are no anomalies, its tone): what else there is, or that there is nothing."""
    report, t, n = words.report, words.t, words.n
    if not facts.comparison(report).days:
        return t("tile.anomalies_none_so_far_detail"), "plain"
    charges, quiet = len(report.charge_findings or ()), len(facts.quiet_anomalies(report))
    if verdict.usage_clear(report) and (charges or quiet):
        if charges:
            return t("tile.anomalies_none_charges_detail", n=charges, count=n.count(charges)), "plain"
        return t("tile.anomalies_quiet_detail", n=quiet, count=n.count(quiet)), "plain"
    if not verdict.all_clear(report):
        return t("tile.anomalies_none_but_detail"), "plain"
    return t("tile.anomalies_none_detail"), "good"
