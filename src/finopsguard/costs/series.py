"""Daily costs as the detector takes them: one row for each account and service, one column for each day.

Runs, `finopsguard detect` and `finopsguard backtest` all judge this type. Its amounts are floats, for it is made to be
judged; what a bill says is in the cost table, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from finopsguard.models.money import CENT

_SUM_DIGITS = 6


@dataclass(frozen=True)
class DailySeries:
    """Usage by (account, service) and day: `costs` is float64 (series, days) in the currency, newest day last.

    Row i is of `accounts[i]` and `services[i]`; column 0 is `first_day`. Where `unknown` (series, days; None:
    nowhere) the cost was not read: it stands as that weekday usually costs, is not learned from, and nothing is told
    of it.
    """

    accounts: Sequence[str]
    services: Sequence[str]
    first_day: date
    costs: NDArray[np.float64]
    unknown: NDArray[np.bool_] | None = None

    @property
    def days(self) -> int:
        """Number of days."""
        return int(self.costs.shape[1])

    @property
    def end(self) -> date:
        """The day after the newest, as a period's end."""
        return self.first_day + timedelta(days=self.days)

    @property
    def last_day(self) -> date:
        """The newest day."""
        return self.end - timedelta(days=1)

    @property
    def labels(self) -> list[tuple[str, str]]:
        """(account, service) of each row."""
        return list(zip(self.accounts, self.services, strict=True))

    def until(self, day: date) -> DailySeries:
        """The days before `day`."""
        days = slice(0, max(0, (day - self.first_day).days))
        return replace(self, costs=self.costs[:, days], unknown=self._unknown(days))

    def newest(self, days: int) -> DailySeries:
        """The newest `days` days, or all if there are fewer."""
        return self._without_first(max(0, self.days - days))

    def since_first_cost(self) -> DailySeries:
        """From the first day on that any account cost anything: before it there is not "no cost" but no data."""
        with_cost = np.flatnonzero(self.costs.any(axis=0))
        return self._without_first(int(with_cost[0]) if len(with_cost) else 0)

    def total_by_day(self) -> dict[date, Decimal]:
        """The cost of all rows by day, to a millionth: what adding floats makes of the last digits is cut off."""
        return {
            self.first_day + timedelta(days=day): Decimal(repr(round(total, _SUM_DIGITS)))
            for day, total in enumerate(self.costs.sum(axis=0).tolist())
        }

    def _without_first(self, days: int) -> DailySeries:
        return replace(
            self,
            first_day=self.first_day + timedelta(days=days),
            costs=self.costs[:, days:],
            unknown=self._unknown(slice(days, None)),
        )

    def _unknown(self, days: slice) -> NDArray[np.bool_] | None:
        return None if self.unknown is None else self.unknown[:, days]


def cents(amount: float | Decimal) -> Decimal:
    """An amount of the detector in cents, half to even: it is a judgement, not a bill."""
    return Decimal(amount).quantize(CENT)
