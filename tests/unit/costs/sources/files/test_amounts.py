"""How amounts and days are written: what each pattern takes, alike in Python and in the database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from finopsguard.costs.sources.files import amounts
from finopsguard.costs.sources.files.amounts import Seen, Style
from finopsguard.costs.sources.files.days import read_days

WRITTEN: list[tuple[str, Decimal | None, Decimal | None]] = [
    ("5", Decimal(5), Decimal(5)),
    ("1,234", Decimal(1234), Decimal("1.234")),
    ("1.234", Decimal("1.234"), Decimal(1234)),
    ("1,234.5", Decimal("1234.5"), None),
    ("1.234,5", None, Decimal("1234.5")),
    ("12,34", None, Decimal("12.34")),
    ("-1.5E-7", Decimal("-1.5E-7"), None),
    ("($ 1,234.50)", Decimal("-1234.50"), None),
    ("−7", Decimal(-7), Decimal(-7)),
    ("1 234.5 €", Decimal("1234.5"), None),
    ("1\u202f234,5", None, Decimal("1234.5")),
    ("1'234.50 CHF", Decimal("1234.50"), None),
    ("1,23,456", None, None),
    ("NaN", None, None),
    ("12:30", None, None),
    ("", None, None),
    ("USD", None, None),
]


def test_an_amount_is_the_same_in_python_and_in_the_database() -> None:
    with duckdb.connect() as database:
        for style, column in (("point", 1), ("comma", 2)):
            chosen: Style = "point" if style == "point" else "comma"
            for row in WRITTEN:
                assert amounts.amount(row[0], chosen) == row[column], (row, style)
            found = database.execute(
                f"SELECT {amounts.parsed('text', chosen)} FROM (SELECT unnest($1::VARCHAR[]) AS text)",  # noqa: S608
                [[text for text, *_ in WRITTEN]],
            ).fetchall()
            assert [each for (each,) in found] == [row[column] for row in WRITTEN], style
        texts = [text for text, *_ in WRITTEN]
        ((*counts,),) = database.execute(
            f"SELECT {amounts.count('text', '1')} FROM (SELECT unnest($1::VARCHAR[]) AS text)",  # noqa: S608
            [texts],
        ).fetchall()
        assert Seen(*counts) == amounts.seen_in(texts)


@pytest.mark.parametrize(
    ("seen", "delimiter", "points", "style"),
    [
        (Seen(1, 0, 5), ",", False, "point"),
        (Seen(0, 1, 5), ",", False, "comma"),
        (Seen(0, 0, 5), ";", False, "comma"),
        (Seen(0, 0, 5), ";", True, "point"),
        (Seen(0, 0, 5), ",", False, None),
        (Seen(0, 0, 0), ",", False, "point"),
    ],
)
def test_a_style_is_told_by_what_can_be_read_in_one_way(
    seen: Seen, delimiter: str, points: bool, style: Style | None
) -> None:
    assert amounts.style_of(seen, delimiter, decimal_points=points) == style


def test_days_that_leave_no_doubt() -> None:
    fifth = date(2026, 11, 5)
    assert read_days(["11/22/2026", "11/5/2026 0:00"]) == {
        "11/22/2026": date(2026, 11, 22),
        "11/5/2026 0:00": fifth,
    }
    assert read_days(["22-11-2026", "05-11-2026"]) == {"22-11-2026": date(2026, 11, 22), "05-11-2026": fifth}
    forms = ("05.11.2026", "20261105", " 2026-11-05 ")
    assert read_days(forms) == dict.fromkeys(forms, fifth)
    assert read_days(["2026-11-05T23:00:00-02:00"]) == {"2026-11-05T23:00:00-02:00": date(2026, 11, 6)}
    assert read_days(["32.01.2026", "soon"]) == {"32.01.2026": None, "soon": None}
    assert read_days(["05/06/2026"]) is None
    assert read_days(["22/11/2026", "11/22/2026"]) is None
    assert read_days(["9999-12-31T23:00:00-02:00"]) == {"9999-12-31T23:00:00-02:00": None}
