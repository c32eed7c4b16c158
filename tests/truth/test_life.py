"""The life of an incident in ordinary worlds: its dollars, its end, and that it is told as new once.

Worlds have 98 days of history, a weekday shape and 3 to 5 % of noise; daily and weekly reports share one store, as a
customer's do. A day's own noise is part of its dollars, so spikes are several times what the service costs.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import unquote

import numpy as np
import pytest

from finopsguard import contracts
from finopsguard.costs.series import DailySeries
from finopsguard.detection import DetectionConfig, expected_since
from finopsguard.incidents.follow import JUDGED_DAYS, Known, follow
from finopsguard.incidents.versions import decode_life
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.incident import Incident, IncidentLife, IncidentLifeV1
from finopsguard.models.metrics import USAGE_RECORD_TYPES
from finopsguard.models.report import Report
from finopsguard.models.run import Period
from finopsguard.report import anomaly_text, facts, trend
from finopsguard.report.story import Story
from finopsguard.store import documents, keys
from finopsguard.store.memory import MemoryStore
from finopsguard.variables import HISTORY_DAYS
from tests.sweeps import sampled
from tests.truth.lives import Told, life, mornings
from tests.unit.incidents.reports import Costs, report_of

MONDAY = date(2026, 11, 2)
"""The first Monday of the judged weeks."""
WEEKDAYS = range(7)
CLOSE = 0.03


def ordinary(level: float, days: int, end: date, *, seed: int, noise: float) -> list[float]:
    """Weekends at two thirds, and noise."""
    rng = np.random.default_rng(seed)
    first = end - timedelta(days=days)
    return [
        level
        * (0.66 if (first + timedelta(days=day)).weekday() >= 5 else 1.0)
        * float(np.exp(noise * rng.normal()))
        for day in range(days)
    ]


class World:
    """What began on `start` and cost `extra` a day more, for `length` days or (None) for good."""

    def __init__(
        self, start: date, length: int | None, extra: float, *, noise: float = 0.04, after: int = 6
    ) -> None:
        self.start = start
        self.over = start + timedelta(days=length) if length else None
        self.end = (self.over or start) + timedelta(days=after)
        self.extra = extra
        days = (self.end - start).days + HISTORY_DAYS + 14
        seed = start.toordinal()
        ec2 = ordinary(120, days, self.end, seed=seed, noise=noise)
        for index in range((self.end - start).days):
            if length is None or index < length:
                ec2[index - (self.end - start).days] += extra
        self.costs: Costs = {
            "Amazon EC2": ec2,
            **{
                f"Service {number}": ordinary(level, days, self.end, seed=seed + number, noise=noise)
                for number, level in enumerate((310, 270, 190, 130, 40), start=1)
            },
        }

    def reports(self) -> list[Report]:
        """Every morning's daily report from the first day on, and Monday's weekly one after it."""
        store = MemoryStore()
        last = self.end - timedelta(days=1)
        return [
            report_of(kind, self.costs, store, end=end, last_day=last)
            for kind, end in mornings(self.start + timedelta(days=1), self.end)
        ]

    def life(self) -> list[Told]:
        """What these reports tell."""
        return list(life(self.costs, self.start + timedelta(days=1), self.end))

    def report(self, told: Told) -> Report:
        """The one report that told it, with all that steps add."""
        store = MemoryStore()
        run = told.run
        yesterday = run.window.end - timedelta(days=1)
        look = IncidentLife(2, "before", None, yesterday, told.before)
        key = keys.INCIDENTS.key(source=run.source, end=str(yesterday), number="001")
        documents.create(store, key, look)
        last = self.end - timedelta(days=1)
        return report_of(run.report, self.costs, store, end=run.window.end, last_day=last)


def of_ec2(life: Sequence[Told]) -> list[tuple[Told, AnomalyLine]]:
    return [(told, line) for told in life for line in told.lines if line.service == "Amazon EC2"]


LENGTHS = [(1, 0.03), (3, 0.04), (7, 0.05)]


def spike(length: int, noise: float, weekday: int) -> World:
    return World(MONDAY + timedelta(days=weekday), length, 120 * 6, noise=noise)


@sampled(every=3)
@pytest.mark.parametrize(
    ("length", "noise", "weekday"), [(*LENGTHS[0], 4), (*LENGTHS[1], 6), (*LENGTHS[2], 2)]
)
def test_reports_tell_what_is_judged_here(length: int, noise: float, weekday: int) -> None:
    world = spike(length, noise, weekday)
    assert [(report.period, report.anomalies) for report in world.reports()] == [
        (told.run.period, told.lines) for told in world.life()
    ]


@sampled(every=5)
@pytest.mark.parametrize("weekday", WEEKDAYS)
@pytest.mark.parametrize(("length", "noise"), LENGTHS)
def test_a_spike_is_told_once_to_the_dollar_and_as_over(length: int, noise: float, weekday: int) -> None:
    world = spike(length, noise, weekday)
    assert world.over is not None
    told = of_ec2(world.life())
    assert Counter(line.status for _, line in told)["new"] == 1
    assert len({line.id for _, line in told}) == 1
    ended = [(report, line) for report, line in told if line.ended]
    assert (ended[0][0].run.period.end - world.over).days <= 3
    assert {line.ended for _, line in ended} == {"back"}
    for _, line in ended:
        assert (line.start, line.last_day) == (world.start, world.over - timedelta(days=1))
        assert abs(float(line.impact) / (length * world.extra) - 1) < CLOSE


@pytest.mark.parametrize("weekday", [1, 5])
def test_a_new_level_counts_its_dollars_until_it_is_accepted_and_says_so(weekday: int) -> None:
    world = World(MONDAY + timedelta(days=weekday), None, 120 * 3, noise=0.04, after=37)
    told = of_ec2(world.life())
    assert Counter(line.status for _, line in told)["new"] == 1
    assert {line.start for _, line in told} == {world.start}
    for _, line in told:
        assert line.last_day is not None
        days = (line.last_day - world.start).days + 1
        assert abs(float(line.impact) / (days * world.extra) - 1) < CLOSE
    (ending, line) = next((each, line) for each, line in told if line.ended)
    assert (line.ended, line.status) == ("new_level", "resolved")
    report = world.report(ending)
    assert report.anomalies == ending.lines
    assert anomaly_text.describe(Story(report), line).status == "now the new level"


def test_the_spike_of_a_weekend_is_over_on_friday() -> None:
    """Saturday to Monday, $6,545 in all: was told as $8,539, continuing for 15 days, against Saturday's expectation."""
    world = World(date(2026, 11, 7), 3, 6545 / 3, after=17)
    told = of_ec2(world.life())
    assert max(float(line.impact) for _, line in told) == pytest.approx(6545, rel=CLOSE)
    ending, line = next((each, line) for each, line in told if line.ended)
    assert ending.run.period.end <= date(2026, 11, 13)
    assert all(each.ended for later, each in told if later.run.period.end > ending.run.period.end)
    report = world.report(ending)
    assert report.anomalies == ending.lines
    words = anomaly_text.describe(Story(report), line)
    assert words.status == "over since Tue 10 Nov"
    assert words.details[0].endswith(" on 7–9 Nov")


# ---- what the reader is told ----


def daily_report(costs: Costs, end: date, days: int) -> Report:
    """The newest of `days` daily reports, on costs that end with its period."""
    store = MemoryStore()
    last = end - timedelta(days=1)
    return [
        report_of("daily", costs, store, end=end - timedelta(days=back), last_day=last)
        for back in range(days - 1, -1, -1)
    ][-1]


def with_extra(costs: Sequence[float], *extra: float) -> list[float]:
    """With `extra` on the newest days."""
    return [
        *costs[: -len(extra)],
        *(cost + more for cost, more in zip(costs[-len(extra) :], extra, strict=True)),
    ]


END = date(2026, 11, 16)
LONG = HISTORY_DAYS + 14


def test_the_days_part_and_the_sum_are_apart() -> None:
    """Thursday to Saturday; Sunday is seen and not settled."""
    ec2 = with_extra(ordinary(120, LONG, END, seed=1, noise=0.03), 610, 620, 600, 590)
    report = daily_report(
        {"Amazon EC2": ec2, "Amazon RDS": ordinary(900, LONG, END, seed=2, noise=0.03)}, END, 4
    )
    (line,) = report.anomalies
    words = anomaly_text.describe(Story(report), line)
    n = Story(report).n
    assert (line.start, line.status) == (date(2026, 11, 12), "continuing")
    assert words.status == "goes on"
    assert words.sentence.startswith(n.weekday(line.day))
    assert words.sentence.endswith(f"({n.money(line.actual - line.expected, signed=True)})")
    assert words.details[0] == f"{n.money(line.impact, signed=True)} since 12 Nov"
    assert float(line.impact) == pytest.approx(2420, rel=CLOSE)
    (band,) = [day for day in line.band if day.date == line.day]
    assert (line.actual, line.expected) == (band.cost, band.expected)


def test_a_finished_spike_is_new_once_and_says_that_it_is_over() -> None:
    """A weekly report alone: Tuesday's spike has been over for five days."""
    ec2 = with_extra(ordinary(120, LONG, END, seed=1, noise=0.03), 700, 0, 0, 0, 0, 0)
    store = MemoryStore()
    report = report_of("weekly", {"Amazon EC2": ec2}, store, end=END, last_day=END - timedelta(days=1))
    (line,) = report.anomalies
    words = anomaly_text.describe(Story(report), line)
    assert (line.status, line.ended, line.day) == ("new", "back", date(2026, 11, 10))
    assert words.status == "new, over since Wed 11 Nov"
    assert "a day" not in words.sentence
    assert facts.open_anomalies(report) == [line], "new to the reader, so it stands among the others"
    again = report_of("daily", {"Amazon EC2": ec2}, store, end=END, last_day=END - timedelta(days=1))
    assert [each.status for each in again.anomalies] == ["resolved"], "the same morning: over, and not new"


def test_figures_and_start_are_of_the_same_services() -> None:
    """CloudWatch began on Thursday, Lambda on Friday at 240: no title gives one the other's start or sum."""
    idle = [0.0] * LONG
    costs: Costs = {
        "AWS Lambda": with_extra(idle, 240, 240, 240),
        "AmazonCloudWatch": with_extra(ordinary(20, LONG, END, seed=3, noise=0.03), 150, 150, 150, 150),
        "Amazon RDS": ordinary(900, LONG, END, seed=2, noise=0.03),
    }
    report = daily_report(costs, END, 4)
    (line,) = report.anomalies
    words = anomaly_text.describe(Story(report), line)
    assert words.title == "2 services · shop-prod"
    (band,) = [day for day in line.band if day.date == line.day]
    costs_then = sum(costs[name][-1 - (END - timedelta(days=1) - line.day).days] for name in list(costs)[:2])
    assert float(line.actual) == pytest.approx(costs_then, abs=0.02)
    assert line.actual - line.expected == band.cost - band.expected
    assert sum(cause.impact for cause in line.causes) == line.impact
    (named,) = (cause.sentence for cause in anomaly_text.causes(Story(report), line))
    assert named.startswith("AWS Lambda: +$720")
    alone = daily_report({name: cost for name, cost in costs.items() if name != "AmazonCloudWatch"}, END, 4)
    (line,) = alone.anomalies
    assert (line.start, line.actual, line.expected) == (date(2026, 11, 13), Decimal(240), Decimal(0))


def test_a_joined_incident_names_its_services_and_its_link_opens_them_all() -> None:
    names = ("Amazon EC2", "Amazon RDS", "AWS Lambda", "AmazonCloudWatch", "Amazon S3")
    sizes = (900, 500, 300, 200, 100)
    costs: Costs = {
        name: with_extra(ordinary(40, LONG, END, seed=seed, noise=0.03), size, size)
        for seed, (name, size) in enumerate(zip(names, sizes, strict=True))
    }
    report = daily_report(costs, END, 2)
    (line,) = report.anomalies
    words = anomaly_text.describe(Story(report), line)
    assert words.title == "5 services · shop-prod"
    (named,) = (cause.sentence for cause in anomaly_text.causes(Story(report), line))
    assert [part.split(":")[0] for part in named.split(" · ")] == [
        "Amazon EC2",
        "Amazon RDS",
        "AWS Lambda",
        "2 more",
    ]
    link = anomaly_text.describe(Story(report), line).link or ""
    wanted = json.loads(unquote(link.partition("&filter=")[2].partition("&")[0]))
    values = {each["dimension"]["id"]: [value["value"] for value in each["values"]] for each in wanted}
    assert values["LinkedAccount"] == [line.account_id]
    assert sorted(values["Service"]) == sorted(names)
    assert tuple(values["RecordType"]) == USAGE_RECORD_TYPES


def test_red_is_only_what_is_outside_its_band() -> None:
    ec2 = with_extra(ordinary(120, LONG, END, seed=1, noise=0.05), 700, 0, 690, 0, 0, 0, 0)
    ec2[-6] = 125  # Tuesday, between the two: above its mean, and ordinary
    report = report_of(
        "weekly", {"Amazon EC2": ec2}, MemoryStore(), end=END, last_day=END - timedelta(days=1)
    )
    (line,) = report.anomalies
    days = facts.anomaly_days(line, report)
    assert [day.date.day for day in days if day.unusual] == [9, 11]
    (tuesday,) = [day for day in days if day.date.day == 10 and day.date.month == 11]
    assert tuesday.expected is not None and tuesday.amount > tuesday.expected
    assert sum(bar.unusual for bar in trend.anomaly_bars(line, report)) == 2


# ---- the expectation, and lives of an earlier release ----


def test_an_incident_never_becomes_its_own_expectation() -> None:
    ordinary_days = np.array([ordinary(120, LONG, END, seed=1, noise=0.03)])
    spiked = ordinary_days.copy()
    spiked[0, -20:] *= 8
    first = END - timedelta(days=LONG)
    plain, other = (expected_since(costs, first, [LONG - 20]) for costs in (ordinary_days, spiked))
    assert np.array_equal(plain.level, other.level, equal_nan=True)
    assert np.array_equal(plain.high, other.high, equal_nan=True)
    assert np.isnan(plain.level[0, : LONG - 20]).all()
    weekend = [day for day in range(LONG - 20, LONG) if (first + timedelta(days=day)).weekday() >= 5]
    assert plain.level[0, weekend].max() < 0.75 * np.nanmax(plain.level[0])


def test_a_life_of_the_first_version_goes_on() -> None:
    account = "111111111111"
    stored = {
        "version": 1,
        "run_id": "daily-2026-11-13",
        "before": None,
        "end": "2026-11-14",
        "incidents": [
            {
                "id": f"{account}/2026-11-12/up",
                "account_id": account,
                "direction": 1,
                "kind": "spike",
                "start": "2026-11-12",
                "last_seen": "2026-11-13",
                "members": [
                    {
                        "service": "Amazon EC2",
                        "expected": "118.5",
                        "excess": {"2026-11-12": "590", "2026-11-13": "611.25"},
                    }
                ],
                "status": "new",
                "told_on": "2026-11-14",
                "told_rate": "611.25",
                "closed_on": None,
            }
        ],
    }
    contracts.from_json(IncidentLifeV1, stored)
    life = decode_life(contracts.encode(stored))
    (incident,) = life.incidents
    assert (life.version, incident.impact, incident.last_day) == (4, Decimal("1201.25"), date(2026, 11, 13))
    assert {day.expected for day in incident.members[0].days.values()} == {Decimal("118.5")}
    ec2 = with_extra(ordinary(120, LONG, END, seed=1, noise=0.03), 610, 600, 620, 0)
    series = DailySeries([account], ["Amazon EC2"], END - timedelta(days=LONG), np.array([ec2]))
    (later,) = told_of(life.incidents, series)
    assert (later.id, later.status, later.last_day) == (incident.id, "continuing", date(2026, 11, 14))
    days = later.members[0].days
    assert days[date(2026, 11, 13)].expected == Decimal("118.5")
    assert days[date(2026, 11, 14)].expected < 100, "a Saturday"


def told_of(before: Sequence[Incident], series: DailySeries) -> tuple[Incident, ...]:
    period = Period(series.last_day, series.end)
    _, told = follow(
        Known(before),
        series,
        period,
        judged_days=JUDGED_DAYS["daily"],
        provisional_days=[series.last_day],
        config=DetectionConfig(),
    )
    return told
