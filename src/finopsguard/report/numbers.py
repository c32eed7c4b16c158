"""The one formatter of money, percentages, days and times, for the card, the page, the terminal and their tests.

Spanish writes `1.234,56 US$` and `14,6 %`, English `$1,234.56` and `14.6%`: a language's forms are in its file in
messages/. From 1,000 on money is shown in whole units unless `exact`. Rounding is half up, as on an invoice; what
rounds to zero has no sign.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from finopsguard.models.run import Language, Period
from finopsguard.report.messages import Catalogue, NumberFormat, catalogue

NO_BREAK = "\u00a0"
MINUS = "\u2212"
_EN_DASH = "\u2013"
_SIGN_OF_A_CURRENCY = re.compile(f"({MINUS})(?=[^\\W\\d]|[$€¥£])")

_WHOLE_FROM = Decimal(1_000)
# In a narrow place seven digits are cut; below ten millions two decimals keep three digits of the amount.
_MILLIONS_FROM = Decimal(1_000_000)
_ONE_DECIMAL_FROM = Decimal(10_000_000)
_LARGEST_PERCENT = Decimal(9_999)
# How much was used: the more it is, the fewer decimals say something; digits beyond the two do not.
_QUANTITY_PLACES = ((1_000, 0), (100, 1), (1, 2))
_SMALLEST_QUANTITY, _LARGEST_QUANTITY = Decimal("0.0001"), Decimal(10**15)


def unbroken(text: str) -> str:
    """A sign stays on its amount's line: Unicode lets a line end between a minus and a currency (Annex 14, PR)."""
    return _SIGN_OF_A_CURRENCY.sub("\\1\u2060", text)


@dataclass(frozen=True)
class Numbers:
    """Formats for one language and one currency."""

    language: Language
    currency: str = "USD"

    def money(
        self, amount: Decimal, *, signed: bool = False, exact: bool = False, compact: bool = False
    ) -> str:
        """`$109,004`, `$981.20`; `signed` for changes (`+$8,730`, `−$509`), `exact` for cents at any size.

        `compact` is for narrow places: from a million on `$1.23M`, from ten on `$12.3M`.
        """
        if compact and abs(_rounded(amount, 0)) >= _MILLIONS_FROM:
            places = 1 if abs(_rounded(amount, -4)) >= _ONE_DECIMAL_FROM else 2
            value = _rounded(amount / 1_000_000, places)
            digits = self._format.millions.format(number=self._grouped(abs(value), places))
        else:
            places = 0 if not exact and abs(amount) >= _WHOLE_FROM else 2
            value = _rounded(amount, places)
            digits = self._grouped(abs(value), places)
        symbol = self._format.symbols.get(self.currency)
        form = self._format.money_by_code if symbol is None else self._format.money
        return form.format(
            sign=_sign(value, always=signed),
            symbol=self.currency if symbol is None else symbol,
            number=digits,
        )

    def percent(self, value: Decimal, *, signed: bool = False) -> str:
        """`value` in percent: `14.6%`, from 100 on without decimals, beyond 9,999 as `>9,999%`."""
        if abs(value) > _LARGEST_PERCENT:
            return self._percent(value, f">{self._grouped(_LARGEST_PERCENT, 0)}", signed=signed)
        places = 0 if abs(_rounded(value, 1)) >= 100 else 1
        rounded = _rounded(value, places)
        return self._percent(rounded, self._grouped(abs(rounded), places), signed=signed)

    def share(self, value: Decimal, *, signed: bool = False) -> str:
        """Percent without decimals, except below one: `64%`, `0.3%`."""
        if abs(value) > _LARGEST_PERCENT or abs(value) < 1:
            return self.percent(value, signed=signed)
        rounded = _rounded(value, 0)
        return self._percent(rounded, self._grouped(abs(rounded), 0), signed=signed)

    def decimal(self, value: Decimal) -> str:
        """A number with the digits that it has: `1.3` or `1,3`."""
        plain = value.normalize()
        exponent = plain.as_tuple().exponent
        return self._grouped(plain, max(0, -exponent) if isinstance(exponent, int) else 0)

    def size(self, number: int) -> str:
        """Bytes as AWS bills them: `1.2 GB`, and below a tenth of one `12 MB`, to the next whole one."""
        megabytes = -(-number // 10**6)
        if megabytes < 100:
            return f"{self.count(megabytes)} MB"
        return f"{self._grouped(_rounded(Decimal(megabytes) / 1000, 1), 1)} GB"

    def quantity(self, value: Decimal) -> str:
        """How much was used, without its unit: `24`, `0.25`, `122.5`, `1,204`, from ten millions on `12.3M`."""
        if abs(value) > _LARGEST_QUANTITY:
            return f">{self.quantity(_LARGEST_QUANTITY)}"
        if abs(value) >= _ONE_DECIMAL_FROM:
            return self._format.millions.format(number=self._grouped(_rounded(value / _MILLIONS_FROM, 1), 1))
        if value and abs(value) < _SMALLEST_QUANTITY:
            return f"<{self.decimal(_SMALLEST_QUANTITY)}"
        places = next((places for least, places in _QUANTITY_PLACES if abs(value) >= least), 4)
        return self.decimal(_rounded(value, places))

    def times(self, value: Decimal) -> str:
        """A multiple: `3.1`, `2`, from ten on without decimals, beyond 9,999 `>9,999`."""
        if value > _LARGEST_PERCENT:
            return f">{self._grouped(_LARGEST_PERCENT, 0)}"
        return self.decimal(_rounded(value, 0 if _rounded(value, 1) >= 10 else 1))

    def count(self, number: int) -> str:
        """`1,000` or `1.000`."""
        return self._grouped(Decimal(number), 0)

    def day(self, day: date) -> str:
        """`15 Nov`."""
        return f"{day.day} {self._names.month_short(day.month)}"

    def day_year(self, day: date) -> str:
        """`15 Nov 2026`."""
        return f"{self.day(day)} {day.year}"

    def weekday(self, day: date) -> str:
        """`Sun 15 Nov`."""
        return f"{self._names.weekday_short(day.weekday())} {self.day(day)}"

    def long_day(self, day: date) -> str:
        """`Sunday 15 November 2026`, `domingo 15 de noviembre de 2026`."""
        return self._names(
            "date.long",
            weekday=self._names.weekday(day.weekday()),
            day=day.day,
            month=self._names.month(day.month),
            year=day.year,
        )

    def month(self, day: date) -> str:
        """`November`."""
        return self._names.month(day.month)

    def month_short(self, day: date) -> str:
        """`Nov`."""
        return self._names.month_short(day.month)

    def period(self, period: Period, *, year: bool = True) -> str:
        """The days of a period, both shown: `9–15 Nov 2026`, `28 Oct – 3 Nov 2026`; one day with its weekday."""
        first, last = period.dates()[0], period.dates()[-1]
        if first == last:
            return f"{self.weekday(first)} {first.year}" if year else self.weekday(first)
        end = self.day_year(last) if year else self.day(last)
        if first.year != last.year:
            return f"{self.day_year(first)} {_EN_DASH} {self.day_year(last)}"
        if first.month != last.month:
            return f"{self.day(first)} {_EN_DASH} {end}"
        return f"{first.day}{_EN_DASH}{end}"

    def moment(self, moment: datetime, time_zone: str) -> str:
        """`16 Nov 2026, 08:00 (Europe/Madrid)`."""
        local = moment.astimezone(ZoneInfo(time_zone))
        return f"{self.day_year(local.date())}, {local:%H:%M} ({time_zone})"

    def local_day(self, moment: datetime, time_zone: str) -> str:
        """The day of a moment where the reader is: `16 Nov 2026`."""
        return self.day_year(moment.astimezone(ZoneInfo(time_zone)).date())

    @property
    def _names(self) -> Catalogue:
        return catalogue(self.language)

    @property
    def _format(self) -> NumberFormat:
        return self._names.numbers

    def _percent(self, value: Decimal, number: str, *, signed: bool) -> str:
        return self._format.percent.format(sign=_sign(value, always=signed), number=number)

    def _grouped(self, value: Decimal, places: int) -> str:
        signs = str.maketrans({",": self._format.group, ".": self._format.decimal})
        return f"{value:,.{places}f}".translate(signs)


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _sign(value: Decimal, *, always: bool) -> str:
    if value < 0:
        return MINUS
    return "+" if always and value > 0 else ""
