"""What of a report is made anew for an owner: every field is the run's own, or is held to the owner's accounts."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal

from finopsguard.models.opinion import AwsFinding, AwsPlace, SecondOpinion
from finopsguard.models.report import Report
from finopsguard.models.route import Route
from finopsguard.owners.narrow import narrowed
from tests.unit.report.sample import weekly

OF_THE_RUN = {
    "run_id", "report", "period", "previous_period", "scheduled_time", "time_zone", "data_source", "currency",
    "cost_metric", "revision", "judged_with", "graded_with", "export", "trail", "delivery", "deliveries", "notes",
}  # fmt: skip
"""Nobody's account is in them: settings, days, what reading took, codes."""
OF_ACCOUNTS = {
    "totals", "daily", "accounts", "services", "charges", "charges_previous", "coverage", "comparison", "charge_lines",
    "anomalies", "charge_findings", "untold", "verdicts", "forecast", "aws_budgets", "second_opinion", "corrections",
    "replaces", "retrospective",
}  # fmt: skip
OF_THE_ROUTE = {"part", "language", "execution", "cost_explorer"}
MINE, OTHER = "111111111111", "222222222222"


def finding(name: str, *accounts: str | None) -> AwsFinding:
    places = tuple(AwsPlace(each, "Amazon S3") for each in accounts)
    return AwsFinding(name, date(2026, 11, 9), date(2026, 11, 12), Decimal(120), places)


def test_every_field_of_a_report_is_the_run_s_or_is_held_to_the_owner_s_accounts() -> None:
    """A new field is decided upon here, and in `narrow.narrowed` where it is of accounts."""
    known = [*OF_THE_RUN, *OF_ACCOUNTS, *OF_THE_ROUTE]
    assert sorted(known) == sorted(each.name for each in fields(Report))


def test_of_what_aws_found_an_owner_is_told_what_is_in_its_accounts_alone() -> None:
    found = (
        finding("mine", MINE),
        finding("both", MINE, OTHER),
        finding("other", OTHER),
        finding("all", None),
    )
    opinion = SecondOpinion("read", found, only_aws=("other", "mine", "all"))
    own = narrowed(replace(weekly("en"), second_opinion=opinion), Route("zoo", owners=("x",)), {MINE}, [])
    assert own.second_opinion == SecondOpinion("read", (found[0],), only_aws=("mine",))
