"""What AWS Cost Anomaly Detection says of a report, in words: beside an incident, and one line at the report's end."""

from __future__ import annotations

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.opinion import AwsFinding
from finopsguard.report.words import Words


def beside(words: Words, line: AnomalyLine) -> str:
    """Whether AWS found the incident too; empty where that is not known."""
    return words.t(f"opinion.{line.second_opinion}") if line.second_opinion else ""


def about(words: Words) -> list[str]:
    """What AWS alone found, or why it was not read; nothing where there is nothing to say."""
    opinion = words.report.second_opinion
    if opinion is None:
        return []
    if opinion.state != "read":
        return [words.t(f"opinion.{opinion.state}")]
    by_id = {each.id: each for each in opinion.found}
    names = [_named(words, by_id[name]) for name in opinion.only_aws]
    said = [words.t("opinion.only_aws", names=words.first_of(names))] if names else []
    return [*said, words.t("opinion.more")] if opinion.more else said


def _named(words: Words, finding: AwsFinding) -> str:
    """`Amazon S3 · media-prod (+$120)`."""
    place = finding.places[0]
    named = [words.service_name(place.service)] if place.service else []
    named += [words.account_of(place.account_id)] if place.account_id else []
    return f"{' · '.join(named)} ({words.n.money(finding.impact, signed=True, compact=True)})"
