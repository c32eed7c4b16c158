"""What was told and proves wrong later is corrected once; what was told as provisional and comes as expected is not.

Whole runs through real botocore on the stand-ins: one Organization from a Monday on, a report a day.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.standins import Charge, Costs
from tests.sweeps import exhaustive
from tests.truth.proof_world import DATA, SHOP, World, check, denied, standing_in, usual
from tests.unit.channels.teams.cards import content, texts

SUNDAY = date(2026, 11, 15)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (f"2026-11-{day}" for day in (16, 17, 18, 19))
OF_SUNDAY, OF_MONDAY = "daily-2026-11-15", "daily-2026-11-16"
TOLD = Decimal("1426.51")


class Days(World):
    """The same, a day after another."""

    def daily(self, day: str, **more: Any) -> list[str]:
        """Makes that day's report; gives what was posted."""
        return self.make("daily", day, **more)

    def make(self, report: str, day: str, **more: Any) -> list[str]:
        before = len(self.posts)
        done = self.run({"report": report, "scheduled_time": f"{day}T08:00:00Z", **more})
        assert done.status == "SUCCEEDED", done.reason
        return self.posts[before:]

    def costs(self, change: Callable[[Charge], Decimal]) -> None:
        """What AWS says from now on."""

        def charges(day: date) -> list[Charge]:
            return [
                Charge(each.account_id, day, each.service, each.record_type, change(each))
                for each in usual(day)
            ]

        self.standins.cost_explorer.costs = Costs(charges)

    def times(self, factor: str, days: Callable[[date], bool] = lambda day: day == SUNDAY) -> None:
        """These days cost so many times what they cost at first."""
        self.costs(lambda each: each.amount * (Decimal(factor) if days(each.day) else 1))

    def corrections(self, run_id: str) -> list[str]:
        """The reports that a run corrects."""
        return [each.run_id for each in self.report(run_id).corrections]

    @property
    def ledger(self) -> list[str]:
        return sorted(str(path.relative_to(self.state)) for path in self.state.glob("deliveries/*/*/*"))


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Days]:
    with standing_in(monkeypatch, tmp_path, FINOPSGUARD_HISTORY_DAYS="45") as standins:
        yield Days(standins, tmp_path)


def words(post: str) -> list[str]:
    """What is read of a card, one paragraph after another."""
    return texts(content(json.loads(post)))


# ---- restated days ---------------------------------------------------------------------------------------------------


def test_a_settled_sunday_that_is_billed_late_is_corrected_once(days: Days) -> None:
    assert len(days.make("weekly", MONDAY)) == 1
    assert len(days.daily(TUESDAY)) == 1
    days.times("1.08")
    report, correction = days.daily(WEDNESDAY)
    assert "Daily AWS cost" in report
    assert "Days that were told before cost another amount now: 2026-11-15 +114.12 USD." in report
    assert words(correction)[:4] == [
        "Correction of the report of 15 Nov · usage",
        "$1,540.63 instead of $1,426.51 (+8.0%)",
        "AWS billed late: Sun 15 Nov (+$114.12).",
        "Today's numbers are in the newest report: Daily AWS cost, Mon 16 Nov 2026.",
    ]
    # The week's report told Sunday as provisional: its settled days are what they were.
    assert days.corrections(OF_MONDAY) == [OF_SUNDAY]
    # Run again, or a day later: nothing more.
    assert days.daily(WEDNESDAY) == []
    assert days.corrections(OF_MONDAY) == [], "posted is posted: the next ones make room for others"
    assert len(days.daily(THURSDAY)) == 1
    assert check(days.report("daily-2026-11-17"), "closed_days").status == "ok"


@exhaustive(beside="test_a_settled_sunday_that_is_billed_late_is_corrected_once")
def test_daily_and_weekly_are_each_corrected_for_what_they_told(days: Days) -> None:
    days.make("weekly", MONDAY)
    days.daily(MONDAY)
    days.times("1.08", lambda day: day.isoformat() in ("2026-11-12", "2026-11-14"))
    _, *corrections = days.daily(TUESDAY)
    assert [words(each)[:3] for each in corrections] == [
        [
            "Correction of the weekly report of 9–14 Nov · usage",
            "$8,787.12 instead of $8,558.88 (+2.7%)",
            "AWS billed late: Thu 12 Nov (+$114.12), Sat 14 Nov (+$114.12).",
        ],
        [
            "Correction of the report of 14 Nov · usage",
            "$1,540.60 instead of $1,426.48 (+8.0%)",
            "AWS billed late: Sat 14 Nov (+$114.12).",
        ],
    ]


@exhaustive(beside="tests/unit/costs/test_closed.py::test_more_than_one_percent_and_more_than_the_gate")
def test_a_small_restatement_is_named_and_nothing_is_corrected(days: Days) -> None:
    days.daily(TUESDAY)
    days.times("1.003")
    (report,) = days.daily(WEDNESDAY)
    assert "Days that were told before cost another amount now: 2026-11-15 +4.28 USD." in report
    assert days.corrections(OF_MONDAY) == []


@exhaustive(beside="tests/unit/costs/test_closed.py::test_a_provisional_day_is_nobody_s_error")
def test_provisional_days_that_come_as_expected_are_no_correction(days: Days) -> None:
    days.times("0.3", lambda day: day >= SUNDAY)
    days.make("weekly", MONDAY)
    days.daily(MONDAY)
    days.times("1")
    assert len(days.daily(TUESDAY)) == 1
    assert days.corrections(OF_SUNDAY) == []
    assert check(days.report(OF_SUNDAY), "closed_days").status == "ok"


# ---- scope -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each account in a read of its own, so that one can fail alone."""
    monkeypatch.setenv("FINOPSGUARD_ACCOUNTS_PER_FETCH", "1")
    monkeypatch.setenv("FINOPSGUARD_MAX_MISSING_PERCENT", "40")


def unreadable(days: Days, account: str) -> None:
    days.standins.cost_explorer.fail(
        "AccessDeniedException", times=None, when=lambda _, asked: account in json.dumps(asked)
    )


@exhaustive(
    beside="tests/unit/costs/test_closed.py::test_an_account_that_was_missing_makes_its_part_of_the_difference"
)
@pytest.mark.usefixtures("apart")
def test_an_account_that_could_not_be_read_is_a_correction_when_it_is(days: Days) -> None:
    unreadable(days, DATA)
    days.daily(TUESDAY)
    assert days.report(OF_SUNDAY).comparison.current == 900  # type: ignore[union-attr]
    days.standins.cost_explorer.heal()
    _, correction = days.daily(WEDNESDAY)
    assert words(correction)[1:3] == [
        "$1,426.51 instead of $900.00 (+58.5%)",
        "This account could not be read then: data (+$526.51).",
    ]
    # And an account that cannot be read now is no fall of the days before.
    unreadable(days, SHOP)
    assert len(days.daily(THURSDAY)) == 1
    report = days.report("daily-2026-11-17")
    assert (report.corrections, [each.id for each in report.coverage.missing]) == ((), [SHOP])
    assert "closed_days" not in [each.name for each in report.coverage.checks]


@exhaustive(
    beside="tests/unit/costs/test_closed.py::test_a_report_of_the_own_account_alone_was_wrong_about_the_others"
)
def test_a_report_of_the_own_account_alone_is_corrected_when_the_list_is_back(days: Days) -> None:
    denied(days)
    days.daily(TUESDAY)
    days.standins.organizations.heal()
    _, correction = days.daily(WEDNESDAY)
    assert words(correction)[1:3] == [
        "$1,426.51 instead of $500.00 (+185%)",
        "The accounts were not all known then: that report had 1, now there are 3.",
    ]


# ---- once ------------------------------------------------------------------------------------------------------------


@exhaustive(
    beside="tests/unit/channels/test_deliveries.py::test_a_correction_that_was_refused_is_made_again_by_the_next_run"
)
def test_a_correction_that_was_refused_is_posted_by_a_redrive_and_not_again(days: Days) -> None:
    days.daily(TUESDAY)
    days.times("1.08")
    days.standins.workflows.answer(202)  # the report
    days.standins.workflows.answer(400)  # its correction
    failed = days.run({"report": "daily", "scheduled_time": f"{WEDNESDAY}T08:00:00Z"})
    assert (failed.status, failed.error) == ("FAILED", "TeamsRejected")
    # The alert does not say that there is no report.
    alert = "\n".join(words(days.posts[-1]))
    assert f"The report is in its channels; only the correction of {OF_SUNDAY} is missing." in alert
    assert "No report for" not in alert
    posts = len(days.posts)
    assert days.redrive().status == "SUCCEEDED"
    assert ["Correction of" in post for post in days.posts[posts:]] == [True]
    assert len(days.daily(THURSDAY)) == 1
    assert [key for key in days.ledger if "correction" in key] == [
        f"deliveries/{OF_SUNDAY}-correction/teams/001.json",
        f"deliveries/{OF_SUNDAY}-correction/teams/002.json",
    ]


@exhaustive(beside="tests/unit/channels/test_deliveries.py::test_without_a_webhook_nothing_was_told")
def test_what_was_never_delivered_is_not_corrected(days: Days) -> None:
    days.standins.workflows.answer(400)
    assert days.run({"report": "daily", "scheduled_time": f"{TUESDAY}T08:00:00Z"}).status == "FAILED"
    days.times("1.08")
    days.daily(WEDNESDAY)
    assert all("Correction of" not in post for post in days.posts)


# ---- by force --------------------------------------------------------------------------------------------------------


@exhaustive(
    beside="tests/unit/steps/test_resolve_accounts.py::test_by_force_a_report_that_was_delivered_is_planned_as_the_next_revision_and_read_again"
)
def test_force_reads_again_and_posts_a_revision(days: Days) -> None:
    days.daily(TUESDAY)
    days.times("1.08")
    requests = days.standins.cost_explorer.requests
    assert days.daily(TUESDAY) == []
    assert days.standins.cost_explorer.requests == requests
    (post,) = days.daily(TUESDAY, force=True)
    assert days.standins.cost_explorer.requests == 2 * requests
    lines = "\n".join(words(post))
    assert "Corrected: Daily AWS cost" in lines
    assert "⚠ Corrected. This report was posted before." in lines
    assert "It said $1,426.51 for 15 Nov." in lines
    report = days.report(f"{OF_SUNDAY}-r2")
    assert (report.revision, report.comparison.current) == (2, TOLD * Decimal("1.08"))  # type: ignore[union-attr]
    # It tells what it was, and what it told before is not corrected a second time.
    assert check(report, "closed_days").detail == f"{SUNDAY} +114.12 USD"
    assert len(days.daily(WEDNESDAY)) == 1
    assert len(days.daily(TUESDAY, force=True)) == 1
    assert sorted({key.split("/")[1] for key in days.ledger}) == [
        OF_SUNDAY,
        f"{OF_SUNDAY}-r2",
        f"{OF_SUNDAY}-r3",
        OF_MONDAY,
    ]


# ---- records that are damaged ----------------------------------------------------------------------------------------


@exhaustive(
    beside="tests/unit/store/test_healing.py::test_a_record_that_cannot_be_read_stops_no_report_and_is_said"
)
def test_records_that_cannot_be_read_stop_no_report_and_are_said(days: Days) -> None:
    days.daily(TUESDAY)
    damaged = [*days.state.glob("told/*/*/*/*.json"), *days.state.glob("incidents/*/*/*.json")]
    assert len(damaged) == 2
    for path in damaged:
        path.write_bytes(path.read_bytes()[:20])
    days.times("1.08")
    (report,) = days.daily(WEDNESDAY)
    assert "An earlier record of incidents could not be read" in days.page(OF_MONDAY)
    assert "A record of what an earlier report told could not be read" in days.page(OF_MONDAY)
    assert days.report(OF_MONDAY).notes == ("told_unreadable", "incidents_unreadable")
    assert "closed_days" not in [each.name for each in days.report(OF_MONDAY).coverage.checks]
    assert "Correction" not in report
