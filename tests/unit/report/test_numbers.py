"""Money, percentages and days in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard.models.run import Language, Period
from finopsguard.report.numbers import Numbers

ES, EN = Numbers("es"), Numbers("en")
NB = "\u00a0"


@pytest.mark.parametrize(
    ("amount", "es", "en"),
    [
        ("1234.56", f"1.234,56{NB}US$", "$1,234.56"),
        ("0", f"0,00{NB}US$", "$0.00"),
        ("-0.004", f"0,00{NB}US$", "$0.00"),
        ("-900", f"−900,00{NB}US$", "−$900.00"),
        ("0.005", f"0,01{NB}US$", "$0.01"),
        ("1234567.891", f"1.234.567,89{NB}US$", "$1,234,567.89"),
    ],
)
def test_exact_money(amount: str, es: str, en: str) -> None:
    assert ES.money(Decimal(amount), exact=True) == es
    assert EN.money(Decimal(amount), exact=True) == en


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("999.99", "$999.99"),
        ("1000", "$1,000"),
        ("-1234.56", "−$1,235"),
        ("109012.5", "$109,013"),
        ("999.999", "$1,000.00"),
    ],
)
def test_cents_only_below_a_thousand(amount: str, text: str) -> None:
    assert EN.money(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("999999.4", "$999,999"),
        ("999999.5", "$1.00M"),
        ("1234567", "$1.23M"),
        ("9999999", "$10.0M"),
        ("12345678", "$12.3M"),
        ("-1234567890", "−$1,234.6M"),
    ],
)
def test_compact_money(amount: str, text: str) -> None:
    assert EN.money(Decimal(amount), compact=True) == text
    assert ES.money(Decimal("12345678"), compact=True) == f"12,3{NB}M{NB}US$"


@pytest.mark.parametrize(
    ("value", "es", "en"), [("1.30", "1,3", "1.3"), ("0.7", "0,7", "0.7"), ("2", "2", "2")]
)
def test_a_number_has_the_digits_that_it_has(value: str, es: str, en: str) -> None:
    assert (ES.decimal(Decimal(value)), EN.decimal(Decimal(value))) == (es, en)
    assert EN.decimal(Decimal("1E+3")) == "1,000"


def test_a_change_always_has_its_sign_and_nothing_has_none() -> None:
    assert EN.money(Decimal(5), signed=True) == "+$5.00"
    assert EN.money(Decimal(-5), signed=True) == "−$5.00"
    assert EN.money(Decimal("-0.001"), signed=True) == "$0.00"
    assert EN.percent(Decimal("-0.04"), signed=True) == "0.0%"


def test_other_currencies() -> None:
    assert Numbers("en", "CNY").money(Decimal(7)) == "CN¥7.00"
    assert Numbers("es", "EUR").money(Decimal(7)) == f"7,00{NB}€"
    assert Numbers("en", "CHF").money(Decimal(7)) == f"CHF{NB}7.00"


@pytest.mark.parametrize(
    ("value", "es", "en"),
    [
        ("14.55", f"+14,6{NB}%", "+14.6%"),
        ("-8.6", f"−8,6{NB}%", "−8.6%"),
        ("99.96", f"+100{NB}%", "+100%"),
        ("1234.5", f"+1.235{NB}%", "+1,235%"),
        ("99999999", f"+>9.999{NB}%", "+>9,999%"),
    ],
)
def test_percent(value: str, es: str, en: str) -> None:
    assert ES.percent(Decimal(value), signed=True) == es
    assert EN.percent(Decimal(value), signed=True) == en


def test_share_has_no_decimals_but_is_never_nothing() -> None:
    assert EN.share(Decimal("64.2")) == "64%"
    assert EN.share(Decimal("0.34")) == "0.3%"
    assert EN.share(Decimal(-37), signed=True) == "−37%"


@pytest.mark.parametrize(
    ("start", "end", "es", "en"),
    [
        (date(2026, 11, 9), date(2026, 11, 16), "9–15 nov 2026", "9–15 Nov 2026"),
        (date(2026, 10, 28), date(2026, 11, 4), "28 oct – 3 nov 2026", "28 Oct – 3 Nov 2026"),
        (date(2026, 12, 28), date(2027, 1, 4), "28 dic 2026 – 3 ene 2027", "28 Dec 2026 – 3 Jan 2027"),
        (date(2026, 11, 15), date(2026, 11, 16), "dom 15 nov 2026", "Sun 15 Nov 2026"),
    ],
)
def test_period_shows_its_last_day(start: date, end: date, es: str, en: str) -> None:
    assert ES.period(Period(start, end)) == es
    assert EN.period(Period(start, end)) == en


def test_a_moment_is_local_time() -> None:
    moment = datetime(2026, 11, 15, 23, 30, tzinfo=UTC)

    assert EN.moment(moment, "Europe/Madrid") == "16 Nov 2026, 00:30 (Europe/Madrid)"
    assert ES.local_day(moment, "America/Lima") == "15 nov 2026"


@given(
    amount=st.decimals(-(10**12), 10**12, places=4),
    language=st.sampled_from(get_args(Language)),
    signed=st.booleans(),
)
def test_exact_money_reads_back(amount: Decimal, language: Language, signed: bool) -> None:
    """What is shown is the amount to the cent, in either language, and no sign stands before a zero."""
    text = Numbers(language).money(amount, signed=signed, exact=True)
    digits = text.replace("US$", "").replace("$", "").replace(NB, "").replace("−", "-")
    digits = digits.replace(".", "").replace(",", ".") if language == "es" else digits.replace(",", "")

    assert abs(Decimal(digits) - amount) <= Decimal("0.005")
    assert not (Decimal(digits) == 0 and ("-" in digits or "+" in digits))
    assert (digits[0] in "+-") == (Decimal(digits) < 0 or (signed and Decimal(digits) > 0))


@given(start=st.dates(date(1990, 1, 1), date(2090, 1, 1)), length=st.integers(1, 400))
def test_any_period_has_words(start: date, length: int) -> None:
    assert str(start.day) in EN.period(Period(start, start + timedelta(length)))


@pytest.mark.parametrize(
    ("value", "en", "es"),
    [
        ("0", "0", "0"),
        ("0.00004", "<0.0001", "<0,0001"),
        ("0.25", "0.25", "0,25"),
        ("24.0", "24", "24"),
        ("42.555", "42.56", "42,56"),
        ("122.5", "122.5", "122,5"),
        ("1204.4", "1,204", "1.204"),
        ("12345678", "12.3M", "12,3\u00a0M"),
        ("1E+29", ">1,000,000,000.0M", ">1.000.000.000,0\u00a0M"),
    ],
)
def test_quantities(value: str, en: str, es: str) -> None:
    assert [Numbers(language).quantity(Decimal(value)) for language in ("en", "es")] == [en, es]


@pytest.mark.parametrize(
    ("value", "en", "es"),
    [
        ("0.5", "0.5", "0,5"),
        ("2", "2", "2"),
        ("3.14", "3.1", "3,1"),
        ("9.96", "10", "10"),
        ("12.6", "13", "13"),
        ("1E+9", ">9,999", ">9.999"),
    ],
)
def test_multiples(value: str, en: str, es: str) -> None:
    assert [Numbers(language).times(Decimal(value)) for language in ("en", "es")] == [en, es]
