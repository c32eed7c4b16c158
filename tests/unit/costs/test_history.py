"""Which days are held, which are due, and what a reading replaces."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from finopsguard.costs import history
from finopsguard.costs.history import Reading
from finopsguard.models.history import HeldMonth
from finopsguard.models.run import Period, Run
from tests.unit.fakes import make_run

A, B, C = "111111111111", "222222222222", "333333333333"
DAY = timedelta(days=1)
NOTHING = HeldMonth((), ())
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))


def morning(day: date) -> datetime:
    return datetime.combine(day, time(7), UTC)


def run_of(day: date, days: int = 98) -> Run:
    """A run at 7:00 whose newest day is the one before."""
    return make_run(
        scheduled_time=morning(day),
        history_start=day - days * DAY,
        period=Period(day - 7 * DAY, day),
        until=day,
    )


def read_daily(first: date, last: date) -> Mapping[date, datetime]:
    """When each day was read after a report each morning, the first of which read everything."""
    held: dict[date, datetime] = {}
    day = first
    while day <= last:
        for each in reads_of(held, run_of(day), frozenset()):
            held[each] = morning(day)
        day += DAY
    return held


def reads_of(held: Mapping[date, datetime], run: Run, changed: frozenset[date]) -> list[date]:
    """What a report reads that is made when it is due."""
    return history.due_days(held, run, changed, run.scheduled_time)[0]


TUESDAY = date(2026, 11, 24)


def test_the_first_report_reads_everything_and_the_next_the_newest_four_days() -> None:
    assert len(reads_of({}, run_of(TUESDAY), frozenset())) == 98
    held = dict.fromkeys(run_of(TUESDAY).window.dates(), morning(TUESDAY))
    due = reads_of(held, run_of(TUESDAY + DAY), frozenset())
    assert due == [TUESDAY - 3 * DAY, TUESDAY - 2 * DAY, TUESDAY - DAY, TUESDAY]


def test_what_was_read_while_it_was_billed_is_young_and_what_is_new_is_not() -> None:
    held = dict.fromkeys(run_of(TUESDAY).window.dates(), morning(TUESDAY))
    wednesday = run_of(TUESDAY + DAY)
    _, young = history.due_days(held, wednesday, frozenset({TUESDAY - DAY}), wednesday.scheduled_time)
    assert young == {TUESDAY - 3 * DAY, TUESDAY - 2 * DAY, TUESDAY - DAY}, "whatever its total is now"
    monday = run_of(TUESDAY + 6 * DAY)
    due, young = history.due_days(held, monday, frozenset(), monday.scheduled_time)
    assert (len(due), young) == (35, frozenset()), "once a week they are read whole"


def test_accounts_of_which_the_same_days_are_due_are_read_together_and_whole_where_one_needs_that() -> None:
    days, tuesday = Period(date(2026, 11, 6), date(2026, 11, 9)), morning(date(2026, 11, 10))
    run = make_run(scheduled_time=tuesday, history_start=days.start, until=days.end)
    sunday = held_of({B: [days]}, morning(date(2026, 11, 8)), None)
    month = held_of({A: [days]}, morning(date(2026, 11, 9)), None, sunday)
    young = frozenset(days.dates())
    assert history.due([month], [A], run, frozenset(), tuesday) == [((A,), days.dates(), young)]
    assert history.due([month], [B], run, frozenset(), tuesday) == [((B,), days.dates(), frozenset())]
    assert history.due([month], [A, B], run, frozenset(), tuesday) == [((A, B), days.dates(), frozenset())]
    assert history.due([month], [C], run, frozenset(), tuesday) == [((C,), days.dates(), frozenset())]


def test_another_report_of_the_same_morning_reads_nothing_and_one_of_the_evening_does() -> None:
    held = dict.fromkeys(run_of(TUESDAY).window.dates(), morning(TUESDAY))
    weekly = make_run(
        scheduled_time=morning(TUESDAY) + timedelta(hours=1),
        history_start=run_of(TUESDAY).history_start,
        until=TUESDAY,
    )
    assert reads_of(held, weekly, frozenset()) == []
    evening = make_run(
        scheduled_time=morning(TUESDAY) + timedelta(hours=13),
        history_start=run_of(TUESDAY).history_start,
        until=TUESDAY,
    )
    assert len(reads_of(held, evening, frozenset())) == 3


def test_a_report_that_is_made_a_day_late_reads_again_what_was_young() -> None:
    held = dict.fromkeys(run_of(TUESDAY).window.dates(), morning(TUESDAY))
    soon, late = morning(TUESDAY) + timedelta(hours=11), morning(TUESDAY + DAY)
    assert history.due_days(held, run_of(TUESDAY), frozenset(), soon)[0] == []
    assert history.due_days(held, run_of(TUESDAY), frozenset(), late)[0] == [
        TUESDAY - n * DAY for n in (3, 2, 1)
    ]


def test_days_that_a_missed_report_left_are_read_until_they_are_over() -> None:
    held = dict.fromkeys(run_of(TUESDAY).window.dates(), morning(TUESDAY))
    due = reads_of(held, run_of(TUESDAY + 5 * DAY), frozenset())
    assert due == [TUESDAY + n * DAY for n in range(-3, 5)], "all that were young when they were read"


def test_once_a_week_the_newest_35_days_and_a_month_twice_after_its_close() -> None:
    reads: dict[date, int] = {}
    held: dict[date, datetime] = {}
    day = date(2026, 11, 2)
    while day < date(2027, 1, 1):
        due = reads_of(held, run_of(day), frozenset())
        held.update(dict.fromkeys(due, morning(day)))
        reads[day] = len(due)
        day += DAY
    closes = {date(2026, month, number): 34 for month in (11, 12) for number in (8, 15)}
    closes[date(2026, 11, 8)] = closes[date(2026, 11, 15)] = 35
    mondays = {date(2026, 11, 2) + 7 * week * DAY: 35 for week in range(9)}
    assert reads == {
        **dict.fromkeys(reads, 4),
        **closes,
        **mondays,
        date(2026, 11, 2): 98,
    }
    assert sum(reads.values()) / 60 < 12, "days a day, of 98"


def test_a_total_that_changed_since_is_read_again_where_the_day_is_over() -> None:
    held = dict.fromkeys(run_of(TUESDAY).window.dates(), morning(TUESDAY))
    old, young = TUESDAY - 40 * DAY, TUESDAY - DAY
    run = make_run(
        scheduled_time=morning(TUESDAY) + timedelta(hours=1),
        history_start=run_of(TUESDAY).history_start,
        until=TUESDAY,
    )
    assert reads_of(held, run, frozenset({old, young})) == [old]


def test_changed_days_are_those_with_another_total_and_none_that_is_not_known() -> None:
    month = held_of({A: [NOVEMBER]}, morning(date(2026, 12, 5)), {date(2026, 11, 3): Decimal(5)})
    billed = {day: Decimal(0) for day in NOVEMBER.dates()}
    assert history.changed_days([month], {**billed, date(2026, 11, 3): Decimal("5.009")}) == frozenset()
    assert history.changed_days([month], billed) == {date(2026, 11, 3)}
    assert history.changed_days([month], None) == frozenset()
    unknown = held_of({A: [NOVEMBER]}, morning(date(2026, 12, 5)), None)
    assert history.changed_days([unknown], billed) == frozenset()


def test_the_total_of_a_day_is_of_the_time_when_all_of_its_accounts_were_read() -> None:
    """An account that could not be read has what it cost then: that something changed must not be forgotten."""
    first = Period(date(2026, 11, 1), date(2026, 11, 2))
    then, now = {first.start: Decimal(5)}, {first.start: Decimal(7)}
    both = held_of({A: [first], B: [first]}, morning(date(2026, 11, 6)), then)
    one = held_of({A: [first]}, morning(date(2026, 11, 7)), now, both)
    assert one.days[0].billed == Decimal(5)
    assert history.changed_days([one], now) == {first.start}
    again = held_of({A: [first], B: [first]}, morning(date(2026, 11, 8)), now, one)
    assert history.changed_days([again], now) == frozenset()


def held_of(
    days: Mapping[str, list[Period]],
    at: datetime,
    billed: Mapping[date, Decimal] | None,
    before: HeldMonth = NOTHING,
) -> HeldMonth:
    return history.with_reading(before, NOVEMBER, Reading(days, at, billed))


def test_a_reading_is_later_than_all_that_it_was_planned_on() -> None:
    """Two in one second, or by clocks that are apart: else the second one would pass for the first."""
    month = held_of({A: [Period(date(2026, 11, 1), date(2026, 11, 2))]}, morning(TUESDAY), None)
    second = timedelta(seconds=1)
    assert history.moment([month], morning(TUESDAY)) == morning(TUESDAY) + second
    assert history.moment([month], morning(TUESDAY) - timedelta(minutes=5)) == morning(TUESDAY) + second
    assert history.moment([month], morning(TUESDAY) + 2 * second) == morning(TUESDAY) + 2 * second
    assert history.moment([], morning(TUESDAY)) == morning(TUESDAY)


def test_accounts_are_grouped_by_what_is_held_of_them_and_a_new_one_has_nothing() -> None:
    first = Period(date(2026, 11, 1), date(2026, 11, 3))
    month = held_of({A: [first], B: [first]}, morning(date(2026, 11, 3)), None)
    groups = history.alike([month], [A, B, C])
    assert {group.accounts: set(group.read_at) for group in groups} == {
        (A, B): {date(2026, 11, 1), date(2026, 11, 2)},
        (C,): set(),
    }


READINGS = st.lists(
    st.tuples(
        st.sets(st.sampled_from([A, B, C]), min_size=1),
        st.integers(0, 29),
        st.integers(1, 10),
        st.integers(0, 50),
    ),
    max_size=8,
)


@given(readings=READINGS, data=st.data())
def test_of_each_account_and_day_the_later_reading_counts_in_whatever_order_they_come(
    readings: list[tuple[set[str], int, int, int]], data: st.DataObject
) -> None:
    """Two reports at once append in any order."""
    latest: dict[tuple[str, date], datetime] = {}
    made = []
    for accounts, first, length, hour in readings:
        at = morning(date(2026, 12, 1)) + timedelta(hours=hour)
        period = Period(
            NOVEMBER.start + first * DAY, min(NOVEMBER.end, NOVEMBER.start + (first + length) * DAY)
        )
        made.append(Reading({account: [period] for account in accounts}, at, None))
        for account in accounts:
            for day in period.dates():
                latest[account, day] = max(at, latest.get((account, day), at))
    month = NOTHING
    for reading in data.draw(st.permutations(made)):
        replaced = history.replaced(month, NOVEMBER, reading)
        month = history.with_reading(month, NOVEMBER, reading)
        assert history.replaced(month, NOVEMBER, reading) == {}, "once is enough"
        assert sum(map(len, replaced.values())) <= sum(p[0].days for p in reading.days.values())
    found = {
        (account, day.date): each.at
        for day in month.days
        for each in day.readings
        for account in month.lists[each.accounts]
    }
    assert found == latest
    assert sum(len(month.lists[each.accounts]) for day in month.days for each in day.readings) == len(latest)
