"""When a schedule is due next, held to dates that were counted by hand."""

from __future__ import annotations

from datetime import datetime

import pytest

from finopsguard.doctor.next_start import next_start


@pytest.mark.parametrize(
    ("expression", "zone", "now", "due"),
    [
        # 2026-11-23 is a Monday.
        ("cron(0 9 ? * MON *)", "Europe/Madrid", "2026-11-23T07:59:59+00:00", "2026-11-23T08:00:00+00:00"),
        ("cron(0 9 ? * MON *)", "Europe/Madrid", "2026-11-23T08:00:00+00:00", "2026-11-30T08:00:00+00:00"),
        ("cron(0 9 * * ? *)", "Asia/Tokyo", "2026-11-23T00:00:00+00:00", "2026-11-24T00:00:00+00:00"),
        ("cron(30 6 ? * 2-6 *)", "UTC", "2026-11-27T06:30:00+00:00", "2026-11-30T06:30:00+00:00"),
        ("cron(0/20 8,18 ? * mon-fri *)", "UTC", "2026-11-23T08:21:00+00:00", "2026-11-23T08:40:00+00:00"),
        ("cron(0 8 1 * ? *)", "UTC", "2026-11-23T00:00:00+00:00", "2026-12-01T08:00:00+00:00"),
        ("cron(0 8 29 FEB ? *)", "UTC", "2026-11-23T00:00:00+00:00", "2028-02-29T08:00:00+00:00"),
        # The summer's hour: 9 in Madrid is 7 in UTC.
        ("cron(0 9 ? * MON *)", "Europe/Madrid", "2026-07-06T00:00:00+00:00", "2026-07-06T07:00:00+00:00"),
    ],
)
def test_the_next_start(expression: str, zone: str, now: str, due: str) -> None:
    assert next_start(expression, zone, datetime.fromisoformat(now)) == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    "expression",
    [
        "rate(30 minutes)",
        "at(2026-11-23T08:00:00)",
        "cron(0 8 L * ? *)",
        "cron(0 8 ? * 2#1 *)",
        "cron(0 8 1 * ? 2020)",
        "cron(0 8)",
    ],
)
def test_what_does_not_say_it_is_not_guessed(expression: str) -> None:
    assert next_start(expression, "UTC", datetime.fromisoformat("2026-11-23T00:00:00+00:00")) is None
